"""Approvals over HTTP: submitting a record, looking ahead, the caller's tasks, deciding them, taking a request back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, request

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.texts import Text
from looseleaf_platform.api.callers import caller, locale
from looseleaf_platform.api.records import answer, idempotency_key, json_body, readable, record_id
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Fault, NotThere, Refused
from looseleaf_platform.records.ids import encode
from looseleaf_workflow.api.approval_answers import instance_answer, task_answer
from looseleaf_workflow.api.asked import Shape, id_at, no_parameters, shaped
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.running import asking, migrating
from looseleaf_workflow.running.asking import Said
from looseleaf_workflow.running.looking import approvals_of, seen_instance, task_of, tasks_of
from looseleaf_workflow.running.several import decide_several
from looseleaf_workflow.running.stored import Instance
from looseleaf_workflow.running.submitting import Request, flows_of, foresee, submit

A_TEXT, AN_OBJECT, A_LIST = Text("a text"), Text("an object"), Text("a list")
SUBMIT: Shape = {"approval": (str, A_TEXT), "to": (str, A_TEXT), "picks": (dict, AN_OBJECT), "changes": (dict, AN_OBJECT)}
DECIDE: Shape = {
    "decision": (str, A_TEXT),
    "comment": (str, A_TEXT),
    "user": (str, A_TEXT),
    "users": (list, A_LIST),
    "position": (str, A_TEXT),
    "mode": (str, A_TEXT),
    "binding": (bool, Text("true or false")),
    "target": (str, A_TEXT),
    "edits": (dict, AN_OBJECT),
}
SEVERAL: Shape = {"tasks": (list, A_LIST), "decision": (str, A_TEXT), "comment": (str, A_TEXT)}
REASON: Shape = {"reason": (str, A_TEXT)}
SLOT: Shape = {"slot": (str, A_TEXT)}
COMMENT: Shape = {"text": (str, A_TEXT), "mentions": (list, A_LIST)}
MAPPING: Shape = {"mapping": (dict, AN_OBJECT)}


def make_routes() -> Blueprint:
    """The routes, anew for each application."""
    routes = Blueprint("approvals", __name__)
    routes.add_url_rule("/records/<name>/<id>/approvals", "list_approvals", list_approvals, methods=["GET"])
    routes.add_url_rule("/records/<name>/<id>/approvals", "submit_record", submit_record, methods=["POST"])
    routes.add_url_rule("/records/<name>/<id>/approvals/preview", "preview_approval", preview_approval, methods=["GET"])
    routes.add_url_rule("/tasks", "list_tasks", list_tasks, methods=["GET"])
    routes.add_url_rule("/tasks/decisions", "decide_tasks", decide_tasks, methods=["POST"])
    routes.add_url_rule("/tasks/<id>/decision", "decide_task", decide_task, methods=["POST"])
    for path, deed in DEEDS.items():
        routes.add_url_rule(f"/approvals/<id>/{path}", deed.__name__, deed, methods=["POST"])
    return routes


def list_approvals(name: str, id: str) -> Response:
    """The approvals of a record with their trails, the newest first."""
    context = _approved(name)
    no_parameters()
    return answer({"data": [instance_answer(context, one) for one in approvals_of(context, name, record_id(id))]})


def submit_record(name: str, id: str) -> Response:
    """Submit a record; with `to`, for leave to go to a stage; with `changes`, for other values of what is approved."""
    context, record = _approved(name), record_id(id)
    no_parameters()
    body = shaped(json_body(), SUBMIT)
    wanted = Request(name, record, body.get("approval", ""), _picks(body), body.get("to", ""), FrozenMap(body.get("changes", {})))
    made = submit(context, wanted, idempotency_key())
    (found,) = [one for one in approvals_of(context, name, record) if one.instance.id == made]
    return answer({"data": instance_answer(context, found)}, 201)


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
    return answer({"data": [task_answer(one) for one in tasks_of(context)]})


def decide_task(id: str) -> Response:
    """Decide a task, or do something else with it."""
    context, number = caller(), record_id(id)
    no_parameters()
    found = task_of(context, number, titled=False)
    body = shaped(json_body(), DECIDE, ("decision",))
    return _stands(asking.decide_task(context, found, body["decision"], _said(body), idempotency_key()))


def decide_tasks() -> Response:
    """Decide several tasks, each by itself."""
    context = caller()
    no_parameters()
    body = shaped(json_body(), SEVERAL, ("tasks", "decision"))
    ids = [id_at(one, f"/tasks/{index}") for index, one in enumerate(body["tasks"])]
    done = decide_several(context, ids, body["decision"], Said(body.get("comment", "")), idempotency_key())
    spoken = locale()
    return answer(
        {
            "data": [
                {
                    "id": encode(one.id),
                    "done": one.message is None,
                    "code": one.code or None,
                    "message": one.message.translate(spoken) if one.message is not None else None,
                }
                for one in done
            ]
        }
    )


def withdraw_approval(id: str) -> Response:
    """Take a request back."""
    return _asked(id, REASON, (), lambda body: c.Withdraw(body.get("reason", "")))


def comment_approval(id: str) -> Response:
    """Say something about an approval."""
    return _asked(id, COMMENT, ("text",), lambda body: c.Comment(body["text"], _people(body.get("mentions", []), "/mentions")))


def take_back_decision(id: str) -> Response:
    """Open one's own agreement again."""
    return _asked(id, SLOT, ("slot",), lambda body: c.TakeBack(*_slot(body["slot"])))


