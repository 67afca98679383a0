"""The JSON Schema (draft 2020-12, as OpenAPI 3.1 uses it) of a field's JSON form: what `dump` answers and `parse` takes back.

`parse` takes more than this promises ("1.2万", 2026年3月2日); programs should send what they are sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from looseleaf_metadata.expressions.types import Kind
from looseleaf_metadata.model import Field
from looseleaf_platform.fields import field_type
from looseleaf_platform.fields.address import LONGEST as LONGEST_PART
from looseleaf_platform.fields.address import PARTS
from looseleaf_platform.fields.auto_number import AutoNumberType
from looseleaf_platform.fields.currencies import CODES
from looseleaf_platform.fields.integer import LARGEST
from looseleaf_platform.fields.results import result_name
from looseleaf_platform.fields.tags import LONGEST_TAG, MOST_TAGS

Schema = dict[str, Any]
ID: Schema = {"type": "string", "pattern": "^[0-7][0-9A-HJKMNP-TV-Z]{12}$"}
"""A record id as programs see it."""
DECIMAL: Schema = {"type": "string", "pattern": "^-?[0-9]{1,18}([.][0-9]{1,10})?$"}
"""An exact number, as text, so that no reader makes a float of it."""


def json_schema(field: Field, *, writing: bool = False) -> Schema:
    """The schema of a field's JSON form, null included. `writing`: of what may be sent, so without retired options.

    Of a computed field it is that of its result, marked readOnly.
    """
    name = result_name(field)
    kind = field_type(field.type)
    build = SCHEMAS.get(name)
    computed_money = name == "currency" and kind.computed
    schema = dict(DECIMAL) if computed_money else build(field, writing) if build else _by_kind(field)
    if schema.get("type") != "array" and not isinstance(schema.get("type"), list):  # a list without items is empty, not null
        schema = _or_null(schema)
    schema["title"] = field.label.text("en")
    if field.help:
        schema["description"] = field.help.text("en")
    if kind.computed or field.read_only:
        schema["readOnly"] = True
    return schema


def _or_null(schema: Schema) -> Schema:
    if "enum" in schema:
        return {**schema, "type": [schema["type"], "null"], "enum": [*schema["enum"], None]}
    return {**schema, "type": [schema["type"], "null"]} if "type" in schema else schema


def _text(longest: int) -> Callable[[Field, bool], Schema]:
    def build(field: Field, writing: bool) -> Schema:
        schema: Schema = {"type": "string", "maxLength": field.settings.get("max_length", longest)}
        if writing and "pattern" in field.settings:
            schema["pattern"] = f"^(?:{field.settings['pattern']})$"
        return schema

    return build


def _fixed(**schema: Any) -> Callable[[Field, bool], Schema]:
    return lambda field, writing: dict(schema)


def _integer(field: Field, writing: bool) -> Schema:
    return {"type": "integer", "minimum": field.settings.get("min", -LARGEST), "maximum": field.settings.get("max", LARGEST)}


def _rating(field: Field, writing: bool) -> Schema:
    return {"type": "integer", "minimum": 1, "maximum": field.settings.get("max", 5)}


def _money(field: Field, writing: bool) -> Schema:
    properties = {"amount": dict(DECIMAL), "currency": {"type": "string", "enum": sorted(CODES)}}
    return {"type": "object", "properties": properties, "required": ["amount", "currency"], "additionalProperties": False}


def _options(field: Field, writing: bool) -> list[str]:
    return [option.name for option in field.options if not (writing and option.retired)]


def _select(field: Field, writing: bool) -> Schema:
    return {"type": "string", "enum": _options(field, writing)}


def _multi_select(field: Field, writing: bool) -> Schema:
    return {"type": "array", "items": {"type": "string", "enum": _options(field, writing)}}


def _address(field: Field, writing: bool) -> Schema:
    parts = {part: {"type": "string", "maxLength": LONGEST_PART} for part in PARTS}
    return {"type": "object", "properties": parts, "additionalProperties": False}


def _files(field: Field, writing: bool) -> Schema:
    properties = {"id": ID, "name": {"type": "string"}, "size": {"type": "integer", "minimum": 0}, "mime": {"type": "string"}}
    item = {"type": "object", "properties": properties, "required": ["id"], "additionalProperties": False}
    return {"type": "array", "items": item, "maxItems": field.settings.get("max_count", 1)}


_PLACE = {"latitude": DECIMAL, "longitude": DECIMAL}
SCHEMAS: Mapping[str, Callable[[Field, bool], Schema]] = {
    "text": _text(255),
    "long_text": _text(10_000),
    "rich_text": _text(50_000),
    "integer": _integer,
    "decimal": _fixed(**DECIMAL),
    "currency": _money,
    "percent": _fixed(**DECIMAL),
    "date": _fixed(type="string", format="date"),
    "datetime": _fixed(type="string", format="date-time"),
    "time": _fixed(type="string", format="time", pattern="^[0-2][0-9]:[0-5][0-9]:[0-5][0-9]$"),
    "duration": _fixed(type="string", pattern="^-?P([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+S)?)?$"),
    "boolean": _fixed(type="boolean"),
    "select": _select,
    "multi_select": _multi_select,
    "tags": _fixed(type="array", items={"type": "string", "minLength": 1, "maxLength": LONGEST_TAG}, maxItems=MOST_TAGS),
    "lookup": _fixed(**ID),
    "user": _fixed(**ID),
    "team": _fixed(**ID),
    "record_id": _fixed(**ID),
    "many_to_many": _fixed(type="array", items=ID),
    "lines": _fixed(type="array", items={"type": "object"}),
    "email": _fixed(type="string", maxLength=254),
    "phone": _fixed(type="string", maxLength=60),
    "url": _fixed(type="string", format="uri-reference", maxLength=2056),
    "address": _address,
    "geolocation": _fixed(type="object", properties=_PLACE, required=["latitude", "longitude"], additionalProperties=False),
    "file": _files,
    "image": _files,
    AutoNumberType.name: _fixed(type="string", maxLength=255),
    "rating": _rating,
    "colour": _fixed(type="string", pattern="^#[0-9a-f]{6}$"),
    "json": _fixed(type=["object", "array", "null"]),
    "credit_code": _fixed(type="string", pattern="^[0-9A-HJ-NPQRTUWXY]{18}$"),
}
"""How each type's schema is made. A type that isn't here gets one by the kind of its expressions."""

_KINDS: Mapping[Kind, Schema] = {
    Kind.TEXT: {"type": "string"},
    Kind.NUMBER: DECIMAL,
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.DATETIME: {"type": "string", "format": "date-time"},
    Kind.TIME: {"type": "string", "format": "time"},
    Kind.DURATION: {"type": "string"},
    Kind.OPTION: {"type": "string"},
    Kind.OPTIONS: {"type": "array", "items": {"type": "string"}},
    Kind.RECORD: ID,
    Kind.RECORDS: {"type": "array", "items": ID},
}


def _by_kind(field: Field) -> Schema:
    """The schema of a type that has none of its own here."""
    type = field.expression_type
    if type.kind is Kind.NUMBER and type.scale == 0:
        return {"type": "integer"}
    return dict(_KINDS.get(type.kind, {}))
