"""A share of a whole: 0.15 is 15 %."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from looseleaf_metadata.expressions.types import ExpressionType, number
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.database.types import ExactDecimal
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import COMPARED, ColumnSpec, FieldType, Sample, Situation, blank, settings
from looseleaf_platform.fields.decimal import PRECISION
from looseleaf_platform.fields.numbers import bounds, grouped, number_of, rounded, within

MOST = Decimal(10)


class PercentType(FieldType):
    """A fraction shown as a percentage with `decimals` places (2).

    The rule: with a percent sign the number is in hundredths ("15%" is 0.15); without one it is the fraction itself
    (0.15), never guessed. Values beyond ±1000 % are refused unless `min` or `max` widen the range, so that a bare 15 is caught.
    """

    name = "percent"
    label = Label.of({"zh": "百分比", "en": "Percent"})
    settings_schema = settings(
        {
            "decimals": {"type": "integer", "minimum": 0, "maximum": 6},
            "min": {"type": "number"},
            "max": {"type": "number"},
        }
    )
    operators = COMPARED
    widget = "percent"

    def check_settings(self, settings: Mapping[str, Any]) -> tuple[tuple[str, Text], ...]:
        """2b. Bounds the right way round."""
        return bounds(settings)

    def expression_type(self, settings: Mapping[str, Any], options: tuple[str, ...]) -> ExpressionType:
        """3. A number with two places more than are shown."""
        return number(settings.get("decimals", 2) + 2)

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. One exact column."""
        return (ColumnSpec("", ExactDecimal(PRECISION, field.settings.get("decimals", 2) + 2)),)

    def parse(self, raw: Any, field: Field, situation: Situation) -> Decimal | None:
        """5. `15%`, `15 ％`, `百分之15`, 0.15."""
        if blank(raw):
            return None
        value = _hundredths(raw) if type(raw) is str else None
        value = rounded(number_of(raw) if value is None else value, field.settings.get("decimals", 2) + 2)
        self.validate(value, field)
        return value

    def validate(self, value: Decimal, field: Field) -> None:
        """6. Bounds."""
        settings = field.settings
        within(value, settings)
        if (value > MOST and "max" not in settings) or (value < -MOST and "min" not in settings):
            percent = grouped(value * 100, 0)
            raise Invalid(
                "too-large", Text("{value} means {percent} %. Write {value} % or a fraction", value=grouped(value, 0), percent=percent)
            )

    def dump(self, value: Decimal | None, field: Field) -> str | None:
        """8. The fraction, as a string."""
        return None if value is None else f"{value:f}"

    def display(self, value: Decimal | None, field: Field, situation: Situation) -> str:
        """9. `15%`."""
        return "" if value is None else f"{grouped(value * 100, 0)}%"

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. With and without the sign."""
        return (
            Sample("15%", Decimal("0.1500")),
            Sample("15 ％", Decimal("0.1500")),
            Sample("百分之15", Decimal("0.1500")),
            Sample(0.15, Decimal("0.1500")),
            Sample("0.15", Decimal("0.1500")),
            Sample("-3.5%", Decimal("-0.0350")),
            Sample("15", refused="too-large"),
            Sample("%", refused="not-a-number"),
        )


def _hundredths(text: str) -> Decimal | None:
    """The fraction of a text with a percent sign; None of one without."""
    stripped = text.strip()
    if stripped.endswith(("%", "％")):
        return number_of(stripped[:-1].strip()) / 100
    if stripped.startswith("百分之"):
        return number_of(stripped[3:].strip()) / 100
    return None
