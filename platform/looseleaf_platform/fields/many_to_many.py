"""References to many records of another object, kept in a table of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from looseleaf_metadata.expressions.types import ExpressionType, Kind
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import COLLECTED, ColumnSpec, FieldType, Sample, Situation, blank, settings
from looseleaf_platform.fields.lookup import NAME, RELATED_AS, id_of
from looseleaf_platform.fields.multi_select import items_of
from looseleaf_platform.records.ids import encode

MOST_LINKS = 5000


class ManyToManyType(FieldType):
    """Ids of records of `to`, each once. `related_as`: the name of the list on the other side. None at all is no value (None)."""

    name = "many_to_many"
    label = Label.of({"zh": "多对多关系", "en": "Many-to-many"})
    settings_schema = settings(to=NAME, related_as=RELATED_AS)
    required_settings = ("to",)
    reference = True
    stored = False
    sortable = False
    operators = COLLECTED
    widget = "lookups"

    def expression_type(self, settings: Mapping[str, Any], options: tuple[str, ...]) -> ExpressionType:
        """3. Many records."""
        return ExpressionType(Kind.RECORDS, object=str(settings.get("to", "")))

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. None: a link table holds the pairs."""
        return ()

    def parse(self, raw: Any, field: Field, situation: Situation) -> tuple[int, ...] | None:
        """5. A list of ids, or text that parts them by commas."""
        if blank(raw):
            return None
        ids = tuple(dict.fromkeys(id_of(item) for item in items_of(raw) if not blank(item)))
        self.validate(ids, field)
        return ids or None

    def validate(self, value: tuple[int, ...], field: Field) -> None:
        """6. Not too many."""
        if len(value) > MOST_LINKS:
            raise Invalid("too-many", Text("{count} records: at most {most} fit", count=len(value), most=MOST_LINKS))

    def store(self, value: tuple[int, ...] | None, field: Field) -> tuple[Any, ...]:
        """7a. Nothing in the object's own table."""
        return ()

    def load(self, stored: Sequence[Any], field: Field) -> tuple[int, ...] | None:
        """7b. The ids that a reader gathered from the link table."""
        return tuple(stored) or None

    def dump(self, value: tuple[int, ...] | None, field: Field) -> list[str]:
        """8. A list of ids as people see them."""
        return [encode(id) for id in value or ()]

    def display(self, value: tuple[int, ...] | None, field: Field, situation: Situation) -> str:
        """9. The ids; a reader that knows the records' titles shows those instead."""
        return Text(", ").translate(situation.locale).join(encode(id) for id in value or ())

    def example_settings(self) -> Mapping[str, Any]:
        """12b. Any object."""
        return {"to": "competitor"}

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Ids in lists and texts."""
        return (
            Sample([7, encode(42), 7], (7, 42)),
            Sample(f"{encode(7)}, {encode(42)}", (7, 42)),
            Sample([], None),
            Sample(["恒拓"], refused="not-an-id"),
            Sample(7, refused="not-a-list"),
            Sample(list(range(1, MOST_LINKS + 2)), refused="too-many"),
        )
