"""Automations over HTTP, for those with the ability `automations`: what there is, what ran, why not; starting, trying again, switching."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request

from looseleaf_metadata.texts import Text
from looseleaf_platform.api.callers import caller, locale
from looseleaf_platform.api.records import answer, json_body, record_id
from looseleaf_platform.context import Context
from looseleaf_platform.errors import BadQuery, Fault, NotThere, Refused
from looseleaf_platform.records.ids import decode, encode
from looseleaf_workflow.automations import managing, telling
from looseleaf_workflow.automations.dry_run import DryRun, dry_run
from looseleaf_workflow.automations.telling import Listed, Told
from looseleaf_workflow.automations.testing import try_step
from looseleaf_workflow.automations.verdicts import Reason

STATES = ("waiting", "running", "sleeping", "held", "done", "failing", "failed", "parked", "cancelled", "loop_stopped")


def make_routes() -> Blueprint:
    """The routes, anew for each application."""
    routes = Blueprint("automations", __name__)
    for rule, view, method in (
        ("/automations", list_automations, "GET"),
        ("/automations/switch", switch_all, "POST"),
        ("/automations/<name>/runs", list_runs, "GET"),
        ("/automations/<name>/runs", start_run, "POST"),
        ("/automations/<name>/switch", switch_one, "POST"),
        ("/automations/<name>/dry-run", try_out, "POST"),
        ("/automations/<name>/test", test_one_step, "POST"),
        ("/automations/<name>/why/<id>", tell_why, "GET"),
        ("/runs/<id>", show_run, "GET"),
        ("/runs/<id>/retry", retry_run, "POST"),
        ("/runs/<id>/cancel", cancel_run, "POST"),
    ):
        routes.add_url_rule(rule, view.__name__, view, methods=[method])
    return routes


# --- requests


def _no_parameters(*known: str) -> None:
    unknown = next((key for key in request.args if key not in known), None)
    if unknown is not None:
        raise BadQuery(Text("Unknown parameter '{name}'", name=unknown[:60]), unknown[:60])


def _parameter_id(name: str) -> int | None:
    """An id in the query. Raises BadQuery."""
    given = request.args.get(name)
    if given is None:
        return None
    try:
        return decode(given)
    except ValueError:
        raise BadQuery(Text("Unknown parameter '{name}'", name=name), name) from None


def _said(
    shape: Mapping[str, tuple[type, Text]], required: tuple[str, ...] = (), choices: Mapping[str, tuple[str, ...]] = {}
) -> dict[str, Any]:
    """The body, checked. Raises Refused."""
    body = json_body()
    if not isinstance(body, dict):
        raise Refused([Fault("", "not-an-object", Text("Expected a JSON object of fields"))])
    faults = [Fault(f"/{key}", "unknown-field", Text("There is no field '{name}'", name=str(key)[:60])) for key in body if key not in shape]
    faults += [Fault(f"/{key}", "required", Text("This must be filled in")) for key in required if key not in body]
    for key, (kind, expected) in shape.items():
        if key in body and not isinstance(body[key], kind):
            faults.append(Fault(f"/{key}", "wrong-type", Text("expected {expected}", expected=expected)))
        elif key in body and key in choices and body[key] not in choices[key]:
            faults.append(Fault(f"/{key}", "unknown-value", Text("one of: {words}", words=", ".join(choices[key]))))
    if faults:
        raise Refused(faults)
    return body


def _record_in(context: Context, body: Mapping[str, Any]) -> int:
    try:
        return decode(body["record"])
    except ValueError:
        raise NotThere from None


A_TEXT, WHETHER = (str, Text("a text")), (bool, Text("true or false"))


# --- automations


def list_automations() -> Response:
    """All of them."""
    _no_parameters()
    context = caller()
    return answer({"data": [_automation(one, locale()) for one in telling.listed(context)]})


def list_runs(name: str) -> Response:
    """The runs of one, newest first."""
    context = caller()
    managing.require(context)
    _no_parameters("state", "record", "before")
    state = request.args.get("state", "")
    if state and state not in STATES:
        raise BadQuery(Text("one of: {words}", words=", ".join(STATES)), "state")
    rows = telling.runs_of(context, name, state=state, before=_parameter_id("before"), record=_parameter_id("record"))
    more = encode(rows[-1]["id"]) if len(rows) == telling.PAGE else None
    return answer({"data": [_run(row) for row in rows], "before": more})


def start_run(name: str) -> Response:
    """Start one by hand on a record."""
    context = caller()
    managing.require(context)
    _no_parameters()
    body = _said({"record": A_TEXT}, ("record",))
    return answer({"run": encode(managing.start(context, name, _record_in(context, body)))})


def switch_one(name: str) -> Response:
    """Turn one on or off."""
    return _switched(name)


def switch_all() -> Response:
    """Turn all on or off."""
    return _switched("")


def _switched(name: str) -> Response:
    context = caller()
    managing.require(context)
    _no_parameters()
    body = _said({"on": WHETHER, "drop": WHETHER, "reason": A_TEXT}, ("on",))
    changed = managing.switch(context, name, body["on"], reason=body.get("reason", ""), drop=body.get("drop", False))
    return answer({"on": body["on"], "runs": changed})


def try_out(name: str) -> Response:
    """A dry run."""
    context = caller()
    managing.require(context)
    _no_parameters()
    body = _said({"record": A_TEXT, "values": (dict, Text("a JSON object"))}, ("record",))
    return answer(_dry(dry_run(context, name, _record_in(context, body), body.get("values")), locale()))


def test_one_step(name: str) -> Response:
    """Do one step with sample data; the run is marked as a test."""
    context = caller()
    managing.require(context)
    _no_parameters()
    body = _said({"record": A_TEXT, "step": A_TEXT, "values": (dict, Text("a JSON object"))}, ("record", "step"))
    return answer({"run": encode(try_step(context, name, _record_in(context, body), body["step"], body.get("values")))})


def tell_why(name: str, id: str) -> Response:
    """Why it ran or did not for a record's last change."""
    context = caller()
    managing.require(context)
    _no_parameters()
    found = telling.explain(context, name, record_id(id))
    return answer({"reason": _reason(found.reason, locale()), "run": _id(found.run), "operation": _id(found.operation)})


