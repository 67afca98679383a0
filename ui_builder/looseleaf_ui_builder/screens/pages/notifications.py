"""Notifications: the caller's inbox, what was folded into one of them, opening one, marking them read."""

from __future__ import annotations

from flask import request, url_for
from werkzeug.wrappers import Response

from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import BadQuery
from looseleaf_platform.records.ids import decode, encode
from looseleaf_ui_builder.screens.records import id_of
from looseleaf_ui_builder.screens.rendering import go, go_to, show
from looseleaf_ui_builder.web.callers import caller
from looseleaf_workflow.notifications import inbox


def list_notifications() -> Response:
    """GET: what the caller was told, the newest first."""
    only_unread = request.args.get("unread") == "1"
    page = inbox.inbox(caller(), only_unread=only_unread, before=_before())
    return show("screens/notifications/notifications.html", page=page, only_unread=only_unread, head=None)


def show_notification(id: str) -> Response:
    """GET: one with what was folded into it."""
    context, number = caller(), id_of(id)
    page = inbox.inbox(context, within=number, before=_before())
    return show("screens/notifications/notifications.html", page=page, only_unread=False, head=inbox.one(context, number))


def open_notification(id: str) -> Response:
    """POST: mark it read, and go to its record; without one, back to the list."""
    context, number = caller(), id_of(id)
    inbox.mark_read(context, number)
    told = inbox.one(context, number)
    if told.record is None or "stay" in request.form:
        return go("screens.list_notifications")
    return go_to(url_for("screens.show_record", object=told.object, id=encode(told.record)))


def read_notifications() -> Response:
    """POST: mark all read, up to the newest that was on the page."""
    until = request.form.get("until", "")
    inbox.mark_all_read(caller(), id_of(until) if until else None)
    return go("screens.list_notifications")


def _before() -> int | None:
    """The id to go on from. Raises BadQuery."""
    given = request.args.get("before", "")
    try:
        return decode(given) if given else None
    except ValueError:
        raise BadQuery(Text("This is not an id"), "before") from None
