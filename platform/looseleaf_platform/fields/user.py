"""A reference to a user."""

from __future__ import annotations

from typing import Any

from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_platform.fields.base import Situation, settings
from looseleaf_platform.fields.lookup import RELATED_AS, LookupType


class UserType(LookupType):
    """A look-up to a user; `me` and 我 mean the one who writes."""

    name = "user"
    label = Label.of({"zh": "用户", "en": "User"})
    settings_schema = settings({"on_delete": {"enum": ["restrict", "clear"]}, "related_as": RELATED_AS})
    required_settings = ()
    reference = False
    fixed_target = "user"
    operators = ("me", *LookupType.operators)
    widget = "user"

    def parse(self, raw: Any, field: Field, situation: Situation) -> int | None:
        """5. An id, or `me`."""
        if type(raw) is str and raw.strip().lower() in ("me", "我") and situation.me is not None:
            return situation.me
        return super().parse(raw, field, situation)
