"""The API as one blueprint: routes under /api/v1, problems for every error, health beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flask import Blueprint, Flask, Response, request
from werkzeug.exceptions import HTTPException

from looseleaf_metadata.problems import MetadataError
from looseleaf_platform.api import health, metadata, openapi, records
from looseleaf_platform.api.callers import EXTENSION, locale
from looseleaf_platform.api.problems import answer_error
from looseleaf_platform.errors import LooseleafError
from looseleaf_platform.extension import Extension
from looseleaf_platform.workspace import Workspace

PREFIX = "/api/v1"


def make_api(app: Flask, workspace_of_request: Callable[[], Workspace], extensions: Sequence[Extension] = ()) -> None:
    """Add the API to `app`, with the parts that `extensions` bring. `workspace_of_request` finds the workspace of the current request."""
    app.extensions[EXTENSION] = workspace_of_request
    api = Blueprint("api", __name__, url_prefix=PREFIX)
    for part in (records, metadata, openapi):
        api.register_blueprint(part.routes)
    for extension in extensions:
        for make in extension.blueprints:
            api.register_blueprint(make())
    api.register_error_handler(LooseleafError, say)
    api.register_error_handler(MetadataError, say)
    api.register_error_handler(HTTPException, say)
    app.register_blueprint(api)
    app.register_blueprint(health.routes)
    health.measure(app)


def say(error: Exception) -> Response:
    """The problem document for an error, in the caller's language."""
    return answer_error(error, locale())


def is_api_request() -> bool:
    """Whether the current request is for the API: outside it, people get pages instead of problem documents."""
    return request.path.startswith(PREFIX)
