"""The schema of one field: the keys that every field has, those of computed fields, and the settings of its type."""

from __future__ import annotations

from typing import Any

from looseleaf_metadata.kinds.base import BOOLEAN, EXPRESSION, HUE, LABEL, NAME, Schema, either, mapping, named, text
from looseleaf_metadata.vocabulary import FieldTypeSpec, Vocabulary

FORMULA, ROLLUP = "formula", "rollup"
ROLLUP_FUNCTIONS = ("count", "sum", "min", "max", "average")
LITERAL: Schema = {"x-expects": "default"}
OPTION = either(
    string=text(),
    null={},
    object=mapping({"label": LABEL, "zh": text(), "en": text(), "hue": HUE, "retired": BOOLEAN, "id": NAME}),
)
COMMON: dict[str, Schema] = {
    "id": NAME,
    "label": LABEL,
    "help": LABEL,
    "retired": BOOLEAN,
    "visible_when": EXPRESSION,
}
WRITTEN: dict[str, Schema] = {
    "required": BOOLEAN,
    "required_when": EXPRESSION,
    "read_only": BOOLEAN,
    "default": LITERAL,
}
RELATED = either(string=NAME, object=mapping({"name": NAME, "label": LABEL}, ("name",)))
REFERENCE: dict[str, Schema] = {
    "to": NAME,
    "on_delete": {"type": "string", "enum": ["restrict", "clear", "cascade"]},
    "related_as": RELATED,
}
SYSTEM_ONLY = ("record_id",)
"""Types of system fields that metadata can't use."""
NOT_SETTINGS = frozenset({"type", *COMMON, *WRITTEN, "options", "value", "where", "reveals"})
"""Keys of a field that the Model keeps as attributes of their own; all others are `Field.settings`."""


def field_schema(spec: FieldTypeSpec, vocabulary: Vocabulary) -> Schema:
    """The schema of a field of one type."""
    properties: dict[str, Any] = {"type": {"type": "string"}, **COMMON}
    required = ["type", *(name for name in spec.required_settings if name != "by")]
    own = dict(spec.settings_schema)
    if spec.name == FORMULA:
        own |= {"returns": {"type": "string", "enum": formula_results(vocabulary)}, "value": EXPRESSION, "reveals": BOOLEAN}
        required += ["returns", "value"]
    elif spec.name == ROLLUP:
        own |= {"from": text(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$", **{"x-expects": "rollup_source"}), "where": EXPRESSION}
        own |= {"count": BOOLEAN, **dict.fromkeys(ROLLUP_FUNCTIONS[1:], NAME)}
        required += ["from"]
    elif not spec.computed:
        properties |= WRITTEN
    if spec.choices:
        properties["options"] = named(OPTION, minProperties=1)
        required += ["options"]
    if spec.reference:
        own |= {key: schema for key, schema in REFERENCE.items() if key in own or key == "to" or spec.name == "lookup"}
        required += ["to"]
    if spec.fixed_target:
        own = {"related_as": RELATED, "on_delete": REFERENCE["on_delete"]} | own
    if "by" in own:
        own["by"] = NAME
    return mapping({**own, **properties}, tuple(dict.fromkeys(required)))


def formula_results(vocabulary: Vocabulary) -> list[str]:
    """The field types that a formula may return: those with one value that an expression can give."""
    return sorted(
        name
        for name, spec in vocabulary.field_types.items()
        if spec.stored and not spec.computed and not spec.choices and not spec.reference
    )


def fields_schema(vocabulary: Vocabulary) -> Schema:
    """The schema of `fields:`."""
    by_type = {name: field_schema(spec, vocabulary) for name, spec in sorted(vocabulary.field_types.items()) if name not in SYSTEM_ONLY}
    return named({"x-by-field-type": by_type})
