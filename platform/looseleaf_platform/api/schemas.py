"""marshmallow schemas made from metadata: the contract of what the API takes and answers for an object.

A field of the schema delegates to its field type: the type is the only parser and the only writer of its values.
Schemas are made once per runtime, object and readable fields, never per request.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, fields

from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Fault, Refused
from looseleaf_platform.fields import field_type
from looseleaf_platform.records import ids

MEMO_LIMIT = 64


class RecordId(fields.Field[int]):
    """An id: a number inside, 13 characters of base32 outside."""

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_: Any) -> str | None:
        return None if value is None else ids.encode(value)


class TypedField(fields.Field[Any]):
    """A field whose values are written by its field type. Raw values pass through to the write path, which parses them."""

    def __init__(self, field: Field, **settings: Any) -> None:
        super().__init__(allow_none=True, metadata={"label": field.label.as_data()}, **settings)
        self.field = field
        self.type = field_type(field.type)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **_: Any) -> Any:
        return self.type.dump(value, self.field)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **_: Any) -> Any:
        return value


def writing_schema(context: Context, object_name: str) -> Schema:
    """The schema of what may be sent for an object by this caller: writable fields only."""
    names = tuple(sorted(context.profile.writable(object_name)))
    return _kept(context, object_name, ("write", names))


def reading_schema(context: Context, object_name: str, names: tuple[str, ...]) -> Schema:
    """The schema of what is answered: id, version and the given readable fields."""
    return _kept(context, object_name, ("read", names))


def _kept(context: Context, object_name: str, key: tuple[str, tuple[str, ...]]) -> Schema:
    runtime = context.runtime.object(object_name)
    known: dict[Any, Schema] = runtime.memo.setdefault("api_schemas", {})
    if key not in known:
        if len(known) >= MEMO_LIMIT:
            known.clear()
        known[key] = make_schema(context, object_name, key[1])
    return known[key]


def make_schema(context: Context, object_name: str, names: tuple[str, ...]) -> Schema:
    """A schema instance of an object's fields `names`."""
    declared = context.model.object(object_name).fields
    members: dict[str, Any] = {name: TypedField(declared[name]) for name in names if name not in ("id", "version")}
    members |= {"id": RecordId(dump_only=True), "version": fields.Integer(dump_only=True)}
    made: Any = Schema.from_dict(members, name=f"{object_name}_record")
    schema: Schema = made(unknown=EXCLUDE)
    return schema


def load_values(context: Context, object_name: str, data: Any, pointer: str = "") -> dict[str, Any]:
    """Raw values to write. Unknown and unwritable fields stay in, so that the write path refuses them by one sentence. Raises Refused."""
    if not isinstance(data, dict):
        raise Refused([Fault(pointer, "not-an-object", Text("Expected a JSON object of fields"))])
    loaded = writing_schema(context, object_name).load(data)
    return {**data, **(loaded if isinstance(loaded, dict) else {})}
