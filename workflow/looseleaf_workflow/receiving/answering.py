"""What follows from an inbound event, after its sender was told that it has arrived: each rule that listens gets one run about its record.

The event's row is locked and its state moves on in the same transaction as the runs are stored, so that a message that comes twice does nothing twice.
Rules are those that were in force when the event came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select, update

from looseleaf_metadata.labels import LOCALES
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.errors import LooseleafError, Refused, Unavailable
from looseleaf_platform.jobs.leases import MOST_ATTEMPTS
from looseleaf_platform.jobs.outbox import Message
from looseleaf_platform.publishing.revising import model_at
from looseleaf_platform.records import write as writing
from looseleaf_platform.records.ids import decode, encode
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.writing.plan import Plans
from looseleaf_workflow.automations.alarming import PAUSE, lookers_after
from looseleaf_workflow.automations.definition import Automation, automations_of
from looseleaf_workflow.automations.events import Event, live_image
from looseleaf_workflow.automations.hearing import HEARD, hear, heard_of
from looseleaf_workflow.automations.starting import keep_versions, new_run, start_runs
from looseleaf_workflow.automations.steps.base import Failed
from looseleaf_workflow.automations.switches import is_off, switched_off
from looseleaf_workflow.automations.tables import automation_run
from looseleaf_workflow.automations.triggers.inbound import WORD
from looseleaf_workflow.automations.verdicts import LOOPS, Origin, data_of, key_of, why_not
from looseleaf_workflow.inbound.definition import Inbound, inbound_by_id
from looseleaf_workflow.inbound.tables import inbound_event
from looseleaf_workflow.notifications.telling import About, tell
from looseleaf_workflow.organisation import Firm
from looseleaf_workflow.people import resolve
from looseleaf_workflow.plain_json import plain
from looseleaf_workflow.receiving.matching import Heard, Match, match
from looseleaf_workflow.receiving.taking import STORED
from looseleaf_workflow.who import User, people_named

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

SOURCE = "inbound"
"""By which door runs come that an event sets off."""
_events = inbound_event.c


@dataclass
class Answer:
    """What comes of one event, put together rule by rule."""

    row: Any
    source: Inbound
    heard: Mapping[str, Any]
    origin: Origin
    off: frozenset[str]
    runs: list[dict[str, Any]] = field(default_factory=list)
    rules: dict[str, Automation] = field(default_factory=dict)
    problems: list[dict[str, str]] = field(default_factory=list)

    def problem(self, rule: str, code: str, text: Text) -> None:
        """Why a rule did not run, in every language."""
        self.problems.append({"automation": rule, "code": code, **{locale: text.translate(locale) for locale in LOCALES}})

    @property
    def state(self) -> str:
        """What the event comes to as a whole."""
        codes = {one["code"] for one in self.problems}
        if codes & {"ambiguous", "failed"}:
            return "failed"
        return "unmatched" if "unmatched" in codes else "done" if self.runs or self.row.runs else "quiet"


def handle(workspace: Workspace, message: Message) -> None:
    """The message of an event: ask the rules. What can't be done is kept with the event, for somebody to look at and try again."""
    id = decode(message.payload["event"])
    try:
        _answer(workspace, id)
    except Unavailable:
        raise
    except (LooseleafError, ArithmeticError) as error:
        _fail(workspace, id, _said(error))
    except Exception as error:
        if message.attempts < MOST_ATTEMPTS:
            raise
        _fail(workspace, id, Text("{error}", error=f"{type(error).__name__}: {error}"[:500]))


