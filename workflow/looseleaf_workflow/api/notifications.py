"""Notifications over HTTP: what the caller was told, and noting that it was read."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from looseleaf_metadata.texts import Text
from looseleaf_platform.api.callers import caller
from looseleaf_platform.api.records import answer, json_body, record_id
from looseleaf_platform.errors import BadQuery
from looseleaf_platform.records.ids import decode, encode
from looseleaf_workflow.api.asked import Shape, id_at, no_parameters, shaped
from looseleaf_workflow.notifications.inbox import Notice, inbox, mark_all_read, mark_read, unread

READ: Shape = {"until": (str, Text("a text"))}


def make_routes() -> Blueprint:
    """The routes, anew for each application."""
    routes = Blueprint("notifications", __name__)
    routes.add_url_rule("/notifications", "list_notifications", list_notifications, methods=["GET"])
    routes.add_url_rule("/notifications/read", "read_all_notifications", read_all, methods=["POST"])
    routes.add_url_rule("/notifications/<id>/read", "read_notification", read_one, methods=["POST"])
    return routes


def list_notifications() -> Response:
    """The caller's, the newest first; `within`: those folded into one."""
    context = caller()
    no_parameters("unread", "before", "within")
    wanted = request.args.get("unread", "")
    if wanted not in ("", "true", "false"):
        raise BadQuery(Text("expected {expected}", expected=Text("true or false")), "unread")
    found = inbox(context, only_unread=wanted == "true", before=_id("before"), within=_id("within"))
    more = None if found.before is None else encode(found.before)
    return answer({"data": [_notice(one) for one in found.notices], "unread": unread(context), "before": more})


def read_one(id: str) -> Response:
    """Note that one was read."""
    context = caller()
    no_parameters()
    mark_read(context, record_id(id))
    return answer({"unread": unread(context)})


def read_all() -> Response:
    """Note that all were read; `until`: no later than this one."""
    context = caller()
    no_parameters()
    body = shaped(json_body(), READ)
    mark_all_read(context, id_at(body["until"], "/until") if "until" in body else None)
    return answer({"unread": unread(context)})


def _id(name: str) -> int | None:
    """An id in the query. Raises BadQuery."""
    given = request.args.get(name)
    try:
        return None if given is None else decode(given)
    except ValueError:
        raise BadQuery(Text("This is not an id"), name) from None


def _notice(one: Notice) -> dict[str, Any]:
    return {
        "id": encode(one.id),
        "text": one.text,
        "at": one.at.isoformat().replace("+00:00", "Z"),
        "read": one.read,
        "object": one.object or None,
        "record": None if one.record is None else encode(one.record),
        "title": one.title or None,
        "more": one.more,
    }
