"""What follows from events: messages to people, read-only entries, and the move that a flow gave leave for. Actions are in actions.py.

Done in the transaction of the decision, so exactly once. An action that is refused is undone by itself and told; the decision stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, insert, select, update

from looseleaf_metadata.labels import Label
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.errors import Fault, LooseleafError, Refused
from looseleaf_platform.jobs.outbox import put
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write_within
from looseleaf_workflow import who
from looseleaf_workflow.approvals.effects import Effect
from looseleaf_workflow.approvals.questions import ADMINS
from looseleaf_workflow.frozen_json import load, to_data
from looseleaf_workflow.notifications.telling import About, tell
from looseleaf_workflow.organisation import Firm, person_id
from looseleaf_workflow.people import resolve
from looseleaf_workflow.running.stored import Instance
from looseleaf_workflow.running.tables import approval_effect
from looseleaf_workflow.stages.gate import AGREED
from looseleaf_workflow.tables import stage_now

KIND = "approval"
"""The kind of operation by which an approval writes."""
TRIAL = "change_trial"
"""The kind of operation by which a change request is tried and undone; nobody gives it from outside."""
OWN = "approval"
"""The exemption that an approval gives its own writes: its lock does not hold them up."""


NOTE = insert(approval_effect)
Deed = Callable[[Connection, Context, Instance, Effect], None]


def perform(
    connection: Connection, context: Context, instance: Instance, effects: Iterable[Effect], others: Mapping[str, Deed] = {}
) -> None:
    """Carry effects out, each once by its key, and note what became of each. `others`: what starts and stops called flows, and acts on the record."""
    deeds = {"tell": _tell_effect, "show": _show_effect, **others}
    for given in effects:
        effect = _with_readers(connection, context, instance, given) if given.kind == "show" else given
        deed = deeds.get(effect.kind)
        if deed is None:
            _note(connection, context, instance, effect, "unknown", "")
            continue
        error = _tried(connection, context, instance, lambda deed=deed, effect=effect: deed(connection, context, instance, effect))  # type: ignore[misc]
        _note(connection, context, instance, effect, "failed" if error else "done", error)


def _tried(
    connection: Connection, context: Context, instance: Instance, do: Callable[[], None], coming: frozenset[str] = frozenset()
) -> str:
    """Do something whole, or not at all: then why not, for people. `coming`: fields of which nobody says that they are missing."""
    savepoint = connection.begin_nested()
    try:
        do()
    except ArithmeticError as error:
        savepoint.rollback()
        return Text("This can't be computed: {reason}", reason=type(error).__name__).translate(context.locale)
    except LooseleafError as refused:
        savepoint.rollback()
        if not isinstance(refused, Refused):
            return refused.message.translate(context.locale)
        told = [fault for fault in refused.faults if fault.code != "required" or fault.pointer.strip("/") not in coming]
        return "; ".join(fault.say(context.locale) for fault in told) or (
            "" if refused.faults else refused.message.translate(context.locale)
        )
    savepoint.commit()
    return ""


def _note(connection: Connection, context: Context, instance: Instance, effect: Effect, state: str, error: str) -> None:
    row = {
        "instance_id": instance.id, "key": effect.key, "kind": effect.kind, "what": effect.what, "people": list(effect.people),
        "data": to_data(effect.data), "state": state, "error": error[:1000], "at": context.now,
    }  # fmt: skip
    connection.execute(NOTE, row)


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
    "reversed": Text("Not approved any more: {approval}", approval=""),
    "shown": Text("For your information: {approval}", approval=""),
}
"""What people are told, by the effect's word."""
MAILED = ("task", "reminder")
MAIL_TOPIC = "approval.task"
"""Of messages that ask for mails: {"instance", "node", "slot", "what", "people"}; ids as people see them."""


def _tell_effect(connection: Connection, context: Context, instance: Instance, effect: Effect) -> None:
    people = effect.people if any(effect.people) else (ADMINS,)
    _tell(connection, context, instance, WORDS[effect.what], people)
    _mail(connection, context, instance, effect)


def _mail(connection: Connection, context: Context, instance: Instance, effect: Effect) -> None:
    """Ask for the mails about a task; without an address of the site there is nothing that they could lead to."""
    if effect.what not in MAILED or instance.definition.mail == "none" or not context.workspace.site:
        return
    people = [person for person in effect.people if person_id(person) is not None]
    payload = {"instance": instance.code, "node": effect.data["node"], "slot": effect.data["slot"], "what": effect.what, "people": people}
    if people:
        put(connection, context.workspace, MAIL_TOPIC, payload)


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


# --- readers


def _with_readers(connection: Connection, context: Context, instance: Instance, effect: Effect) -> Effect:
    """A read-only entry with the people whom it is for: those of a copy are known, those of a flow are found now."""
    if effect.people or "who" not in effect.data:
        return effect
    firm = Firm(connection, context, instance.object, instance.record)
    wanted = load(who.Who, to_data(effect.data["who"]))
    people = dict.fromkeys(id for person in wanted for id in resolve(person, firm, instance.submitter).people)
    return replace(effect, people=tuple(people))


def _show_effect(connection: Connection, context: Context, instance: Instance, effect: Effect) -> None:
    """Readers are told; that they may look is what the entry itself says."""
    _tell(connection, context, instance, WORDS["shown"], effect.people)


# --- what a flow does to its record


def notify_plainly(connection: Connection, context: Context, instance: Instance, data: Mapping[str, Any]) -> None:
    """`{notify: owner}`, or with `template: rejected`: told in the words that the product has for it."""
    firm = Firm(connection, context, instance.object, instance.record)
    people = dict.fromkeys(id for person in _named(data["notify"]) for id in resolve(person, firm, instance.submitter).people)
    _tell(connection, context, instance, WORDS.get(data.get("template", instance.state.status), WORDS["approved"]), people)


def _named(written: Any) -> who.Who:
    try:
        return who.people_named(written)
    except LookupError as unknown:
        raise Refused([Fault("", "unknown-person", Text("unknown person '{name}'", name=str(unknown)[:60]))]) from None


def operation_of(instance: Instance) -> Operation:
    """The operation of a flow's own writes: past its lock, and through the gate that waits for it."""
    name = instance.definition.name
    return Operation(KIND, reason=f"{name} {instance.code}", exemptions=frozenset({OWN, AGREED.format(approval=name)}))


def _write(connection: Connection, context: Context, instance: Instance, values: Mapping[str, Any]) -> None:
    """Change the record as the system."""
    system = context.workspace.bound(SYSTEM, context.runtime, "job")
    write_within(connection, system, [Change("update", instance.object, instance.record, values)], operation_of(instance))


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


def try_move(connection: Connection, context: Context, instance: Instance, coming: frozenset[str] = frozenset()) -> str:
    """Move the record to where the approval was asked to let it go; why not, else. `coming`: fields that may be empty still."""
    values = {instance.leaving["field"]: instance.leaving["to"]}
    return _tried(connection, context, instance, lambda: _write(connection, context, instance, values), coming)
