"""Two people, one record: what a change really changes, and whether somebody else changed the same since it was read.

A program that sends the version it read is told of any change in between. A person's form sends the values it was filled with as
well: what others changed elsewhere is kept, what both changed is asked about.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Conflict, FieldConflict, Invalid
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.writing.batch import Batch, Row


def merge(batch: Batch) -> None:
    """Reduce each update to what differs from the stored record; raise Conflict where both changed a field."""
    for row in batch.rows:
        if row.faults or row.stored is None or row.derived:
            continue
        version = row.stored.version
        if row.base is None and row.version is not None and row.version != version:
            _conflict(batch, row, ())
        elif row.kind == "update":
            if row.base is not None and row.version != version:
                _keep_others_changes(batch, row)
            _reduce(row)


def same(one: Any, other: Any) -> bool:
    """Whether two values of a field are stored alike: an empty list is no value."""
    if isinstance(one, tuple) or isinstance(other, tuple):
        return (one or None) == (other or None)
    return bool(one == other)


def _reduce(row: Row) -> None:
    """Leave only what differs, and remember what was."""
    for name in list(row.values):
        if name in row.plan.lines or name in row.links:
            continue
        before = row.before(name)
        if same(row.values[name], before):
            del row.values[name]
        else:
            row.was[name] = before


def _keep_others_changes(batch: Batch, row: Row) -> None:
    """Take back what the caller didn't change; keep what others did; find what both did."""
    both: list[FieldConflict] = []
    kept: list[str] = []
    for name, raw in (row.base or {}).items():
        field = row.plan.fields.get(name)
        if field is None or not field.keys:
            continue
        try:
            base = field.type.parse(raw, field.field, batch.situation)
        except Invalid as error:
            row.fault(error.code, error.message, field)
            continue
        theirs = row.before(name)
        if name in row.values and same(row.values[name], base):
            del row.values[name]
        if same(base, theirs):
            continue
        if name not in row.values:
            kept.append(name)
        elif not same(row.values[name], theirs):
            both.append(FieldConflict(name, base, theirs, row.values[name]))
    row.merged = tuple(kept)
    if both:
        _conflict(batch, row, both)


def _conflict(batch: Batch, row: Row, fields: Iterable[FieldConflict]) -> None:
    """Say which fields, as far as the actor may read them unmasked. Of lines: the whole list, at the record that they belong to."""
    if batch.collect:
        row.fault("conflict", Text("Someone else changed this record in the meantime"))
        return
    by = row.stored.updated_by
    while row.parent is not None:
        fields, row = [_of_lines(batch, row.parent, row.plan.name)], row.parent
    readable = _shown(batch, row.plan.name)
    raise Conflict(row.plan.name, row.id, row.stored.version, [found for found in fields if found.field in readable], by)


def _shown(batch: Batch, object_name: str) -> set[str]:
    profile = batch.context.profile
    return set(profile.readable(object_name)) - set(profile.masked(object_name))


def _of_lines(batch: Batch, parent: Row, child: str) -> FieldConflict:
    """A list of lines as it was read, as it is stored, and as it was sent: rows of JSON values."""
    field = next(line for line in parent.plan.lines.values() if line.target == child)
    shown = _shown(batch, child)
    theirs = []
    for row in parent.children:
        if row.stored is not None and row.plan.name == child:
            plans = (plan for plan in row.plan.imaged if plan.name in shown and plan.keys)
            theirs.append({"id": encode(row.id), **{plan.name: plan.type.dump(plan.load(row.stored), plan.field) for plan in plans}})
    return FieldConflict(field.name, (parent.base or {}).get(field.name), tuple(theirs), parent.raw.get(field.name))
