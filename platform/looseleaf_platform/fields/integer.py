"""A whole number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger

from looseleaf_metadata.expressions.types import INTEGER, ExpressionType
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import COMPARED, ColumnSpec, FieldType, Sample, Situation, blank, settings
from looseleaf_platform.fields.numbers import bounds, number_of, within

LARGEST = 2**53 - 1
"""Beyond it a browser's numbers are no longer exact."""


class IntegerType(FieldType):
    """A whole number between `min` and `max`; at most 9,007,199,254,740,991, so that JSON carries it exactly."""

    name = "integer"
    label = Label.of({"zh": "整数", "en": "Integer"})
    settings_schema = settings({"min": {"type": "integer"}, "max": {"type": "integer"}})
    operators = COMPARED
    widget = "number"

    def check_settings(self, settings: Mapping[str, Any]) -> tuple[tuple[str, Text], ...]:
        """2b. Bounds the right way round."""
        return bounds(settings)

    def expression_type(self, settings: Mapping[str, Any], options: tuple[str, ...]) -> ExpressionType:
        """3. A number without decimal places."""
        return INTEGER

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. A 64-bit integer."""
        return (ColumnSpec("", BigInteger()),)

    def parse(self, raw: Any, field: Field, situation: Situation) -> int | None:
        """5. `1,286`, `3万`, 12.0; a fraction is refused rather than cut off."""
        if type(raw) is int:
            value = raw
        elif blank(raw):
            return None
        elif type(raw) is str and len(raw) <= 15 and raw.isascii() and raw.isdigit():
            value = int(raw)
        else:
            exact = number_of(raw)
            value = int(exact)
            if value != exact:
                raise Invalid("not-whole", Text("“{value}” is not a whole number", value=str(raw)[:60]))
        self.validate(value, field)
        return value

    def validate(self, value: int, field: Field) -> None:
        """6. Bounds."""
        if not -LARGEST <= value <= LARGEST:
            raise Invalid("too-large", Text("The number has more than {digits} digits before the point", digits=15))
        if field.settings:
            within(value, field.settings)

    def display(self, value: int | None, field: Field, situation: Situation) -> str:
        """9. With thousands separators: 1,286."""
        return "" if value is None else f"{value:,}"

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Plain, grouped, with a Chinese unit, full-width, from a spreadsheet."""
        return (
            Sample(42, 42),
            Sample("1,286", 1286),
            Sample("3万", 30000),
            Sample("１２", 12),
            Sample("(1,200)", -1200),
            Sample(12.0, 12),
            Sample(0, 0),
            Sample("12.5", refused="not-whole"),
            Sample("a dozen", refused="not-a-number"),
            Sample("12,34", refused="not-a-number"),
            Sample(2**53, refused="too-large"),
            Sample(True, refused="not-a-number"),
            Sample("9" * 5000, refused="not-a-number"),
        )
