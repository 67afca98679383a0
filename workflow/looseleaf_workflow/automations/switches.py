"""Switching automations off and on, one or all of them, without publishing. What waits is kept until they are on again, or dropped."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select, update

from looseleaf_platform.context import Context
from looseleaf_platform.jobs.outbox import put
from looseleaf_platform.records.ids import encode
from looseleaf_workflow.automations.tables import automation_run, automation_switch
from looseleaf_workflow.timers import cancel_timers_of

ALL = ""
"""The name under which all automations are switched at once."""
RUN_TOPIC = "automation.run"
OWNER_KIND = "automation_run"
"""Of the timers that wake runs."""
ENDED = ("done", "failed", "parked", "cancelled", "loop_stopped")


def switched_off(connection: Connection) -> frozenset[str]:
    """The stable ids of automations that are off; ALL among them where all are."""
    return frozenset(connection.scalars(select(automation_switch.c.automation_id).where(automation_switch.c.running.is_(False))))


def is_off(off: frozenset[str], automation_id: str) -> bool:
    """Whether an automation is off, by its own switch or by that of all."""
    return ALL in off or automation_id in off


def switch(context: Context, automation_id: str, on: bool, *, reason: str = "", drop: bool = False) -> int:
    """Turn an automation on or off, or all (ALL). `drop`: cancel what is under way instead of holding it. Returns how many runs were
    held, dropped, or woken."""
    with context.workspace.database.write() as connection:
        return switch_within(connection, context, automation_id, on, reason=reason, drop=drop)


def switch_within(connection: Connection, context: Context, automation_id: str, on: bool, *, reason: str = "", drop: bool = False) -> int:
    """The same, as a part of the transaction of `connection`."""
    connection.execute(delete(automation_switch).where(automation_switch.c.automation_id == automation_id))
    values = {"automation_id": automation_id, "running": on, "reason": reason, "actor": context.actor.id, "at": context.now}
    connection.execute(insert(automation_switch), values)
    statement = select(automation_run.c.id, automation_run.c.automation_id).where(automation_run.c.state.not_in(ENDED))
    if automation_id != ALL:
        statement = statement.where(automation_run.c.automation_id == automation_id)
    rows = connection.execute(statement.with_for_update()).all()
    off = switched_off(connection)
    ids = [row.id for row in rows if is_off(off, row.automation_id) is not on]
    if on:
        wake(connection, context, ids, ("held",))
    elif drop:
        cancel_all(connection, context, ids)
    return len(ids)


def wake(connection: Connection, context: Context, ids: Sequence[int], states: Sequence[str]) -> int:
    """Let runs in one of these states go on."""
    woken = 0
    for id in ids:
        statement = update(automation_run).where(automation_run.c.id == id, automation_run.c.state.in_(states))
        if connection.execute(statement.values(state="running")).rowcount:
            put(connection, context.workspace, RUN_TOPIC, {"run": encode(id)}, lane="automation")
            woken += 1
    return woken


def cancel_all(connection: Connection, context: Context, ids: Sequence[int]) -> None:
    """End runs before their next step."""
    for id in ids:
        where = (automation_run.c.id == id, automation_run.c.state.not_in(ENDED))
        connection.execute(update(automation_run).where(*where).values(state="cancelled", finished_at=context.now))
        cancel_timers_of(connection, OWNER_KIND, id)
