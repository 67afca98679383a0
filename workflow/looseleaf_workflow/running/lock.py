"""The lock on records that are being decided about, in the write path: the same by every door (A75, A80 to A84).

The record's row is locked by the write, and by every command, before instances are read: a lock is seen or not there yet, never missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import select, union

from looseleaf_metadata.labels import Label
from looseleaf_metadata.texts import Text
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals.listing import editable, tasks
from looseleaf_workflow.approvals.listing import lock as lock_of
from looseleaf_workflow.approvals.questions import ADMINS
from looseleaf_workflow.organisation import Firm, person_id
from looseleaf_workflow.running.answers import values_of
from looseleaf_workflow.running.command import lock, send
from looseleaf_workflow.running.performing import OWN, TRIAL
from looseleaf_workflow.running.stored import Instance, instances_on
from looseleaf_workflow.running.tables import approval_instance, approval_offer, approval_task

EXEMPTION = "approval_lock"
"""The recorded exemption by which an administrator changes what is locked, with a reason."""
NOTE = "approvals"


@dataclass(frozen=True, slots=True)
class Touched:
    """An instance whose record, or a child of it, changes. `bypassed`: past the lock."""

    instance: Instance
    ended: bool = False
    bypassed: bool = False


def check(batch: Batch) -> None:
    """Refuse changes of what is locked, each field with the instance and who holds it."""
    watched = _watched(batch)
    rows = [row for row in batch.rows if not row.faults and row.kind != "purge" and watched]
    own = [row for row in rows if row.plan.name in watched and row.kind in ("update", "delete")]
    parents = {row.id: list(_parents(row, watched)) for row in rows}
    _share(batch, parents.values(), {row.id for row in own})
    ids = {row.id for row in own} | {id for found in parents.values() for _, id in found}
    if not ids:
        return
    running: dict[int, list[Instance]] = {}
    for instance in instances_on(batch.connection, batch.context, ids):
        running.setdefault(instance.record, []).append(instance)
    if not running:
        return
    gone = {row.id for row in own if row.kind == "delete"}
    touched: dict[int, Touched] = batch.notes.setdefault(NOTE, {})
    for row in own:
        for instance in running.get(row.id, ()):
            touched[instance.id] = _own(batch, row, instance)
    for row in rows:
        for names, id in parents[row.id]:
            for instance in running.get(id, ()):
                if id not in gone:
                    touched.setdefault(instance.id, _child(batch, row, instance, names))


def react(batch: Batch, rows: list[Row]) -> None:
    """Tell instances that their record was changed or deleted, and that somebody has left."""
    stored = {row.id for row in rows}
    found: dict[int, Touched] = batch.notes.get(NOTE, {})
    for id, one in sorted(found.items()):
        _tell(batch, id, one, gone=one.ended and one.instance.record in stored)
    for row in rows:
        if row.plan.name == "user" and (row.kind == "delete" or row.values.get("state") == "gone"):
            _left(batch, encode(row.id))


def _watched(batch: Batch) -> frozenset[str]:
    """Objects that have a flow, or had one when this revision was loaded: instances begin only where the newest revision has one."""
    memo = batch.context.runtime.memo
    if "approved objects" not in memo:
        model = batch.context.model
        alive = approval_instance.c.status.in_(("running", "error"))
        ids = set(batch.connection.scalars(select(approval_instance.c.object_id).where(alive).distinct()))
        names = {one.name for one in model.objects.values() if one.id in ids}
        memo["approved objects"] = frozenset(names | {flow.definition.object for flow in model.others.get("approval", {}).values()})
    return memo["approved objects"]  # type: ignore[no-any-return]


def _parents(row: Row, watched: frozenset[str]) -> Iterator[tuple[tuple[str, ...], int]]:
    """Records that a row points to, before or after, with the names by which a lock may include it."""
    if row.kind == "update" and not row.values and not row.links:
        return
    for name, target in row.plan.targets.items():
        if target not in watched or row.plan.fields[name].many:
            continue
        lines = row.plan.parent
        names = (row.plan.name, *((lines[1],) if lines is not None and lines[2] == name else ()))
        for id in {row.before(name), row.current(name)}:
            if isinstance(id, int):
                yield names, id


def _share(batch: Batch, parents: Iterable[list[tuple[tuple[str, ...], int]]], locked: set[int]) -> None:
    """Keep flows that lock children from beginning on the parents until this write is over. What the write has locked needs no more."""
    if batch.connection.dialect.name != "postgresql":
        return
    wanted = sorted({id for found in parents for _, id in found} - locked)
    flows = [flow.definition for flow in batch.context.model.others.get("approval", {}).values()]
    for name in sorted({one.object for one in flows if one.lock.include}) if wanted else ():
        table = batch.context.runtime.object(name).table
        batch.connection.execute(select(table.c.id).where(table.c.id.in_(wanted)).order_by(table.c.id).with_for_update(read=True)).all()


def _own(batch: Batch, row: Row, instance: Instance) -> Touched:
    """A record with a running approval is changed or deleted."""
    if row.kind == "delete":
        if instance.definition.on_delete == "refuse":
            said = Text("“{approval}” ({instance}) is running on it, held by {holder}: end it first", **_holding(batch, instance))
            row.fault("approval-running", said)
        return Touched(instance, ended=True)
    locked = lock_of(instance.definition, instance.state)
    person = _person(batch)
    free = editable(instance.definition, instance.state, person)
    held = [name for name in (*row.values, *row.links) if locked is not None and name in locked.fields and name not in free]
    if not held or batch.exempt(OWN):
        return Touched(instance)
    if bypasses(batch):
        return Touched(instance, bypassed=True)
    for name in held:
        field = row.plan.fields[name]
        words = _holding(batch, instance) | {"field": field.field.label}
        said = Text("“{approval}” ({instance}) is running, held by {holder}: “{field}” can't be changed meanwhile", **words)
        _refuse(batch, row, said, name)
    return Touched(instance)


def _child(batch: Batch, row: Row, instance: Instance, names: tuple[str, ...]) -> Touched:
    """A record that belongs to one with a running approval is made, changed or deleted (A83)."""
    locked = lock_of(instance.definition, instance.state)
    if locked is None or not set(names) & set(locked.include) or (locked.editor and locked.editor == _person(batch)) or batch.exempt(OWN):
        return Touched(instance)
    if bypasses(batch):
        return Touched(instance, bypassed=True)
    said = Text("“{approval}” ({instance}) is running, held by {holder}: this can't be changed meanwhile", **_holding(batch, instance))
    _refuse(batch, row, said)
    return Touched(instance)


def _refuse(batch: Batch, row: Row, said: Text, name: str = "") -> None:
    if batch.exempt(EXEMPTION) and batch.context.actor.administrator:
        row.fault("approval-reason", Text("Say why what is locked is to be changed"), row.plan.fields[name] if name else None)
    else:
        row.fault("approval-locked", said, row.plan.fields[name] if name else None)


def bypasses(batch: Batch) -> bool:
    """Whether the write has leave to change what is locked: an administrator's, recorded, and with a reason (A82)."""
    return batch.exempt(EXEMPTION) and batch.context.actor.administrator and bool(batch.operation.reason.strip())


