"""Pages for people who are not signed in yet: sign in, forgotten password, invitation, first administrator."""

from __future__ import annotations

import os
from typing import Any

from flask import request, url_for
from werkzeug.wrappers import Response

from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Fault, NotThere, Refused
from looseleaf_platform.identity import accounts, sessions, tickets
from looseleaf_ui_builder.screens.rendering import go, go_to, safe_back, show
from looseleaf_ui_builder.web.callers import cookie_name, forget, remember, session
from looseleaf_ui_builder.web.notices import notify
from looseleaf_ui_builder.web.texts import _, locale
from looseleaf_ui_builder.web.workspaces import workspace


def client() -> dict[str, str]:
    """Where a visitor comes from, for the list of sessions and the limits of tries."""
    return {"ip": request.remote_addr or "", "agent": request.headers.get("User-Agent", "")}


def sign_in() -> Response:
    """GET: the form. A new workspace asks for its first administrator instead."""
    if accounts.is_new(workspace()):
        return go("screens.first_administrator")
    if session() is not None:
        return go("screens.home")
    return show("screens/signing_in/sign_in.html", back=request.args.get("back", ""), faults=(), login="")


def begin_session() -> Response:
    """POST: check the password, begin a session."""
    login, back = request.form.get("login", "").strip(), request.form.get("back", "")
    try:
        begun = sessions.sign_in(workspace(), login, request.form.get("password", ""), **client())
    except Refused as refused:
        return show("screens/signing_in/sign_in.html", 422, back=back, faults=refused.faults, login=login)
    response = go_to(safe_back(back, url_for("screens.home")))
    return remember(response, begun)  # type: ignore[arg-type]


def sign_out() -> Response:
    """POST: end the session."""
    sessions.sign_out(workspace(), request.cookies.get(cookie_name(), ""))
    return forget(go("screens.sign_in"))  # type: ignore[arg-type]


def forgotten_password() -> Response:
    """GET: ask for a reset link."""
    return show("screens/signing_in/forgotten.html", sent=False)


def send_reset() -> Response:
    """POST: send one, if there is such an account; the page doesn't tell."""
    tickets.ask_reset(workspace(), request.form.get("login", "").strip(), ticket_link, ip=client()["ip"])
    return show("screens/signing_in/forgotten.html", sent=True)


def ticket_link(secret: str) -> str:
    """The address where an invitation or reset is redeemed: on LOOSELEAF_SITE_URL, since whoever asks could name any host in the request."""
    site = os.environ.get("LOOSELEAF_SITE_URL", "").rstrip("/")
    return site + url_for("screens.open_ticket", secret=secret) if site else url_for("screens.open_ticket", secret=secret, _external=True)


def open_ticket(secret: str) -> Response:
    """GET: choose a password, by an invitation or a reset link."""
    try:
        found = tickets.look(workspace(), secret, ip=client()["ip"])
    except NotThere:
        return show("screens/signing_in/ticket_over.html", 404)
    return show("screens/signing_in/choose_password.html", ticket=found, faults=())


def redeem_ticket(secret: str) -> Response:
    """POST: set the password and sign in."""
    try:
        found = tickets.look(workspace(), secret, ip=client()["ip"])
        user_id = tickets.redeem(workspace(), secret, chosen_password(), ip=client()["ip"])
    except NotThere:
        return show("screens/signing_in/ticket_over.html", 404)
    except Refused as refused:
        return show("screens/signing_in/choose_password.html", 422, ticket=found, faults=refused.faults)
    return remember(go("screens.home"), sessions.begin(workspace(), user_id, **client()))  # type: ignore[arg-type]


def chosen_password() -> str:
    """The new password, given twice alike. Raises Refused."""
    password = request.form.get("password", "")
    if password != request.form.get("again", password):
        raise Refused([Fault("/again", "not-the-same", Text("The two passwords differ"))])
    return password


def first_administrator() -> Response:
    """GET: a new workspace: who is its administrator?"""
    if not accounts.is_new(workspace()):
        return go("screens.sign_in")
    return show("screens/signing_in/first_administrator.html", faults=(), values={})


def add_first_administrator() -> Response:
    """POST: create the administrator and sign in."""
    values: dict[str, Any] = {name: request.form.get(name, "").strip() for name in ("name", "email")}
    try:
        user_id = accounts.add_first_administrator(workspace(), {**values, "locale": locale()}, chosen_password())
    except Refused as refused:
        return show("screens/signing_in/first_administrator.html", 422, faults=refused.faults, values=values)
    notify(_("Welcome, {name}", name=values["name"]))
    return remember(go("screens.home"), sessions.begin(workspace(), user_id, **client()))  # type: ignore[arg-type]
