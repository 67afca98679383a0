"""The page that a link in a mail leads to: a decision without signing in (A90). Looking decides nothing, so neither does a mail program that looks ahead.

Like every page it runs no script of its own and is framed by nobody; it shows what links.py gives it and asks for no more.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import g, request
from werkzeug.wrappers import Response

from looseleaf_metadata.labels import Label
from looseleaf_platform.errors import Decided, NotAllowed, NotThere, Refused
from looseleaf_platform.records import read
from looseleaf_ui_builder.screens.approvals import status_of, word_for
from looseleaf_ui_builder.screens.pages.signing_in import client
from looseleaf_ui_builder.screens.rendering import show
from looseleaf_ui_builder.web.texts import COOKIE, chosen_locale
from looseleaf_ui_builder.web.workspaces import workspace
from looseleaf_workflow.organisation import person_id
from looseleaf_workflow.running import links
from looseleaf_workflow.running.links import Followed

SHEET = "screens/approvals/by_link.html"
OVER = "screens/approvals/by_link_over.html"


def show_decision_link(secret: str) -> Response:
    """GET: what is to be decided, or that it is over."""
    try:
        followed = links.look(workspace(), secret, ip=client()["ip"])
    except NotThere:
        return _over("unknown", 404)
    return _sheet(followed)


def decide_by_link(secret: str) -> Response:
    """POST: decide, as the person whom the mail was sent to."""
    ip, comment = client()["ip"], request.form.get("comment", "")
    try:
        followed = links.look(workspace(), secret, ip=ip)
        after = links.decide(workspace(), secret, request.form.get("decision", ""), comment)
    except NotThere:
        return _over("unknown", 404)
    except Refused as refused:
        return _sheet(followed, refused)
    except (Decided, NotAllowed):
        return _over("handled", 409) if followed.state != "expired" else _over("expired", 410)
    _speak(followed)
    return _over("done", 200, approval=Label.of(after.definition.label), standing=status_of(after.state))


def _sheet(followed: Followed, refused: Refused | None = None) -> Response:
    _speak(followed)
    task = followed.task
    if followed.state != "open" or task is None:
        label = Label.of(task.instance.definition.label) if task is not None else None
        return _over(followed.state, 410, approval=label)
    submitter = person_id(task.instance.submitter)
    names = read.titles(followed.context, "user", [submitter]) if submitter is not None else {}
    zone = ZoneInfo(followed.context.actor.timezone)
    return show(
        SHEET,
        422 if refused else 200,
        task=task,
        label=Label.of(task.instance.definition.label),
        submitter=names.get(submitter, "") if submitter is not None else "",
        due=f"{task.due.astimezone(zone):%Y-%m-%d %H:%M}" if task.due is not None else "",
        person=followed.context.actor.name,
        shown=followed.shown,
        proposed=followed.proposed,
        choices=[(one, word_for(task, one)) for one in followed.choices],
        leads_back=links.leads_back(task),
        faults=refused.faults if refused else (),
        comment=request.form.get("comment", ""),
    )


def _over(why: str, status: int, **words: object) -> Response:
    return show(OVER, status, **{"why": why, "approval": None, "standing": None, **words})


def _speak(followed: Followed) -> None:
    """In the language chosen in this browser, else in the person's own."""
    g.locale = chosen_locale(request.cookies.get(COOKIE, "") or followed.context.actor.locale)
