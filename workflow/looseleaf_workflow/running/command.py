"""The command path: one transaction from the command's row to tasks, timers and effects. Everything that acts on an instance comes by here.

Locked in this order: the command's key, the record, the instance. Whoever waits for a lock decides on what the other left.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, insert, select

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.errors import Decided, Fault, LooseleafError, NotAllowed, NotThere, Refused
from looseleaf_platform.records.ids import decode, encode, new_id
from looseleaf_platform.records.write import insist
from looseleaf_workflow import frozen_json
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.decide import Decision, Needs, Refusal, decide
from looseleaf_workflow.approvals.definition import Definition
from looseleaf_workflow.approvals.effects import Effect, effects
from looseleaf_workflow.approvals.listing import changes
from looseleaf_workflow.approvals.state import State
from looseleaf_workflow.organisation import Firm
from looseleaf_workflow.running import actions, changing, performing
from looseleaf_workflow.running.answers import answer
from looseleaf_workflow.running.stored import Instance, create, keep_version, place_of, read_instance, store, store_changes
from looseleaf_workflow.running.tables import approval_command, approval_instance

MOST_ROUNDS = 1000
"""Of questions and answers; every round answers something new."""
NOTE = insert(approval_command)
KNOWN = select(approval_command).where(approval_command.c.key == bindparam("key"))
T = TypeVar("T")
Remake = Callable[[Connection, Context, Instance], c.Body]


@dataclass(frozen=True, slots=True)
class Result:
    """What a command led to. `first` to `last`: the numbers of its events; `repeated`: it had been carried out before."""

    instance: int
    first: int
    last: int
    repeated: bool = False


def act(
    context: Context,
    instance: int,
    body: c.Body,
    key: str = "",
    before: Callable[[Connection, Context], None] | None = None,
    remake: Remake | None = None,
) -> Result:
    """Carry a command out in a transaction of its own. `key`: the same key twice is the same command. `before`: runs first in the transaction, unless it is a repetition.

    `remake`: gives the body with what only the locked instance tells.

    Raises NotThere, NotAllowed, Decided, Refused; nothing is stored then.
    """

    def once(connection: Connection, bound: Context) -> Result:
        command = command_of(bound, body, key)
        found = lock(connection, bound, instance)
        known = known_result(connection, command)  # maybe by somebody who held the lock until now
        if known is not None:
            return known
        if before is not None:
            before(connection, bound)
            found = read_instance(connection, bound, instance) or found
        asked = command if remake is None else replace(command, body=remake(connection, bound, found))
        return carry_out(connection, bound, found, asked, command.request)

    return transact(context, once)


def transact(context: Context, once: Callable[[Connection, Context], T]) -> T:
    """One transaction, done again where another writer got in its way."""

    def again() -> Any:
        with context.workspace.writing(context) as (connection, bound):
            return once(connection, bound)

    return insist(context, again)  # type: ignore[return-value]


def command_of(context: Context, body: c.Body, key: str = "") -> c.Command:
    """A command of whoever the context is of. Keys of different people never meet."""
    actor = actor_of(context)
    return c.Command(f"{actor.id}:{key or encode(new_id())}", actor, body)


def actor_of(context: Context) -> c.Actor:
    """The caller as the core knows them."""
    actor = context.actor
    return c.SYSTEM if actor.id is None else c.Actor(encode(actor.id), admin=actor.administrator)


def known_result(connection: Connection, command: c.Command, request: str = "") -> Result | None:
    """What a command with this key led to before. Raises Decided where it asked for something else."""
    row = connection.execute(KNOWN, {"key": command.key}).first()
    if row is None:
        return None
    if row.request != (request or command.request):
        raise Decided(Text("this request was sent before with another content"), "another-request")
    return Result(row.instance_id, row.first, row.last, repeated=True)


def lock(connection: Connection, context: Context, id: int) -> Instance:
    """The instance, with its record locked before it. Raises NotThere."""
    place = place_of(connection, context, id)
    if place is None:
        raise NotThere
    lock_record(connection, context, *place)
    locked = read_instance(connection, context, id, lock=True)
    if locked is None:
        raise NotThere
    return locked


def lock_record(connection: Connection, context: Context, object: str, record: int) -> bool:
    """Lock a record until the end of the transaction. False: it is gone."""
    if object not in context.model.objects:
        return False
    table = context.runtime.object(object).table
    where = (table.c.id == record, table.c.deleted_at.is_(None))
    return connection.execute(select(table.c.id).where(*where).with_for_update(key_share=True)).first() is not None


def carry_out(connection: Connection, context: Context, found: Instance, command: c.Command, request: str = "") -> Result:
    """Decide a command on a locked instance, and store all that follows. Raises what a refusal means."""
    before = found.state
    decision, facts = settle(connection, context, found, before, command)
    row = {
        "key": command.key, "request": request or command.request, "instance_id": found.id, "actor": command.actor.id,
        "version": found.definition.sha256, "body": frozen_json.to_data(command.body), "facts": json.loads(json.dumps(facts.as_data())),
        "first": before.number + 1, "last": decision.state.number, "at": context.now,
    }  # fmt: skip
    connection.execute(NOTE, row)
    if not decision.events:
        return Result(found.id, before.number + 1, before.number)
    definition = found.definition
    if isinstance(command.body, c.Migrate | c.UndoMigration):
        definition = command.body.to
        keep_version(connection, context, definition)
    after = store(connection, context, replace(found, definition=definition), decision.events, decision.state)
    store_changes(connection, context, after, changes(definition, before, decision.state, old=found.definition))
    ended = decision.state.ended and not before.ended
    if ended:
        changing.carry_out(connection, context, after)
    performing.perform(connection, context, after, effects(definition, before, decision.events), DEEDS)
    if ended:
        performing.after_end(connection, context, after)
        tell_parent(connection, context, after)
    return Result(found.id, decision.events[0].number, decision.events[-1].number)


def settle(connection: Connection, context: Context, found: Instance, state: State, command: c.Command) -> tuple[Decision, q.Facts]:
    """Decide, answering what is asked."""
    firm = Firm(connection, context, found.object, found.record)
    proposal = getattr(command.body, "proposal", None) or state.proposal
    if proposal is not None:
        firm.proposed = changing.as_proposed(firm, proposal)
    facts = q.Facts(context.now, {})
    for _ in range(MOST_ROUNDS):
        made = decide(found.definition, state, command, facts)
        if isinstance(made, Decision):
            return made, facts
        if isinstance(made, Refusal):
            raise error_of(made, context)
        facts = answered(firm, facts, made)
    raise AssertionError("the core never stops asking")


def answered(firm: Firm, facts: q.Facts, needs: Needs) -> q.Facts:
    """The facts with the answers to what is asked."""
    return q.Facts(facts.now, {**facts.answers, **{one: answer(firm, one) for one in needs.questions}})


def error_of(refusal: Refusal, context: Context) -> LooseleafError:
    """A refusal of the core as the platform says it; who decided is told by name."""
    details = dict(refusal.details)
    by = str(details.get("by", ""))
    named = dict(refusal.message.values)
    if "person" in details:
        named["person"] = name_of(context, str(details["person"]))
    if "chain" in named:
        named["chain"] = " → ".join(name_of(context, str(one)) for one in details["chain"])
    refusal = replace(refusal, message=Text(refusal.message.msgid, **named))
    if refusal.code == "not-allowed":
        return NotAllowed(refusal.message)
    if refusal.code == "invalid":
        return Refused([Fault("", "invalid", refusal.message)])
    message = Text("{person} has already decided this task", person=name_of(context, by)) if by else refusal.message
    return Decided(message, refusal.code, by, str(details.get("at", "")))


def name_of(context: Context, person: str) -> str:
    """A person's name for a sentence."""
    if not person or person in ("system", q.ADMINS):
        return Text("an administrator").translate(context.locale)
    try:
        return context.workspace.actor(decode(person)).name
    except (ValueError, NotThere):
        return person[:60]


