"""Submitting a record: which flow it starts, pinned to its version, at most one of each flow at a time on a record (A01 to A05)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, select

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Decided, Fault, NotAllowed, NotThere, Refused
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode, new_id
from looseleaf_workflow import frozen_json
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.checking.flow import calls_of
from looseleaf_workflow.approvals.choosing import Choice, choose
from looseleaf_workflow.approvals.decide import Needs, Refusal
from looseleaf_workflow.approvals.definition import Definition, Step
from looseleaf_workflow.approvals.preview import Preview, preview
from looseleaf_workflow.approvals.state import State
from looseleaf_workflow.organisation import Firm
from looseleaf_workflow.running import changing, performing
from looseleaf_workflow.running.command import (
    answered,
    begin,
    command_of,
    error_of,
    flow_id,
    known_result,
    lock_record,
    transact,
    version_now,
)
from looseleaf_workflow.running.stored import Instance, instances_on
from looseleaf_workflow.running.tables import approval_instance
from looseleaf_workflow.stages.plans import stage_plans
from looseleaf_workflow.stages.standing import pipeline_for


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody submits. `approval`: which flow, "" for the one that fits; `picks`: people by step, as ids in text.

    `leave_to`: the stage that the record is to go to when it is agreed; then the flow is the one that the gate names.
    `changes`: raw values that approved fields are to have; then the flow is the one that their approval names for changes.
    """

    object: str
    record: int
    approval: str = ""
    picks: Mapping[str, tuple[str, ...]] = FrozenMap()  # frozen
    leave_to: str = ""
    changes: Mapping[str, Any] = FrozenMap()  # frozen


def submit(context: Context, wanted: Request, key: str = "") -> int:
    """Start the flow that fits. Returns the instance's id; the same key twice gives the same one.

    Raises NotThere, NotAllowed for who may not change the record, Decided where it runs already, Refused where no flow fits.
    """
    _may_submit(context, wanted)
    body = c.Submit(FrozenMap({step: tuple(people) for step, people in wanted.picks.items()}))
    asked = (wanted.object, encode(wanted.record), wanted.approval, wanted.leave_to, body)
    request = frozen_json.sha256((*asked, wanted.changes) if wanted.changes else asked)

    def once(connection: Connection, bound: Context) -> int:
        command = command_of(bound, body, key)
        known = known_result(connection, command, request)
        if known is not None:
            return known.instance
        if not lock_record(connection, bound, wanted.object, wanted.record):
            raise NotThere
        known = known_result(connection, command, request)  # by somebody who held the lock until now
        if known is not None:
            return known.instance
        if wanted.changes:
            return _begin_change(connection, bound, wanted, command, request)
        leaving = _leaving(connection, bound, wanted)
        definition, choice = _choose(connection, bound, wanted, command.actor.id, leaving)
        _must_be_only(connection, bound, wanted, definition)
        reason = {"reason": choice.reason, "matched": list(choice.matched)}
        where = (wanted.object, wanted.record, definition, State(), "", command.actor.id, reason)
        new = Instance(new_id(), flow_id(bound, definition.name), *where, leaving=leaving)
        if leaving is not None:
            _must_pass(connection, bound, new)
            performing.mark_leaving(connection, bound, new, leaving["stage_id"])
        return begin(connection, bound, new, command, request).instance

    return transact(context, once)


def _begin_change(connection: Connection, context: Context, wanted: Request, command: c.Command, request: str) -> int:
    """Begin the flow that decides about a change of what is approved (A86)."""
    names = tuple(wanted.changes)
    flow, guard = changing.flow_for_change(connection, context, wanted.object, wanted.record, names)
    if wanted.leave_to or wanted.approval not in ("", flow):
        raise Refused([Fault("/approval", "no-match", Text("This change is decided by “{approval}”", approval=flow))])
    definition = version_now(context, flow)
    _must_be_only(connection, context, wanted, definition)
    picks = FrozenMap({step: tuple(people) for step, people in wanted.picks.items()})
    fields = guard.change.fields if guard.change is not None else names
    about = changing.Wanted(wanted.object, wanted.record, fields)
    body = c.Submit(picks, proposal=changing.propose(connection, context, about, wanted.changes))
    reason = {"reason": "change", "matched": [flow]}
    new = Instance(new_id(), flow_id(context, flow), wanted.object, wanted.record, definition, State(), "", command.actor.id, reason)
    return begin(connection, context, new, replace(command, body=body), request).instance


def flow_for(context: Context, wanted: Request) -> Definition:
    """The flow that a submission would start now. Raises what `submit` raises before anything is asked of anybody."""
    _may_submit(context, wanted)
    with context.workspace.database.read() as connection:
        command = command_of(context, c.Submit())
        return _choose(connection, context, wanted, command.actor.id, _leaving(connection, context, wanted))[0]


