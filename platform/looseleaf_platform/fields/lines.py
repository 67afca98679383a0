"""Owned rows that are edited together with their record, such as the products of an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from looseleaf_metadata.expressions.types import ExpressionType, Kind
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import ColumnSpec, FieldType, Sample, Situation, blank, settings
from looseleaf_platform.fields.lookup import NAME

MOST_LINES = 5000


class LinesType(FieldType):
    """Records of `to` whose look-up `by` names this record. Nothing is stored here: the write path makes changes of the rows.

    A raw value is the whole list: rows with an "id" are kept and changed, rows without one are new, rows not listed are deleted.
    """

    name = "lines"
    label = Label.of({"zh": "明细行", "en": "Lines"})
    settings_schema = settings({"to": NAME, "by": NAME})
    required_settings = ("to", "by")
    reference = True
    stored = False
    sortable = False
    operators = ()
    widget = "lines"

    def expression_type(self, settings: Mapping[str, Any], options: tuple[str, ...]) -> ExpressionType:
        """3. Many records."""
        return ExpressionType(Kind.RECORDS, object=str(settings.get("to", "")))

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. None: the rows are records of their own."""
        return ()

    def parse(self, raw: Any, field: Field, situation: Situation) -> tuple[Mapping[str, Any], ...] | None:
        """5. A list of rows, each a mapping of raw values."""
        if blank(raw):
            return None
        if not isinstance(raw, list | tuple) or not all(isinstance(row, Mapping) for row in raw):
            raise Invalid("not-lines", Text("Expected a list of rows"))
        self.validate(raw, field)
        return tuple(raw)

    def validate(self, value: Sequence[Any], field: Field) -> None:
        """6. Not too many."""
        if len(value) > MOST_LINES:
            raise Invalid("too-many", Text("{count} rows: at most {most} fit", count=len(value), most=MOST_LINES))

    def store(self, value: Any, field: Field) -> tuple[Any, ...]:
        """7a. Nothing."""
        return ()

    def load(self, stored: Sequence[Any], field: Field) -> None:
        """7b. Nothing: a reader brings the rows."""
        return

    def dump(self, value: Sequence[Mapping[str, Any]] | None, field: Field) -> list[dict[str, Any]]:
        """8. The rows as they are; the reader dumps their fields."""
        return [dict(row) for row in value or ()]

    def display(self, value: Sequence[Any] | None, field: Field, situation: Situation) -> str:
        """9. How many."""
        return Text("{count} rows", count=len(value)).translate(situation.locale) if value else ""

    def example_settings(self) -> Mapping[str, Any]:
        """12b. An order's lines."""
        return {"to": "order_line", "by": "order"}

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. No rows, two rows; not rows."""
        return (
            Sample([], ()),
            Sample([{"product": 1, "quantity": "2"}, {"quantity": 3}], ({"product": 1, "quantity": "2"}, {"quantity": 3})),
            Sample("two rows", refused="not-lines"),
            Sample([1], refused="not-lines"),
            Sample([{}] * (MOST_LINES + 1), refused="too-many"),
        )
