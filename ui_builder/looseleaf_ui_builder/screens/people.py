"""Users with what an administrator wants to know of each: roles, and whether they can sign in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from looseleaf_platform.context import Context
from looseleaf_platform.database.system_tables import credential
from looseleaf_platform.errors import Refused
from looseleaf_platform.identity import tickets
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Condition, Group, Page, Query, Record
from looseleaf_ui_builder.screens.slots import Slot, bind_slots

FIELDS = ("name", "email", "phone", "team", "position", "state", "administrator")
ROWS = 100


@dataclass(frozen=True, slots=True)
class Member:
    """A user. `roles`: names; `signs_in`: has a password."""

    record: Record
    roles: tuple[str, ...]
    signs_in: bool


@dataclass(frozen=True, slots=True)
class Members:
    """A page of users. `slots` by field name."""

    members: tuple[Member, ...]
    page: Page
    slots: Mapping[str, Slot]


def members(context: Context, search: str, after: str, before: str) -> Members:
    """A page of users by name. Three queries beside the titles of their teams."""
    slots = bind_slots(context, "user", FIELDS)
    fields = tuple(slot.path for slot in slots)
    page = read.page(
        context, "user", Query(fields=fields, search=search, sort=("name",), size=ROWS, count=True, after=after, before=before)
    )
    ids = [record.id for record in page.records]
    roles = roles_of(context, ids)
    with context.workspace.database.read() as connection:
        known = set(connection.scalars(select(credential.c.user_id).where(credential.c.user_id.in_(ids))))
    found = tuple(Member(record, tuple(role for _, role in roles.get(record.id, ())), record.id in known) for record in page.records)
    return Members(found, page, {slot.name: slot for slot in slots})


def roles_of(context: Context, user_ids: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
    """By user: (id of the membership, role)."""
    found: dict[int, list[tuple[int, str]]] = {}
    if not user_ids or not context.profile.can("role_member", "read"):
        return found
    query = Query(where=Group("and", (Condition("user", "in", [encode(id) for id in user_ids]),)), fields=("user", "role"), size=200)
    while True:
        page = read.page(context, "role_member", query)
        for record in page.records:
            found.setdefault(record.values["user"], []).append((record.id, str(record.values["role"])))
        if not page.next:
            return found
        query = Query(where=query.where, fields=query.fields, size=query.size, after=page.next)


def password_link(context: Context, user_id: int, link: tickets.Link) -> str:
    """A link by which somebody chooses a password: an invitation, or a reset where there is a password already.

    For callers who are no administrators a reset goes out by mail alone, and "" is returned.
    """
    try:
        return tickets.invite_again(context, user_id, link)
    except Refused:
        if context.actor.administrator:
            return tickets.make_reset(context, user_id, link)
    email = read.get(context, "user", user_id, ("email",)).values.get("email")
    tickets.ask_reset(context.workspace, str(email or ""), link)
    return ""
