"""A field of each type with the type's own example settings: for the shared specification, the reference page and made-up records."""

from __future__ import annotations

from looseleaf_metadata.expressions.types import ANY, ExpressionType
from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field, Option
from looseleaf_platform.fields.base import FieldType
from looseleaf_platform.fields.results import result_type

OPTIONS = (
    Option("web", "web", Label.of({"zh": "官网", "en": "Website"}), hue="sky"),
    Option("event", "trade_fair", Label.of({"zh": "展会", "en": "Trade fair"}), hue="amber"),
    Option("cold", "cold", Label.of({"zh": "陌拜", "en": "Cold call"}), retired=True),
)
"""Options of an example: one whose name has changed since it was first stored, one that is retired."""


def example_field(kind: FieldType, name: str = "") -> Field:
    """A field of a type, called after it unless named."""
    settings = FrozenMap(kind.example_settings())
    options = OPTIONS if kind.choices else ()
    field = Field(
        id=name or kind.name,
        name=name or kind.name,
        type=kind.name,
        label=kind.label,
        column=f"f_{name or kind.name}",
        expression_type=kind.expression_type(settings, tuple(option.name for option in options)),
        settings=settings,
        options=options,
    )
    return field if field.expression_type != ANY else _typed(field)


def _typed(field: Field) -> Field:
    """A computed field with the expression type of what it returns, as the metadata compiler gives it."""
    seen: ExpressionType = result_type(field).expression_type(FrozenMap(), ())
    return Field(field.id, field.name, field.type, field.label, field.column, seen, field.settings)
