"""A reference to a team."""

from __future__ import annotations

from looseleaf_metadata.labels import Label
from looseleaf_platform.fields.base import settings
from looseleaf_platform.fields.lookup import RELATED_AS, LookupType


class TeamType(LookupType):
    """A look-up to a team."""

    name = "team"
    label = Label.of({"zh": "团队", "en": "Team"})
    settings_schema = settings({"on_delete": {"enum": ["restrict", "clear"]}, "related_as": RELATED_AS})
    required_settings = ()
    reference = False
    fixed_target = "team"
    widget = "team"
