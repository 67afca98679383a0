"""Instances as rows: read with their version and state, stored with their events, hashes, tasks and timers. Decides nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from looseleaf_platform.context import Context
from looseleaf_platform.database.upserts import insert_into
from looseleaf_platform.records.ids import encode, new_id
from looseleaf_workflow import frozen_json
from looseleaf_workflow.approvals.commands import TaskId
from looseleaf_workflow.approvals.definition import Definition
from looseleaf_workflow.approvals.events import Event
from looseleaf_workflow.approvals.listing import Changes, Task, TaskEnd
from looseleaf_workflow.approvals.state import State
from looseleaf_workflow.running.tables import approval_event, approval_instance, approval_offer, approval_task, approval_version
from looseleaf_workflow.timers import cancel_timer, set_timer

if TYPE_CHECKING:
    from looseleaf_platform.records.runtime import Runtime

OWNER_KIND = "approval"
"""Of timers."""

# Made once: every decision carries them out.
BY_ID = select(approval_instance).where(approval_instance.c.id == bindparam("id"))
BY_ID_LOCKED = BY_ID.with_for_update()
PLACE = select(approval_instance.c.object_id, approval_instance.c.record_id).where(approval_instance.c.id == bindparam("id"))
STAND = update(approval_instance).where(approval_instance.c.id == bindparam("_id"))
CLOSE = (
    update(approval_task)
    .where(
        approval_task.c.instance_id == bindparam("_instance"), approval_task.c.node == bindparam("_node"),
        approval_task.c.visit == bindparam("_visit"), approval_task.c.slot == bindparam("_slot"),
        approval_task.c.generation == bindparam("_generation"),
    )
    .values(status=bindparam("_status"), closed_at=bindparam("_at"))
    .returning(approval_task.c.id)
)  # fmt: skip
ADD_EVENTS, OFFER = insert(approval_event), insert(approval_offer)
FORGET_OFFERS = delete(approval_offer).where(approval_offer.c.task_id.in_(bindparam("tasks", expanding=True)))


class Tampered(Exception):
    """Stored bytes are not those that were stored: a version or an event is not what its hash says."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance as it stands. `head` is the hash of its last event; `leaving`: {"field", "to"} or None."""

    id: int
    approval_id: str
    object: str
    record: int
    definition: Definition
    state: State
    head: str
    submitter: str
    choice: Any = None
    leaving: Any = None
    parent: tuple[int, str, int] | None = None
    started_at: datetime | None = None

    @property
    def code(self) -> str:
        """Its id as people see it."""
        return encode(self.id)


def keep_version(connection: Connection, context: Context, definition: Definition) -> None:
    """Store a version unless it is there."""
    where = approval_version.c.sha256 == definition.sha256
    if connection.scalar(select(approval_version.c.sha256).where(where)) is None:
        data = frozen_json.to_data(definition)
        row = {"sha256": definition.sha256, "name": definition.name, "data": data, "at": context.now}
        connection.execute(insert(approval_version), row)


def version(connection: Connection, runtime: Runtime, sha256: str) -> Definition:
    """A stored version, whose bytes are held against its name once a process. Raises Tampered."""
    known: dict[str, Definition] = runtime.memo.setdefault("approval versions", {})
    found = known.get(sha256)
    if found is None:
        data = connection.scalar(select(approval_version.c.data).where(approval_version.c.sha256 == sha256))
        if data is None:
            raise Tampered(f"the version {sha256} is missing")
        found = Definition.of_data(data)
        if found.sha256 != sha256:
            raise Tampered(f"the version {sha256} was changed")
        known[sha256] = found
    return found


def object_name(context: Context, object_id: str) -> str:
    """The name of an object today; its id where it is gone."""
    return next((one.name for one in context.model.objects.values() if one.id == object_id), object_id)


def read_instance(connection: Connection, context: Context, id: int, *, lock: bool = False) -> Instance | None:
    """One instance; `lock`: nobody else changes it until the transaction ends."""
    row = connection.execute(BY_ID_LOCKED if lock else BY_ID, {"id": id}).first()
    return None if row is None else instance_of(connection, context, row)


def place_of(connection: Connection, context: Context, id: int) -> tuple[str, int] | None:
    """The object and the record of an instance, which never change."""
    row = connection.execute(PLACE, {"id": id}).first()
    return None if row is None else (object_name(context, row.object_id), row.record_id)


def instances_by_id(connection: Connection, context: Context, ids: Iterable[int]) -> dict[int, Instance]:
    """Some instances, by id."""
    wanted = sorted(set(ids))
    found: dict[int, Instance] = {}
    for start in range(0, len(wanted), 500):
        statement = select(approval_instance).where(approval_instance.c.id.in_(wanted[start : start + 500]))
        found |= {row.id: instance_of(connection, context, row) for row in connection.execute(statement).all()}
    return found


def instances_on(connection: Connection, context: Context, records: Iterable[int], *, alive: bool = True) -> list[Instance]:
    """The instances on some records, oldest first."""
    ids = sorted(set(records))
    found: list[Instance] = []
    for start in range(0, len(ids), 500):
        statement = select(approval_instance).where(approval_instance.c.record_id.in_(ids[start : start + 500]))
        if alive:
            statement = statement.where(approval_instance.c.status.in_(("running", "error")))
        rows = connection.execute(statement.order_by(approval_instance.c.id)).all()
        found += [instance_of(connection, context, row) for row in rows]
    return found