def _person(batch: Batch) -> str:
    actor = batch.context.actor
    return "" if actor.id is None else encode(actor.id)


def _holding(batch: Batch, instance: Instance) -> dict[str, object]:
    """The words of a refusal: which approval, and who has it now."""
    holders = dict.fromkeys(task.holder for task in tasks(instance.definition, instance.state) if task.holder)
    admins = Text("an administrator").translate(batch.context.locale)
    names = [admins if one == ADMINS else str(batch.relations.follow("user", person_id(one), "name")) for one in holders]
    label = Label.of(instance.definition.label)
    return {"approval": label, "instance": instance.code, "holder": ", ".join(names) or "-"}


def _tell(batch: Batch, id: int, one: Touched, *, gone: bool) -> None:
    """An instance hears what became of its record."""
    connection, context, name = batch.connection, batch.context, one.instance.definition.name
    if gone:
        found = lock(connection, context, id)
        send(connection, context, found, c.Terminate("the record was deleted"), f"deleted:{encode(id)}:{found.state.number}")
        return
    material = one.instance.definition.material.fields
    firm = Firm(connection, context, one.instance.object, one.instance.record)
    if not material or batch.operation.kind == TRIAL or batch.exempt(f"approved:{name}"):
        return
    values = values_of(firm, material)
    found = lock(connection, context, id)
    if found.state.ended or all(found.state.values.get(field) == value for field, value in values.items()):
        return
    body = c.RecordChanged(values, batch.operation.reason if one.bypassed else "")
    send(connection, context, found, body, f"changed:{encode(id)}:{encode(batch.operation_id)}:{found.state.number}")


def _left(batch: Batch, person: str) -> None:
    """What somebody who has left holds goes on, as each flow says: tasks that are open, and those that wait for somebody whom they asked."""
    at, held = approval_task.c, approval_instance.c
    offered = select(at.instance_id).join(approval_offer, approval_offer.c.task_id == at.id).where(approval_offer.c.person == person)
    alive = held.status.in_(("running", "error"))
    had = select(at.instance_id).join(approval_instance, held.id == at.instance_id).where(at.holder == person, alive)
    statement = union(offered, had)
    for id in sorted(batch.connection.scalars(statement)):
        found = lock(batch.connection, batch.context, id)
        send(batch.connection, batch.context, found, c.PersonLeft(person), f"left:{encode(id)}:{person}:{found.state.number}")
