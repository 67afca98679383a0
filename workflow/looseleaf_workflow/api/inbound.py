"""Inbound events over HTTP: the door where signed events come in, and for those who look after automations what came and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request

from looseleaf_metadata.labels import LOCALES
from looseleaf_metadata.texts import Text
from looseleaf_platform.api.callers import caller, locale, workspace
from looseleaf_platform.api.problems import BadBody
from looseleaf_platform.api.records import answer, json_body, record_id
from looseleaf_platform.errors import BadQuery
from looseleaf_platform.records.ids import decode, encode
from looseleaf_workflow.api.asked import Shape, no_parameters, shaped
from looseleaf_workflow.inbound import secrets
from looseleaf_workflow.inbound.reading import LARGEST
from looseleaf_workflow.receiving import telling
from looseleaf_workflow.receiving.signing import Unsigned
from looseleaf_workflow.receiving.taking import receive

OVERLAP: Shape = {"overlap_hours": (int, Text("a whole number"))}


def make_routes() -> Blueprint:
    """The routes, anew for each application."""
    routes = Blueprint("inbound", __name__)
    for rule, view, method in (
        ("/inbound", list_sources, "GET"),
        ("/inbound/<name>", receive_event, "POST"),
        ("/inbound/<name>/secret", make_secret, "POST"),
        ("/inbound/<name>/events", list_events, "GET"),
        ("/inbound/<name>/events/<id>", show_event, "GET"),
        ("/inbound/<name>/events/<id>/retry", retry_event, "POST"),
    ):
        routes.add_url_rule(rule, view.__name__, view, methods=[method])
    return routes


def receive_event(name: str) -> Response:
    """An event from outside. No token: the signature says who it is from. 202 once it is stored."""
    no_parameters()
    if request.mimetype != "application/json":
        raise BadBody(415, "not-json", Text("Send the body as application/json"))
    request.max_content_length = LARGEST
    try:
        headers = {key.lower(): value for key, value in request.headers.items()}
        id = receive(workspace(), name, headers, request.get_data(cache=False))
    except Unsigned as error:
        raise BadBody(401, error.code, error.message) from None
    return answer({"event": encode(id)}, 202)


def list_sources() -> Response:
    """All sources."""
    no_parameters()
    return answer({"data": [_source(one) for one in telling.listed(caller())]})


def make_secret(name: str) -> Response:
    """A new secret, shown this once."""
    context = caller()
    no_parameters()
    body = shaped(json_body(), OVERLAP)
    return answer({"secret": secrets.make(context, name, body.get("overlap_hours", secrets.OVERLAP_HOURS))}, 201)


def list_events(name: str) -> Response:
    """The events of a source, the newest first."""
    context = caller()
    no_parameters("state", "before")
    state, before = request.args.get("state", ""), request.args.get("before", "")
    if state and state not in telling.STATES:
        raise BadQuery(Text("one of: {words}", words=", ".join(telling.STATES)), "state")
    try:
        last = decode(before) if before else None
    except ValueError:
        raise BadQuery(Text("This is not an id"), "before") from None
    rows = telling.events_of(context, name, state=state, before=last)
    return answer({"data": [_event(row) for row in rows], "before": encode(rows[-1]["id"]) if len(rows) == telling.PAGE else None})


def show_event(name: str, id: str) -> Response:
    """One event; what it said, for administrators."""
    context = caller()
    no_parameters()
    row = telling.event_of(context, name, record_id(id))
    return answer({**_event(row), "body": row["body"], "values": row["data"]})


def retry_event(name: str, id: str) -> Response:
    """Ask the rules about an event once more."""
    context = caller()
    no_parameters()
    telling.again(context, name, record_id(id))
    return answer({"event": encode(record_id(id))})


# --- answers


def _source(one: telling.Listed) -> dict[str, Any]:
    source, known = one.source, one.secret
    made = None
    if known is not None:
        by = encode(known.made_by) if known.made_by is not None else None
        made = {"made_at": _moment(known.made_at), "made_by": by, "before_until": _moment(known.before_until)}
    return {
        "name": source.name,
        "label": source.label.text(locale()),
        "header": source.header,
        "window_seconds": int(source.window.total_seconds()),
        "acts_as": source.acts_as or None,
        "secret": made,
        "events": dict(one.counts),
    }


def _event(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": encode(row["id"]),
        "key": row["key"],
        "state": row["state"],
        "received_at": _moment(row["received_at"]),
        "handled_at": _moment(row["handled_at"]),
        "runs": list(row["runs"] or ()),
        "problems": [_problem(one) for one in row["problems"] or ()],
    }


def _problem(one: Mapping[str, str]) -> dict[str, Any]:
    spoken = locale()
    text = one.get(spoken) or next((one[other] for other in LOCALES if other in one), "")
    return {"automation": one["automation"] or None, "code": one["code"], "text": text}


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
