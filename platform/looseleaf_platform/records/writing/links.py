"""Many-to-many fields: what a given list adds and takes away, and the pairs stored for it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Select, bindparam, delete, insert, select

from looseleaf_platform.errors import Invalid
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_platform.records.writing.plan import FieldPlan

CHUNK = 1000
NONE: frozenset[int] = frozenset()


def compare(batch: Batch) -> None:
    """Turn each given list into the pairs to add and to take away; a list equal to what is stored is no change."""
    given: defaultdict[FieldPlan, list[Row]] = defaultdict(list)
    for row in batch.rows:
        if row.kind in ("create", "update") and row.plan.runtime.links:
            for name in row.plan.runtime.links.keys() & row.values.keys() - row.bad:
                given[row.plan.fields[name]].append(row)
    for field, rows in given.items():
        stored = _stored(batch, field, [row for row in rows if row.kind == "update"])
        for row in rows:
            wanted = frozenset(row.values.pop(field.name) or ())
            was = frozenset(stored.get(row.id, ()))
            wanted = _merged(batch, row, field, wanted, was)
            if wanted != was:
                row.links[field.name] = (wanted - was, was - wanted)
                row.values[field.name], row.was[field.name] = tuple(sorted(wanted)), tuple(sorted(was))


def _merged(batch: Batch, row: Row, field: FieldPlan, wanted: frozenset[int], stored: frozenset[int]) -> frozenset[int]:
    """With what others added and took away since the caller read the list."""
    raw = row.base.get(field.name) if row.base is not None else None
    if raw is None:
        return wanted
    try:
        base = frozenset(field.type.parse(raw, field.field, batch.situation) or ())
    except Invalid as error:
        row.fault(error.code, error.message, field)
        return wanted
    return (stored | (wanted - base)) - (base - wanted)


def _stored(batch: Batch, field: FieldPlan, rows: list[Row]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    if not rows:
        return found
    plan = rows[0].plan
    table = plan.runtime.links[field.name].table

    def build() -> Select[Any]:
        return select(table.c.record_id, table.c.target_id).where(table.c.record_id.in_(bindparam("ids", expanding=True)))

    statement = plan.statement(("links", field.name), build)
    ids = [row.id for row in rows]
    for start in range(0, len(ids), CHUNK):
        for record, target in batch.connection.execute(statement, {"ids": ids[start : start + CHUNK]}):
            found[record].append(target)
    return found


def store(batch: Batch, rows: list[Row]) -> None:
    """Write the pairs."""
    added: defaultdict[Any, list[dict[str, int]]] = defaultdict(list)
    removed: defaultdict[Any, list[dict[str, int]]] = defaultdict(list)
    for row in rows:
        for name, (add, remove) in row.links.items():
            table = row.plan.runtime.links[name].table
            added[table].extend({"record_id": row.id, "target_id": target} for target in sorted(add))
            removed[table].extend({"_record": row.id, "_target": target} for target in sorted(remove))
    for table, pairs in removed.items():
        if pairs:
            where = (table.c.record_id == bindparam("_record"), table.c.target_id == bindparam("_target"))
            batch.connection.execute(delete(table).where(*where), pairs)
    for table, pairs in added.items():
        if pairs:
            batch.connection.execute(insert(table), pairs)
