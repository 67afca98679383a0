"""Asking for a change of what is approved (A86): a dialog over the record's page, or a page of its own, with the fields that change in no other way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request, url_for
from werkzeug.wrappers import Response

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Decided, Fault, NotThere, Refused
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_ui_builder.screens.editing import raw_values, titles_of
from looseleaf_ui_builder.screens.lists import object_of
from looseleaf_ui_builder.screens.painting import Filled
from looseleaf_ui_builder.screens.records import id_of
from looseleaf_ui_builder.screens.rendering import go_to, painter, show_object
from looseleaf_ui_builder.screens.slots import Slot, bind_slots
from looseleaf_ui_builder.screens.stages import without_place
from looseleaf_ui_builder.screens.submitted import entered
from looseleaf_ui_builder.web.callers import caller
from looseleaf_ui_builder.web.notices import notify
from looseleaf_ui_builder.web.texts import _
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.running import asking
from looseleaf_workflow.running.changing import open_to_change
from looseleaf_workflow.running.submitting import Request, submit


def change_form(object: str, id: str) -> Response:
    """GET: the approved values, to be written anew."""
    context = caller()
    object_of(context, object)
    return _ask(context, object, id_of(id))


def ask_for_change(object: str, id: str) -> Response:
    """POST: ask for it, or say what keeps it."""
    context, record = caller(), id_of(id)
    object_of(context, object)
    try:
        made = submit(context, Request(object, record, changes=_changes(context, object, record)))
    except Refused as refused:
        return _ask(context, object, record, refused.faults, 422)
    except Decided as decided:
        return _ask(context, object, record, (Fault("", decided.code, decided.message),), 409)
    _say_why(context, made)
    notify(_("Asked for the change: until it is approved, the old values stand"))
    return go_to(url_for("screens.show_record", object=object, id=id))


def _say_why(context: Context, made: int) -> None:
    why = request.form.get("said.comment", "").strip()
    if why:
        asking.ask(context, made, c.Comment(why[: asking.MOST_WORDS]))


def _changes(context: Context, object: str, record: int) -> FrozenMap[str, Any]:
    """What was entered and differs from what stands there. Raises Refused where nothing does."""
    slots, raw = _stands(context, object, record)
    values = {name: value for name, value in entered(slots, request.form).items() if str(value or "") != str(raw.get(name) or "")}
    if not values:
        raise Refused([Fault("", "no-effect", asking.NOTHING_CHANGES)])
    return FrozenMap(values)


def _stands(context: Context, object: str, id: int) -> tuple[tuple[Slot, ...], dict[str, Any]]:
    """The fields that one may ask to change, with what stands there. Raises NotThere where there are none."""
    slots = tuple(slot for slot in bind_slots(context, object, open_to_change(context, object, id)) if slot.editable)
    if not slots:
        raise NotThere
    return slots, raw_values(slots, read.get(context, object, id, tuple(slot.name for slot in slots)))


def _ask(context: Context, object: str, id: int, faults: Sequence[Fault] = (), status: int = 200) -> Response:
    slots, raw = _stands(context, object, id)
    raw = raw | (entered(slots, request.form) if request.method == "POST" else {})
    painter().prefix = "e"
    title = read.titles(context, object, (id,)).get(id, "")
    shown = {"slots": slots, "filled": Filled(raw, titles_of(context, slots, raw), tuple(faults)), "faults": without_place(faults, slots)}
    return show_object(
        "screens/approvals/change.html", object_of(context, object), status, **shown, title=title, record_id=encode(id), values=request.form
    )
