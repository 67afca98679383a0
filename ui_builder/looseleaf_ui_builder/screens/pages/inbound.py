"""Inbound events: what came from outside and what came of it, handling one again, a new secret for a source."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import BadQuery
from looseleaf_platform.records.ids import decode
from looseleaf_ui_builder.screens import inbound as screens
from looseleaf_ui_builder.screens.inbound import bind_inbound
from looseleaf_ui_builder.screens.records import id_of
from looseleaf_ui_builder.screens.rendering import go, show
from looseleaf_ui_builder.web.callers import caller
from looseleaf_ui_builder.web.notices import notify
from looseleaf_ui_builder.web.texts import _
from looseleaf_workflow.inbound import secrets
from looseleaf_workflow.receiving import telling


def list_inbound() -> Response:
    """GET: all sources, and the last events of all."""
    return _show("")


def show_inbound(name: str) -> Response:
    """GET: one source with its events."""
    return _show(name)


def make_inbound_secret(name: str) -> Response:
    """POST: a new secret for a source, shown this once."""
    secret = secrets.make(caller(), name)
    return _show(name, secret)


def retry_inbound_event(name: str, id: str) -> Response:
    """POST: ask the rules about an event once more."""
    telling.again(caller(), name, id_of(id))
    notify(_("Its rules are asked once more"))
    return go("screens.show_inbound", name=name)


def _show(name: str, secret: str = "") -> Response:
    asked, state = request.args.get("before", ""), request.args.get("state", "")
    try:
        before = decode(asked) if asked else None
    except ValueError:
        raise BadQuery(Text("This is not an id"), "before") from None
    bound = bind_inbound(caller(), name, state, before)
    return show("screens/inbound/inbound.html", bound=bound, name=name, state=state, states=screens.STATES, secret=secret)
