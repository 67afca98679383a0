"""One record: its page, its related lists and history, and why somebody may see it."""

from __future__ import annotations

from typing import Any

from flask import request
from werkzeug.wrappers import Response

from looseleaf_platform.access.explain import explain
from looseleaf_platform.context import Context
from looseleaf_platform.errors import NotThere
from looseleaf_platform.records import read
from looseleaf_platform.records.history import history
from looseleaf_platform.records.ids import encode
from looseleaf_platform.sharing import shares_of
from looseleaf_ui_builder.screens.approvals import bind_approvals
from looseleaf_ui_builder.screens.changes import timeline
from looseleaf_ui_builder.screens.clocks import bind_clocks
from looseleaf_ui_builder.screens.conversions import bind_offers
from looseleaf_ui_builder.screens.lists import object_of
from looseleaf_ui_builder.screens.pools import bind_countdown
from looseleaf_ui_builder.screens.records import RELATED_ROWS, BoundRecord, bind_record, bind_related, id_of, related_of
from looseleaf_ui_builder.screens.rendering import painter, show_object
from looseleaf_ui_builder.screens.scores import bind_scores
from looseleaf_ui_builder.screens.stages import bind_paths
from looseleaf_ui_builder.web.callers import caller

DETAILS, HISTORY = "details", "history"


def show_record(object: str, id: str) -> Response:
    """GET: the page, on the tab with the sections."""
    context = caller()
    return _page(context, bind_record(context, object, id_of(id)), DETAILS)


def show_history(object: str, id: str) -> Response:
    """GET: the page, on the tab with the history."""
    context = caller()
    bound = bind_record(context, object, id_of(id))
    return _page(context, bound, HISTORY, days=timeline(context, bound.object, history(context, object, bound.record.id)))


def show_related(object: str, id: str, name: str) -> Response:
    """GET: the page, on the tab of a related list."""
    context = caller()
    bound = bind_record(context, object, id_of(id))
    related = next((one for one in related_of(context, bound.form) if one.name == name), None)
    if related is None:
        raise NotThere
    marks = {"after": request.args.get("after", ""), "before": request.args.get("before", "")}
    return _page(context, bound, name, open_list=bind_related(context, bound.record, related, RELATED_ROWS, **marks))


def _page(context: Context, bound: BoundRecord, tab: str, **values: Any) -> Response:
    paint = painter()
    paint.linked.update(linked_titles(context, bound))
    allowed = may(context, bound)
    return show_object(
        "screens/record/record.html",
        bound.object,
        bound=bound,
        tab=tab,
        record_id=encode(bound.record.id),
        may=allowed,
        approvals=bind_approvals(context, bound.object.name, bound.record.id, may_update=allowed["update"]),
        paths=bind_paths(context, bound.object.name, bound.record.id),
        countdown=bind_countdown(context, bound.object.name, bound.record.id),
        clocks=bind_clocks(context, bound.object.name, bound.record.id),
        scores=bind_scores(context, bound.object.name, bound.record.id),
        offers=bind_offers(context, bound.object.name, bound.record.id),
        **values,
    )


def may(context: Context, bound: BoundRecord) -> dict[str, bool]:
    """What the caller may do with this record: asked of the record, not of the object."""
    name, id = bound.object.name, bound.record.id
    updates = bool(read.reachable(context, name, (id,), "update"))
    return {
        "update": updates,
        "delete": bool(read.reachable(context, name, (id,), "delete")),
        "transfer": updates and bound.object.owner != "none" and "owner" in context.profile.writable(name),
        "share": updates and bound.object.owner != "none" and context.profile.has("share"),
    }


def linked_titles(context: Context, bound: BoundRecord) -> dict[int, str]:
    """Titles of the records that many-to-many fields hold."""
    found: dict[int, str] = {}
    for slot in bound.form.slots:
        ids = bound.record.values.get(slot.name)
        if slot.widget == "lookups" and ids:
            found.update(read.titles(context, slot.target, ids))
    return found


def explain_record(object: str, id: str) -> Response:
    """GET: why the caller may, or may not, do each thing with the record; and with whom it is shared."""
    context = caller()
    thing, number = object_of(context, object), id_of(id)
    return show_object(
        "screens/record/explanation.html",
        thing,
        reasons=[(action, explain(context, context.actor, object, number, action)) for action in ("read", "update", "delete")],
        shares=shares_of(context, object, number),
        title=read.titles(context, object, (number,)).get(number, ""),
        record_id=id,
    )