def tell_parent(connection: Connection, context: Context, child: Instance) -> None:
    """The flow that called one that has ended goes on."""
    if child.parent is None:
        return
    id, node, visit = child.parent
    system = context.workspace.bound(SYSTEM, context.runtime, context.source)
    command = c.Command(f"child:{child.code}", c.SYSTEM, c.ChildEnded(node, visit, child.state.status))
    if known_result(connection, command) is None:
        carry_out(connection, system, lock(connection, system, id), command)


def send(connection: Connection, context: Context, found: Instance, body: c.Body, key: str) -> Result | None:
    """Tell an instance what happened around, as the system, in a transaction that is open. None: it had been told."""
    system = context.workspace.bound(SYSTEM, context.runtime, context.source)
    command = c.Command(key, c.SYSTEM, body)
    if known_result(connection, command) is not None:
        return None
    return carry_out(connection, system, found, command)


def begin(connection: Connection, context: Context, new: Instance, command: c.Command, request: str = "") -> Result:
    """Start an instance on a record that is locked: its version kept, its row made, its first command carried out."""
    keep_version(connection, context, new.definition)
    create(connection, context, new, context.model.object(new.object).id)
    return carry_out(connection, context, new, command, request)


def _start_child(connection: Connection, context: Context, parent: Instance, effect: Effect) -> None:
    """A called flow begins on its record, in the name of who submitted the one that calls it."""
    data, system = effect.data, context.workspace.bound(SYSTEM, context.runtime, context.source)
    definition = version_now(context, effect.what)
    if definition.sha256 != data["version"]:
        raise Refused([Fault("", "unknown-version", Text("the called approval has another version by now"))])
    record = decode(data["record"]) if data["record"] else parent.record
    if not lock_record(connection, context, definition.object, record):
        raise NotThere
    new = Instance(
        new_id(), flow_id(context, effect.what), definition.object, record, definition, State(), "", parent.submitter,
        parent=(parent.id, data["node"], data["visit"]),
    )  # fmt: skip
    actor = c.Actor(parent.submitter)
    begin(connection, system, new, c.Command(f"call:{parent.code}:{effect.key}", actor, c.Submit(depth=data["depth"])))


def _cancel_child(connection: Connection, context: Context, parent: Instance, effect: Effect) -> None:
    """A called flow that nobody waits for is terminated."""
    row = approval_instance.c
    where = (row.parent == parent.id, row.parent_node == effect.data["node"], row.parent_visit == effect.data["visit"])
    for id in connection.scalars(select(row.id).where(*where, row.status.in_(("running", "error")))).all():
        send(connection, context, lock(connection, context, id), c.Terminate("the caller ended"), f"stop:{parent.code}:{effect.key}:{id}")


DEEDS = {"start_child": _start_child, "cancel_child": _cancel_child, "action": actions.act}


def version_now(context: Context, approval: str) -> Definition:
    """The published version of a flow. Raises NotThere."""
    flow = context.model.others.get("approval", {}).get(approval)
    if flow is None:
        raise NotThere
    return flow.definition  # type: ignore[no-any-return]


def flow_id(context: Context, approval: str) -> str:
    """The stable id of a flow."""
    return str(context.model.others["approval"][approval].id)
