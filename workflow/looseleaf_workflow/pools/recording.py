"""What follows from a change of owner, by whatever door it came: the same clocks, the same event. The last step of every write.

A record that comes to an owner is protected from then, and its return is timed; one that loses its owner lies in the pool from then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from looseleaf_platform.context import Context
from looseleaf_platform.records.ids import new_id
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_workflow.pools.clock import forecast, later, next_look
from looseleaf_workflow.pools.plans import PoolPlan, PoolPlans, pool_plans, taking
from looseleaf_workflow.pools.tables import pool_event, pool_standing
from looseleaf_workflow.stages.moves import put
from looseleaf_workflow.timers import cancel_timers_of, set_timer

OWNER_KIND = "pool"
"""Whose timers these are."""
TIMER = "return"
KINDS = {"claim": "claimed", "return": "returned", "recycle": "recycled"}
"""What an operation's kind makes of a change of owner; any other is "assigned", "transferred", "released"; and "entered", "moved"."""
CHUNK = 1000
NOTES = "pools"
INSERT_EVENT = insert(pool_event)
LOST = ("returned", "recycled", "released", "transferred")
"""Events after which somebody is a record's previous owner."""


def fill(batch: Batch) -> None:
    """What comes into the pool leaves the team of its owner, unless a team is given."""
    for plan, rows in batch.by_plan(row for row in batch.rows if row.kind == "update" and not row.faults):
        if pool_plans(batch.context.runtime, plan.name) is not None:
            for row in rows:
                if "owner" in row.values and row.values["owner"] is None and "team" not in row.raw and row.before("team") is not None:
                    put(row, plan.fields["team"], None)


def record(batch: Batch, rows: list[Row]) -> None:
    """Note the changes that were stored."""
    for plan, group in batch.by_plan(rows):
        plans = pool_plans(batch.context.runtime, plan.name)
        if plans is None:
            continue
        purged = [row.id for row in group if row.kind in ("purge", "delete")]
        for id in purged:
            cancel_timers_of(batch.connection, OWNER_KIND, id)
        _forget(batch, [row.id for row in group if row.kind == "purge"])
        concerned = [row for row in group if _concerns(plans, row)]
        if concerned:
            _record(batch, plans, concerned)


def _concerns(plans: PoolPlans, row: Row) -> bool:
    """Whether the owner changes, or perhaps the pool, or whether it is exempt."""
    return row.kind in ("create", "restore") or (row.kind == "update" and ("owner" in row.values or not plans.reads.isdisjoint(row.values)))


def standings(batch: Batch, ids: Sequence[int]) -> dict[int, Any]:
    """How records stand, by their ids; those that no pool has seen yet are not there."""
    found: dict[int, Any] = {}
    for start in range(0, len(ids), CHUNK):
        where = pool_standing.c.record_id.in_(ids[start : start + CHUNK])
        found |= {row.record_id: row for row in batch.connection.execute(select(pool_standing).where(where))}
    return found


def _record(batch: Batch, plans: PoolPlans, rows: list[Row]) -> None:
    known = standings(batch, [row.id for row in rows if row.kind != "create"])
    pools = taking(batch, plans, rows)
    events: list[dict[str, Any]] = []
    for row in rows:
        pool, standing = pools[row.id], known.get(row.id)
        owner = row.current("owner")
        before = standing.owner if standing is not None else row.before("owner")
        if standing is None and pool is None:
            continue
        if standing is None or owner != before:
            _begin(batch, row, pool, owner, standing)
            events.append(event(batch, row.id, row.plan.id, pool, _kind(batch, row, before, owner), owner if owner is not None else before))
            if owner is not None and before is not None and owner != before:
                events[-1]["user_id"] = owner
                events.append(event(batch, row.id, row.plan.id, pool, "transferred", before))
        elif (pool.pool.id if pool is not None else "") != standing.pool_id:
            _move(batch, row, pool, owner)
            events.append(event(batch, row.id, row.plan.id, pool, "moved", owner))
        retime(batch.connection, batch.context, row.id, pool, begins=standing is None or owner != before)
    if events:
        batch.plans.insert(batch.connection, INSERT_EVENT, pool_event.c.keys()).run_many(batch.connection, events)


def _kind(batch: Batch, row: Row, before: int | None, owner: int | None) -> str:
    if owner is None:
        return "entered" if before is None else KINDS.get(batch.operation.kind, "released")
    return KINDS.get(batch.operation.kind, "assigned")


def _begin(batch: Batch, row: Row, pool: PoolPlan | None, owner: int | None, standing: Any) -> None:
    """New clocks: somebody has it from now, or it lies in the pool from now."""
    guarded = pool is not None and owner is not None and bool(pool.pool.protect.time)
    values = {
        "object_id": row.plan.id,
        "pool_id": pool.pool.id if pool is not None else "",
        "owner": owner,
        "since": batch.now,
        "protected_until": later(batch.context, pool.pool, batch.now, pool.pool.protect.time) if guarded and pool is not None else None,
        "extensions": 0,
        "warned_at": None,
        "warned": None,
    }
    if standing is None:
        batch.connection.execute(insert(pool_standing), {"record_id": row.id, **values})
    else:
        batch.connection.execute(update(pool_standing).where(pool_standing.c.record_id == row.id).values(values))


def _move(batch: Batch, row: Row, pool: PoolPlan | None, owner: int | None) -> None:
    """Another pool takes it. Its owner's clock goes on; what lies in the pool has just come into the other."""
    values: dict[str, Any] = {"pool_id": pool.pool.id if pool is not None else ""}
    if owner is None:
        values["since"] = batch.now
    batch.connection.execute(update(pool_standing).where(pool_standing.c.record_id == row.id).values(values))


def retime(connection: Connection, context: Context, id: int, pool: PoolPlan | None, *, begins: bool = False) -> None:
    """Have the record looked at when something is next to be done about it."""
    standing = None
    if pool is not None and pool.pool.back is not None:
        standing = connection.execute(select(pool_standing).where(pool_standing.c.record_id == id)).first()
    found = None if pool is None or standing is None else forecast(connection, context, pool.pool, standing, begins=begins)
    if found is not None:
        set_timer(connection, context.workspace, OWNER_KIND, id, TIMER, next_look(found))
    elif not begins or pool is None or pool.pool.back is not None:
        cancel_timers_of(connection, OWNER_KIND, id)


def event(batch: Batch, record: int, object_id: str, pool: PoolPlan | None, kind: str, user: int | None) -> dict[str, Any]:
    """A row of what happened."""
    return {
        "id": new_id(),
        "object_id": object_id,
        "record_id": record,
        "pool_id": pool.pool.id if pool is not None else "",
        "kind": kind,
        "user_id": user,
        "day": batch.business_day.isoformat(),
        "at": batch.now,
        "actor": batch.context.actor.id,
        "operation": batch.operation_id,
        "reason": batch.operation.reason,
    }


def _forget(batch: Batch, ids: Sequence[int]) -> None:
    for start in range(0, len(ids), CHUNK):
        for table in (pool_standing, pool_event):
            batch.connection.execute(delete(table).where(table.c.record_id.in_(ids[start : start + CHUNK])))
