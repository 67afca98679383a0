"""Scores over HTTP: why a record has the points and the grade that it has."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from looseleaf_metadata.labels import Label
from looseleaf_metadata.texts import Text
from looseleaf_platform.api.callers import caller, locale
from looseleaf_platform.api.records import answer, readable, record_id
from looseleaf_workflow.api.asked import no_parameters
from looseleaf_workflow.scores.explaining import Explained, Line, explained


def make_routes() -> Blueprint:
    """The routes, anew for each application."""
    routes = Blueprint("scores", __name__)
    routes.add_url_rule("/records/<name>/<id>/scores", "show_scores", show_scores, methods=["GET"])
    return routes


def show_scores(name: str, id: str) -> Response:
    """The scores of a record, explained."""
    context = caller()
    no_parameters()
    number = record_id(id)
    readable(context, name)
    return answer({"data": [score_data(one, locale()) for one in explained(context, name, number)]})


def score_data(one: Explained, spoken: str) -> dict[str, Any]:
    """A score of a record, as the API answers it."""
    return {
        "score": one.score.name,
        "label": one.score.label.text(spoken),
        "field": one.score.field,
        "total": one.total,
        "grade": one.grade,
        "applies": one.applies,
        "current": one.current,
        "lines": [_line(line, spoken) for line in one.lines],
    }


def _line(line: Line, spoken: str) -> dict[str, Any]:
    return {
        "kind": line.kind,
        "name": None if line.withheld else line.name,
        "label": _said(line.label, spoken),
        "points": line.points,
        "holds": line.holds,
        "withheld": line.withheld,
        "why": [_said(text, spoken) for text in line.why],
    }


def _said(text: Text | Label, spoken: str) -> str:
    return text.translate(spoken) if isinstance(text, Text) else text.text(spoken)