def _answer(workspace: Workspace, id: int) -> None:
    context = workspace.context(SYSTEM, "automation")
    with workspace.database.read() as connection:
        row = connection.execute(select(inbound_event).where(_events.id == id)).first()
        if row is None or row.state != STORED:
            return
        model = model_at(workspace, row.revision)
        source = inbound_by_id(model, row.source_id)
        if source is None:
            return
        actor = _identity(connection, context, source)
    rules = _rules(context, model, source.name)
    heard = heard_of(source, id, row.data or {})
    bound = context if actor is None else workspace.bound(workspace.actor(actor), context.runtime, "automation")
    asked = Heard(bound, heard)
    found = [(rule, match(bound, rule, asked)) for rule in rules]
    with workspace.writing(context) as (connection, context):
        row = connection.execute(select(inbound_event).where(_events.id == id).with_for_update()).one()
        if row.state != STORED:
            return
        origin = Origin(id, "api", actor, row.revision, row.chain or encode(id))
        answer = Answer(row, source, heard, origin, switched_off(connection))
        done = _ran(connection, row)
        for rule, one in found:
            if rule.id not in done:
                record = _record(connection, context, bound, answer, rule, one, asked)
                if record is not None:
                    _ask(connection, context, answer, rule, record)
        _keep(connection, context, answer)


def _identity(connection: Connection, context: Context, source: Inbound) -> int | None:
    """The user whom a source acts as, None for the system. Raises Failed where there is no such person at work."""
    if not source.acts_as:
        return None
    people = resolve(User(source.acts_as), Firm(connection, context, "", 0), "").people
    if not people:
        raise Failed(Text("There is nobody to act as"))
    return decode(people[0])


def _rules(context: Context, model: Any, name: str) -> list[Automation]:
    """The rules of a Model that listen to a source, about objects as they are called today."""
    today = {one.id: one.name for one in context.model.objects.values() if one.name in context.runtime.objects}
    listening = [one for one in automations_of(model) if one.trigger == WORD and one.options[WORD] == name]
    ids = {one.name: model.objects[one.object].id for one in listening}
    return [replace(one, object=today[ids[one.name]]) for one in listening if ids[one.name] in today]


def _ran(connection: Connection, row: Any) -> frozenset[str]:
    """The rules that have run for an event, where it is asked once more."""
    ids = [decode(id) for id in row.runs or ()]
    runs = automation_run.c
    return frozenset(connection.scalars(select(runs.automation_id).where(runs.id.in_(ids)))) if ids else frozenset()


def _record(
    connection: Connection, context: Context, bound: Context, answer: Answer, rule: Automation, found: Match, asked: Heard
) -> int | None:  # fmt: skip
    """The record that a rule is about; one is made where the rule says so. None, and a problem, where there is none."""
    if is_off(answer.off, rule.id):
        answer.problem(rule.name, "off", Text("It is switched off"))
        return None
    if len(found.ids) == 1:
        return found.ids[0]
    if found.ids:
        answer.problem(rule.name, "ambiguous", Text("More than one record was found by {by}", by=found.by))
        return None
    missing = rule.options.get("missing", "tell")
    if missing == "create":
        by = bound.workspace.bound(bound.actor, context.runtime, "automation")
        change = Change("create", rule.object, values=plain(asked.values_for(rule)))
        operation = Operation("automation", reason=rule.name, chain=answer.origin.chain)
        return writing.write_within(connection, by, [change], operation).written[0].id
    nothing = Text("No record was found by {by}", by=found.by)
    answer.problem(rule.name, "unmatched" if missing == "tell" else "ignored", nothing)
    if missing == "tell":
        _tell_missing(connection, context, answer.source, rule, found.by)
    return None


def _ask(connection: Connection, context: Context, answer: Answer, rule: Automation, record: int) -> None:
    """A run of a rule about a record, unless something speaks against it."""
    plan = Plans.of(context.runtime)[rule.object]
    image = live_image(connection, plan, record)
    if image is None:
        answer.problem(rule.name, "unmatched", Text("The record is not there any more"))
        return
    event = Event(context, connection, plan, record, WORD, answer.row.id, image, image, {HEARD: answer.heard})
    hear(context, event.scope_after, event.memo)
    reason = why_not(rule, event, answer.origin, answer.off)
    if reason is not None:
        answer.problem(rule.name, reason.code, reason.text)
    if reason is not None and reason.code not in LOOPS:
        return
    origin, stopped = answer.origin, reason.text.translate("en") if reason is not None else ""
    answer.rules[rule.version] = rule
    answer.runs.append(
        new_run(
            rule.id, rule.name, rule.version, key_of(rule, event), plan.id, record, context,
            event={**data_of(event, origin), **event.memo, "source": SOURCE}, chain=origin.chain, source=SOURCE, actor=origin.actor,
            state="loop_stopped" if stopped else "waiting", error=stopped,
        )
    )  # fmt: skip


