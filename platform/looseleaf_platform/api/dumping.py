"""Records as JSON-ready dicts, fast: one function per runtime, object and fields, made from the marshmallow schema.

Its output equals `schema.dump`; a test holds the two together for every field type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from looseleaf_platform.api.schemas import MEMO_LIMIT, TypedField, reading_schema
from looseleaf_platform.context import Context
from looseleaf_platform.fields.base import FieldType
from looseleaf_platform.records import ids
from looseleaf_platform.records.requests import Record

Dumper = Callable[[Record], dict[str, Any]]


def dumper(context: Context, object_name: str, names: tuple[str, ...]) -> Dumper:
    """The function that writes records of `object_name` with the fields `names`."""
    known: dict[tuple[str, ...], Dumper] = context.runtime.object(object_name).memo.setdefault("api_dumpers", {})
    if names not in known:
        if len(known) >= MEMO_LIMIT:
            known.clear()
        known[names] = make_dumper(context, object_name, names)
    return known[names]


def make_dumper(context: Context, object_name: str, names: tuple[str, ...]) -> Dumper:
    """Compile a dumper from the schema's fields: values that a type writes as they are skip its `dump`."""
    schema = reading_schema(context, object_name, names)
    plain: list[str] = []
    written: list[tuple[str, Callable[[Any, Any], Any], Any]] = []
    for name, member in schema.dump_fields.items():
        if isinstance(member, TypedField):
            if type(member.type).dump is FieldType.dump:
                plain.append(name)
            else:
                written.append((name, member.type.dump, member.field))

    def dump(record: Record) -> dict[str, Any]:
        values = record.values
        answer: dict[str, Any] = {"id": ids.encode(record.id), "version": record.version}
        for name in plain:
            if name in values:
                answer[name] = values[name]
        for name, write, field in written:
            if name in values:
                answer[name] = write(values[name], field)
        if record.titles:
            answer["$titles"] = record.titles
        if record.masked:
            answer["$masked"] = sorted(record.masked)
        return answer

    return dump