def foresee(context: Context, wanted: Request) -> tuple[Definition, Preview]:
    """What would happen: the flow, and its way with everybody agreeing. Nothing is kept."""
    _may_submit(context, wanted)
    with context.workspace.database.read() as connection:
        command = command_of(context, c.Submit(FrozenMap({step: tuple(people) for step, people in wanted.picks.items()})))
        leaving = _leaving(connection, context, wanted)
        definition, _ = _choose(connection, context, wanted, command.actor.id, leaving)
        firm, facts = Firm(connection, context, wanted.object, wanted.record), q.Facts(context.now, {})
        while True:
            found = preview(definition, command, facts)
            if isinstance(found, Preview):
                return definition, found
            if isinstance(found, Refusal):
                raise error_of(found, context)
            facts = answered(firm, facts, found)


def _may_submit(context: Context, wanted: Request) -> None:
    """Whoever may change a record may submit it."""
    read.get(context, wanted.object, wanted.record, ("id",))
    if not context.actor.is_system and wanted.record not in read.reachable(context, wanted.object, (wanted.record,), "update"):
        raise NotAllowed(Text("You may not submit this record for approval"))


def flows_of(context: Context, object: str) -> list[Definition]:
    """The flows that a submission of an object may start: all but those that others call, or name for changes of what they approved."""
    found = [flow.definition for flow in context.model.others.get("approval", {}).values()]
    called = {call.approval for definition in found for call in calls_of(definition)}
    called |= {definition.change.flow for definition in found if definition.change is not None}
    return [definition for definition in found if definition.object == object and definition.name not in called]


def _choose(
    connection: Connection, context: Context, wanted: Request, submitter: str, leaving: Mapping[str, Any] | None
) -> tuple[Definition, Choice]:
    name = wanted.approval or (leaving["approval"] if leaving is not None else "")
    if name and leaving is not None:
        return version_now(context, name), Choice(name, "only_match", (name,))
    candidates = flows_of(context, wanted.object)
    if name:
        candidates = [one for one in candidates if one.name == name]
    firm, facts = Firm(connection, context, wanted.object, wanted.record), q.Facts(context.now, {})
    found = choose(candidates, submitter, facts)
    while isinstance(found, Needs):
        facts = answered(firm, facts, found)
        found = choose(candidates, submitter, facts)
    if not found.name:
        waved = found.reason == "no_match_approve"
        said = Text("This record needs no approval") if waved else Text("No approval fits this record")
        raise Refused([Fault("/approval", "needs-none" if waved else "no-match", said)])
    return version_now(context, found.name), found


def _must_be_only(connection: Connection, context: Context, wanted: Request, definition: Definition) -> None:
    """One flow runs once at a time on a record."""
    row = approval_instance.c
    where = (row.record_id == wanted.record, row.approval_id == flow_id(context, definition.name), row.status.in_(("running", "error")))
    running = connection.scalar(select(row.id).where(*where))
    if running is not None:
        raise Decided(Text("This approval runs already on this record: {instance}", instance=encode(running)), "running")


# --- leave to go to another stage


def _leaving(connection: Connection, context: Context, wanted: Request) -> Mapping[str, Any] | None:
    """Where the record wants to go, and which approval's leave that needs. Raises Refused where none is needed."""
    if not wanted.leave_to:
        return None
    scope = Firm(connection, context, wanted.object, wanted.record).scope
    for plans in stage_plans(context.runtime, wanted.object):
        pipeline = pipeline_for(plans, scope) if scope is not None else None
        if pipeline is None or scope is None or wanted.leave_to not in pipeline.stages:
            continue
        way = pipeline.way(scope[plans.field.name], wanted.leave_to)
        gate = way.leaves.gate if way.leaves is not None else None
        if gate is None or way.to is None:
            break
        if any(one.leaving is not None for one in instances_on(connection, context, [wanted.record])):
            raise Decided(Text("It waits already for leave to go to another stage"), "running")
        return {"field": plans.field.name, "to": wanted.leave_to, "stage_id": way.to.id, "approval": gate.approval}
    raise Refused([Fault("/to", "no-gate", Text("The way to this stage needs no approval"))])


def _must_pass(connection: Connection, context: Context, new: Instance) -> None:
    """What the way demands beside the approval must hold when one asks, too: tried, and undone. What a step will fill in may be missing."""
    nodes = (new.definition.tree.node(id) for id in new.definition.tree.ids())
    coming = frozenset(name for node in nodes if isinstance(node, Step) for name in node.fields.require)
    trial = connection.begin_nested()
    error = performing.try_move(connection, context, new, coming)
    trial.rollback()
    if error:
        raise Refused([Fault("/to", "stage-unmet", Text("It could not go there now: {why}", why=error))])
