"""Assignment over HTTP: why a record went to whom, and what the rules would have done with records that are there."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, request

from looseleaf_metadata.texts import Text
from looseleaf_platform.api.callers import caller, locale
from looseleaf_platform.api.records import answer, readable, record_id
from looseleaf_platform.errors import BadQuery
from looseleaf_platform.records.ids import encode
from looseleaf_workflow.api.asked import no_parameters
from looseleaf_workflow.assignment.explaining import why_owner
from looseleaf_workflow.assignment.simulating import simulate


def make_routes() -> Blueprint:
    """The routes, anew for each application."""
    routes = Blueprint("assignment", __name__)
    routes.add_url_rule("/records/<name>/<id>/assignment", "show_assignment", show_assignment, methods=["GET"])
    routes.add_url_rule("/assignments/<name>/simulation", "show_simulation", show_simulation, methods=["GET"])
    return routes


def show_assignment(name: str, id: str) -> Response:
    """Why a record has its owner, the newest decision first."""
    context = caller()
    no_parameters()
    readable(context, name)
    spoken = locale()
    told = why_owner(context, name, record_id(id))
    return answer(
        {
            "data": [
                {
                    "at": one.at.isoformat().replace("+00:00", "Z"),
                    "assignment": one.assignment,
                    "rule": one.rule or None,
                    "outcome": one.outcome,
                    "owner": encode(one.owner) if one.owner is not None else None,
                    "reasons": [reason.translate(spoken) for reason in one.reasons],
                }
                for one in told
            ]
        }
    )


def show_simulation(name: str) -> Response:
    """What the rules would have done with the records created from `since` to before `until`. Writes nothing."""
    context = caller()
    no_parameters("since", "until")
    found = simulate(context, name, _moment("since"), _moment("until"))
    return answer(
        {
            "data": {
                "by_owner": [
                    {"owner": encode(user) if user is not None else None, "count": count} for user, count in found.by_owner.items()
                ],
                "records": [
                    {
                        "id": encode(one.record),
                        "owner": encode(one.owner) if one.owner is not None else None,
                        "outcome": one.outcome,
                        "rule": one.rule or None,
                        "was": encode(one.was) if one.was is not None else None,
                    }
                    for one in found.records
                ],
                "cut": found.cut,
            }
        }
    )


def _moment(name: str) -> datetime:
    """A moment with its zone. Raises BadQuery."""
    try:
        found = datetime.fromisoformat(request.args.get(name, "").replace(" ", "+"))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise BadQuery(Text("'{name}' must be a moment with its zone, such as 2026-03-01T00:00:00Z", name=name), name)
    return found
