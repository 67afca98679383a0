"""Conversion over HTTP: which there are, what would become of records, converting, and where a record went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response

from looseleaf_metadata.texts import Text
from looseleaf_platform.api.callers import caller, locale
from looseleaf_platform.api.records import answer, json_body, readable, record_id
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Fault, NotThere, Refused
from looseleaf_platform.fields import field_type
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_workflow.api.asked import Shape, id_at, no_parameters, shaped
from looseleaf_workflow.conversions.deciding import Choice, How, Part, Prospect, Wish, conversion_named, look_ahead
from looseleaf_workflow.conversions.definition import conversions_of
from looseleaf_workflow.conversions.doing import Converted, convert
from looseleaf_workflow.conversions.stored import Became, Outcome, became_of

A_TEXT, A_LIST, A_MAPPING = Text("a text"), Text("a list"), Text("an object")
BODY: Shape = {"records": (list, A_LIST)}
RECORD: Shape = {"id": (str, A_TEXT), "targets": (dict, A_MAPPING)}
CHOICE: Shape = {"as": (str, A_TEXT), "id": (str, A_TEXT), "values": (dict, A_MAPPING)}
WAYS: Mapping[str, How] = {"make": "make", "take": "take", "skip": "skip"}


def make_routes() -> Blueprint:
    """The routes, anew for each application."""
    routes = Blueprint("conversions", __name__)
    routes.add_url_rule("/conversions", "list_conversions", list_conversions, methods=["GET"])
    routes.add_url_rule("/conversions/<name>/preview", "preview_conversion", preview_conversion, methods=["POST"])
    routes.add_url_rule("/conversions/<name>", "convert_records", convert_records, methods=["POST"])
    routes.add_url_rule("/records/<name>/<id>/conversion", "show_conversion", show_conversion, methods=["GET"])
    return routes


def list_conversions() -> Response:
    """The conversions of objects that the caller may change."""
    context = caller()
    no_parameters()
    found = [one for one in context.model.others.get("conversion", {}).values() if context.profile.can(one.object, "update")]
    return answer(
        {
            "data": [
                {
                    "name": one.name,
                    "label": one.label.text(locale()),
                    "object": one.object,
                    "targets": [
                        {"name": target.name, "object": target.object, "may_skip": target.may_skip, "ask": list(target.ask)}
                        for target in one.targets
                    ],
                }
                for one in found
            ]
        }
    )


def preview_conversion(name: str) -> Response:
    """What would become of records. Writes nothing."""
    context, wishes = _asked(name)
    return answer({"data": [_prospect(context, one) for one in look_ahead(context, name, wishes)]})


def convert_records(name: str) -> Response:
    """Convert records, all or none."""
    context, wishes = _asked(name)
    return answer({"data": [_converted(one) for one in convert(context, name, wishes)]})


def show_conversion(name: str, id: str) -> Response:
    """Where a record went."""
    context = caller()
    no_parameters()
    readable(context, name)
    number = record_id(id)
    if number not in read.reachable(context, name, (number,)):
        raise NotThere
    found = (became_of(context, one, [number]).get(number) for one in conversions_of(context.model, name))
    return answer({"data": [_became(one) for one in found if one is not None]})


# --- what is asked


def _asked(name: str) -> tuple[Context, list[Wish]]:
    context = caller()
    no_parameters()
    conversion_named(context, name)
    body = shaped(json_body(), BODY, ("records",))
    return context, [_wish(one, f"/records/{index}") for index, one in enumerate(body["records"])]


def _wish(written: Any, pointer: str) -> Wish:
    data = _placed(written, RECORD, ("id",), pointer)
    choices = {str(name): _choice(one, f"{pointer}/targets/{name}") for name, one in data.get("targets", {}).items()}
    return Wish(id_at(data["id"], f"{pointer}/id"), choices)


def _choice(written: Any, pointer: str) -> Choice:
    data = _placed(written, CHOICE, ("as",), pointer)
    if data["as"] not in WAYS:
        raise Refused([Fault(f"{pointer}/as", "unknown-option", Text("one of: {options}", options=", ".join(WAYS)))])
    return Choice(WAYS[data["as"]], id_at(data["id"], f"{pointer}/id") if "id" in data else None, data.get("values", {}))


def _placed(written: Any, shape: Shape, required: tuple[str, ...], pointer: str) -> dict[str, Any]:
    """A part of the body, with its faults at its place."""
    try:
        return shaped(written, shape, required)
    except Refused as refused:
        raise Refused([Fault(pointer + fault.pointer, fault.code, fault.message) for fault in refused.faults]) from None


# --- answers


def _prospect(context: Context, prospect: Prospect) -> dict[str, Any]:
    spoken = locale()
    return {
        "id": encode(prospect.record.id),
        "ready": prospect.ready,
        "code": prospect.code or None,
        "message": prospect.stands.translate(spoken) if prospect.stands is not None else None,
        "became": _became(prospect.became) if prospect.became is not None else None,
        "targets": [_part(context, part, spoken) for part in prospect.parts.values()],
    }


def _part(context: Context, part: Part, spoken: str) -> dict[str, Any]:
    fields = context.model.objects[part.target.object].fields
    return {
        "target": part.target.name,
        "object": part.target.object,
        "as": part.how or None,
        "id": encode(part.id) if part.how == "take" and part.id is not None else None,
        "values": {
            name: field_type(fields[name].type).dump(value, fields[name]) for name, value in part.values.items() if name not in _links(part)
        },
        "kept": list(part.kept),
        "withheld": list(part.withheld),
        "matches": [
            {"id": encode(one.id), "title": one.title, "same": list(one.fields), "agrees": one.agrees, "changeable": one.changeable}
            for one in part.candidates
        ],
        "hidden_match": part.hidden,
        "errors": [{"pointer": fault.pointer, "code": fault.code, "message": fault.say(spoken)} for fault in part.faults],
    }


def _links(part: Part) -> set[str]:
    """Look-ups between targets: of what is only to be made there is no id to tell."""
    return {link.field for link in part.target.links}


def _converted(done: Converted) -> dict[str, Any]:
    return {"id": encode(done.id), "operation": encode(done.operation), "became": [_outcome(one) for one in done.outcomes]}


def _became(became: Became) -> dict[str, Any]:
    return {
        "conversion": became.conversion.name,
        "at": became.at.isoformat().replace("+00:00", "Z"),
        "actor": encode(became.actor) if became.actor is not None else None,
        "became": [_outcome(one) for one in became.outcomes if one.seen],
    }


def _outcome(one: Outcome) -> dict[str, Any]:
    return {"target": one.target, "object": one.object, "id": encode(one.id), "how": one.how}
