"""Errors as pages: what happened, what is safe, what to do. Fragments get a short one, programs JSON from the API's own handlers."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from flask import Flask, Response, current_app, g, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import (
    BadQuery,
    Conflict,
    Decided,
    LooseleafError,
    NotAllowed,
    NotSignedIn,
    NotThere,
    Refused,
    TooMany,
    Unavailable,
)
from looseleaf_ui_builder.web.texts import _, chosen_locale

STATUS: dict[type[LooseleafError], int] = {
    BadQuery: 400, NotSignedIn: 401, NotAllowed: 403, NotThere: 404, Conflict: 409, Decided: 409, Refused: 422, TooMany: 429, Unavailable: 503,
}  # fmt: skip
TITLES = {
    400: Text("This address can't be understood"),
    401: Text("Sign in first"),
    403: Text("You may not do this"),
    404: Text("There is nothing here, or you may not see it"),
    405: Text("This can't be done here"),
    409: Text("Someone else was faster"),
    413: Text("That is too large"),
    422: Text("Something needs to be changed"),
    429: Text("Too many tries"),
    500: Text("Something went wrong on our side"),
    503: Text("Not reachable for a moment"),
}


def is_fragment() -> bool:
    """Whether a script asks for a part of a page."""
    return request.headers.get("HX-Request") == "true"


def handle_errors(app: Flask) -> None:
    """Answer every error with a page in the reader's language."""
    app.register_error_handler(LooseleafError, _ours)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _ours(error: LooseleafError) -> AnyResponse:
    if isinstance(error, NotSignedIn) and not is_fragment():
        back = quote(request.full_path.rstrip("?")) if request.method == "GET" else ""
        return redirect(url_for("screens.sign_in") + (f"?back={back}" if back and back != "/" else ""), 303)
    status = STATUS.get(type(error), 400)
    faults = [fault.say(_locale()) for fault in error.faults] if isinstance(error, Refused) else []
    response = page(status, error.message.translate(_locale()), faults=faults)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def _http(error: HTTPException) -> AnyResponse:
    if error.response is not None:
        return error.response  # type: ignore[return-value]  # made by this very application
    response = page(error.code or 500, "")
    if error.code == 405 and getattr(error, "valid_methods", None):
        response.headers["Allow"] = ", ".join(error.valid_methods or ())  # type: ignore[attr-defined]
    return response


def _unexpected(error: Exception) -> AnyResponse:
    current_app.logger.exception("Unexpected error at %s %s", request.method, request.path, exc_info=error)
    return page(500, _("It has been noted. What you saved before is safe; try again"))


def page(status: int, message: str, **values: Any) -> Response:
    """An error page, or its short form for a fragment."""
    title = TITLES.get(status, TITLES[500]).translate(_locale())
    template = "screens/errors/_error.html" if is_fragment() else "screens/errors/error.html"
    return make_response(render_template(template, title=title, message=message, status=status, **values), status)


def _locale() -> str:
    return str(g.get("locale") or chosen_locale())
