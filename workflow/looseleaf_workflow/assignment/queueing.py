"""The queue: a record for which nobody was found is asked about again, until it has an owner by whatever way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write_within
from looseleaf_platform.records.writing.plan import Plans
from looseleaf_workflow.assignment.filling import AGAIN, OWNER_KIND, PAUSE, TIMER
from looseleaf_workflow.assignment.tables import assign_decision
from looseleaf_workflow.timers import Timer, set_timer, take

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace


def ask_again(workspace: Workspace, timer: Timer) -> None:
    """The handler of the queue's timers."""
    with workspace.writing(workspace.context(SYSTEM, "job")) as (connection, context):
        if not take(connection, workspace, timer):
            return
        name = _object_of(connection, context, timer.owner_id)
        if name is None or not _waits(connection, context, name, timer.owner_id):
            return
        write_within(connection, context, [Change("update", name, timer.owner_id)], Operation(AGAIN))
        if _waits(connection, context, name, timer.owner_id):
            set_timer(connection, workspace, OWNER_KIND, timer.owner_id, TIMER, context.now + PAUSE)


def _object_of(connection: Connection, context: Context, id: int) -> str | None:
    object_id = connection.scalar(select(assign_decision.c.object_id).where(assign_decision.c.record_id == id).limit(1))
    objects: Iterable[str] = (one.name for one in context.model.objects.values() if one.id == object_id and not one.retired)
    return next(iter(objects), None)


def _waits(connection: Connection, context: Context, name: str, id: int) -> bool:
    """Whether a record is there and belongs to nobody."""
    table = Plans.of(context.runtime)[name].table
    return (
        connection.scalar(select(table.c.id).where(table.c.id == id, table.c.owner_id.is_(None), table.c.deleted_at.is_(None))) is not None
    )
