"""The builder's start, and drafts as a whole."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from looseleaf_platform.publishing import Draft, check_draft, create_draft, discard_draft, list_drafts, open_draft, revisions
from looseleaf_platform.records import read
from looseleaf_ui_builder.builder.binder import Binder
from looseleaf_ui_builder.screens.rendering import go, show
from looseleaf_ui_builder.web.callers import caller
from looseleaf_ui_builder.web.notices import notify
from looseleaf_ui_builder.web.templating import HUES
from looseleaf_ui_builder.web.texts import _


def names_of(ids: set[int | None]) -> dict[int, str]:
    """Names of the people behind user ids."""
    return read.titles(caller(), "user", [id for id in ids if id is not None])


def index() -> Response:
    """GET: drafts under way, objects in force, the latest revisions."""
    context = caller()
    drafts, history = list_drafts(context.workspace), revisions(context.workspace, limit=6)
    people = names_of({draft.updated_by for draft in drafts} | {entry.by for entry in history})
    objects = [thing for thing in context.model.objects.values() if not thing.retired]
    return show("builder/index.html", drafts=drafts, revisions=history, people=people, objects=objects)


def begin() -> Response:
    """POST: a new draft, at an object if one was named."""
    context = caller()
    draft = create_draft(context.workspace, request.form.get("name", "").strip()[:120] or _("Draft"), actor=context.actor)
    if request.form.get("object"):
        return go("builder.show_object", id=draft.id, name=request.form["object"])
    return go("builder.show_draft", id=draft.id)


def show_draft(id: int) -> Response:
    """GET: everything in a draft."""
    draft = open_draft(caller().workspace, id)
    return show("builder/draft.html", draft=draft, binder=Binder(draft.pages), hues=HUES)


def problems(id: int) -> Response:
    """GET: what is wrong with a draft now, as a fragment."""
    workspace = caller().workspace
    draft = open_draft(workspace, id)
    return show("builder/_problems.html", draft=draft, problems=check_draft(workspace, id), paths=paths_of(draft))


def paths_of(draft: Draft) -> dict[str, str]:
    """Keys of a draft's pages by the file that a problem names."""
    return {page.path: page.key for page in reversed(draft.pages)}


def discard(id: int) -> Response:
    """POST: throw a draft away."""
    discard_draft(caller().workspace, id)
    notify(_("Draft discarded; nothing that is in force has changed"))
    return go("builder.index")
