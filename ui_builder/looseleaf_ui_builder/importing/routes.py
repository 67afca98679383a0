"""Every address of the import screens, in one table. Open to those who may import some object."""

from __future__ import annotations

from flask import Blueprint, g

from looseleaf_ui_builder.importing import pages
from looseleaf_ui_builder.importing.furnishing import furnish_imports
from looseleaf_ui_builder.web import callers, security
from looseleaf_ui_builder.web.texts import chosen_locale

ROUTES = (
    ("GET", "/", pages.index),
    ("POST", "/", pages.upload),
    ("GET", "/files/<token>", pages.show_mapping),
    ("POST", "/files/<token>", pages.try_mapping),
    ("GET", "/<id>", pages.show_import),
    ("GET", "/<id>/progress", pages.progress),
    ("POST", "/<id>/run", pages.run),
    ("POST", "/<id>/cancellation", pages.stop),
    ("GET", "/<id>/rejects", pages.rejects),
)


def make_imports() -> Blueprint:
    """The blueprint of the import screens."""
    imports = Blueprint("imports", __name__, url_prefix="/imports")
    for method, path, handler in ROUTES:
        imports.add_url_rule(path, handler.__name__, handler, methods=[method])
    imports.before_request(_begin)
    furnish_imports(imports)
    return imports


def _begin() -> None:
    """Posts carry the token of their session."""
    context = callers.caller()
    g.locale = chosen_locale(context.actor.locale)
    security.check_origin()
    security.check_token(callers.csrf_token())
