"""The plan of a draft, publishing it, and the revisions that were: who, when, why, what, and back again."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response

from looseleaf_metadata.problems import MetadataError
from looseleaf_platform.errors import Conflict, NotThere, Refused
from looseleaf_platform.publishing import open_draft, pages_at, plan, plan_draft, publish_draft, rebase_draft, revisions, rollback
from looseleaf_ui_builder.builder.pages.drafts import names_of
from looseleaf_ui_builder.screens.rendering import go, show
from looseleaf_ui_builder.web.callers import caller
from looseleaf_ui_builder.web.notices import notify
from looseleaf_ui_builder.web.texts import _, say


def show_plan(id: int) -> Response:
    """GET: what publishing the draft would do, counted on the records that are there."""
    context = caller()
    draft = open_draft(context.workspace, id)
    try:
        made = plan_draft(context.workspace, id)
    except Conflict as conflict:
        return show("builder/clash.html", 409, draft=draft, conflict=conflict)
    return show("builder/plan.html", draft=draft, plan=made.as_data(context.locale))


def publish(id: int) -> Response:
    """POST: publish the version of the draft that was seen."""
    context, form = caller(), request.form
    try:
        reason = form.get("reason", "").strip()[:500]
        number = publish_draft(context.workspace, id, version=form.get("version", 0, int), actor=context.actor, reason=reason)
    except (MetadataError, Refused, Conflict) as error:
        notify(_("Not published: {why}", why=reason_of(error)))
        return go("builder.show_plan", id=id)
    notify(_("Published as revision {number}", number=number))
    return go("builder.show_revision", number=number)


def reason_of(error: MetadataError | Refused | Conflict) -> str:
    """Why nothing was published, in a sentence."""
    if isinstance(error, MetadataError):
        return _("{count} problems keep this draft from being published", count=len(error.problems))
    if isinstance(error, Refused) and error.faults:
        return "; ".join(fault.say(caller().locale) for fault in error.faults)
    return say(error.message)


def rebase(id: int) -> Response:
    """POST: settle pages that both the draft and somebody else have changed: keep the draft's, or take what is in force."""
    context = caller()
    draft = open_draft(context.workspace, id)
    theirs = {page.key: page.text for page in pages_at(context.workspace)}
    mine = draft.documents
    keep = {key: mine.get(key) if way == "mine" else theirs.get(key) for key, way in request.form.items() if way in ("mine", "theirs")}
    rebase_draft(context.workspace, id, keep=keep, actor=context.actor)
    return go("builder.show_plan", id=id)


def list_revisions() -> Response:
    """GET: every revision."""
    found = revisions(caller().workspace, limit=100)
    return show("builder/revisions.html", revisions=found, people=names_of({entry.by for entry in found}))


def show_revision(number: int) -> Response:
    """GET: one revision; asked to roll back, with the plan of it."""
    context = caller()
    entry = next((found for found in revisions(context.workspace, limit=1, before=number + 1) if found.number == number), None)
    if entry is None:
        raise NotThere
    current = context.workspace.refresh().revision
    asked = request.args.get("rollback") == "1" and number != current
    made = plan(context.workspace, pages_at(context.workspace, number)).as_data(context.locale) if asked else None
    return show("builder/revision.html", entry=entry, people=names_of({entry.by}), current=current, plan=made)


def roll_back(number: int) -> Response:
    """POST: make an earlier revision the one in force again, as a new revision."""
    context = caller()
    try:
        made = rollback(context.workspace, number, actor=context.actor, reason=request.form.get("reason", "").strip()[:500])
    except (MetadataError, Refused, Conflict) as error:
        notify(_("Not rolled back: {why}", why=reason_of(error)))
        return go("builder.show_revision", number=number, rollback=1)
    notify(_("Rolled back to revision {number}, as revision {made}", number=number, made=made))
    return go("builder.show_revision", number=made)
