"""A reference to one record of another object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import BigInteger

from looseleaf_metadata.expressions.types import ExpressionType, record
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import CHOSEN, ColumnSpec, FieldType, Sample, Situation, blank, settings
from looseleaf_platform.records.ids import decode, encode

NAME = {"type": "string", "pattern": "^[a-z][a-z0-9_]*$", "maxLength": 60}
LABEL = {"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}]}
RELATED_AS = {
    "anyOf": [
        NAME,
        {"type": "object", "properties": {"name": NAME, "label": LABEL}, "required": ["name"], "additionalProperties": False},
    ]
}
LARGEST_ID = 2**63 - 1


def id_of(raw: Any) -> int:
    """The record id that `raw` is: an int, or the 13 characters people and JSON see. Raises Invalid "not-an-id"."""
    if type(raw) is int and 0 < raw <= LARGEST_ID:
        return raw
    if isinstance(raw, str):
        try:
            return decode(raw.strip())
        except ValueError:
            pass
    raise Invalid("not-an-id", Text("“{value}” is not a record", value=str(raw)[:60]))


class LookupType(FieldType):
    """The id of a record of `to`. Whether that record exists and may be seen is for the write path to say.

    `on_delete`: what becomes of this record when the other is deleted: the deletion is refused (restrict, the default), the
    look-up is emptied (clear), or this record goes too (cascade). `related_as`: the name of the list on the other side.
    """

    name = "lookup"
    label = Label.of({"zh": "查找关系", "en": "Look-up"})
    settings_schema: ClassVar[Mapping[str, Any]] = settings(
        {"to": NAME, "on_delete": {"enum": ["restrict", "clear", "cascade"]}, "related_as": RELATED_AS}
    )
    required_settings: ClassVar[tuple[str, ...]] = ("to",)
    reference: ClassVar[bool] = True
    operators: ClassVar[tuple[str, ...]] = CHOSEN
    widget = "lookup"

    def expression_type(self, settings: Mapping[str, Any], options: tuple[str, ...]) -> ExpressionType:
        """3. A record of the object referred to."""
        return record(self.fixed_target or str(settings.get("to", "")))

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. The id. Its foreign key is made with the table."""
        return (ColumnSpec("", BigInteger()),)

    def parse(self, raw: Any, field: Field, situation: Situation) -> int | None:
        """5. An id, as int or as people see it."""
        return None if blank(raw) else id_of(raw)

    def dump(self, value: int | None, field: Field) -> str | None:
        """8. The id as people see it."""
        return None if value is None else encode(value)

    def display(self, value: int | None, field: Field, situation: Situation) -> str:
        """9. The id; a reader that knows the record's title shows that instead."""
        return "" if value is None else encode(value)

    def example_settings(self) -> Mapping[str, Any]:
        """12b. Any object."""
        return {} if self.fixed_target else {"to": "account"}

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Ids; a name is no id (imports find records by name before they write)."""
        return (
            Sample(1234567890123456789, 1234567890123456789),
            Sample(encode(42), 42),
            Sample(f" {encode(7)} ", 7),
            Sample("恒拓精密", refused="not-an-id"),
            Sample(-1, refused="not-an-id"),
            Sample(2**63, refused="not-an-id"),
            Sample(True, refused="not-an-id"),
            Sample({"name": "x"}, refused="not-an-id"),
        )