# --- runs


def show_run(id: str) -> Response:
    """One run with its steps."""
    context = caller()
    managing.require(context)
    _no_parameters()
    return answer(_told(telling.told(context, record_id(id))))


def retry_run(id: str) -> Response:
    """Try a run again."""
    context = caller()
    managing.require(context)
    _no_parameters()
    body = _said({"from": A_TEXT, "version": A_TEXT}, (), {"from": ("step", "start"), "version": ("original", "current")})
    run = managing.retry(context, record_id(id), body.get("from", "step"), body.get("version", "original"))
    return answer({"run": encode(run)})


def cancel_run(id: str) -> Response:
    """End a run."""
    context = caller()
    managing.require(context)
    _no_parameters()
    number = record_id(id)
    managing.cancel(context, number)
    return answer({"run": encode(number)})


# --- answers


def _automation(one: Listed, locale: str) -> dict[str, Any]:
    automation = one.automation
    return {
        "name": automation.name,
        "label": automation.label.text(locale),
        "object": automation.object,
        "trigger": automation.trigger,
        "on": one.on,
        "order": automation.order,
        "runs": dict(one.counts),
    }


def _run(row: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: row[key] for key in ("name", "version", "state", "source", "chain", "depth", "error")}
    ids = {key: _id(row[key]) for key in ("id", "cause", "operation", "actor", "retry_of")}
    moments = {key: _moment(row[key]) for key in ("created_at", "started_at", "finished_at")}
    return {**plain, **ids, **moments, "record": _id(row["record_id"])}


def _told(told: Told) -> dict[str, Any]:
    steps = [
        {
            **{key: step[key] for key in ("path", "kind", "name", "state", "attempts", "input", "output", "error")},
            **{key: _moment(step[key]) for key in ("started_at", "finished_at")},
        }
        for step in told.steps
    ]
    return {**_run(told.run), "event": told.run["event"], "steps": steps, "chain_runs": [_run(one) for one in told.chain]}


def _dry(shown: DryRun, locale: str) -> dict[str, Any]:
    steps = [{"path": one.path, "kind": one.kind, "plan": one.plan, "error": one.error} for one in shown.steps]
    return {"would_run": shown.reason is None, "reason": _reason(shown.reason, locale), "steps": steps}


def _reason(reason: Reason | None, locale: str) -> dict[str, str] | None:
    return None if reason is None else {"code": reason.code, "text": reason.text.translate(locale)}


def _id(id: int | None) -> str | None:
    return None if id is None else encode(id)


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
