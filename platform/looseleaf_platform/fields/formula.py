"""A value computed from other fields of the record whenever it is read or filtered; nothing is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from looseleaf_metadata.expressions.types import ANY, ExpressionType
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_platform.fields.base import ColumnSpec, FieldType, Sample, Situation, settings
from looseleaf_platform.fields.results import parse_dumped, result_type


class FormulaType(FieldType):
    """`value` is the expression, `returns` the type whose way of showing it is used. Filters take the operators of that type.

    `returns: currency` is an amount in the workspace's currency.
    """

    name = "formula"
    label = Label.of({"zh": "公式", "en": "Formula"})
    settings_schema = settings({"returns": {"type": "string"}, "value": {"type": "string"}, "reveals": {"type": "boolean"}})
    required_settings: ClassVar[tuple[str, ...]] = ("returns", "value")
    computed = True
    stored = False
    titled = True
    widget = "computed"

    def expression_type(self, settings: Mapping[str, Any], options: tuple[str, ...]) -> ExpressionType:
        """3. Whatever the expression gives: the checker puts in the type that it found."""
        return ANY

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. None."""
        return ()

    def parse(self, raw: Any, field: Field, situation: Situation) -> Any:
        """5. Only what was dumped is taken back; a value from outside is refused by the write path before it comes here."""
        return parse_dumped(raw, field, situation)

    def store(self, value: Any, field: Field) -> tuple[Any, ...]:
        """7a. Nothing."""
        return ()

    def load(self, stored: Sequence[Any], field: Field) -> Any:
        """7b. What the database computed."""
        return stored[0] if stored else None

    def dump(self, value: Any, field: Field) -> Any:
        """8. As the type that it returns."""
        return result_type(field).dump(value, field)

    def display(self, value: Any, field: Field, situation: Situation) -> str:
        """9. As the type that it returns."""
        return result_type(field).display(value, field, situation)

    def example_settings(self) -> Mapping[str, Any]:
        """12b. An amount."""
        return {"returns": "decimal", "value": "amount * (1 - discount)"}

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Amounts, as the example gives them."""
        return (Sample("12.50", Decimal("12.50")), Sample(0, Decimal("0.00")), Sample("not a number", refused="not-a-number"))
