"""The home page, and all objects at a glance for phones."""

from __future__ import annotations

from werkzeug.wrappers import Response

from looseleaf_ui_builder.screens.home import agendas, greeting, recent
from looseleaf_ui_builder.screens.rendering import painter, show
from looseleaf_ui_builder.web.callers import caller


def home() -> Response:
    """GET: what I worked on last, what is to be done."""
    context = caller()
    return show(
        "screens/home/home.html",
        greeting=greeting(context),
        today=context.today,
        recent=recent(context),
        agendas=agendas(context),
        paint=painter(),
    )


def all_objects() -> Response:
    """GET: the navigation as a page, for phones."""
    caller()
    return show("screens/home/objects.html")
