"""Signing in and out. A session is a row that can be revoked; the browser holds its secret, the database only the hash.

The caller puts `SignedIn.secret` into a cookie (HttpOnly, Secure, SameSite=Lax) and asks for `csrf` back with every change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, insert, select, update

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Actor, Context
from looseleaf_platform.database.system_tables import session
from looseleaf_platform.errors import Fault, NotSignedIn, Refused
from looseleaf_platform.identity import accounts, passwords
from looseleaf_platform.identity.attempts import SIGN_IN_PER_ACCOUNT, SIGN_IN_PER_ADDRESS, count_try, forget
from looseleaf_platform.identity.keys import hash_of, new_secret, same
from looseleaf_platform.people import read_bearer

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

IDLE = timedelta(days=14)
"""A session ends when it was not used for so long."""
LONGEST = timedelta(days=90)
"""… and in any case after so long."""
NOTED_EVERY = timedelta(minutes=5)
"""How exactly the time of last use is kept; reading needs no write in between."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session just begun. `secret` is shown this once."""

    secret: str
    csrf: str
    user_id: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A session in use: who acts, and the token that changes must bring along. `id` names it in lists, and opens nothing."""

    id: str
    actor: Actor
    csrf: str


@dataclass(frozen=True, slots=True)
class SessionEntry:
    """A line in the list of somebody's sessions. `id` as in Session."""

    id: str
    created_at: datetime
    seen_at: datetime
    ip: str
    agent: str


def sign_in(workspace: Workspace, login: str, password: str, *, ip: str = "", agent: str = "") -> SignedIn:
    """Check a password and begin a session. `login`: e-mail address or phone number.

    Raises Refused, with one sentence whatever was wrong, and TooMany after too many tries for the account or from the address.
    """
    count_try(workspace, (SIGN_IN_PER_ACCOUNT, login), (SIGN_IN_PER_ADDRESS, ip))
    with workspace.database.read() as connection:
        known = accounts.find(connection, workspace.runtime, login)
        password_hash = passwords.stored(connection, known.id if known and known.may_sign_in else None)
    if not passwords.right(password, password_hash) or known is None:
        raise Refused([Fault("", "wrong-sign-in", Text("The e-mail address or the password is wrong"))])
    if password_hash and passwords.outdated(password_hash):
        renewed = passwords.hashed(password)
        with workspace.database.write() as connection:
            passwords.store(connection, known.id, renewed, workspace.clock)
    return begin(workspace, known.id, login=login, ip=ip, agent=agent)


def begin(workspace: Workspace, user_id: int, *, login: str = "", ip: str = "", agent: str = "") -> SignedIn:
    """Begin a session for somebody whose identity is established: by password, invitation, reset or a firm's own sign-in."""
    now = workspace.clock()
    begun = SignedIn(new_secret(), new_secret(), user_id, now + LONGEST)
    with workspace.database.write() as connection:
        if login:
            forget(connection, SIGN_IN_PER_ACCOUNT, login)
        row = {"user_id": user_id, "created_at": now, "seen_at": now, "expires_at": begun.expires_at}
        client = {"ip": ip[:64], "agent": agent[:400], "csrf": begun.csrf}
        connection.execute(insert(session).values(id_hash=hash_of(begun.secret), **row, **client))
    return begun


def resume(workspace: Workspace, secret: str) -> Session:
    """The session of a secret. Raises NotSignedIn where there is none, or it is over, revoked, or its user gone."""
    now = workspace.clock()
    id_hash = hash_of(secret)
    with workspace.database.read() as connection:
        row, actor = read_bearer(connection, workspace.runtime, session, "id_hash", id_hash)
    if row.revoked_at is not None or now >= row.expires_at or now - row.seen_at >= IDLE:
        raise NotSignedIn
    if now - row.seen_at >= NOTED_EVERY:
        with workspace.database.write() as connection:
            connection.execute(update(session).where(session.c.id_hash == id_hash).values(seen_at=now))
    return Session(id_hash, actor, row.csrf)


def right_csrf(current: Session, given: str) -> bool:
    """Whether a change came from a page of this session."""
    return bool(given) and same(current.csrf, given)


def sign_out(workspace: Workspace, secret: str) -> None:
    """End the session of a secret; nothing happens where there is none."""
    _revoke(workspace, session.c.id_hash == hash_of(secret))


def listed(workspace: Workspace, user_id: int) -> Sequence[SessionEntry]:
    """A user's sessions that are not over, the most recently used first."""
    now = workspace.clock()
    query = select(session.c.id_hash, session.c.created_at, session.c.seen_at, session.c.ip, session.c.agent).where(
        session.c.user_id == user_id, session.c.revoked_at.is_(None), session.c.expires_at > now, session.c.seen_at > now - IDLE
    )
    with workspace.database.read() as connection:
        return [SessionEntry(*row) for row in connection.execute(query.order_by(session.c.seen_at.desc()))]


def revoke(context: Context, user_id: int, *, id: str = "", except_id: str = "") -> int:
    """End one session (`id`) of a user, or all but `except_id`; returns how many. Others' sessions need the ability "users"."""
    if context.actor.id != user_id:
        accounts.may_manage(context)
    conditions = [session.c.user_id == user_id]
    conditions += [session.c.id_hash == id] if id else [session.c.id_hash != except_id]
    return _revoke(context.workspace, *conditions)


def change_password(context: Context, old: str, new: str, *, keep: str = "") -> None:
    """Change the actor's own password and end their other sessions (`keep`: the id of the one in use). Raises Refused, TooMany."""
    user_id = context.actor.id
    if user_id is None:
        raise NotSignedIn
    workspace = context.workspace
    count_try(workspace, (SIGN_IN_PER_ACCOUNT, f"user {user_id}"))
    with workspace.database.read() as connection:
        password_hash = passwords.stored(connection, user_id)
    if not passwords.right(old, password_hash):
        raise Refused([Fault("/old", "wrong-password", Text("This is not your password"))])
    password_hash = accounts.hash_for(workspace, user_id, new)
    with workspace.database.write() as connection:  # both or neither: who has the old password may have a session, too
        passwords.store(connection, user_id, password_hash, workspace.clock)
        _end(connection, workspace, session.c.user_id == user_id, session.c.id_hash != keep)


def end_all(connection: Connection, workspace: Workspace, user_id: int) -> int:
    """End all sessions of a user, in the transaction that gives them a new password; returns how many."""
    return _end(connection, workspace, session.c.user_id == user_id)


def _end(connection: Connection, workspace: Workspace, *conditions: ColumnElement[bool]) -> int:
    """End the sessions for which the conditions hold; returns how many."""
    ended = update(session).where(session.c.revoked_at.is_(None), *conditions)
    return connection.execute(ended.values(revoked_at=workspace.clock())).rowcount


def _revoke(workspace: Workspace, *conditions: ColumnElement[bool]) -> int:
    with workspace.database.write() as connection:
        return _end(connection, workspace, *conditions)
