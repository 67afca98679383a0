"""After a publish: records that no pool has seen yet get their clocks, from now; those that have them keep them, and are timed by the new rules.

Nobody loses a record sooner than the shortest warning after the new rules: see clock.py. Works in chunks; may run twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.jobs.outbox import Message
from looseleaf_workflow.pools.clock import later
from looseleaf_workflow.pools.plans import PoolPlan, PoolPlans, pool_plans
from looseleaf_workflow.pools.recording import retime
from looseleaf_workflow.pools.returning import scope_of_row
from looseleaf_workflow.pools.tables import pool_standing

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

CHUNK = 50


def adopt(workspace: Workspace, _message: Message) -> None:
    """Go through the records of all objects that have pools."""
    workspace.refresh()
    for name in workspace.runtime.model.objects:
        if pool_plans(workspace.runtime, name) is not None:
            last: int | None = 0
            while last is not None:
                last = _chunk(workspace, name, last)


def _chunk(workspace: Workspace, name: str, last: int) -> int | None:
    """The next records after an id; the last of them, None at the end."""
    with workspace.writing(workspace.context(SYSTEM, "job")) as (connection, context):
        plans = pool_plans(context.runtime, name)
        if plans is None:
            return None
        at = plans.object.table
        where = (at.c.id > last, at.c.deleted_at.is_(None))
        rows = connection.execute(select(*plans.object.columns).where(*where).order_by(at.c.id).limit(CHUNK).with_for_update(of=at)).all()
        known = set(connection.scalars(select(pool_standing.c.record_id).where(pool_standing.c.record_id.in_([row.id for row in rows]))))
        pools = {row.id: plans.taking(scope_of_row(connection, context, plans.object, row)) for row in rows}
        new = _new(context, plans, [row for row in rows if row.id not in known], pools)
        if new:
            connection.execute(insert(pool_standing), new)
        for row in rows:
            if row.id in known or pools[row.id] is not None:
                retime(connection, context, row.id, pools[row.id])
    return int(rows[-1].id) if len(rows) == CHUNK else None


def _new(context: Context, plans: PoolPlans, rows: Sequence[Any], pools: dict[int, PoolPlan | None]) -> list[dict[str, Any]]:
    found = []
    owned = plans.object.fields["owner"]
    for row in rows:
        pool, owner = pools[row.id], owned.load(row)
        if pool is None:
            continue
        guarded = owner is not None and bool(pool.pool.protect.time)
        until = later(context, pool.pool, context.now, pool.pool.protect.time) if guarded else None
        values = {"record_id": row.id, "object_id": plans.object.id, "pool_id": pool.pool.id, "owner": owner, "since": context.now}
        found.append({**values, "protected_until": until, "extensions": 0, "warned_at": None, "warned": None})
    return found