def instance_of(connection: Connection, context: Context, row: Any) -> Instance:
    """An instance from its row."""
    parent = None if row.parent is None else (row.parent, row.parent_node, row.parent_visit)
    return Instance(
        row.id, row.approval_id, object_name(context, row.object_id), row.record_id, version(connection, context.runtime, row.version),
        frozen_json.from_data(State, row.state), row.head, row.submitter, row.choice, row.leaving, parent, row.started_at,
    )  # fmt: skip


def read_events(connection: Connection, id: int) -> tuple[Event, ...]:
    """The events of an instance, in order."""
    statement = select(approval_event.c.data).where(approval_event.c.instance_id == id).order_by(approval_event.c.number)
    return tuple(Event.of_data(data) for data in connection.scalars(statement))


def read_trails(connection: Connection, ids: Iterable[int]) -> dict[int, tuple[Event, ...]]:
    """The events of some instances, each in order: one query."""
    row = approval_event.c
    statement = select(row.instance_id, row.data).where(row.instance_id.in_(list(ids))).order_by(row.instance_id, row.number)
    found: dict[int, list[Event]] = {}
    for id, data in connection.execute(statement):
        found.setdefault(id, []).append(Event.of_data(data))
    return {id: tuple(events) for id, events in found.items()}


def chained(before: str, event: Event) -> str:
    """The hash of an event that follows on another."""
    return _chained(before, event.as_data())


def _chained(before: str, data: Any) -> str:
    return hashlib.sha256(f"{before}\n{frozen_json.canonical_of(data)}".encode()).hexdigest()


def create(connection: Connection, context: Context, instance: Instance, object_id: str) -> None:
    """Store a new instance, before its first events."""
    parent = instance.parent or (None, "", None)
    connection.execute(
        insert(approval_instance),
        {
            "id": instance.id, "approval_id": instance.approval_id, "version": instance.definition.sha256, "object_id": object_id,
            "record_id": instance.record, "status": "running", "submitter": instance.submitter, "number": 0, "head": "",
            "state": frozen_json.to_data(instance.state), "choice": instance.choice, "leaving": instance.leaving, "parent": parent[0],
            "parent_node": parent[1], "parent_visit": parent[2], "started_at": context.now, "ended_at": None,
        },
    )  # fmt: skip


def store(connection: Connection, context: Context, instance: Instance, events: Sequence[Event], state: State) -> Instance:
    """Add events, and the state that they lead to. Two that were decided on one state can't both be stored: their numbers are the same."""
    head, rows = instance.head, []
    for event in events:
        data = event.as_data()
        before, head = head, _chained(head, data)
        rows.append(
            {
                "instance_id": instance.id, "number": event.number, "actor": event.actor, "on_behalf_of": event.on_behalf_of,
                "command": event.command, "at": event.at, "data": data, "before": before, "hash": head,
            }
        )  # fmt: skip
    if rows:
        connection.execute(ADD_EVENTS, rows)
    values = {
        "status": state.status,
        "number": state.number,
        "head": head,
        "state": frozen_json.to_data(state),
        "version": state.definition,
    }
    values["ended_at"] = context.now if state.ended else None
    connection.execute(STAND, {"_id": instance.id, **values})
    return replace(instance, state=state, head=head)


def store_changes(connection: Connection, context: Context, instance: Instance, changes: Changes) -> None:
    """Open and close tasks, set and cancel timers."""
    closed = [_close(connection, context, instance.id, end) for end in changes.closed]
    if closed:
        connection.execute(FORGET_OFFERS, {"tasks": closed})
    for task in changes.opened:
        _open(connection, context, instance.id, task)
    for timer in changes.timers_cancelled:
        cancel_timer(connection, OWNER_KIND, instance.id, timer.id)
    for timer in changes.timers_set:
        payload = {"generation": timer.generation}
        set_timer(connection, context.workspace, OWNER_KIND, instance.id, timer.id, timer.at, payload)


def _named(id: TaskId) -> dict[str, Any]:
    return {"node": id.node, "visit": id.visit, "slot": id.slot, "generation": id.generation}


def _close(connection: Connection, context: Context, instance: int, end: TaskEnd) -> int | None:
    named = {f"_{name}": value for name, value in _named(end.id).items()}
    id: int | None = connection.scalar(CLOSE, {"_instance": instance, "_status": end.status, "_at": context.now, **named})
    return id


def _open(connection: Connection, context: Context, instance: int, task: Task) -> None:
    """A task that is new, or that is open once more."""
    values: dict[str, Any] = {
        "kind": task.kind, "path": task.path, "holder": task.holder, "acting_for": task.acting_for, "status": "open",
        "due_at": task.due, "closed_at": None,
    }  # fmt: skip
    new = new_id()
    row = {"id": new, "instance_id": instance, "opened_at": context.now, **_named(task.id), **values}
    id = connection.scalar(_put_task(connection.dialect.name), row)
    if id != new:
        connection.execute(FORGET_OFFERS, {"tasks": [id]})
    people = dict.fromkeys(person for person in (task.holder, *task.candidates) if person)
    if people:
        connection.execute(OFFER, [{"person": person, "task_id": id} for person in people])


@cache
def _put_task(dialect: str) -> Any:
    put = insert_into(dialect, approval_task)
    said = {name: put.excluded[name] for name in ("kind", "path", "holder", "acting_for", "status", "due_at", "closed_at")}
    same = ["instance_id", "node", "visit", "slot", "generation"]
    return put.on_conflict_do_update(index_elements=same, set_=said).returning(approval_task.c.id)