def _keep(connection: Connection, context: Context, answer: Answer) -> None:
    """Store the runs, and with the event what came of it."""
    keep_versions(connection, context, answer.rules.values())
    new = start_runs(connection, context, answer.runs)
    runs = [*(answer.row.runs or ()), *(encode(id) for id in new)]
    values = {"state": answer.state, "runs": runs, "problems": answer.problems, "handled_at": context.now}
    connection.execute(update(inbound_event).where(_events.id == answer.row.id).values(values))
    if answer.state == "failed":
        _tell_failure(connection, context, answer.source, answer.row.id)


# --- telling


def _tell_missing(connection: Connection, context: Context, source: Inbound, rule: Automation, by: str) -> None:
    """Tell whom the rule names, or those who look after automations, that nothing was found."""
    firm, usual = Firm(connection, context, rule.object, 0), context.model.defaults.locale
    named = people_named(rule.options["tell"]) if "tell" in rule.options else ()
    people = dict.fromkeys(person for one in named for person in resolve(one, firm, "").people)
    readers = [(decode(person), str(firm.attribute(person, "locale") or "")) for person in people] or lookers_after(connection, context)
    thing, texts = context.model.objects[rule.object], {}
    for id, locale in readers:
        spoken = locale or usual
        words = Text(
            "{source}: nothing was found among “{object}” by {by}", source=source.label.text(spoken), object=thing.label.text(spoken), by=by
        )
        texts[id] = words.translate(spoken)
    tell(connection, context.now, texts, About("", None), f"inbound:{source.id}:{rule.id}")


def _tell_failure(connection: Connection, context: Context, source: Inbound, id: int) -> None:
    """Tell those who look after automations, unless another event of the source failed within the last hour."""
    others = (_events.source_id == source.id, _events.state == "failed", _events.id != id, _events.handled_at > context.now - PAUSE)
    if connection.scalar(select(_events.id).where(*others).limit(1)) is not None:
        return
    texts = {}
    for person, locale in lookers_after(connection, context):
        spoken = locale or context.model.defaults.locale
        texts[person] = Text("An event of “{name}” could not be handled", name=source.label.text(spoken)).translate(spoken)
    tell(connection, context.now, texts, About("", None), f"inbound:{source.id}")


def _fail(workspace: Workspace, id: int, text: Text) -> None:
    """Nothing of it was done: keep that with the event."""
    with workspace.writing(workspace.context(SYSTEM, "automation")) as (connection, context):
        row = connection.execute(select(inbound_event).where(_events.id == id).with_for_update()).first()
        if row is None or row.state != STORED:
            return
        problem = {"automation": "", "code": "failed", **{locale: text.translate(locale) for locale in LOCALES}}
        values = {"state": "failed", "problems": [problem], "handled_at": context.now}
        connection.execute(update(inbound_event).where(_events.id == id).values(values))
        source = inbound_by_id(context.model, row.source_id)
        if source is not None:
            _tell_failure(connection, context, source, id)


def _said(error: Exception) -> Text:
    if isinstance(error, Refused):
        return Text("{error}", error="; ".join(f"{fault.pointer} {fault.say('en')}".strip() for fault in error.faults)[:1000])
    return error.message if isinstance(error, LooseleafError) else Text("{error}", error=f"{type(error).__name__}: {error}"[:500])
