"""Clocks over HTTP: those of a record, and what publishing changed of them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import Blueprint, Response

from looseleaf_metadata.labels import Label
from looseleaf_metadata.texts import Text
from looseleaf_platform.api.callers import caller, locale
from looseleaf_platform.api.records import answer, readable, record_id
from looseleaf_workflow.api.asked import no_parameters
from looseleaf_workflow.automations.managing import require
from looseleaf_workflow.clocks.explaining import Countdown, adoptions, clocks_of


def make_routes() -> Blueprint:
    """The routes, anew for each application."""
    routes = Blueprint("clocks", __name__)
    routes.add_url_rule("/records/<name>/<id>/clocks", "show_clocks", show_clocks, methods=["GET"])
    routes.add_url_rule("/clock-adoptions", "list_adoptions", list_adoptions, methods=["GET"])
    return routes


def show_clocks(name: str, id: str) -> Response:
    """The clocks of a record."""
    context = caller()
    no_parameters()
    number = record_id(id)
    readable(context, name)
    return answer({"data": [clock_data(one, locale()) for one in clocks_of(context, name, number)]})


def list_adoptions() -> Response:
    """What publishing changed of clocks."""
    context = caller()
    no_parameters()
    require(context)
    counts = ("rule", "revision", "started", "moved", "kept")
    return answer({"data": [{**{key: row[key] for key in counts}, "at": _moment(row["at"])} for row in adoptions(context)]})


def clock_data(one: Countdown, spoken: str) -> dict[str, Any]:
    """A clock, as the API answers it. Times are whole seconds."""
    return {
        "kind": one.kind,
        "policy": one.owner,
        "policy_label": one.owner_label.text(spoken),
        "clock": one.name,
        "label": one.label.text(spoken),
        "state": one.state,
        "target": one.target,
        "working_time": one.working,
        "started_at": _moment(one.started),
        "elapsed": int(one.elapsed.total_seconds()),
        "remaining": int(one.remaining.total_seconds()),
        "percent": one.percent,
        "due_at": _moment(one.due),
        "provisional": one.provisional,
        "missed": one.breached,
        "missed_at": _moment(one.missed_at),
        "warnings": list(one.warnings),
        "stops": [_said(text, spoken) for text in one.stops],
        "waits": None if one.waits is None else _said(one.waits, spoken),
        "history": [{"event": told.kind, "percent": told.percent, "at": _moment(told.at)} for told in one.history],
    }


def _said(text: Text | Label, spoken: str) -> str:
    return text.translate(spoken) if isinstance(text, Text) else text.text(spoken)


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
