"""Creating and editing records: the forms, and what becomes of them when they are sent."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from werkzeug.wrappers import Response

from looseleaf_metadata.texts import Text
from looseleaf_platform import files
from looseleaf_platform.context import Context
from looseleaf_platform.errors import NotAllowed
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Written
from looseleaf_ui_builder.screens import editing
from looseleaf_ui_builder.screens.editing import Draft
from looseleaf_ui_builder.screens.forms import BoundForm, bind_form
from looseleaf_ui_builder.screens.lists import object_of
from looseleaf_ui_builder.screens.live import live_rules
from looseleaf_ui_builder.screens.records import id_of, title_of
from looseleaf_ui_builder.screens.rendering import go_to, painter, show, show_object
from looseleaf_ui_builder.web.callers import caller
from looseleaf_ui_builder.web.errors import is_fragment
from looseleaf_ui_builder.web.notices import notify
from looseleaf_ui_builder.web.texts import _


def new_record(object: str) -> Response:
    """GET: the empty form; `field=value` in the address fills it in, `box` names the look-up that wants the record."""
    context = caller()
    object_of(context, object, "create")
    form = bind_form(context, object)
    defaults = painter().defaults(form.slots)
    return _form(context, form, editing.draft_of_new(context, form, request.args, defaults))


def create_record(object: str) -> Response:
    """POST: store it, or show the form again."""
    context = caller()
    object_of(context, object, "create")
    form = bind_form(context, object)
    sent = editing.submitted(context, form, request.form)
    written, draft = editing.create(context, form, sent)
    if written is None or written.id is None:
        return _form(context, form, draft, status=422)
    files.attach(context, object, written.id, sent.raw)
    return _made(context, form, written.id)


def _made(context: Context, form: BoundForm, id: int) -> Response:
    """On to the new record; made in place, back to the look-up that wanted it."""
    title = read.titles(context, form.object.name, (id,)).get(id, "")
    box = request.form.get("_box", "")
    if box and is_fragment():
        return show("screens/form/_made.html", box=box, id=encode(id), title=title)
    notify(_("{object} “{name}” created", object=form.object.label, name=title))
    if request.form.get("_then") == "another":
        return go_to(url_for("screens.new_record", object=form.object.name))
    return go_to(url_for("screens.show_record", object=form.object.name, id=encode(id)))


def edit_record(object: str, id: str) -> Response:
    """GET: the form of a record."""
    context = caller()
    thing = object_of(context, object)
    number = id_of(id)
    record = read.get(context, object, number)
    if not read.reachable(context, object, (number,), "update"):
        raise NotAllowed(Text("You may see this record but not change it"))
    form = bind_form(context, object)
    return _form(context, form, editing.draft_of_record(context, form, record), id=id, title=title_of(thing, record))


def save_record(object: str, id: str) -> Response:
    """POST: store the changes, or show the form again with faults or the conflict."""
    context = caller()
    form = bind_form(context, object_of(context, object).name)
    sent = editing.submitted(context, form, request.form)
    written, draft = editing.save(context, form, id_of(id), sent)
    title = read.titles(context, object, (id_of(id),)).get(id_of(id), "")
    if written is None:
        return _form(context, form, draft, status=409 if draft.clashes or draft.changed_by else 422, id=id, title=title)
    files.attach(context, object, id_of(id), sent.raw)
    _tell(form, written)
    return go_to(url_for("screens.show_record", object=object, id=id))


def _tell(form: BoundForm, written: Written) -> None:
    """Say what was saved; what others changed meanwhile is named."""
    merged = [slot.label for name in written.merged if (slot := form.slot(name)) is not None]
    if merged:
        notify(_("Saved. Someone else changed {fields} meanwhile; both are kept", fields=", ".join(merged)))
    else:
        notify(_("Saved") if written.outcome != "same" else _("Nothing was different, so nothing was saved"))


def _form(context: Context, form: BoundForm, draft: Draft, status: int = 200, id: str = "", title: str = "") -> Response:
    """The form's page, or the part of it that a script replaces."""
    box = request.values.get("box") or request.values.get("_box") or ""
    values: dict[str, Any] = {"form": form, "draft": draft, "record_id": id, "title": title, "box": box, "live": live_rules(context, form)}
    if box and is_fragment():
        painter().prefix = f"q{len(box)}"
        return show_object("screens/form/_quick.html", form.object, status, **values)
    return show_object("screens/form/_form.html" if is_fragment() else "screens/form/form.html", form.object, status, **values)
