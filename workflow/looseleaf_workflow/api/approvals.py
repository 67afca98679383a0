"""Approvals over HTTP: submitting a record, looking ahead, the caller's tasks, deciding them, taking a request back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy import Connection

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.labels import Label
from looseleaf_metadata.texts import Text
from looseleaf_platform.api.callers import caller, locale
from looseleaf_platform.api.records import answer, idempotency_key, json_body, readable, record_id
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Fault, NotThere, Refused
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write_within
from looseleaf_workflow.api.asked import Shape, id_at, no_parameters, shaped
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals.events import Event
from looseleaf_workflow.running.command import act
from looseleaf_workflow.running.looking import OpenTask, Seen, approvals_of, task_of, tasks_of
from looseleaf_workflow.running.stored import read_instance
from looseleaf_workflow.running.submitting import Request, flows_of, foresee, submit

A_TEXT, AN_OBJECT = Text("a text"), Text("an object")
SUBMIT: Shape = {"approval": (str, A_TEXT), "to": (str, A_TEXT), "picks": (dict, AN_OBJECT)}
DECIDE: Shape = {
    "decision": (str, A_TEXT),
    "comment": (str, A_TEXT),
    "user": (str, A_TEXT),
    "target": (str, A_TEXT),
    "edits": (dict, AN_OBJECT),
}
WITHDRAW: Shape = {"reason": (str, A_TEXT)}


def make_routes() -> Blueprint:
    """The routes, anew for each application."""
    routes = Blueprint("approvals", __name__)
    routes.add_url_rule("/records/<name>/<id>/approvals", "list_approvals", list_approvals, methods=["GET"])
    routes.add_url_rule("/records/<name>/<id>/approvals", "submit_record", submit_record, methods=["POST"])
    routes.add_url_rule("/records/<name>/<id>/approvals/preview", "preview_approval", preview_approval, methods=["GET"])
    routes.add_url_rule("/tasks", "list_tasks", list_tasks, methods=["GET"])
    routes.add_url_rule("/tasks/<id>/decision", "decide_task", decide_task, methods=["POST"])
    routes.add_url_rule("/approvals/<id>/withdrawal", "withdraw_approval", withdraw_approval, methods=["POST"])
    return routes


def list_approvals(name: str, id: str) -> Response:
    """The approvals of a record with their trails, the newest first."""
    context = _approved(name)
    no_parameters()
    return answer({"data": [_instance(one) for one in approvals_of(context, name, record_id(id))]})


def submit_record(name: str, id: str) -> Response:
    """Submit a record; with `to`, for leave to go to a stage."""
    context, record = _approved(name), record_id(id)
    no_parameters()
    body = shaped(json_body(), SUBMIT)
    made = submit(context, Request(name, record, body.get("approval", ""), _picks(body), body.get("to", "")), idempotency_key())
    (found,) = [one for one in approvals_of(context, name, record) if one.instance.id == made]
    return answer({"data": _instance(found)}, 201)


def preview_approval(name: str, id: str) -> Response:
    """What would happen if the record were submitted now and everybody agreed."""
    context = _approved(name)
    no_parameters("approval", "to")
    wanted = Request(name, record_id(id), request.args.get("approval", ""), leave_to=request.args.get("to", ""))
    definition, found = foresee(context, wanted)
    nodes = [{"node": one.node, "people": list(one.people), "how": one.how, "unresolved": one.unresolved} for one in found.nodes]
    return answer({"data": {"approval": definition.name, "outcome": found.outcome, "nodes": nodes}})


def list_tasks() -> Response:
    """The tasks that wait for the caller."""
    context = caller()
    no_parameters()
    return answer({"data": [_task(one) for one in tasks_of(context)]})


def decide_task(id: str) -> Response:
    """Decide a task, or pass it on."""
    context, number = caller(), record_id(id)
    no_parameters()
    found = task_of(context, number)
    body = shaped(json_body(), DECIDE, ("decision",))
    done = act(context, found.instance.id, _body(found, body), idempotency_key(), _edit(found, body))
    with context.workspace.database.read() as connection:
        instance = read_instance(connection, context, done.instance)
    return answer({"data": {"approval": encode(done.instance), "status": instance.state.status if instance is not None else ""}})


def withdraw_approval(id: str) -> Response:
    """Take a request back."""
    context, number = caller(), record_id(id)
    no_parameters()
    with context.workspace.database.read() as connection:
        found = read_instance(connection, context, number)
    if found is None or found.object not in context.model.objects or number == 0:
        raise NotThere
    read.get(context, found.object, found.record, ("id",))
    body = shaped(json_body(), WITHDRAW)
    act(context, number, c.Withdraw(body.get("reason", "")), idempotency_key())
    with context.workspace.database.read() as connection:
        after = read_instance(connection, context, number)
    return answer({"data": {"approval": encode(number), "status": after.state.status if after is not None else ""}})


def _approved(name: str) -> Context:
    context = caller()
    readable(context, name)
    if not flows_of(context, name):
        raise NotThere
    return context


def _picks(body: dict[str, Any]) -> FrozenMap[str, tuple[str, ...]]:
    found = {}
    for step, people in body.get("picks", {}).items():
        if not isinstance(people, list):
            raise Refused([Fault("/picks", "wrong-type", Text("expected {expected}", expected=Text("a list")))])
        found[step] = tuple(encode(id_at(one, "/picks")) for one in people)
    return FrozenMap(found)


DECISIONS = ("agree", "reject", "transfer", "claim", "unclaim", "resubmit")


def _body(found: OpenTask, body: dict[str, Any]) -> c.Body:
    """The command that a decision on a task is. Raises Refused."""
    decision, comment = body["decision"], body.get("comment", "")
    if decision not in DECISIONS:
        raise Refused([Fault("/decision", "unknown-option", Text("unknown decision '{name}'", name=decision[:60]))])
    if found.kind == "consent" and decision in ("agree", "reject"):
        return c.AnswerWithdrawal(decision == "agree")
    if (decision == "resubmit") is not (found.kind == "resubmit"):
        raise Refused([Fault("/decision", "unknown-option", Text("this task is not decided so"))])
    if decision == "reject" and not comment.strip():
        raise Refused([Fault("/comment", "required", Text("Say why"))])
    match decision:
        case "agree":
            agreed = c.Agree(found.task, comment, FrozenMap(body.get("edits", {})))
            return c.GiveOpinion(found.task, comment) if found.kind == "opinion" else agreed
        case "reject":
            return c.Reject(found.task, comment, body.get("target", ""))
        case "transfer":
            return c.Transfer(found.task, encode(id_at(body.get("user", ""), "/user")), comment)
        case "claim":
            return c.Claim(found.task)
        case "unclaim":
            return c.Unclaim(found.task)
    return c.Resubmit(comment)


def _edit(found: OpenTask, body: dict[str, Any]) -> Callable[[Connection, Context], None] | None:
    """The changes of the record that belong to an agreement: stored with it, by the holder's own rights, or not at all (A81)."""
    edits = body.get("edits")
    if not edits:
        return None
    if body["decision"] != "agree" or found.kind not in ("approve", "handle"):
        raise Refused([Fault("/edits", "no-effect", Text("Only an agreement changes the record"))])
    foreign = next((name for name in edits if name not in found.edit), None)
    if foreign is not None:
        raise Refused([Fault(f"/edits/{foreign}", "not-editable", Text("This step does not edit '{name}'", name=foreign[:60]))])
    instance = found.instance
    return lambda connection, bound: _write(connection, bound, Change("update", instance.object, instance.record, edits))


