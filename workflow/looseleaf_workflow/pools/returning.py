"""What the timer of a record does: warn, take it back to the pool, or look again later. Judged anew under the record's lock.

A follow-up that is stored before the record is locked counts; one that comes after finds the record in the pool. Nothing is taken back on
the strength of what was known when the timer was set.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select, update

from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.records.ids import new_id
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write_within
from looseleaf_platform.records.writing.plan import ObjectPlan
from looseleaf_platform.records.writing.scope import Relations, Scope
from looseleaf_workflow.pools.clock import AGAIN, Forecast, forecast, next_look
from looseleaf_workflow.pools.plans import PoolPlan, PoolPlans, pool_plans
from looseleaf_workflow.pools.recording import OWNER_KIND, TIMER
from looseleaf_workflow.pools.tables import pool_event, pool_standing
from looseleaf_workflow.timers import Timer, set_timer, take

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

RECYCLE = "recycle"
"""The kind of operation that takes a record back."""


def look(workspace: Workspace, timer: Timer) -> None:
    """The handler of pools' timers."""
    with workspace.writing(workspace.context(SYSTEM, "job")) as (connection, context):
        if take(connection, workspace, timer):
            look_at(connection, context, timer.owner_id)


def look_at(connection: Connection, context: Context, id: int) -> None:
    """Do what is due about one record, and set its timer anew."""
    standing = connection.execute(select(pool_standing).where(pool_standing.c.record_id == id).with_for_update()).first()
    if standing is None or standing.owner is None:
        return
    plans = _plans_of(context, standing.object_id)
    scope = None if plans is None else locked_scope(connection, context, plans.object, id)
    pool = None if scope is None or plans is None else plans.taking(scope)
    found = None if pool is None else forecast(connection, context, pool.pool, standing)
    if scope is None or pool is None or found is None:
        return
    if exempt(pool, scope):
        _forget_warning(connection, id)
        set_timer(connection, context.workspace, OWNER_KIND, id, TIMER, context.now + AGAIN)
    elif found.due <= context.now:
        reason = found.running[0] if pool.pool.back is None else min(found.running, key=lambda one: one.due)
        write_within(connection, context, [Change("update", pool.object.name, id, {"owner": None})], Operation(RECYCLE, reason.rule.name))
    else:
        _warn(connection, context, pool, standing, found)
        again = connection.execute(select(pool_standing).where(pool_standing.c.record_id == id)).first()
        later = forecast(connection, context, pool.pool, again)
        if later is not None:
            set_timer(connection, context.workspace, OWNER_KIND, id, TIMER, next_look(later))


def _plans_of(context: Context, object_id: str) -> PoolPlans | None:
    name = next((one.name for one in context.model.objects.values() if one.id == object_id), "")
    return pool_plans(context.runtime, name) if name else None


def locked_scope(connection: Connection, context: Context, plan: ObjectPlan, id: int) -> Scope | None:
    """A live record as expressions see it, locked so that nothing can be stored that refers to it; None where there is none."""
    where = (plan.table.c.id == id, plan.table.c.deleted_at.is_(None))
    row = connection.execute(select(*plan.columns).where(*where).with_for_update(of=plan.table)).first()
    return None if row is None else scope_of_row(connection, context, plan, row)


def scope_of_row(connection: Connection, context: Context, plan: ObjectPlan, row: Any) -> Scope:
    """A stored row as expressions see it."""
    ambient = {"@me": context.actor.id, "@now": context.now, "@today": context.today, "@timezone": context.actor.timezone}
    relations = Relations(connection, plan.plans, ambient, lambda _object, _id: None)
    return Scope(plan, partial(_read, plan, relations, row), relations)


def _read(plan: ObjectPlan, relations: Relations, row: Any, name: str) -> Any:
    field = plan.fields[name]
    return relations.members(plan, field, row.id) if field.many else field.in_expressions(field.load(row))


def exempt(pool: PoolPlan, scope: Scope) -> bool:
    """Whether a record is not to come back, as declared."""
    return pool.exempt is not None and bool(pool.exempt.evaluate(scope))


def _warn(connection: Connection, context: Context, pool: PoolPlan, standing: Any, found: Forecast) -> None:
    """Give the warnings whose moment has come, once for each moment of return. Of several that were missed, one is given."""
    due = [one for moment, one in found.warnings if moment <= context.now]
    if not due:
        return
    rules = max(found.rule_due, found.protected) if found.protected is not None else found.rule_due
    known = standing.warned if standing.warned is not None and standing.warned.get("due") == rules.isoformat() else {"given": []}
    fresh = not known["given"]
    warned = {"due": rules.isoformat(), "given": [*known["given"], *due]}
    values = {"warned": warned, **({"warned_at": context.now} if fresh else {})}
    connection.execute(update(pool_standing).where(pool_standing.c.record_id == standing.record_id).values(values))
    day = context.now.astimezone(_zone(context)).date().isoformat()
    told = {"id": new_id(), "object_id": standing.object_id, "record_id": standing.record_id, "pool_id": pool.pool.id, "kind": "warned"}
    told |= {"user_id": standing.owner, "day": day, "at": context.now, "actor": None, "operation": None, "reason": due[-1]}
    connection.execute(insert(pool_event), told)


def _zone(context: Context) -> Any:
    return ZoneInfo(context.model.defaults.timezone)


def _forget_warning(connection: Connection, id: int) -> None:
    """What is exempt now is warned of again before it comes back."""
    connection.execute(update(pool_standing).where(pool_standing.c.record_id == id).values(warned_at=None, warned=None))
