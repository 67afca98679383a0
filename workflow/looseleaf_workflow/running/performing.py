"""What follows from events: messages to people, the actions that a flow declares for its end, and the move that it gave leave for.

Done in the transaction of the decision, so exactly once. An action that is refused is undone by itself and told; the decision stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, update

from looseleaf_metadata.labels import Label
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.errors import Fault, LooseleafError, Refused
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write_within
from looseleaf_workflow import who
from looseleaf_workflow.approvals.effects import Effect
from looseleaf_workflow.approvals.questions import ADMINS
from looseleaf_workflow.frozen_json import to_data
from looseleaf_workflow.notifications.telling import About, tell
from looseleaf_workflow.organisation import Firm, person_id
from looseleaf_workflow.people import resolve
from looseleaf_workflow.running.stored import Instance
from looseleaf_workflow.running.tables import approval_effect
from looseleaf_workflow.stages.gate import AGREED
from looseleaf_workflow.stages.plans import stage_plans
from looseleaf_workflow.tables import stage_now

KIND = "approval"
"""The kind of operation by which an approval writes."""
OWN = "approval"
"""The exemption that an approval gives its own writes: its lock does not hold them up."""


Deed = Callable[[Connection, Context, Instance, Effect], None]


def perform(
    connection: Connection, context: Context, instance: Instance, effects: Iterable[Effect], flows: Mapping[str, Deed] = {}
) -> None:
    """Carry effects out, each once by its key, and note what became of each. `flows`: what starts and stops called flows."""
    deeds = {"tell": _tell_effect, "action": _act, **flows}
    for effect in effects:
        deed = deeds.get(effect.kind)
        if deed is None or (effect.kind == "action" and effect.what not in ACTIONS):
            _note(connection, context, instance, effect, "unknown", "")
            continue
        error = _tried(connection, context, instance, lambda deed=deed, effect=effect: deed(connection, context, instance, effect))  # type: ignore[misc]
        _note(connection, context, instance, effect, "failed" if error else "done", error)


def _tried(connection: Connection, context: Context, instance: Instance, do: Callable[[], None]) -> str:
    """Do something whole, or not at all: then why not, for people."""
    savepoint = connection.begin_nested()
    try:
        do()
    except LooseleafError as refused:
        savepoint.rollback()
        said = [fault.say(context.locale) for fault in refused.faults] if isinstance(refused, Refused) else []
        return "; ".join(said) or refused.message.translate(context.locale)
    savepoint.commit()
    return ""


def _note(connection: Connection, context: Context, instance: Instance, effect: Effect, state: str, error: str) -> None:
    row = {
        "instance_id": instance.id, "key": effect.key, "kind": effect.kind, "what": effect.what, "people": list(effect.people),
        "data": to_data(effect.data), "state": state, "error": error[:1000], "at": context.now,
    }  # fmt: skip
    connection.execute(insert(approval_effect), row)


# --- messages

WORDS: Mapping[str, Text] = {
    "task": Text("A decision waits for you: {approval}", approval=""),
    "opinion_asked": Text("You are asked for an opinion: {approval}", approval=""),
    "opinion_given": Text("An opinion was given: {approval}", approval=""),
    "returned": Text("It was sent back to you: {approval}", approval=""),
    "urged": Text("You are asked to hurry: {approval}", approval=""),
    "mentioned": Text("You are mentioned: {approval}", approval=""),
    "withdrawal_asked": Text("A withdrawal waits for your consent: {approval}", approval=""),
    "material_changed": Text("What is decided about has changed: {approval}", approval=""),
    "reminder": Text("A decision still waits for you: {approval}", approval=""),
    "overdue": Text("A decision is overdue: {approval}", approval=""),
    "error": Text("It has stopped with an error: {approval}", approval=""),
    "approved": Text("Approved: {approval}", approval=""),
    "rejected": Text("Rejected: {approval}", approval=""),
    "withdrawn": Text("Withdrawn: {approval}", approval=""),
    "terminated": Text("Terminated: {approval}", approval=""),
}
"""What people are told, by the effect's word."""


def _tell_effect(connection: Connection, context: Context, instance: Instance, effect: Effect) -> None:
    people = effect.people if any(effect.people) else (ADMINS,)
    _tell(connection, context, instance, WORDS[effect.what], people)


