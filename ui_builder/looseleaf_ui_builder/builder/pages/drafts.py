"""The builder's start, and drafts as a whole."""

from __future__ import annotations

from typing import NamedTuple

from flask import request
from werkzeug.wrappers import Response

from looseleaf_metadata.problems import Problem
from looseleaf_platform.errors import Conflict
from looseleaf_platform.publishing import Draft, check_draft, create_draft, discard_draft, list_drafts, open_draft, page_at, revisions
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
    try:
        found = check_draft(workspace, id)
    except Conflict:
        return show("builder/_problems.html", draft=draft, problems=(), clash=True)
    return show("builder/_problems.html", draft=draft, problems=[Found(problem, *place_of(draft, problem)) for problem in found])


class Found(NamedTuple):
    """A problem with the page and the line of it where it is; of no page, the file that it names."""

    problem: Problem
    page: str
    line: int


def place_of(draft: Draft, problem: Problem) -> tuple[str, int]:
    """The key of the page and the line in it that a problem names."""
    found = page_at(draft.pages, problem.place.file, problem.place.line)
    return (found[0].key, found[1]) if found else ("", problem.place.line)


def discard(id: int) -> Response:
    """POST: throw a draft away."""
    discard_draft(caller().workspace, id)
    notify(_("Draft discarded; nothing that is in force has changed"))
    return go("builder.index")