def _write(connection: Connection, context: Context, change: Change) -> None:
    write_within(connection, context, [change])


# --- answers


def _instance(one: Seen) -> dict[str, Any]:
    found = one.instance
    return {
        "id": found.code,
        "approval": found.definition.name,
        "label": Label.of(found.definition.label).text(locale()),
        "status": found.state.status,
        "round": found.state.round,
        "submitter": found.submitter,
        "started_at": _moment(found.started_at),
        "to": found.leaving["to"] if found.leaving else None,
        "held_by": list(dict.fromkeys(task.holder for task in one.tasks if task.holder)),
        "trail": [_event(event) for event in one.trail],
    }


def _event(event: Event) -> dict[str, Any]:
    """An event without values of the record: edits, inputs and what changed stay out."""
    body = event.as_data()["body"]
    vote = body.get("vote", {})
    return {
        "number": event.number,
        "event": body["type"],
        "at": _moment(event.at),
        "actor": event.actor,
        "on_behalf_of": event.on_behalf_of or None,
        "node": body.get("node") or None,
        "outcome": vote.get("outcome") or body.get("status"),
        "comment": vote.get("comment") or body.get("text") or body.get("comment") or None,
    }


def _task(one: OpenTask) -> dict[str, Any]:
    return {
        "id": encode(one.id),
        "kind": one.kind,
        "approval": one.instance.definition.name,
        "label": Label.of(one.instance.definition.label).text(locale()),
        "step": one.step.text(locale()) if one.step is not None else None,
        "instance": one.instance.code,
        "object": one.instance.object,
        "record": encode(one.instance.record),
        "title": one.title or None,
        "submitter": one.instance.submitter,
        "holder": one.holder or None,
        "acting_for": one.acting_for or None,
        "due_at": _moment(one.due),
        "opened_at": _moment(one.opened),
        "edit": list(one.edit),
        "require": list(one.require),
        "hide": list(one.hide),
    }


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
