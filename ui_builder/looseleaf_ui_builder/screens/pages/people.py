"""People: the user and team lists are ordinary generated screens; here are inviting, reset links and roles."""

from __future__ import annotations

from typing import Any

from flask import request
from werkzeug.wrappers import Response

from looseleaf_platform.context import Context
from looseleaf_platform.errors import Refused
from looseleaf_platform.identity import accounts, tickets
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write
from looseleaf_ui_builder.screens.pages.signing_in import ticket_link
from looseleaf_ui_builder.screens.people import members, password_link, roles_of
from looseleaf_ui_builder.screens.records import id_of
from looseleaf_ui_builder.screens.rendering import go, painter, show
from looseleaf_ui_builder.web.callers import caller
from looseleaf_ui_builder.web.notices import notify
from looseleaf_ui_builder.web.texts import _

BLANK: dict[str, Any] = {"faults": (), "values": {}, "chosen_roles": (), "link": "", "invited": ""}
"""The page before anybody was invited."""


def manager() -> Context:
    """The caller, who may manage users. Raises NotAllowed."""
    context = caller()
    accounts.may_manage(context)
    return context


def people(status: int = 200, **values: Any) -> Response:
    """GET: everybody, with team, roles and whether they can sign in."""
    context, asked = manager(), request.args
    listed = members(context, asked.get("q", ""), asked.get("after", ""), asked.get("before", ""))
    roles = sorted(context.model.roles.values(), key=lambda role: role.label.text(context.locale))
    shown = {**BLANK, "inviting": asked.get("invite") == "1", **values}
    return show("screens/people/people.html", status, listed=listed, roles=roles, paint=painter(), **shown)


def invite() -> Response:
    """POST: a new user with roles, and an invitation by mail."""
    context = manager()
    values = {name: value for name in ("name", "email", "phone", "team", "manager") if (value := request.form.get(name, "").strip())}
    chosen = request.form.getlist("role")
    try:
        user_id, link = tickets.invite(context, {**values, "locale": request.form.get("locale", "zh")}, chosen, ticket_link)
    except Refused as refused:
        return people(422, faults=refused.faults, values=values, chosen_roles=chosen, inviting=True)
    return _sent(context, user_id, link)


def invite_again(id: str) -> Response:
    """POST: another invitation, or a reset link for somebody who has a password."""
    context = manager()
    user_id = id_of(id)
    return _sent(context, user_id, password_link(context, user_id, ticket_link))


def _sent(context: Context, user_id: int, link: str) -> Response:
    """The page, saying that a link is on its way. Only administrators see it: whoever holds it can become that person."""
    name = read.titles(context, "user", (user_id,)).get(user_id, "")
    return people(link=link if context.actor.administrator else "", invited=name)


def set_roles(id: str) -> Response:
    """POST: exactly these roles for a user."""
    context = manager()
    user_id, chosen = id_of(id), set(request.form.getlist("role")) & set(context.model.roles)
    held = {role: membership for membership, role in roles_of(context, [user_id]).get(user_id, [])}
    changes = [Change("delete", "role_member", id=membership) for role, membership in held.items() if role not in chosen]
    changes += [Change("create", "role_member", values={"user": encode(user_id), "role": role}) for role in sorted(chosen - set(held))]
    if changes:
        write(context, changes, Operation("roles"))
    notify(_("Roles of {name} saved", name=read.titles(context, "user", (user_id,)).get(user_id, "")))
    return go("screens.people")
