"""What people choose for themselves: language, theme, time zone, password, sessions, API tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import available_timezones

from flask import g, request, url_for
from werkzeug.wrappers import Response

from looseleaf_platform.errors import Refused
from looseleaf_platform.identity import accounts, sessions, tokens
from looseleaf_platform.records.ids import decode
from looseleaf_ui_builder.screens.pages.signing_in import chosen_password
from looseleaf_ui_builder.screens.rendering import go, go_to, safe_back, show
from looseleaf_ui_builder.web.callers import caller, session
from looseleaf_ui_builder.web.notices import notify
from looseleaf_ui_builder.web.texts import COOKIE, _
from looseleaf_ui_builder.web.workspaces import workspace

A_YEAR = 365 * 24 * 3600
EXPIRIES = (30, 90, 365)


def choose_language() -> Response:
    """POST: the language of this browser, and of the person where one is signed in."""
    chosen = "en" if request.form.get("to") == "en" else "zh"
    if session() is not None:
        accounts.set_preferences(caller(), locale=chosen)
    response = go_to(safe_back(request.form.get("back", ""), url_for("screens.home")))
    _remember(response, COOKIE, chosen)
    return response


def choose_theme() -> Response:
    """POST: light, dark, or like the system."""
    chosen = request.form.get("to", "")
    response = go_to(safe_back(request.form.get("back", ""), url_for("screens.home")))
    _remember(response, "looseleaf_theme", chosen if chosen in ("light", "dark") else "")
    return response


def _remember(response: Response, name: str, value: str) -> None:
    response.set_cookie(
        name, value, path=request.script_root or "/", max_age=A_YEAR, samesite="Lax", httponly=True, secure=request.is_secure
    )


def my_settings(status: int = 200, **values: Any) -> Response:
    """GET: my settings."""
    context, current = caller(), session()
    shown: dict[str, Any] = {
        "sessions": sessions.listed(workspace(), context.actor.id or 0),
        "current_session": current.id if current else "",
        "tokens": [token for token in tokens.listed(context) if token.revoked_at is None],
        "timezones": sorted(available_timezones()),
        "expiries": EXPIRIES,
        "faults": (),
        "faulty": "",
        "new_token": "",
    }
    return show("screens/settings/settings.html", status, **{**shown, **values})


def save_preferences() -> Response:
    """POST: language and time zone."""
    try:
        accounts.set_preferences(caller(), locale=request.form.get("locale"), timezone=request.form.get("timezone"))
    except Refused as refused:
        return my_settings(422, faults=refused.faults, faulty="preferences")
    g.locale = request.form.get("locale") or g.locale
    notify(_("Settings saved"))
    response = go("screens.my_settings")
    _remember(response, COOKIE, request.form.get("locale", ""))
    return response


def change_password() -> Response:
    """POST: a new password; other sessions end."""
    try:
        current = session()
        sessions.change_password(caller(), request.form.get("old", ""), chosen_password(), keep=current.id if current else "")
    except Refused as refused:
        return my_settings(422, faults=refused.faults, faulty="password")
    notify(_("Password changed. Your other sessions were ended"))
    return go("screens.my_settings")


def revoke_session() -> Response:
    """POST: end one of my sessions, or all others."""
    context, current = caller(), session()
    id = request.form.get("id", "")
    count = sessions.revoke(context, context.actor.id or 0, id=id, except_id="" if id else current.id if current else "")
    notify(_("{count} sessions ended", count=count))
    return go("screens.my_settings")


def create_token() -> Response:
    """POST: an API token; its secret is shown this once."""
    context = caller()
    days = int(request.form["days"]) if request.form.get("days", "").isdigit() else 0
    try:
        name, expires = request.form.get("name", ""), context.now + timedelta(days=days) if days else None
        limits = ("*:read",) if request.form.get("reads_only") else None
        return my_settings(new_token=tokens.create(context, name, limits=limits, expires_at=expires)[1])
    except Refused as refused:
        return my_settings(422, faults=refused.faults, faulty="token")


def revoke_token() -> Response:
    """POST: end one of my tokens."""
    tokens.revoke(caller(), decode(request.form.get("id", "")))
    notify(_("Token revoked"))
    return go("screens.my_settings")
