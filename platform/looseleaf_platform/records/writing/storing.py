"""Rows to the database: inserts, updates with a version check, the recycle bin, erasure. One statement a shape, all rows of it at once."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import delete, update

from looseleaf_platform.database.system_tables import change, share
from looseleaf_platform.errors import Conflict
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_platform.records.writing.plan import ObjectPlan

CHUNK = 1000
GONE = frozenset({"deleted_at", "deleted_by"})


def store(batch: Batch, rows: list[Row]) -> None:
    """Write rows: first what leaves, then what changes, then what is new, so that nobody stands in another's way."""
    for plan, group in batch.by_plan(row for row in rows if row.kind == "purge"):
        _purge(batch, plan, group)
    for kind in ("delete", "restore"):
        for plan, group in batch.by_plan(row for row in rows if row.kind == kind):
            _move(batch, plan, group, kind == "delete")
    for plan, group in batch.by_plan(row for row in rows if row.kind == "update"):
        _update(batch, plan, group)
    for plan, group in batch.by_plan(row for row in rows if row.kind == "create"):
        _insert(batch, plan, group)


def _insert(batch: Batch, plan: ObjectPlan, rows: list[Row]) -> None:
    me = batch.context.actor.id
    common = plan.blank | {"created_at": batch.now, "created_by": me, "updated_at": batch.now, "updated_by": me, "version": 1}
    parameters: list[dict[str, Any]] = []
    for row in rows:
        values = common.copy()
        values["id"] = row.id
        for name, value in row.values.items():
            plan.fields[name].store(value, values)
        row.new_version = 1
        parameters.append(values)
    plan.insert(batch.connection).run_many(batch.connection, parameters)


def _update(batch: Batch, plan: ObjectPlan, rows: list[Row]) -> None:
    shapes: defaultdict[frozenset[str], list[dict[str, Any]]] = defaultdict(list)
    common = {"updated_at": batch.now, "updated_by": batch.context.actor.id}
    for row in rows:
        row.new_version = row.stored.version + 1
        values: dict[str, Any] = common | {"version": row.new_version}
        for name, value in row.values.items():
            plan.fields[name].store(value, values)
        shape = frozenset(values)
        values["_id"], values["_version"] = row.id, row.stored.version
        shapes[shape].append(values)
    for shape, parameters in shapes.items():
        _execute(batch, plan, shape, parameters)


def _move(batch: Batch, plan: ObjectPlan, rows: list[Row], into_bin: bool) -> None:
    gone = {"deleted_at": batch.now, "deleted_by": batch.context.actor.id} if into_bin else dict.fromkeys(GONE)
    parameters = []
    for row in rows:
        row.new_version = row.stored.version + 1
        parameters.append(gone | {"version": row.new_version, "_id": row.id, "_version": row.stored.version})
    _execute(batch, plan, GONE | {"version"}, parameters)


def _execute(batch: Batch, plan: ObjectPlan, keys: frozenset[str], parameters: list[dict[str, Any]]) -> None:
    """Run an update of each row. The rows are locked: a version that isn't there any more would be a mistake of ours."""
    written = plan.update(batch.connection, keys).run_many(batch.connection, parameters)
    if written not in (-1, len(parameters)):
        raise Conflict(plan.name, parameters[0]["_id"], parameters[0]["_version"])


def _purge(batch: Batch, plan: ObjectPlan, rows: list[Row]) -> None:
    """Remove records and what was said of them; the commitments of their change rows stay."""
    ids = [row.id for row in rows]
    connection = batch.connection
    for row in rows:
        row.new_version = row.stored.version + 1
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        for link in plan.runtime.links.values():
            connection.execute(delete(link.table).where(link.table.c.record_id.in_(chunk)))
        for found in _links_to(plan):
            connection.execute(delete(found).where(found.c.target_id.in_(chunk)))
        connection.execute(delete(plan.runtime.grams).where(plan.runtime.grams.c.record_id.in_(chunk)))
        connection.execute(delete(share).where(share.c.object_id == plan.id, share.c.record_id.in_(chunk)))
        connection.execute(update(change).where(change.c.object_id == plan.id, change.c.record_id.in_(chunk)).values(payload=None))
        connection.execute(delete(plan.table).where(plan.table.c.id.in_(chunk)))


def _links_to(plan: ObjectPlan) -> list[Any]:
    """The tables of pairs whose target is this object."""
    links = (link for name in plan.plans for link in plan.plans[name].runtime.links.values())
    return [link.table for link in links if link.target == plan.name]