def _tell(connection: Connection, context: Context, instance: Instance, words: Text | str, people: Iterable[str]) -> None:
    """Into the inbox of each reader, in their language."""
    users = context.runtime.object("user")
    live = users.table.c.deleted_at.is_(None)
    wanted: set[int] = {id for id in map(person_id, people) if id is not None}
    if ADMINS in people:
        wanted |= set(connection.scalars(select(users.table.c.id).where(live, users.fields["administrator"].main.is_(True))))
    locales = users.fields["locale"].main
    texts, label = {}, label_of(instance)
    for id, locale in connection.execute(select(users.table.c.id, locales).where(users.table.c.id.in_(wanted), live)):
        spoken = locale or context.model.defaults.locale
        texts[id] = words if isinstance(words, str) else Text(words.msgid, approval=label.text(spoken)).translate(spoken)
    tell(connection, context.now, texts, About(context.model.object(instance.object).id, instance.record))


def label_of(instance: Instance) -> Label:
    """What people call the flow, as in the version that the instance runs on."""
    return Label.of(instance.definition.label)


# --- actions of the flow


def _act(connection: Connection, context: Context, instance: Instance, effect: Effect) -> None:
    ACTIONS[effect.what](connection, context, instance, effect.data)


def _update(connection: Connection, context: Context, instance: Instance, data: Mapping[str, Any]) -> None:
    """`{update: self, values: {…}}`"""
    if data["update"] != "self":
        raise Refused([Fault("", "unknown-action", Text("An approval updates its own record only"))])
    _write(connection, context, instance, dict(data.get("values", {})))


def _move(connection: Connection, context: Context, instance: Instance, data: Mapping[str, Any]) -> None:
    """`{move_stage: contract}`"""
    held = stage_plans(context.runtime, instance.object)
    if not held:
        raise Refused([Fault("", "unknown-stage", Text("The record has no stages"))])
    _write(connection, context, instance, {held[0].field.name: data["move_stage"]})


def _notify(connection: Connection, context: Context, instance: Instance, data: Mapping[str, Any]) -> None:
    """`{notify: owner, text: …}`"""
    firm = Firm(connection, context, instance.object, instance.record)
    people = dict.fromkeys(id for person in _named(data["notify"]) for id in resolve(person, firm, instance.submitter).people)
    words = str(data["text"]) if "text" in data else WORDS.get(instance.state.status, WORDS["approved"])
    _tell(connection, context, instance, words, people)


def _named(written: Any) -> who.Who:
    try:
        return who.people_named(written)
    except LookupError as unknown:
        raise Refused([Fault("", "unknown-person", Text("unknown person '{name}'", name=str(unknown)[:60]))]) from None


ACTIONS: Mapping[str, Callable[[Connection, Context, Instance, Mapping[str, Any]], None]] = {
    "update": _update,
    "move_stage": _move,
    "notify": _notify,
}


def _write(connection: Connection, context: Context, instance: Instance, values: Mapping[str, Any]) -> None:
    """Change the record as the system: past the flow's own lock, and through the gate that waits for this approval."""
    system = context.workspace.bound(SYSTEM, context.runtime, "job")
    name = instance.definition.name
    operation = Operation(KIND, reason=f"{name} {instance.code}", exemptions=frozenset({OWN, AGREED.format(approval=name)}))
    write_within(connection, system, [Change("update", instance.object, instance.record, values)], operation)


# --- leave to go to another stage


def mark_leaving(connection: Connection, context: Context, instance: Instance, to: str) -> None:
    """Show on the record, or take away (""), that it waits for leave to go to another stage."""
    if instance.leaving is None:
        return
    field = context.runtime.object(instance.object).object.fields[instance.leaving["field"]]
    where = (stage_now.c.record_id == instance.record, stage_now.c.field_id == field.id)
    connection.execute(update(stage_now).where(*where).values(pending_exit=to))


def after_end(connection: Connection, context: Context, instance: Instance) -> None:
    """Move the record, where the approval was asked for leave and gave it. Criteria are asked again; what is unmet now is told."""
    leaving = instance.leaving
    if leaving is None:
        return
    mark_leaving(connection, context, instance, "")
    if instance.state.status != "approved":
        return
    effect = Effect(instance.state.number, 0, "leave", leaving["to"])
    error = try_move(connection, context, instance)
    _note(connection, context, instance, effect, "failed" if error else "done", error)


def try_move(connection: Connection, context: Context, instance: Instance) -> str:
    """Move the record to where the approval was asked to let it go; why not, else."""
    values = {instance.leaving["field"]: instance.leaving["to"]}
    return _tried(connection, context, instance, lambda: _write(connection, context, instance, values))
