"""The type that stands for a computed field's values: what a formula returns, what a roll-up adds up to.

Knows nothing of how they are computed.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from looseleaf_metadata.expressions.types import Kind
from looseleaf_metadata.model import Field
from looseleaf_platform.fields.base import FieldType, Situation

BY_KIND = {
    Kind.TEXT: "text",
    Kind.NUMBER: "decimal",
    Kind.BOOLEAN: "boolean",
    Kind.DATE: "date",
    Kind.DATETIME: "datetime",
    Kind.TIME: "time",
    Kind.DURATION: "duration",
    Kind.OPTION: "text",
    Kind.OPTIONS: "tags",
    Kind.RECORD: "record_id",
}
"""The type that shows values of a kind of expression, where the field doesn't say (`returns`)."""


def result_name(field: Field) -> str:
    """The name of the type of a computed field's values; any other field's own type."""
    if field.type not in ("formula", "rollup"):
        return field.type
    said = field.settings.get("returns")
    if said:
        return str(said)
    if field.expression_type.kind is Kind.NUMBER and field.expression_type.scale == 0:
        return "integer"
    return BY_KIND.get(field.expression_type.kind, "text")


def result_type(field: Field) -> FieldType:
    """The type of a computed field's values; any other field's own type."""
    return _registered(result_name(field))


def parse_dumped(raw: Any, field: Field, situation: Situation) -> Any:
    """A computed value back from its JSON form. An amount of money is in the workspace's currency, so a mere number."""
    name = result_name(field)
    return _registered("decimal" if name == "currency" else name).parse(raw, field, situation)


@cache
def _registered(name: str) -> FieldType:
    # The registry lists formula and roll-up too, so it can't be imported while they are being defined.
    kinds = import_module("looseleaf_platform.fields").FIELD_TYPES
    kind: FieldType = kinds[name]
    return kind
