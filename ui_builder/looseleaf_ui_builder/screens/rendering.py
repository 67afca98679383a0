"""From bound screens to answers: pages, fragments, redirects. The last step of every handler."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, current_app, g, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from looseleaf_metadata.model import Object
from looseleaf_platform.records.ids import encode
from looseleaf_ui_builder.screens.automations import may_look_after_automations
from looseleaf_ui_builder.screens.list_state import ListState
from looseleaf_ui_builder.screens.navigation import Navigation, bind_navigation, icon_of
from looseleaf_ui_builder.screens.notifications import unread_notifications
from looseleaf_ui_builder.screens.painting import Painter
from looseleaf_ui_builder.screens.regions import countries, regions
from looseleaf_ui_builder.screens.slots import Slot
from looseleaf_ui_builder.web.callers import caller
from looseleaf_ui_builder.web.errors import is_fragment
from looseleaf_ui_builder.web.texts import _


def painter() -> Painter:
    """The Painter of this request's caller."""
    if "painter" not in g:
        g.painter = Painter(caller(), current_app.jinja_env)
    found: Painter = g.painter
    return found


def navigation() -> Navigation:
    """The navigation of this request's caller."""
    if "navigation" not in g:
        g.navigation = bind_navigation(caller())
    found: Navigation = g.navigation
    return found


def show(template: str, status: int = 200, **values: Any) -> Response:
    """A template as an answer."""
    return make_response(render_template(template, **values), status)


def show_object(template: str, thing: Object, status: int = 200, **values: Any) -> Response:
    """A template about an object: its tab is the open one."""
    g.current_object = thing.name
    return show(template, status, object=thing, icon_name=icon_of(thing), paint=painter(), **values)


def go(endpoint: str, **values: Any) -> AnyResponse:
    """On to another page, after something was done."""
    return go_to(url_for(endpoint, **values))


def go_to(address: str) -> AnyResponse:
    """On to an address of ours. A form sent by a script is told by a header, since a redirect would be followed unseen."""
    if is_fragment() and request.method == "POST":
        return make_response("", 200, {"HX-Redirect": address})
    return redirect(address, 303)


def safe_back(given: str, otherwise: str) -> str:
    """An address within this application to go back to; never one of somebody else's site."""
    ours = given.startswith("/") and not given.startswith(("//", "/\\"))
    return f"{request.script_root}{given}" if ours else otherwise


def keyboard_map() -> list[tuple[str, str]]:
    """The keys and what they do."""
    return [
        ("Ctrl K", _("Search records")),
        ("/", _("Search in this list")),
        ("C", _("New record")),
        ("E", _("Edit")),
        ("J  K", _("Next, previous row")),
        ("X", _("Tick the row")),
        ("Enter", _("Open")),
        ("Ctrl Enter", _("Save or send")),
        ("Esc", _("Close, cancel, clear")),
        ("?", _("This map")),
    ]


def lookup_url(slot: Slot, box: str) -> str:
    """Where a look-up's options come from."""
    return url_for("screens.lookup_options", object=slot.target, box=box)


def file_url(slot: Slot, record: Any, file: Any) -> str:
    """Where a record's file is to be had, by those who may read the record's field."""
    return url_for("screens.download_file", object=record.object, id=encode(record.id), field=slot.name, file=encode(file.id))


def state_fields(state: ListState, without: str = "") -> Markup:
    """The state of a list as hidden inputs, so that a form keeps it."""
    pairs = [
        (name, item)
        for name, value in state.arguments().items()
        if name != without
        for item in (value if isinstance(value, list) else [value])
    ]
    return Markup("").join(Markup('<input type="hidden" name="{}" value="{}">').format(name, value) for name, value in pairs)


def furnish_screens(app: Flask) -> None:
    """Give templates what only screens know."""
    app.jinja_env.globals.update(
        navigation=navigation,
        unread_notifications=unread_notifications,
        may_look_after_automations=may_look_after_automations,
        keyboard_map=keyboard_map,
        lookup_url=lookup_url,
        file_url=file_url,
        state_fields=state_fields,
        icon_of=icon_of,
        is_fragment=is_fragment,
        countries=countries,
        regions=regions,
    )
