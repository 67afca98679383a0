"""What people are shown of approvals: those of a record, their trail, and the tasks that wait for somebody.

No value of a record is among it, but the title where the step does not hide it: what a step hides is nowhere here (A88).
Queries: a list of tasks is three, and one for the titles of each object.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from looseleaf_metadata.labels import Label
from looseleaf_platform.context import Context
from looseleaf_platform.errors import NotThere
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals.definition import Step
from looseleaf_workflow.approvals.events import Event
from looseleaf_workflow.approvals.listing import hidden
from looseleaf_workflow.approvals.questions import ADMINS
from looseleaf_workflow.running.stored import Instance, instances_by_id, instances_on, read_events, read_instance, read_trails
from looseleaf_workflow.running.tables import approval_effect, approval_instance, approval_offer, approval_task

MOST = 200
"""Tasks that are listed at once."""
MOST_PAST = 50
"""Decided tasks, and requests of one's own, that are listed at once."""


MOST_ON_RECORD = 20
"""Approvals of one record that are shown, the newest."""

TASK = select(approval_task).where(approval_task.c.id == bindparam("id"))
OFFERED = select(approval_offer.c.person).where(approval_offer.c.task_id == bindparam("id"))


@dataclass(frozen=True, slots=True)
class OpenTask:
    """A task that waits for somebody, or did. `edit`, `require`, `hide`: fields of the record in the eyes of its holder. `title`: "" where it is hidden.

    `offered`: the people to whom it is, or was, offered while nobody had claimed it.
    """

    id: int
    task: c.TaskId
    instance: Instance
    kind: str
    holder: str
    acting_for: str
    due: datetime | None
    opened: datetime
    closed: datetime | None = None
    title: str = ""
    step: Label | None = None
    edit: tuple[str, ...] = ()
    require: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()
    offered: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """Whether it waits."""
        return self.closed is None


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
        found = instances_on(connection, context, [record], alive=False)[-MOST_ON_RECORD:]
        if not found:
            return []
        ids = [one.id for one in found]
        waiting = _tasks(connection, context, approval_task.c.instance_id.in_(ids))
        trails = read_trails(connection, ids)
        return [Seen(one, tuple(task for task in waiting if task.instance.id == one.id), trails.get(one.id, ())) for one in reversed(found)]


def tasks_of(context: Context) -> tuple[OpenTask, ...]:
    """The tasks that wait for the caller, what is due first at the top. Titles only of records that they may see."""
    with context.workspace.database.read() as connection:
        offered = select(approval_offer.c.task_id).where(approval_offer.c.person.in_(_names(context)))
        return _tasks(connection, context, approval_task.c.id.in_(offered))


def count_of_tasks(context: Context) -> int:
    """How many tasks wait for the caller: one query of one index."""
    with context.workspace.database.read() as connection:
        statement = select(func.count(approval_offer.c.task_id.distinct())).where(approval_offer.c.person.in_(_names(context)))
        return connection.scalar(statement) or 0


def decided_by(context: Context) -> tuple[OpenTask, ...]:
    """The tasks that the caller held and that are done or handed on, the last first."""
    task = approval_task.c
    with context.workspace.database.read() as connection:
        where = (task.holder == _names(context)[0], task.status.in_(("done", "transferred")))
        statement = select(approval_task).where(*where).order_by(task.closed_at.desc(), task.id.desc()).limit(MOST_PAST)
        return _bound(connection, context, connection.execute(statement).all())


def submitted_by(context: Context) -> tuple[tuple[Instance, str], ...]:
    """What the caller submitted, the last first, with the titles of the records that they may still see."""
    row = approval_instance.c
    with context.workspace.database.read() as connection:
        mine = (row.submitter == _names(context)[0], row.parent.is_(None))
        ids = connection.scalars(select(row.id).where(*mine).order_by(row.id.desc()).limit(MOST_PAST)).all()
        found = instances_by_id(connection, context, ids)
        titles = _titles(context, found.values())
        return tuple((found[id], titles.get(found[id].record, "")) for id in ids)


