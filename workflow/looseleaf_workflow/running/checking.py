"""What always holds of stored approvals: I1, I3, I4, I6, I8, I9 and the chain of hashes (E15), asked of the database itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.records.ids import encode
from looseleaf_workflow.approvals.invariants import violations
from looseleaf_workflow.approvals.listing import tasks
from looseleaf_workflow.running.stored import OWNER_KIND, Instance, Tampered, chained, instance_of, read_events
from looseleaf_workflow.running.tables import approval_event, approval_instance, approval_task
from looseleaf_workflow.timers import waiting_timers

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace


def check(workspace: Workspace) -> list[str]:
    """What does not hold, in words; [] where all is well."""
    context = workspace.context(SYSTEM)
    found: list[str] = []
    with workspace.database.read() as connection:
        for row in connection.execute(select(approval_instance).order_by(approval_instance.c.id)).all():
            found += [f"{encode(row.id)}: {said}" for said in _check(connection, context, row)]
    return found


def _check(connection: Connection, context: Context, row: Any) -> Iterator[str]:
    try:
        instance = instance_of(connection, context, row)
    except Tampered as error:
        yield f"I9: {error}"
        return
    yield from _chain(connection, instance, row)
    yield from violations(instance.definition, read_events(connection, instance.id), instance.state)
    if (row.status, row.number, row.version) != (instance.state.status, instance.state.number, instance.state.definition):
        yield "I1: the row says something else than the state"
    yield from _open(connection, instance)


def _chain(connection: Connection, instance: Instance, row: Any) -> Iterator[str]:
    """E15: each event holds the hash of the one before; the instance holds the last, so that none can be cut off."""
    statement = select(approval_event).where(approval_event.c.instance_id == instance.id).order_by(approval_event.c.number)
    before, events = "", read_events(connection, instance.id)
    for stored, event in zip(connection.execute(statement).all(), events, strict=True):
        if stored.before != before or stored.hash != chained(before, event) or stored.number != event.number:
            yield f"E15: event {stored.number} is not what was stored"
            return
        before = stored.hash
    if before != row.head or (events[-1].number if events else 0) != row.number:
        yield "E15: events are missing at the end"


def _open(connection: Connection, instance: Instance) -> Iterator[str]:
    """I3: the open tasks are those of the state; I8: so are the timers."""
    statement = select(approval_task).where(approval_task.c.instance_id == instance.id, approval_task.c.status == "open")
    stored = {(one.node, one.visit, one.slot, one.generation) for one in connection.execute(statement)}
    wanted = {(one.id.node, one.id.visit, one.id.slot, one.id.generation) for one in tasks(instance.definition, instance.state)}
    if stored != wanted:
        yield f"I3: open tasks are {sorted(stored)}, not {sorted(wanted)}"
    timers = waiting_timers(connection, OWNER_KIND, instance.id)
    if set(timers) != set(instance.state.timers):
        yield f"I8: timers are {sorted(timers)}, not {sorted(instance.state.timers)}"
