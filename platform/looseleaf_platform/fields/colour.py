"""A colour."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import String

from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import CHOSEN, ColumnSpec, FieldType, Sample, Situation, text_of

_HEX = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})", re.ASCII)


class ColourType(FieldType):
    """A colour as `#rrggbb`."""

    name = "colour"
    label = Label.of({"zh": "颜色", "en": "Colour"})
    operators = CHOSEN
    sortable = False
    widget = "colour"

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. Seven characters."""
        return (ColumnSpec("", String(7)),)

    def parse(self, raw: Any, field: Field, situation: Situation) -> str | None:
        """5. `#1E90FF`, `1e90ff`, `#abc`."""
        text = None if raw is None else text_of(raw).lower()
        if not text:
            return None
        found = _HEX.fullmatch(text)
        if found is None:
            raise Invalid("not-a-colour", Text("“{value}” is not a colour. Write it like #1e90ff", value=text[:60]))
        digits = found[1]
        return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Long and short."""
        return (
            Sample("#1E90FF", "#1e90ff"),
            Sample("1e90ff", "#1e90ff"),
            Sample("#abc", "#aabbcc"),
            Sample("red", refused="not-a-colour"),
            Sample("#12345", refused="not-a-colour"),
            Sample([], refused="not-text"),
        )
