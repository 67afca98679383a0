"""Who calls: the session behind the cookie of this request, and the Context that every data function takes.

The cookie holds the session's secret; Flask's own session is not used. One read per request at most.
"""

from __future__ import annotations

from typing import Any

from flask import Response, g, request

from looseleaf_platform.context import SYSTEM, Actor, Context
from looseleaf_platform.errors import NotSignedIn
from looseleaf_platform.identity import sessions
from looseleaf_platform.identity.sessions import Session, SignedIn
from looseleaf_ui_builder.web.workspaces import workspace, workspace_name

NOBODY = Actor(id=0, name="", roles=(), locale="")
"""A visitor who is not signed in: no roles, no records."""


def cookie_name() -> str:
    """The cookie of this workspace's session; each workspace has its own."""
    name = workspace_name()
    return f"looseleaf_session_{name}" if name else "looseleaf_session"


def session() -> Session | None:
    """The session of this request, None for visitors."""
    if "session" not in g:
        g.session = _resumed(request.cookies.get(cookie_name(), ""))
    found: Session | None = g.session
    return found


def _resumed(secret: str) -> Session | None:
    if not secret:
        return None
    try:
        return sessions.resume(workspace(), secret)
    except NotSignedIn:
        return None


def caller() -> Context:
    """The Context of the person who is signed in. Raises NotSignedIn for visitors."""
    if "caller" not in g:
        current = session()
        if current is None:
            raise NotSignedIn
        g.caller = workspace().context(current.actor, "screen")
    found: Context = g.caller
    return found


def system() -> Context:
    """The system itself, for what happens before anybody is signed in."""
    return workspace().context(SYSTEM, "screen")


def csrf_token() -> str:
    """The token that changes of this session must bring along, "" for visitors."""
    current = session()
    return current.csrf if current else ""


def remember(response: Response, begun: SignedIn) -> Response:
    """Put a session that just began into the browser's cookie."""
    lifetime = begun.expires_at - workspace().clock()
    response.set_cookie(cookie_name(), begun.secret, max_age=int(lifetime.total_seconds()), **_cookie())
    return response


def forget(response: Response) -> Response:
    """Take the session's cookie away."""
    response.delete_cookie(cookie_name(), **_cookie())
    return response


def _cookie() -> dict[str, Any]:
    return {"path": request.script_root or "/", "secure": request.is_secure, "httponly": True, "samesite": "Lax"}
