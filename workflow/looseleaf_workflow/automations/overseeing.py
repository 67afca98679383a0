"""Runs of automations as a queue of background work, for those who look after it. Which automation, not what about: details are on its page."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, func, select

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import NotAllowed, NotThere
from looseleaf_platform.jobs.queues import Count, Queue, State, Stuck, as_counts
from looseleaf_workflow.automations.managing import retry
from looseleaf_workflow.automations.tables import automation_run

STANDING: dict[str, State] = {
    "waiting": "waiting",
    "running": "running",
    "failing": "running",
    "sleeping": "later",
    "held": "held",
    "failed": "failed",
    "parked": "unknown",
}
"""What a run's state is to the queue; those that ended otherwise are over."""
_runs = automation_run.c
_OPEN = _runs.state.in_(STANDING)
_STANDING = case(*((_runs.state == state, standing) for state, standing in STANDING.items()), else_="waiting")


def _counts(connection: Connection, _now: datetime) -> list[Count]:
    counted = select(_runs.name, _STANDING.label("standing"), func.count(), func.min(_runs.created_at)).where(_OPEN)
    return as_counts(connection.execute(counted.group_by(_runs.name, "standing").order_by(_runs.name, "standing")))


def _stuck(connection: Connection, most: int) -> list[Stuck]:
    rows = connection.execute(select(automation_run).where(_runs.state.in_(("failed", "parked"))).order_by(_runs.id.desc()).limit(most))
    return [_one(row) for row in rows]


def _one(row: Any) -> Stuck:
    return Stuck(row.id, row.name, STANDING[row.state], row.error, row.finished_at or row.created_at)


def run_again(context: Context, id: int) -> bool:
    """Try a run again from the step that failed, on the version that it ran on."""
    try:
        retry(context, id, "step", "original")
    except (NotAllowed, NotThere):
        return False
    return True


QUEUE = Queue("automations", Text("Runs of automations"), _counts, _stuck, run_again)
