"""What people are shown of approvals: those of a record, their trail, and the tasks that wait for somebody.

No value of a record is among it, but the title where the step does not hide it: what a step hides is nowhere here (A88).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from looseleaf_metadata.labels import Label
from looseleaf_platform.context import Context
from looseleaf_platform.errors import NotThere
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals.events import Event
from looseleaf_workflow.approvals.listing import hidden
from looseleaf_workflow.approvals.questions import ADMINS
from looseleaf_workflow.running.stored import Instance, instances_on, read_events, read_instance
from looseleaf_workflow.running.tables import approval_offer, approval_task

MOST = 200
"""Tasks that are listed at once."""


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task that waits for somebody. `edit`, `require`, `hide`: fields of the record in the eyes of its holder. `title`: "" where it is hidden."""

    id: int
    task: c.TaskId
    instance: Instance
    kind: str
    holder: str
    acting_for: str
    due: datetime | None
    opened: datetime
    title: str = ""
    step: Label | None = None
    edit: tuple[str, ...] = ()
    require: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """An instance with its open tasks and its trail."""

    instance: Instance
    tasks: tuple[OpenTask, ...]
    trail: tuple[Event, ...]


def approvals_of(context: Context, object: str, record: int) -> list[Seen]:
    """The approvals of a record, the newest first. Raises NotThere for who may not see the record."""
    read.get(context, object, record, ("id",))
    with context.workspace.database.read() as connection:
        found = instances_on(connection, context, [record], alive=False)
        return [
            Seen(one, _open(connection, context, approval_task.c.instance_id == one.id), read_events(connection, one.id))
            for one in reversed(found)
        ]


def tasks_of(context: Context) -> tuple[OpenTask, ...]:
    """The tasks that wait for the caller, what is due first at the top. Titles only of records that they may see."""
    with context.workspace.database.read() as connection:
        offered = select(approval_offer.c.task_id).where(approval_offer.c.person.in_(_names(context)))
        return _open(connection, context, approval_task.c.id.in_(offered))


def task_of(context: Context, id: int) -> OpenTask:
    """A task that waits for the caller, or for nobody any more and was theirs. Raises NotThere."""
    with context.workspace.database.read() as connection:
        row = connection.execute(select(approval_task).where(approval_task.c.id == id)).first()
        if row is None:
            raise NotThere
        offered = select(approval_offer.c.person).where(approval_offer.c.task_id == id)
        mine = {row.holder, *connection.scalars(offered)} & set(_names(context))
        instance = read_instance(connection, context, row.instance_id)
        if instance is None or not (mine or context.actor.administrator or _may_read(context, instance)):
            raise NotThere
        return _task(context, row, instance)


def _names(context: Context) -> tuple[str, ...]:
    own = encode(context.actor.id) if context.actor.id is not None else ""
    return (own, ADMINS) if context.actor.administrator else (own,)


def _may_read(context: Context, instance: Instance) -> bool:
    return instance.object in context.model.objects and instance.record in read.reachable(context, instance.object, (instance.record,))


def _open(connection: Connection, context: Context, where: Any) -> tuple[OpenTask, ...]:
    task = approval_task.c
    statement = select(approval_task).where(where, task.status == "open").order_by(task.due_at.is_(None), task.due_at, task.id).limit(MOST)
    instances: dict[int, Instance | None] = {}
    found = []
    for row in connection.execute(statement).all():
        if row.instance_id not in instances:
            instances[row.instance_id] = read_instance(connection, context, row.instance_id)
        instance = instances[row.instance_id]
        if instance is not None:
            found.append(_task(context, row, instance))
    return tuple(found)


def _task(context: Context, row: Any, instance: Instance) -> OpenTask:
    id = c.TaskId(row.node, row.visit, row.slot, row.generation)
    definition = instance.definition
    there = row.node in definition.tree.ids()
    hide = hidden(definition, instance.state, id) if there else ()
    rights = definition.step(row.node).fields if there else None
    label = Label.of(definition.step(row.node).label) if there else None
    title = _title(context, instance, hide)
    edit, require = (rights.edit, rights.require) if rights is not None else ((), ())
    return OpenTask(
        row.id, id, instance, row.kind, row.holder, row.acting_for, row.due_at, row.opened_at, title, label, edit, require, hide
    )


def _title(context: Context, instance: Instance, hide: tuple[str, ...]) -> str:
    """The record's title, where the caller may see it and the step doesn't hide it."""
    if instance.object not in context.model.objects:
        return ""
    name = context.model.object(instance.object).title
    if name in hide or not _may_read(context, instance) or name not in context.profile.readable(instance.object):
        return ""
    return str(read.get(context, instance.object, instance.record, (name,)).values.get(name) or "")
