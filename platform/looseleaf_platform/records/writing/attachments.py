"""Uploaded files in a record's fields: only those that the actor uploaded, or that the record holds already, may be named.

A file belongs from then on to the record that names it. Whoever could name any file by its id could read it through a record of theirs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import bindparam, select, update

from looseleaf_metadata.texts import Text
from looseleaf_platform.database.system_tables import file
from looseleaf_platform.fields.files import FileReference
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_platform.records.writing.plan import FieldPlan

CHUNK = 1000
ATTACH = (
    update(file)
    .where(file.c.id == bindparam("_file"), file.c.record_id.is_(None))
    .values(object_id=bindparam("_object"), record_id=bindparam("_record"), field_id=bindparam("_field"))
)


def check(batch: Batch) -> None:
    """Look whether the files named exist and may be named; take what is known of them from where they are kept."""
    wanted: defaultdict[int, list[tuple[Row, FieldPlan]]] = defaultdict(list)
    for row, field, reference in _named(row for row in batch.rows if row.kind in ("create", "update")):
        wanted[reference.id].append((row, field))
    known: dict[int, Any] = {}
    ids = sorted(wanted)
    for start in range(0, len(ids), CHUNK):
        where = (file.c.id.in_(ids[start : start + CHUNK]), file.c.deleted_at.is_(None))
        known.update({stored.id: stored for stored in batch.connection.execute(select(file).where(*where))})
    for id, users in wanted.items():
        for row, field in users:
            if not _may_name(batch, row, known.get(id)):
                row.fault("no-such-file", Text("There is no such file"), field)
    for row in batch.rows:
        for field in row.plan.files:
            if row.values.get(field.name) and field.name not in row.bad:
                row.values[field.name] = tuple(_complete(row, field, known))


def _complete(row: Row, field: FieldPlan, known: dict[int, Any]) -> Iterator[FileReference]:
    """The references with what is known of their files."""
    held = {reference.id: reference for reference in row.before(field.name) or ()}
    for reference in row.values[field.name]:
        stored = known.get(reference.id)
        yield FileReference(stored.id, stored.name, stored.size, stored.mime) if stored is not None else held[reference.id]


def attach(batch: Batch, rows: list[Row]) -> None:
    """Note which record the files belong to."""
    parameters = [
        {"_file": reference.id, "_object": row.plan.id, "_record": row.id, "_field": field.id}
        for row, field, reference in _named(row for row in rows if row.kind in ("create", "update"))
    ]
    if parameters:
        batch.connection.execute(ATTACH, parameters)


def _named(rows: Iterator[Row]) -> Iterator[tuple[Row, FieldPlan, FileReference]]:
    """The files that rows name and did not name before."""
    for row in rows:
        for field in row.plan.files:
            value = row.values.get(field.name)
            if value and field.name not in row.bad:
                before = {reference.id for reference in row.before(field.name) or ()}
                yield from ((row, field, reference) for reference in value if reference.id not in before)


def _may_name(batch: Batch, row: Row, stored: Any) -> bool:
    if stored is None:
        return False
    if stored.record_id is not None:
        return bool(stored.record_id == row.id and stored.object_id == row.plan.id)
    return batch.context.actor.is_system or stored.by == batch.context.actor.id
