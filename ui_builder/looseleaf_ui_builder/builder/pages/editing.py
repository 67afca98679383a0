"""Objects, fields and texts of a draft, and the one address that takes every edit."""

from __future__ import annotations

from difflib import unified_diff
from typing import Any

from flask import request
from werkzeug.wrappers import Response

from looseleaf_metadata.labels import Label
from looseleaf_metadata.writing import CannotEdit
from looseleaf_platform.errors import Conflict, NotThere
from looseleaf_platform.fields import FIELD_TYPES
from looseleaf_platform.publishing import edit_draft, open_draft
from looseleaf_ui_builder.builder.binder import Binder
from looseleaf_ui_builder.builder.edits import changes_of
from looseleaf_ui_builder.builder.submitted import shown_keys
from looseleaf_ui_builder.screens.rendering import go_to, show
from looseleaf_ui_builder.web.callers import caller
from looseleaf_ui_builder.web.notices import notify
from looseleaf_ui_builder.web.templating import HUES
from looseleaf_ui_builder.web.texts import say

TABS = ("fields", "settings", "rules", "form", "lists", "text")


def show_object(id: int, name: str) -> Response:
    """GET: one object of a draft, by tab."""
    draft = open_draft(caller().workspace, id)
    binder = Binder(draft.pages)
    leaf = binder.object(name)
    if leaf is None:
        raise NotThere
    tab = request.args.get("tab", "fields")
    shown: dict[str, Any] = {
        "tab": tab if tab in TABS else "fields",
        "types": pickable_types(),
        "hues": HUES,
        "fields": binder.fields_of(name),
    }
    return show(
        "builder/object.html", draft=draft, binder=binder, leaf=leaf, form=binder.form_of(name), views=binder.views_of(name), **shown
    )


def show_field(id: int, name: str, field: str) -> Response:
    """GET: one field; `new` with ?type= for one to be added."""
    draft = open_draft(caller().workspace, id)
    binder = Binder(draft.pages)
    leaf = binder.object(name)
    before = {} if leaf is None or field == "new" else leaf.map("fields").get(field)
    if leaf is None or before is None:
        raise NotThere
    kind = FIELD_TYPES.get(request.args.get("type") or str(before.get("type", "text")), FIELD_TYPES["text"])
    form = binder.form_of(name)
    sections = [(str(index), section_label(section)) for index, section in enumerate(form.list("sections"))] if form else []
    always = [str(index) for index, section in enumerate(form.list("sections")) if "visible_when" not in section] if form else []
    objects = [other.name for other in binder.of_kind("object")]
    shown: dict[str, Any] = {"kind": kind, "shown": shown_keys(kind), "types": pickable_types(), "objects": objects, "hues": HUES}
    shown |= {"sections": sections, "section": always[-1] if always else ""}
    return show("builder/field.html", draft=draft, leaf=leaf, name="" if field == "new" else field, before=before, **shown)


def show_text(id: int) -> Response:
    """GET: any page of a draft as YAML."""
    draft = open_draft(caller().workspace, id)
    leaf = Binder(draft.pages).find(request.args.get("page", ""))
    if leaf is None:
        raise NotThere
    return show("builder/text.html", draft=draft, leaf=leaf)


def edit(id: int) -> Response:
    """POST: carry out one edit on the version of the draft that was seen."""
    context, form = caller(), request.form
    draft = open_draft(context.workspace, id)
    try:
        changes = changes_of(Binder(draft.pages), form)
        edit_draft(context.workspace, id, changes, version=form.get("version", draft.version, int), actor=context.actor)
    except CannotEdit as error:
        notify(say(error.message))
    except Conflict as conflict:
        fields = [(key, value) for key, values in form.lists() if key not in ("version", "_csrf") for value in values]
        differences = [(one.field, difference(str(one.theirs or ""), str(one.yours or ""))) for one in conflict.fields]
        return show("builder/conflict.html", 409, draft=draft, differences=differences, submitted=fields)
    return go_to(safe_return(form.get("back", "")) or f"{request.script_root}/builder/drafts/{id}")


def safe_return(address: str) -> str:
    """An address of the builder to go on to, "" for anything else."""
    return f"{request.script_root}{address}" if address.startswith("/builder/") and "//" not in address else ""


def section_label(section: Any) -> str:
    """What a section of a form is called."""
    written = section.get("label", section.get("section", "")) if isinstance(section, dict) else ""
    return say(Label.of(written)) if isinstance(written, str | dict) else ""


def pickable_types() -> list[tuple[str, str]]:
    """Field types that people may choose, with their plain names."""
    return [(name, say(kind.label)) for name, kind in FIELD_TYPES.items() if name != "record_id"]


def difference(before: str, after: str) -> tuple[tuple[str, str], ...]:
    """What an edit makes of a text, line by line, with two lines around each change: "-" for what goes, "+" for what comes."""
    lines = unified_diff(before.splitlines(), after.splitlines(), n=2, lineterm="")
    return tuple((line[:1], line[1:]) for line in lines if not line.startswith(("---", "+++")))
