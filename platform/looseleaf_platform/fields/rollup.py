"""A value gathered from the records that refer to this one: their count, or a sum, least, greatest or mean. Kept up by the write path."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, Time
from sqlalchemy import Text as TextColumn
from sqlalchemy.types import TypeEngine

from looseleaf_metadata.expressions.types import ANY, INTEGER, ExpressionType, Kind
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.database.types import ExactDecimal, Seconds, UtcDateTime
from looseleaf_platform.fields.base import COMPARED, ColumnSpec, FieldType, Sample, Situation, settings
from looseleaf_platform.fields.lookup import NAME
from looseleaf_platform.fields.results import parse_dumped, result_type

FUNCTIONS = ("count", "sum", "min", "max", "average")


class RollupType(FieldType):
    """`from: child.look-up` and one of `count: true`, `sum`, `min`, `max`, `average` of a field of the child, narrowed by `where`.

    Amounts of money are gathered in the workspace's currency. `returns` names the type that shows the value (by default
    that of the gathered field, as far as its kind tells).
    """

    name = "rollup"
    label = Label.of({"zh": "汇总", "en": "Roll-up"})
    settings_schema = settings(
        {
            "from": {"type": "string", "pattern": "^[a-z][a-z0-9_]*\\.[a-z][a-z0-9_]*$"},
            "count": {"const": True},
            "sum": NAME,
            "min": NAME,
            "max": NAME,
            "average": NAME,
            "where": {"type": "string"},
            "returns": NAME,
        }
    )
    required_settings = ("from",)
    computed = True
    operators = COMPARED
    widget = "computed"

    def check_settings(self, settings: Mapping[str, Any]) -> tuple[tuple[str, Text], ...]:
        """2b. Exactly one function."""
        given = [name for name in FUNCTIONS if name in settings]
        if len(given) != 1:
            return (("from", Text("say one of count, sum, min, max, average")),)
        return ()

    def expression_type(self, settings: Mapping[str, Any], options: tuple[str, ...]) -> ExpressionType:
        """3. A whole number for a count; else the checker puts in the type of the gathered field."""
        return INTEGER if "count" in settings else ANY

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. One column of the kind that is gathered."""
        return (ColumnSpec("", _column_of(field.expression_type)),)

    def parse(self, raw: Any, field: Field, situation: Situation) -> Any:
        """5. Only what was dumped is taken back; a value from outside is refused by the write path before it comes here."""
        return parse_dumped(raw, field, situation)

    def dump(self, value: Any, field: Field) -> Any:
        """8. As the type of its result."""
        return result_type(field).dump(value, field)

    def display(self, value: Any, field: Field, situation: Situation) -> str:
        """9. As the type of its result."""
        return result_type(field).display(value, field, situation)

    def example_settings(self) -> Mapping[str, Any]:
        """12b. A count."""
        return {"from": "quote.opportunity", "count": True}

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Counts."""
        return (Sample(0, 0), Sample(12, 12), Sample("many", refused="not-a-number"))


def _column_of(type: ExpressionType) -> TypeEngine[Any]:
    """The column type that holds values of an expression's type."""
    if type.kind is Kind.NUMBER:
        return ExactDecimal(18, type.scale) if type.scale else BigInteger()
    plain: dict[Kind, TypeEngine[Any]] = {
        Kind.BOOLEAN: Boolean(create_constraint=False),
        Kind.DATE: Date(),
        Kind.DATETIME: UtcDateTime(),
        Kind.TIME: Time(),
        Kind.DURATION: Seconds(),
        Kind.RECORD: BigInteger(),
    }
    return plain.get(type.kind, TextColumn())
