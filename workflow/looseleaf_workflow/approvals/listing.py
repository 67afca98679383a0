"""What is to be stored and done beside the events: tasks, timers, the lock and the effects of a decision, as data.

Tasks, timers and the lock are functions of the state: what has to be written is the difference between two states. Effects are functions
of events: each has a number within its event, so that (instance, event, number) is the stable key of a message sent or an action done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from looseleaf_workflow.approvals.commands import TaskId
from looseleaf_workflow.approvals.definition import Definition, FieldRights, Step
from looseleaf_workflow.approvals.state import NodeState, Slot, State, Timer, task_id

TaskKind = Literal["approve", "handle", "opinion", "hold", "resubmit", "consent"]


@dataclass(frozen=True, slots=True)
class Task:
    """An open task. `path` says where its node stands; `acting_for`: whose decision it is where that is not the holder's own.

    `candidates`: people to whom an unclaimed task is offered. The kinds resubmit and consent belong to no node.
    """

    id: TaskId
    kind: TaskKind
    holder: str
    path: str = ""
    acting_for: str = ""
    candidates: tuple[str, ...] = ()
    due: datetime | None = None
    fields: FieldRights = FieldRights()  # noqa: RUF009  # frozen


def tasks(definition: Definition, state: State) -> tuple[Task, ...]:
    """All open tasks, in written order of the flow."""
    found = [task for id in definition.tree.ids() if id in state.nodes for task in _tasks_of(definition, state.nodes[id])]
    if state.returned is not None:
        id = TaskId("", state.round, "submitter", state.returned.generation)
        found.append(Task(id, "resubmit", state.returned.holder, acting_for=_other(state.submitter, state.returned.holder)))
    if state.consent is not None:
        number = state.consent.number
        found += [Task(TaskId("", number, f"consent:{person}", 1), "consent", person) for person in state.consent.waiting]
    return tuple(found)


def _tasks_of(definition: Definition, node: NodeState) -> Iterator[Task]:
    for slot in node.slots:
        if slot.status in ("open", "asked"):
            yield _task(definition, node, slot)


def _task(definition: Definition, node: NodeState, slot: Slot) -> Task:
    step = definition.tree.node(node.id)
    asked = slot.status == "asked"
    kind: TaskKind = (
        "opinion" if asked else "hold" if slot.held else "handle" if isinstance(step, Step) and step.kind == "handle" else "approve"
    )
    return Task(
        task_id(node, slot),
        kind,
        slot.asked if asked else slot.holder,
        definition.tree.path(node.id),
        _other(slot.person, slot.holder) if not asked else slot.holder,
        () if slot.holder else slot.candidates,
        slot.due,
        step.fields if isinstance(step, Step) else FieldRights(),
    )


def _other(person: str, holder: str) -> str:
    return person if person != holder else ""


@dataclass(frozen=True, slots=True)
class TaskEnd:
    """A task that is not open any more. `status`: done, transferred, returned, cancelled."""

    id: TaskId
    status: Literal["done", "transferred", "returned", "cancelled"]


@dataclass(frozen=True, slots=True)
class Changes:
    """What a decision changed beside the events."""

    opened: tuple[Task, ...]
    closed: tuple[TaskEnd, ...]
    timers_set: tuple[Timer, ...]
    timers_cancelled: tuple[Timer, ...]


def changes(definition: Definition, before: State, after: State, *, old: Definition | None = None) -> Changes:
    """The difference between two states. `old`: the version before, where the instance migrated in between."""
    earlier = {task.id: task for task in tasks(old or definition, before)}
    later = {task.id: task for task in tasks(definition, after)}
    closed = tuple(TaskEnd(id, _end(after, id)) for id in earlier if id not in later)
    set_ = tuple(timer for id, timer in after.timers.items() if before.timers.get(id) != timer)
    gone = tuple(timer for id, timer in before.timers.items() if id not in after.timers or _newer(after.timers[id], timer))
    return Changes(tuple(task for id, task in later.items() if earlier.get(id) != task), closed, set_, gone)


def _newer(one: Timer, other: Timer) -> bool:
    return one.generation != other.generation


def _end(after: State, id: TaskId) -> Literal["done", "transferred", "returned", "cancelled"]:
    """What became of a task."""
    node = after.node(id.node)
    slot = node.slot(id.slot) if node.visit == id.visit else None
    if slot is None:
        return "done" if not id.node else "cancelled"
    if slot.status in ("agreed", "rejected") and slot.generation == id.generation:
        return "done"
    if slot.status in ("open", "asked") and slot.generation > id.generation:
        return "transferred"
    return "returned" if slot.reason == "returned" else "cancelled"


@dataclass(frozen=True, slots=True)
class RecordLock:
    """What may not be edited, and who may all the same: the submitter while the instance is with them."""

    fields: tuple[str, ...]
    include: tuple[str, ...]
    editor: str = ""


def lock(definition: Definition, state: State) -> RecordLock | None:
    """The lock on the record; None where there is none, and after the end."""
    wanted = definition.lock
    if state.status not in ("running", "error") or not (wanted.fields or wanted.include):
        return None
    return RecordLock(wanted.fields, wanted.include, state.returned.holder if state.returned else "")


def editable(definition: Definition, state: State, person: str) -> tuple[str, ...]:
    """Locked fields that somebody may edit now, together with or before their decision (A81)."""
    held = [task for task in tasks(definition, state) if task.holder == person]
    names = [name for task in held for name in task.fields.edit]
    if state.returned is not None and state.returned.holder == person:
        names += definition.lock.fields
    return tuple(dict.fromkeys(names))


def hidden(definition: Definition, state: State, task: TaskId) -> tuple[str, ...]:
    """Fields that must be absent from everything that the holder of a task is shown of this instance (A88)."""
    step = definition.tree.node(task.node)
    return step.fields.hide if isinstance(step, Step) else ()
