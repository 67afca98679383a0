"""Stages over HTTP: where a record stands and what keeps it there; ticking a key action. The move itself is a PATCH of the stage field."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request

from looseleaf_metadata.labels import Label
from looseleaf_metadata.texts import Text
from looseleaf_platform.api.callers import caller, locale
from looseleaf_platform.api.records import answer, json_body, readable, record_id
from looseleaf_platform.context import Context
from looseleaf_platform.errors import BadQuery, Fault, NotThere, Refused
from looseleaf_platform.records.ids import encode
from looseleaf_workflow.stages.definition import pipelines_of
from looseleaf_workflow.stages.standing import Action, Entry, Standing, Target, standing_of
from looseleaf_workflow.stages.ticking import tick


def make_routes() -> Blueprint:
    """The routes, anew for each application."""
    routes = Blueprint("stages", __name__)
    routes.add_url_rule("/records/<name>/<id>/stages", "show_stages", show_stages, methods=["GET"])
    routes.add_url_rule("/records/<name>/<id>/stages", "tick_action", tick_action, methods=["POST"])
    return routes


def show_stages(name: str, id: str) -> Response:
    """Where a record stands."""
    context = caller()
    _staged(context, name)
    return answer(stages_data(context, name, record_id(id)))


def tick_action(name: str, id: str) -> Response:
    """Tick a key action of the present stage, or untick it."""
    context = caller()
    _staged(context, name)
    unknown = next((key for key in request.args if key), None)
    if unknown is not None:
        raise BadQuery(Text("Unknown parameter '{name}'", name=unknown[:60]), unknown[:60])
    number, said = record_id(id), _said(json_body())
    tick(context, name, number, said["action"], said.get("done", True), said.get("field", ""))
    return answer(stages_data(context, name, number))


def _staged(context: Context, name: str) -> None:
    readable(context, name)
    if not pipelines_of(context.model, name):
        raise NotThere


SHAPE: dict[str, tuple[type, Text]] = {
    "action": (str, Text("a text")),
    "done": (bool, Text("true or false")),
    "field": (str, Text("a text")),
}


def _said(body: Any) -> dict[str, Any]:
    """The body of a tick. Raises Refused."""
    if not isinstance(body, dict):
        raise Refused([Fault("", "not-an-object", Text("Expected a JSON object of fields"))])
    faults = [Fault(f"/{key}", "unknown-field", Text("There is no field '{name}'", name=str(key)[:60])) for key in body if key not in SHAPE]
    faults += [
        Fault(f"/{key}", "wrong-type", Text("expected {expected}", expected=expected))
        for key, (kind, expected) in SHAPE.items()
        if key in body and not isinstance(body[key], kind)
    ]
    if "action" not in body:
        faults.append(Fault("/action", "required", Text("This must be filled in")))
    if faults:
        raise Refused(faults)
    return body


# --- answers


def stages_data(context: Context, name: str, id: int) -> dict[str, Any]:
    """All stages of a record, as the API answers them."""
    spoken = locale()
    return {"data": [_standing(one, spoken) for one in standing_of(context, name, id)]}


def _standing(one: Standing, locale: str) -> dict[str, Any]:
    return {
        "field": one.field,
        "pipeline": one.pipeline,
        "label": one.label.text(locale),
        "stage": one.stage.name if one.stage is not None else None,
        "visit": one.visit,
        "entered_at": _moment(one.entered_at),
        "movable": one.movable,
        "stages": [_target(target, locale) for target in one.targets],
        "criteria": [{"text": _words(said, locale), "met": met} for said, met in one.criteria],
        "actions": [_action(action, locale) for action in one.actions],
        "history": [_entry(entry, locale) for entry in one.history],
    }


def _target(target: Target, locale: str) -> dict[str, Any]:
    return {
        "stage": target.name,
        "label": target.label.text(locale),
        "closed": target.closed or None,
        "state": target.state,
        "reachable": target.reachable,
        "unmet": [text.translate(locale) for text in target.unmet],
        "needs": list(target.needs),
        "needs_reason": target.needs_reason,
    }


def _action(action: Action, locale: str) -> dict[str, Any]:
    log = action.log
    return {
        "action": action.id,
        "label": action.label.text(locale),
        "done": action.done,
        "by_hand": action.by_hand,
        "optional": action.optional,
        "at": _moment(log.at) if log is not None else None,
        "actor": encode(log.actor) if log is not None and log.actor is not None else None,
    }


def _entry(entry: Entry, locale: str) -> dict[str, Any]:
    return {
        "at": _moment(entry.at),
        "from": _text(entry.source, locale),
        "to": _text(entry.target, locale),
        "visit": entry.visit,
        "seconds": entry.seconds,
        "work_seconds": entry.work_seconds,
        "actor": encode(entry.actor) if entry.actor is not None else None,
        "source": entry.cause,
        "reason": entry.reason,
    }


def _words(said: Text | Label, locale: str) -> str:
    return said.translate(locale) if isinstance(said, Text) else said.text(locale)


def _text(label: Label | None, locale: str) -> str | None:
    return None if label is None else label.text(locale)


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
