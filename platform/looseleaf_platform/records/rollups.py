"""Roll-ups kept up to date in the transaction that changes what they gather: whichever door a change comes by, the sums are right.

Parents are locked in the order of their ids, then recomputed from their children in one statement, roll-ups of roll-ups after those
they read. A parent's version stays: nobody edited it. `verify` finds what is wrong, `rebuild` puts it right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from looseleaf_platform.context import Context
from looseleaf_platform.records.gathering import Gathered, gathered_value, gatherings
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_platform.records.writing.plan import Plans

CHUNK = 1000
Affected = defaultdict[Gathered, set[int]]


def gather(batch: Batch, rows: list[Row]) -> None:
    """Recompute the roll-ups that stored `rows` have a part in."""
    affected = _affected(batch, rows)
    if affected:
        recompute(batch.connection, batch.context, affected)
        for one, ids in affected.items():
            batch.gathered[one.rollup.parent, one.rollup.field].update(ids)


def recompute(connection: Connection, context: Context, affected: Affected) -> None:
    """Recompute roll-ups of the parents given, and the roll-ups that read those."""
    plans = Plans.of(context.runtime)
    every = gatherings(context.runtime)
    for level in range(every.levels):
        todo = [(one, ids) for one, ids in affected.items() if one.level == level and ids]
        for parent in sorted({one.rollup.parent for one, _ in todo}):
            of_parent = [(one, ids) for one, ids in todo if one.rollup.parent == parent]
            ids = sorted(set[int]().union(*(ids for _, ids in of_parent)))
            fields = tuple(sorted((one for one, _ in of_parent), key=lambda one: one.rollup.field))
            for start in range(0, len(ids), CHUNK):
                _recompute(connection, context, fields, ids[start : start + CHUNK])
            _pass_on(connection, plans, every.reading(parent, {one.rollup.field for one in fields}), ids, affected)


def _recompute(connection: Connection, context: Context, fields: tuple[Gathered, ...], ids: list[int]) -> None:
    plan = Plans.of(context.runtime)[fields[0].rollup.parent]
    if context.runtime.dialect == "postgresql":
        lock = select(plan.table.c.id).where(plan.table.c.id.in_(bindparam("ids", expanding=True)))
        ordered = plan.statement("lock parents", lambda: lock.order_by(plan.table.c.id).with_for_update(key_share=True))
        connection.execute(ordered, {"ids": ids}).all()
    names = tuple(one.rollup.field for one in fields)
    connection.execute(plan.statement(("gather", names), lambda: _statement(context, fields)), {"ids": ids})


def _statement(context: Context, fields: tuple[Gathered, ...]) -> Any:
    plan = Plans.of(context.runtime)[fields[0].rollup.parent]
    values = {plan.fields[one.rollup.field].keys[0]: gathered_value(context.runtime, one.rollup, plan.table) for one in fields}
    return update(plan.table).where(plan.table.c.id.in_(bindparam("ids", expanding=True))).values(values)


def _pass_on(
    connection: Connection, plans: Plans, readers: Iterable[tuple[Gathered, tuple[str, ...]]], ids: list[int], affected: Affected
) -> None:
    """Mark the parents of roll-ups that read what has just been recomputed."""
    for reader, hop in readers:
        affected[reader] |= _parents_over(connection, plans, reader, hop, ids)


def _parents_over(connection: Connection, plans: Plans, one: Gathered, hop: tuple[str, ...], ids: list[int]) -> set[int]:
    """Parents of the child records that reach one of `ids` by `hop`, or that are `ids` themselves."""
    child = plans[one.rollup.child]
    found: set[int] = set()
    by = child.table.c[child.fields[one.rollup.by].keys[0]]
    for start in range(0, len(ids), CHUNK):
        reached = ids[start : start + CHUNK]
        where = child.table.c.id.in_(reached) if not hop else reaching(plans, child.name, hop, reached)
        found.update(connection.scalars(select(by).where(where, by.is_not(None)).distinct()))
    return found


def reaching(plans: Plans, object_name: str, hop: tuple[str, ...], ids: list[int]) -> Any:
    """The condition that a record of an object reaches one of `ids` by the look-ups `hop`."""
    plan = plans[object_name]
    column = plan.table.c[plan.fields[hop[0]].keys[0]]
    if len(hop) == 1:
        return column.in_(ids)
    target = plans[plan.targets[hop[0]]]
    there = target.table.alias()
    inner = there.c[target.fields[hop[1]].keys[0]]
    deeper = (
        inner.in_(ids)
        if len(hop) == 2
        else inner.in_(select(plans[target.targets[hop[1]]].table.c.id).where(reaching(plans, target.targets[hop[1]], hop[2:], ids)))
    )
    return column.in_(select(there.c.id).where(deeper))


# --- what a batch touches


def _affected(batch: Batch, rows: list[Row]) -> Affected:
    every = gatherings(batch.context.runtime)
    affected: Affected = defaultdict(set)
    remote: defaultdict[tuple[Gathered, tuple[str, ...]], list[int]] = defaultdict(list)
    for row in rows:
        for one in every.fed_by.get(row.plan.name, ()):
            _mark(row, one, affected)
        if row.kind == "update":
            for reader, hop in every.reading(row.plan.name, set(row.was), remote_only=True):
                remote[reader, hop].append(row.id)
    for (reader, hop), ids in remote.items():
        affected[reader] |= _parents_over(batch.connection, batch.plans, reader, hop, sorted(ids))
    return affected


def _mark(row: Row, one: Gathered, affected: Affected) -> None:
    """Mark the parents whose gathering changes with a child row."""
    by = one.rollup.by
    if row.kind == "update":
        if by in row.was:
            affected[one].update(id for id in (row.was[by], row.values[by]) if id is not None)
        elif not one.own.isdisjoint(row.was) and (id := row.before(by)) is not None:
            affected[one].add(id)
    elif (id := row.current(by)) is not None:
        affected[one].add(id)


# --- for operators


def rebuild(context: Context, object_name: str, field: str) -> int:
    """Recompute a roll-up of all records. Returns how many were wrong. KeyError for what is no roll-up."""
    wrong = verify(context, object_name, field)
    one = gatherings(context.runtime).of(object_name, field)
    for start in range(0, len(wrong), CHUNK):
        with context.workspace.writing(context) as (connection, bound):
            affected: Affected = defaultdict(set)
            affected[gatherings(bound.runtime).of(object_name, one.rollup.field)] = set(wrong[start : start + CHUNK])
            recompute(connection, bound, affected)
    return len(wrong)


def verify(context: Context, object_name: str, field: str) -> tuple[int, ...]:
    """The ids of the records whose roll-up differs from what its children say. KeyError for what is no roll-up."""
    one = gatherings(context.runtime).of(object_name, field)
    plan = Plans.of(context.runtime)[object_name]
    column = plan.table.c[plan.fields[field].keys[0]]
    value = gathered_value(context.runtime, one.rollup, plan.table)
    statement = select(plan.table.c.id).where(column.is_distinct_from(value)).order_by(plan.table.c.id)
    with context.workspace.database.read() as connection:
        return tuple(connection.scalars(statement))
