"""Invitations and password resets: links that work once and not for long. The table holds only hashes of their secrets.

`link` is the caller's: it makes the address of the page where a secret is redeemed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select, update

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.database.system_tables import ticket
from looseleaf_platform.errors import Fault, NotAllowed, NotThere, Refused
from looseleaf_platform.identity import accounts, mail, passwords, sessions
from looseleaf_platform.identity.accounts import Account
from looseleaf_platform.identity.attempts import RESET_PER_ACCOUNT, RESET_PER_ADDRESS, TICKET_PER_ADDRESS, count_try
from looseleaf_platform.identity.keys import hash_of, new_secret
from looseleaf_platform.records.ids import new_id

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

VALID = {"invitation": timedelta(days=7), "reset": timedelta(hours=1)}
Link = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Ticket:
    """An open ticket: what for, whose, until when."""

    kind: str
    user_id: int
    name: str
    login: str
    locale: str
    expires_at: datetime


def invite(context: Context, values: Mapping[str, Any], roles: Iterable[str], link: Link) -> tuple[int, str]:
    """Create a user and send an invitation; returns the id and the link. Raises Refused, and NotAllowed without the ability "users"."""
    if not values.get("email"):
        raise Refused([Fault("/email", "required", Text("An invitation needs an e-mail address"))])
    user_id = accounts.add(context, values, roles)
    return user_id, invite_again(context, user_id, link)


def invite_again(context: Context, user_id: int, link: Link) -> str:
    """Send an invitation to a user who has no password yet; earlier ones stop working. Returns the link.

    Raises NotThere, NotAllowed, and Refused where there is a password already.
    """
    workspace = context.workspace
    with workspace.database.write() as connection:
        known = _managed(context, connection, user_id)
        if passwords.stored(connection, user_id) is not None:
            raise Refused([Fault("", "has-password", Text("{name} has a password already; a reset gives a new one", name=known.name))])
        address = link(_issue(connection, workspace, "invitation", user_id, context.actor.id))
        if known.email:
            body = Text(
                "{name},\n\n{inviter} invites you to Looseleaf. Choose a password here:\n\n{link}\n\nThe link works once, for {days} days.\n",
                name=known.name,
                inviter=context.actor.name,
                link=address,
                days=VALID["invitation"].days,
            )
            mail.post(connection, workspace, known.email, known.locale, Text("Your invitation to Looseleaf"), body)
    return address


def ask_reset(workspace: Workspace, login: str, link: Link, *, ip: str = "") -> None:
    """Send a reset link to the account of `login`, if there is one. The caller can't tell: nothing is returned or raised but TooMany."""
    count_try(workspace, (RESET_PER_ACCOUNT, login), (RESET_PER_ADDRESS, ip))
    with workspace.database.write() as connection:
        known = accounts.find(connection, workspace.runtime, login)
        if known is None or not known.may_sign_in or not known.email:
            return
        address = link(_issue(connection, workspace, "reset", known.id, None))
        body = Text(
            "{name},\n\nsomebody, presumably you, asked for a new password for Looseleaf. Choose one here:\n\n{link}\n\n"
            "The link works once, for {minutes} minutes. If it wasn't you, ignore this: your password stays as it is.\n",
            name=known.name,
            link=address,
            minutes=int(VALID["reset"].total_seconds() // 60),
        )
        mail.post(connection, workspace, known.email, known.locale, Text("A new password for Looseleaf"), body)


def make_reset(context: Context, user_id: int, link: Link) -> str:
    """A reset link to hand over, where no mail is sent. For administrators only: whoever holds the link can become that user."""
    if not context.actor.administrator:
        raise NotAllowed(Text("Only an administrator may do this"), "users")
    workspace = context.workspace
    with workspace.database.write() as connection:
        _managed(context, connection, user_id)
        return link(_issue(connection, workspace, "reset", user_id, context.actor.id))


def look(workspace: Workspace, secret: str, *, ip: str = "") -> Ticket:
    """What a link is for, before it is used. Raises NotThere where it is unknown, used or expired; TooMany after too many guesses."""
    count_try(workspace, (TICKET_PER_ADDRESS, ip))
    with workspace.database.read() as connection:
        return _open_ticket(connection, workspace, secret)[1]


def redeem(workspace: Workspace, secret: str, password: str, *, ip: str = "") -> int:
    """Set the password by a link, which then is used up, and end all sessions of the user; returns the user's id.

    Raises NotThere as `look` does, and Refused for a weak password (the link stays good).
    """
    opened = look(workspace, secret, ip=ip)
    passwords.refuse_weak(password, opened.name, opened.login)
    password_hash = passwords.hashed(password)
    with workspace.database.write() as connection:
        id, _ = _open_ticket(connection, workspace, secret)
        mine = update(ticket).where(ticket.c.id == id, ticket.c.used_at.is_(None)).values(used_at=workspace.clock())
        if connection.execute(mine).rowcount != 1:
            raise NotThere
        passwords.store(connection, opened.user_id, password_hash, workspace.clock)
        sessions.end_all(connection, workspace, opened.user_id)
    return opened.user_id


def _managed(context: Context, connection: Connection, user_id: int) -> Account:
    """The account of somebody whom the actor may manage; administrators are managed by administrators alone."""
    accounts.may_manage(context)
    known = accounts.account(connection, context.workspace.runtime, user_id)
    if known is None or not known.may_sign_in:
        raise NotThere
    if known.administrator and not context.actor.administrator:
        raise NotAllowed(Text("Only an administrator may do this"), "users")
    return known


def _issue(connection: Connection, workspace: Workspace, kind: str, user_id: int, by: int | None) -> str:
    """A new ticket; earlier ones of the kind stop working. Returns its secret."""
    secret, now = new_secret(), workspace.clock()
    earlier = update(ticket).where(ticket.c.user_id == user_id, ticket.c.kind == kind, ticket.c.used_at.is_(None))
    connection.execute(earlier.values(used_at=now))
    row = {"kind": kind, "hash": hash_of(secret), "user_id": user_id, "by": by, "created_at": now, "expires_at": now + VALID[kind]}
    connection.execute(insert(ticket).values(id=new_id(), **row))
    return secret


def _open_ticket(connection: Connection, workspace: Workspace, secret: str) -> tuple[int, Ticket]:
    row = connection.execute(select(ticket).where(ticket.c.hash == hash_of(secret))).first()
    if row is None or row.used_at is not None or workspace.clock() >= row.expires_at:
        raise NotThere
    known: Account | None = accounts.account(connection, workspace.runtime, row.user_id)
    if known is None or not known.may_sign_in:
        raise NotThere
    return row.id, Ticket(row.kind, row.user_id, known.name, known.email or known.phone or "", known.locale, row.expires_at)
