"""An exact number with decimal places."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from looseleaf_metadata.expressions.types import ExpressionType, number
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.database.types import ExactDecimal
from looseleaf_platform.fields.base import COMPARED, ColumnSpec, FieldType, Sample, Situation, blank, settings
from looseleaf_platform.fields.numbers import bounds, fits, grouped, number_of, rounded, within

PRECISION = 18


class DecimalType(FieldType):
    """A decimal of `precision` digits (18), `scale` of them after the point (2).

    Surplus decimal places are rounded, halves away from zero; more digits before the point than fit are refused.
    """

    name = "decimal"
    label = Label.of({"zh": "小数", "en": "Decimal"})
    settings_schema = settings(
        {
            "precision": {"type": "integer", "minimum": 1, "maximum": PRECISION},
            "scale": {"type": "integer", "minimum": 0, "maximum": 10},
            "min": {"type": "number"},
            "max": {"type": "number"},
        }
    )
    operators = COMPARED
    widget = "number"
    scale = 2

    def check_settings(self, settings: Mapping[str, Any]) -> tuple[tuple[str, Text], ...]:
        """2b. Bounds the right way round; room for the decimal places."""
        if settings.get("scale", self.scale) > settings.get("precision", PRECISION):
            return (("scale", Text("scale is above precision")),)
        return bounds(settings)

    def expression_type(self, settings: Mapping[str, Any], options: tuple[str, ...]) -> ExpressionType:
        """3. A number of `scale` decimal places."""
        return number(settings.get("scale", self.scale))

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. One exact column."""
        return (ColumnSpec("", ExactDecimal(field.settings.get("precision", PRECISION), field.settings.get("scale", self.scale))),)

    def parse(self, raw: Any, field: Field, situation: Situation) -> Decimal | None:
        """5. `1,286.50`, `1.2万`, spreadsheet floats; rounded to the scale."""
        if blank(raw):
            return None
        value = rounded(number_of(raw), field.settings.get("scale", self.scale))
        self.validate(value, field)
        return value

    def validate(self, value: Decimal, field: Field) -> None:
        """6. Digits and bounds."""
        settings = field.settings
        fits(value, settings.get("precision", PRECISION), settings.get("scale", self.scale))
        if settings:
            within(value, settings)

    def dump(self, value: Decimal | None, field: Field) -> str | None:
        """8. A string, so that no reader makes a float of it."""
        return None if value is None else f"{value:f}"

    def display(self, value: Decimal | None, field: Field, situation: Situation) -> str:
        """9. With thousands separators; a whole number without decimals."""
        return "" if value is None else grouped(value, 0)

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Grouped, with units, floats, halves; not numbers, too many digits."""
        return (
            Sample("1,286.50", Decimal("1286.50")),
            Sample("1.2万", Decimal("12000.00")),
            Sample(0.1, Decimal("0.10")),
            Sample("2.675", Decimal("2.68")),
            Sample("-2.675", Decimal("-2.68")),
            Sample("1.2E+3", Decimal("1200.00")),
            Sample(Decimal("9.99"), Decimal("9.99")),
            Sample("NaN", refused="not-a-number"),
            Sample(float("inf"), refused="not-a-number"),
            Sample("1.2.3", refused="not-a-number"),
            Sample("1" * 17, refused="too-large"),
            Sample("1e999", refused="not-a-number"),
        )
