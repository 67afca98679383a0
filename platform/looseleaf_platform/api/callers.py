"""Who calls the API: a bearer token, which acts with its owner's rights or less. No cookies, so no forged requests either."""

from __future__ import annotations

from flask import current_app, g, request

from looseleaf_platform.context import Context
from looseleaf_platform.errors import NotSignedIn
from looseleaf_platform.identity import tokens
from looseleaf_platform.workspace import Workspace

EXTENSION = "looseleaf_api"


def workspace() -> Workspace:
    """The workspace that this request is for."""
    found: Workspace = current_app.extensions[EXTENSION]()
    return found


def caller() -> Context:
    """The token's owner on the current revision, found once per request. Raises NotSignedIn."""
    if "api_caller" not in g:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise NotSignedIn
        g.api_caller = workspace().context(tokens.actor_of(workspace(), secret.strip()), source="api")
    found: Context = g.api_caller
    return found


def locale() -> str:
    """The language to answer in: what the request asks for, else the caller's own."""
    asked = request.accept_languages.best_match(("zh", "en", "zh-CN"))
    if asked:
        return asked[:2]
    return g.api_caller.locale if "api_caller" in g else "en"
