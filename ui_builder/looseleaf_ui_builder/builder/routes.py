"""Every address of the builder, in one table. Open to those with the ability "builder"."""

from __future__ import annotations

from flask import Blueprint, g

from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import NotAllowed
from looseleaf_ui_builder.builder.furnishing import furnish_builder
from looseleaf_ui_builder.builder.pages import drafts, editing, publishing
from looseleaf_ui_builder.web import callers, security
from looseleaf_ui_builder.web.texts import chosen_locale

ROUTES = (
    ("GET", "/", drafts.index),
    ("POST", "/drafts", drafts.begin),
    ("GET", "/drafts/<int:id>", drafts.show_draft),
    ("GET", "/drafts/<int:id>/problems", drafts.problems),
    ("POST", "/drafts/<int:id>/removal", drafts.discard),
    ("GET", "/drafts/<int:id>/objects/<name>", editing.show_object),
    ("GET", "/drafts/<int:id>/objects/<name>/fields/<field>", editing.show_field),
    ("GET", "/drafts/<int:id>/text", editing.show_text),
    ("POST", "/drafts/<int:id>/edits", editing.edit),
    ("GET", "/drafts/<int:id>/plan", publishing.show_plan),
    ("POST", "/drafts/<int:id>/publication", publishing.publish),
    ("POST", "/drafts/<int:id>/rebase", publishing.rebase),
    ("GET", "/revisions", publishing.list_revisions),
    ("GET", "/revisions/<int:number>", publishing.show_revision),
    ("POST", "/revisions/<int:number>/rollback", publishing.roll_back),
)


def make_builder() -> Blueprint:
    """The blueprint of the builder."""
    builder = Blueprint("builder", __name__, url_prefix="/builder")
    for method, path, handler in ROUTES:
        builder.add_url_rule(path, handler.__name__, handler, methods=[method])
    builder.before_request(_begin)
    furnish_builder(builder)
    return builder


def _begin() -> None:
    """Only for those who may build; posts carry the token of their session."""
    context = callers.caller()
    g.locale = chosen_locale(context.actor.locale)
    security.check_origin()
    security.check_token(callers.csrf_token())
    if not context.profile.has("builder"):
        raise NotAllowed(Text("Only those who may build can open this"), "builder")