def remove_sign(id: str) -> Response:
    """Take somebody back whom one has added."""
    return _asked(id, SLOT, ("slot",), lambda body: c.RemoveSign(*_slot(body["slot"])))


def terminate_approval(id: str) -> Response:
    """End an approval, as an administrator."""
    return _asked(id, REASON, ("reason",), lambda body: c.Terminate(body["reason"]))


def reverse_approval(id: str) -> Response:
    """Take back what was approved."""
    return _asked(id, REASON, ("reason",), lambda body: c.Reverse(body["reason"]))


def retry_approval(id: str) -> Response:
    """Try again what ended in an error, as an administrator."""
    return _asked(id, {}, (), lambda _: c.Retry())


def preview_migration(id: str) -> Response:
    """What would become of an approval under today's version of its flow."""
    context, number = caller(), record_id(id)
    no_parameters()
    found = seen_instance(context, number)
    plan = migrating.foresee(context, found, _mapping(shaped(json_body(), MAPPING)))
    reasons = [reason.translate(locale()) for reason in plan.reasons]
    return answer({"data": {"possible": plan.possible, "reasons": reasons, "never_asked": list(plan.never_asked)}})


def migrate_approval(id: str) -> Response:
    """Go on under today's version of the flow, as an administrator."""
    context, number = caller(), record_id(id)
    no_parameters()
    body = migrating.migration(context, seen_instance(context, number), _mapping(shaped(json_body(), MAPPING)))
    return _stands(asking.ask(context, number, body, idempotency_key()))


def undo_migration(id: str) -> Response:
    """Go back to the version before, as an administrator, while nobody has decided since."""
    context, number = caller(), record_id(id)
    no_parameters()
    shaped(json_body(), {})
    return _stands(asking.ask(context, number, migrating.undoing(context, seen_instance(context, number)), idempotency_key()))


DEEDS: Mapping[str, Callable[[str], Response]] = {
    "withdrawal": withdraw_approval,
    "comments": comment_approval,
    "takeback": take_back_decision,
    "removal": remove_sign,
    "termination": terminate_approval,
    "reversal": reverse_approval,
    "retry": retry_approval,
    "migration": migrate_approval,
    "migration/preview": preview_migration,
    "migration/undo": undo_migration,
}
"""What is asked of an approval as a whole, by the end of its path."""


def _asked(id: str, shape: Shape, required: tuple[str, ...], make: Callable[[dict[str, Any]], c.Body]) -> Response:
    """Ask something of an approval as a whole."""
    context, number = caller(), record_id(id)
    no_parameters()
    seen_instance(context, number)
    body = make(shaped(json_body(), shape, required))
    return _stands(asking.ask(context, number, body, idempotency_key()))


def _stands(instance: Instance) -> Response:
    return answer({"data": {"approval": instance.code, "status": instance.state.status}})


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


def _said(body: dict[str, Any]) -> Said:
    written = [body["user"]] if "user" in body else body.get("users", [])
    people = _people(written, "/user" if "user" in body else "/users")
    words = {name: body[name] for name in ("comment", "target", "position", "mode", "binding") if name in body}
    return Said(people=people, edits=body.get("edits", {}), **words)


def _people(written: list[Any], pointer: str) -> tuple[str, ...]:
    return tuple(encode(id_at(one, pointer)) for one in written)


def _slot(written: str) -> tuple[str, int, str]:
    """One decision of a step, as a trail names it: node:visit:slot."""
    node, visit, key = (*written.split(":"), "", "")[:3]
    if not (visit.isdecimal() and len(visit) < 9 and key and written.count(":") == 2):
        raise Refused([Fault("/slot", "not-a-slot", Text("Expected step:visit:slot, as the trail names it"))])
    return node, int(visit), key


def _mapping(body: dict[str, Any]) -> dict[str, str]:
    found = body.get("mapping", {})
    if not all(isinstance(name, str) for name in found.values()):
        raise Refused([Fault("/mapping", "wrong-type", Text("expected {expected}", expected=A_TEXT))])
    return dict(found)
