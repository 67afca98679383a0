"""The list of an object: page, filters, saved views."""

from __future__ import annotations

from typing import Any

from flask import current_app, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from looseleaf_metadata.model import Object
from looseleaf_platform import personal_views
from looseleaf_platform.context import Context
from looseleaf_platform.errors import BadQuery, Invalid
from looseleaf_platform.personal_views import Saved
from looseleaf_platform.records.ids import decode, encode
from looseleaf_ui_builder.screens.filtering import editor_of, entered_value
from looseleaf_ui_builder.screens.list_state import ListState
from looseleaf_ui_builder.screens.lists import BoundList, addable_columns, bind_first_list, bind_list, filterable, object_of, words_of
from looseleaf_ui_builder.screens.rendering import go, painter, show, show_object
from looseleaf_ui_builder.web.callers import caller
from looseleaf_ui_builder.web.errors import is_fragment
from looseleaf_ui_builder.web.notices import notify
from looseleaf_ui_builder.web.texts import _


def list_records(object: str) -> Response:
    """GET: the list; a script gets the part that changes."""
    if not request.args:
        return show_list(bind_first_list(caller(), object))
    return show_list(bind_list(caller(), object, ListState.from_arguments(request.args)))


def show_list(bound: BoundList) -> Response:
    """A bound list as an answer."""
    context, thing = caller(), bound.object
    return show_object(
        "screens/list/_list.html" if is_fragment() else "screens/list/list.html",
        thing,
        list=bound,
        list_state=bound.state,
        effective_state=effective(bound),
        filterable=filterable(context, thing),
        addable=addable_columns(context, thing, bound.columns),
        tools=tools_of(context, thing),
        chosen=None,
    )


def tools_of(context: Context, thing: Object) -> dict[str, Any]:
    """What the caller may do from a list."""
    can = context.profile.can
    has_import = "imports.index" in current_app.view_functions
    return {
        "create": can(thing.name, "create") and not thing.owned_by,
        "update": can(thing.name, "update"),
        "delete": can(thing.name, "delete"),
        "export": can(thing.name, "export"),
        "transfer": thing.owner != "none" and can(thing.name, "update") and "owner" in context.profile.writable(thing.name),
        "import": url_for("imports.index", object=thing.name) if has_import and can(thing.name, "import") else "",
        "share_views": context.profile.has("views.shared"),
    }


def effective(bound: BoundList) -> ListState:
    """What is on the screen, as a state of its own: what saving a view keeps."""
    personal = bound.tab.personal
    return ListState(
        view=personal.saved.base if personal else bound.tab.key,
        filters=bound.filters,
        sort=bound.sort,
        columns=tuple(slot.path for slot in bound.columns),
    )


def filter_editor(object: str) -> Response:
    """GET, by a script: the editor of a filter on the chosen field."""
    context = caller()
    thing = object_of(context, object)
    state = ListState.from_arguments(request.args)
    editor = editor_of(context, painter(), thing, request.args)
    return show("screens/list/_filter.html", object=thing, list_state=state, filterable=filterable(context, thing), **editor)


def add_filter(object: str) -> Response:
    """GET: the list with one more filter; a value that doesn't fit gives the editor back with the fault."""
    context = caller()
    thing = object_of(context, object)
    state = ListState.from_arguments(MultiDict(request.args))
    condition = entered_value(context, thing, request.args)
    try:
        words_of(context, thing, condition)
    except (BadQuery, Invalid) as bad:
        return _editor_again(context, thing, state, str(bad.message.translate(context.locale)))
    shown = bind_list(context, object, state).filters
    return go_to_list(object, state.arguments(filters=(*shown, condition)))


def _editor_again(context: Context, thing: Object, state: ListState, fault: str) -> Response:
    editor = {**editor_of(context, painter(), thing, request.args), "faults": (fault,)}
    response = show("screens/list/_filter.html", 422, object=thing, list_state=state, filterable=filterable(context, thing), **editor)
    response.headers.update({"HX-Retarget": "#filter-form", "HX-Reswap": "outerHTML", "HX-Push-Url": "false"})
    return response


def go_to_list(object: str, arguments: dict[str, Any]) -> Response:
    """The list at an address: at once for a script, by a redirect otherwise."""
    address = url_for("screens.list_records", object=object, **arguments)
    if not is_fragment():
        return go("screens.list_records", object=object, **arguments)
    response = show_list(bind_list(caller(), object, ListState.from_arguments(MultiDict(_pairs(arguments)))))
    response.headers["HX-Push-Url"] = address
    return response


def _pairs(arguments: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, item) for name, value in arguments.items() for item in (value if isinstance(value, list) else [value])]


def save_view(object: str) -> Response:
    """POST: keep what is on the screen as a view of mine."""
    context, state = caller(), ListState.from_arguments(request.form)
    object_of(context, object)
    saved = Saved(state.view if state.view in context.model.views else "", state.filters or (), state.sort or (), state.columns or ())
    id = decode(request.form["id"]) if request.form.get("id") else None
    name = request.form.get("name", "")
    kept = personal_views.save(context, object, name, saved, id=id, shared=bool(request.form.get("shared")))
    notify(_("View “{name}” saved", name=name.strip()))
    return go("screens.list_records", object=object, view=f"p:{encode(kept)}")


def remove_view(object: str) -> Response:
    """POST: forget a view of mine."""
    personal_views.remove(caller(), decode(request.form.get("id", "")))
    notify(_("View removed"))
    return go("screens.list_records", object=object)
