"""Timers as a queue of background work, for those who look after it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, and_, case, func, literal, select, update

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.jobs.queues import Count, Queue, Stuck, as_counts
from looseleaf_workflow.tables import wf_timer

_timers = wf_timer.c


def _counts(connection: Connection, now: datetime) -> list[Count]:
    standing = case(
        (and_(_timers.lease_until >= now, _timers.lease_token.is_not(None)), "running"),
        (and_(_timers.lease_until >= now, _timers.error.is_not(None)), "retry"),
        (_timers.fire_at > now, "later"),
        else_="waiting",
    )
    waiting = select(_timers.owner_kind, standing.label("standing"), func.count(), func.min(_timers.fire_at)).where(
        _timers.state == "waiting"
    )
    found = connection.execute(waiting.group_by(_timers.owner_kind, "standing").order_by(_timers.owner_kind, "standing")).all()
    failed = select(_timers.owner_kind, literal("failed"), func.count(), func.min(_timers.fire_at)).where(_timers.state == "failed")
    return as_counts((*found, *connection.execute(failed.group_by(_timers.owner_kind).order_by(_timers.owner_kind)).all()))


def _failed(connection: Connection, most: int) -> list[Stuck]:
    rows = connection.execute(select(wf_timer).where(_timers.state == "failed").order_by(_timers.id.desc()).limit(most))
    return [Stuck(row.id, row.owner_kind, "failed", row.error or "", row.fire_at) for row in rows]


def fire_again(context: Context, id: int) -> bool:
    """Let a timer that was given up fire again. False if it was not, or if its owner has set another of that name since."""
    with context.workspace.database.write() as connection:
        others = wf_timer.alias("others")
        same = (others.c.owner_kind == _timers.owner_kind, others.c.owner_id == _timers.owner_id, others.c.name == _timers.name)
        newer = select(others.c.id).where(*same, others.c.state == "waiting").exists()
        given_up = update(wf_timer).where(_timers.id == id, _timers.state == "failed", ~newer)
        values = {"state": "waiting", "attempts": 0, "error": None, "lease_until": None, "lease_token": None}
        found = connection.execute(given_up.values(values)).rowcount == 1
        context.workspace.database.after_commit(connection, context.workspace.ring)
    return found


QUEUE = Queue("timers", Text("Timers"), _counts, _failed, fire_again)
