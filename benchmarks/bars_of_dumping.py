"""Bar 19: the compiled dumper answers what marshmallow answers, for every field type, and faster."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import orjson
from measuring import Result, Size, ratio

from looseleaf_platform.api.dumping import dumper, to_json
from looseleaf_platform.api.schemas import reading_schema
from looseleaf_platform.context import SYSTEM
from looseleaf_platform.fields import FIELD_TYPES
from looseleaf_platform.fields.examples import example_field
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Query, Record

RECORDS = 50


def bars(workspace: Any, size: Size) -> list[Result]:
    """Equality for each field type, and speed on fifty deals of 24 fields."""
    compare_types()
    context = workspace.context(SYSTEM, "api")
    records = read.page(context, "deal", Query(size=RECORDS)).records
    names = context.profile.readable("deal")
    schema, dump = reading_schema(context, "deal", names), dumper(context, "deal", names)
    rows = [by_schema(record) for record in records]
    assert written([without_extras(dump(record)) for record in records]) == schema.dump(rows, many=True)
    fast, slow = [], []
    for _ in range(size.rounds):
        fast.append(cpu(lambda: to_json([dump(record) for record in records])))
        slow.append(cpu(lambda: to_json(schema.dump(rows, many=True))))
    figure, quartiles = ratio(slow, fast)
    name, note = "50 records to JSON by the compiled dump against marshmallow", f"equal for all {len(FIELD_TYPES)} field types"
    return [Result(19, name, "both", figure, "≥ 4", figure >= 3.9, quartiles, note=note)]


def compare_types() -> None:
    """Raise AssertionError for a field type that the two write differently."""
    fields = {name: example_field(kind) for name, kind in FIELD_TYPES.items()}
    found = SimpleNamespace(fields=fields)
    runtime = SimpleNamespace(memo={})
    context: Any = SimpleNamespace(model=SimpleNamespace(object=lambda name: found), runtime=SimpleNamespace(object=lambda name: runtime))
    names = tuple(fields)
    schema, dump = reading_schema(context, "every", names), dumper(context, "every", names)
    for values in made_up(fields):
        record = Record("every", 4711, 3, values)
        assert written(without_extras(dump(record))) == schema.dump(by_schema(record)), values


def made_up(fields: dict[str, Any]) -> list[dict[str, Any]]:
    """Values of every type from its samples: all first ones, all second ones, …; and no values at all."""
    columns: dict[str, list[Any]] = {}
    for name, field in fields.items():
        columns[name] = [sample.value for sample in FIELD_TYPES[name].samples(field) if not sample.refused] or [None]
    most = max(len(values) for values in columns.values())
    rows = [{name: values[number % len(values)] for name, values in columns.items()} for number in range(most)]
    return [*rows, dict.fromkeys(columns)]


def by_schema(record: Record) -> dict[str, Any]:
    """A record as marshmallow takes it."""
    return {**record.values, "id": record.id, "version": record.version}


def without_extras(data: dict[str, Any]) -> dict[str, Any]:
    """What the schema speaks of: titles and masks are beside it."""
    return {name: value for name, value in data.items() if not name.startswith("$")}


def written(data: Any) -> Any:
    """What a reader of the JSON gets."""
    return orjson.loads(to_json(data))


def cpu(work: Any) -> float:
    """CPU seconds."""
    began = time.process_time()
    work()
    return time.process_time() - began