def task_of(context: Context, id: int, *, titled: bool = True) -> OpenTask:
    """A task that waits for the caller, or for nobody any more and was theirs. Raises NotThere. `titled`: with the record's title."""
    with context.workspace.database.read() as connection:
        row = connection.execute(TASK, {"id": id}).first()
        if row is None:
            raise NotThere
        mine = {row.holder, *connection.scalars(OFFERED, {"id": id})} & set(_names(context))
        instance = read_instance(connection, context, row.instance_id)
        if instance is None or not (mine or context.actor.administrator or _may_read(context, instance)):
            raise NotThere
        return _task(row, instance, _titles(context, (instance,)) if titled else {}, context)


def seen_instance(context: Context, id: int, *, told: bool = False) -> Instance:
    """An approval that the caller may see: of a record that they see, or one that they submitted or have, or had, a task of.

    Raises NotThere. `told`: they have just acted on it, and may.
    """
    with context.workspace.database.read() as connection:
        found = read_instance(connection, context, id)
        if found is None or not (told or _may_see(connection, context, found)):
            raise NotThere
        return found


def seen(context: Context, id: int) -> Seen:
    """An approval that the caller may see, with its open tasks and its trail. Raises NotThere."""
    found = seen_instance(context, id)
    with context.workspace.database.read() as connection:
        return Seen(found, _tasks(connection, context, approval_task.c.instance_id == id), read_events(connection, id))


def _may_see(connection: Connection, context: Context, found: Instance) -> bool:
    names = _names(context)
    if context.actor.administrator or found.submitter == names[0]:
        return True
    task = approval_task.c
    held = select(task.id).where(task.instance_id == found.id, task.holder == names[0]).limit(1)
    return connection.scalar(held) is not None or _may_read(context, found) or _was_shown(connection, names[0], found.id)


def _was_shown(connection: Connection, person: str, id: int) -> bool:
    """Whether an approval was copied to somebody."""
    entry = approval_effect.c
    shown = select(entry.people).where(entry.instance_id == id, entry.kind == "show", entry.state == "done")
    return any(person in people for people in connection.scalars(shown))


def _names(context: Context) -> tuple[str, ...]:
    own = encode(context.actor.id) if context.actor.id is not None else ""
    return (own, ADMINS) if context.actor.administrator else (own,)


def _may_read(context: Context, instance: Instance) -> bool:
    return instance.object in context.model.objects and instance.record in read.reachable(context, instance.object, (instance.record,))


def _tasks(connection: Connection, context: Context, where: Any) -> tuple[OpenTask, ...]:
    task = approval_task.c
    statement = select(approval_task).where(where, task.status == "open").order_by(task.due_at.is_(None), task.due_at, task.id).limit(MOST)
    return _bound(connection, context, connection.execute(statement).all())


def _bound(connection: Connection, context: Context, rows: Iterable[Any]) -> tuple[OpenTask, ...]:
    listed = list(rows)
    instances = instances_by_id(connection, context, [row.instance_id for row in listed])
    titles = _titles(context, instances.values())
    return tuple(_task(row, instances[row.instance_id], titles, context) for row in listed if row.instance_id in instances)


def _titles(context: Context, instances: Iterable[Instance]) -> Mapping[int, str]:
    """The titles of records that the caller may see."""
    wanted: dict[str, set[int]] = {}
    for one in instances:
        wanted.setdefault(one.object, set()).add(one.record)
    return {id: title for name, ids in wanted.items() for id, title in read.titles(context, name, ids).items()}


def _task(row: Any, instance: Instance, titles: Mapping[int, str], context: Context) -> OpenTask:
    id = c.TaskId(row.node, row.visit, row.slot, row.generation)
    definition = instance.definition
    node = definition.tree.node(row.node) if row.node in definition.tree.positions else None
    step = node if isinstance(node, Step) else None
    hide = hidden(definition, instance.state, id) if step is not None else ()
    thing = context.model.objects.get(instance.object)
    slot = instance.state.node(row.node).slot(row.slot)
    return OpenTask(
        row.id, id, instance, row.kind, row.holder, row.acting_for, row.due_at, row.opened_at, row.closed_at,
        "" if thing is None or thing.title in hide else titles.get(instance.record, ""),
        Label.of(step.label or step.id) if step is not None else None,
        step.fields.edit if step is not None else (), step.fields.require if step is not None else (), hide,
        slot.candidates if slot is not None else (),
    )  # fmt: skip
