"""Owned children edited with their parent: a list of raw rows becomes rows of the write path, new, changed and removed ones.

Where the caller says what it read (`base`), rows that others added meanwhile stay; otherwise the list is the whole list.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, bindparam, select

from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Fault, Invalid, Refused
from looseleaf_platform.fields.lookup import id_of
from looseleaf_platform.records.ids import new_id
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_platform.records.writing.parsing import parse_rows, writable
from looseleaf_platform.records.writing.plan import FieldPlan, ObjectPlan

CHUNK = 1000
MOST_ROWS = 50_000
"""Records, with their lines, that one set may come to."""
DEEPEST = 4
"""Lines of lines of lines."""


def expand(batch: Batch) -> None:
    """Make rows of all lines that are given, and of lines of lines."""
    parents = batch.rows
    for _ in range(DEEPEST):
        _bound(parents, len(batch.rows))
        made = _expand(batch, parents)
        if not made:
            return
        batch.rows.extend(made)
        parents = made


def _bound(parents: list[Row], rows: int) -> None:
    """Refuse more rows than one set may come to."""
    given = (row.values.get(name) or () for row in parents for name in row.plan.lines if name not in row.bad)
    count = rows + sum(map(len, given))
    if count > MOST_ROWS:
        raise Refused([Fault("", "too-many", Text("{count} rows at once: at most {most} are taken", count=count, most=MOST_ROWS))])


def _expand(batch: Batch, parents: list[Row]) -> list[Row]:
    given: defaultdict[tuple[ObjectPlan, str], list[Row]] = defaultdict(list)
    for row in parents:
        if row.plan.lines and row.kind in ("create", "update"):
            for name in row.plan.lines.keys() & row.values.keys():
                given[row.plan, name].append(row)
    made: list[Row] = []
    for (plan, name), rows in given.items():
        field = plan.lines[name]
        child, by = batch.plans[field.target], str(field.field.settings["by"])
        existing = _existing(batch, child, by, [row.id for row in rows if row.kind == "update"])
        allowed = {key: value for key, value in writable(batch, child).items() if key != by}
        of_field = [line for row in rows for line in _rows_of(batch, row, field, by, existing.get(row.id, {}))]
        parse_rows(batch, [line for line in of_field if line.raw and line.kind != "refused"], allowed)
        made.extend(of_field)
    return made


def _existing(batch: Batch, child: ObjectPlan, by: str, parents: list[int]) -> dict[int, dict[int, Any]]:
    """The stored lines of `parents`, locked: parent id to line id to row."""

    def build() -> Select[Any]:
        column = child.table.c[child.fields[by].keys[0]]
        where = (column.in_(bindparam("ids", expanding=True)), child.table.c.deleted_at.is_(None))
        return select(*child.columns).where(*where).order_by(child.table.c.id).with_for_update()

    statement = child.statement(("lines", by), build)
    found: dict[int, dict[int, Any]] = defaultdict(dict)
    for start in range(0, len(parents), CHUNK):
        for stored in batch.connection.execute(statement, {"ids": sorted(parents[start : start + CHUNK])}):
            found[child.fields[by].load(stored)][stored.id] = stored
    return found


def _rows_of(batch: Batch, parent: Row, field: FieldPlan, by: str, existing: Mapping[int, Any]) -> list[Row]:
    """The rows that one parent's list means. The list itself is taken out of the parent's values."""
    child = batch.plans[field.target]
    rows: list[Row] = []
    kept: set[int] = set()
    base = _base_of(parent, field)
    for position, raw in enumerate(parent.values.pop(field.name) or ()):
        pointer = f"{parent.pointer}{field.pointer}/{position}"
        row = Row(child, "create", 0, index=parent.index, pointer=pointer, parent=parent, raw=_without(raw, by))
        rows.append(row)
        id = _id_of(row, raw.get("id"))
        if id is None:
            row.id = new_id()
            row.values[by] = parent.id
        elif id in existing and id not in kept:
            row.kind, row.id, row.stored = "update", id, existing[id]
            row.base = base.get(id) if base is not None else None
            kept.add(id)
        else:
            row.kind = "refused"
            if not row.faults:
                row.fault("unknown-line", Text("This row doesn't belong to the record any more"), at="/id")
    gone = existing.keys() - kept if base is None else (existing.keys() & base.keys()) - kept
    for id in sorted(gone):
        removed = Row(child, "delete", id, index=parent.index, pointer=parent.pointer + field.pointer, parent=parent, derived=True)
        removed.stored = existing[id]
        rows.append(removed)
    parent.children.extend(rows)
    return rows


def _without(raw: Mapping[str, Any], by: str) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if name not in ("id", "version", by)}


def _id_of(row: Row, raw: Any) -> int | None:
    if raw in (None, ""):
        return None
    try:
        return id_of(raw)
    except Invalid as error:
        row.fault(error.code, error.message, at="/id")
        return 0


def _base_of(parent: Row, field: FieldPlan) -> dict[int, Mapping[str, Any]] | None:
    """What the caller had read of each line; None where it doesn't say."""
    rows = parent.base.get(field.name) if parent.base is not None else None
    if not isinstance(rows, list | tuple):
        return None
    found: dict[int, Mapping[str, Any]] = {}
    for raw in rows:
        try:
            found[id_of(raw.get("id"))] = raw
        except (Invalid, AttributeError):
            continue
    return found
