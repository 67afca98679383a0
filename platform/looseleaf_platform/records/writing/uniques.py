"""Promises of uniqueness, looked into before the database's own constraint would speak: a friendly fault at the field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, bindparam, select, tuple_

from looseleaf_metadata.texts import Text
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_platform.records.writing.conditions import UniquePlan
from looseleaf_platform.records.writing.plan import ObjectPlan

CHUNK = 500
Values = tuple[Any, ...]
TAKEN = Text("Another record has this value already")
TAKEN_TOGETHER = Text("Another record has these values already")


def check(batch: Batch) -> None:
    """Find values that another record has, in the batch or in the database."""
    for plan, rows in batch.by_plan(row for row in batch.rows if row.kind in ("create", "update", "restore")):
        for unique in plan.uniques:
            names = {field.name for field in unique.fields}
            concerned = [row for row in rows if row.kind != "update" or not names.isdisjoint(row.values)]
            concerned = [row for row in concerned if not names & row.bad]
            if concerned:
                _check(batch, plan, unique, concerned)


def _check(batch: Batch, plan: ObjectPlan, unique: UniquePlan, rows: list[Row]) -> None:
    first: dict[Values, Row] = {}
    for row in rows:
        values = _values(row, unique)
        if None in values:
            continue
        if values in first:
            _tell(row, unique)
        else:
            first[values] = row
    if not first:
        return
    leaving = {
        row.id for row in batch.rows if row.plan is plan and (row.kind in ("delete", "purge") or (row.kind == "update" and row in rows))
    }
    for values, id in _stored(batch, plan, unique, list(first)):
        found = first.get(values)
        if found is not None and found.id != id and id not in leaving:
            _tell(found, unique)


def _values(row: Row, unique: UniquePlan) -> Values:
    """The values of a row as they are compared."""
    found: list[Any] = []
    for field in unique.fields:
        value = row.current(field.name)
        if field.money:
            value = field.in_expressions(value)
        elif value is not None and not field.plain:
            value = field.type.store(value, field.field)[0]
        found.append(value if value is None or value.__hash__ else repr(value))
    return tuple(found)


def _stored(batch: Batch, plan: ObjectPlan, unique: UniquePlan, keys: list[Values]) -> Iterable[tuple[Values, int]]:
    """The live records that have one of `keys`."""

    def build() -> Select[Any]:
        compared = unique.columns[0] if len(unique.columns) == 1 else tuple_(*unique.columns)
        where = (compared.in_(bindparam("keys", expanding=True)), plan.table.c.deleted_at.is_(None))
        return select(plan.table.c.id, *unique.columns).where(*where)

    statement = plan.statement(("unique", unique.id), build)
    single = len(unique.columns) == 1
    for start in range(0, len(keys), CHUNK):
        chunk = keys[start : start + CHUNK]
        for stored in batch.connection.execute(statement, {"keys": [key[0] for key in chunk] if single else chunk}):
            yield tuple(stored[1:]), stored[0]


def _tell(row: Row, unique: UniquePlan) -> None:
    message = unique.message or (TAKEN if len(unique.fields) == 1 else TAKEN_TOGETHER)
    if any(fault.code == "unique" and fault.message == message for fault in row.faults):
        return
    row.fault("unique", message, unique.fields[-1] if len(unique.fields) == 1 else None, at="")
