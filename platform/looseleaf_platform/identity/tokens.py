"""API tokens: act with their owner's rights or less, expire, can be revoked. Shown once, stored as a hash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from looseleaf_metadata.model import ACTIONS, Model
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Actor, Context
from looseleaf_platform.database.system_tables import token
from looseleaf_platform.errors import Fault, NotAllowed, NotSignedIn, NotThere, Refused
from looseleaf_platform.identity import accounts
from looseleaf_platform.identity.keys import hash_of, new_secret
from looseleaf_platform.people import read_bearer
from looseleaf_platform.records.ids import new_id

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

PREFIX = "ll_"
SHOWN = 10
NOTED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Token:
    """A token in a list. `limits`: None for all that the owner may do; `shown`: its first characters."""

    id: int
    user_id: int
    name: str
    shown: str
    limits: tuple[str, ...] | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


def create(
    context: Context, name: str, *, limits: Iterable[str] | None = None, expires_at: datetime | None = None, user_id: int | None = None
) -> tuple[int, str]:
    """Make a token for the actor, or for `user_id` by an administrator (a token acts as its owner); returns its id and the secret.

    `limits`: abilities and "object:action" with "*" for any ("account:read", "*:read"). Raises Refused, NotAllowed.
    """
    owner = user_id if user_id is not None else context.actor.id
    if owner is None:
        raise NotAllowed(Text("A token needs an owner"))
    if context.actor.limits is not None:
        raise NotAllowed(Text("A token can't make tokens"))
    if owner != context.actor.id:
        if not context.actor.administrator:
            raise NotAllowed(Text("Only an administrator may do this"), "users")
        context.workspace.actor(owner)
    wanted = None if limits is None else tuple(sorted(set(limits)))
    _refuse_bad(context, name, wanted, expires_at)
    id, secret = new_id(), new_secret(PREFIX)
    row = {"user_id": owner, "name": name.strip(), "scopes": None if wanted is None else list(wanted), "expires_at": expires_at}
    with context.workspace.database.write() as connection:
        connection.execute(
            insert(token).values(id=id, hash=hash_of(secret), prefix=secret[:SHOWN], created_at=context.workspace.clock(), **row)
        )
    return id, secret


def actor_of(workspace: Workspace, secret: str) -> Actor:
    """Who acts by a token. Raises NotSignedIn where it is unknown, expired, revoked, or its owner gone."""
    now = workspace.clock()
    with workspace.database.read() as connection:
        row, actor = read_bearer(connection, workspace.runtime, token, "hash", hash_of(secret))
    if row.revoked_at is not None or (row.expires_at is not None and now >= row.expires_at):
        raise NotSignedIn
    if row.last_used_at is None or now - row.last_used_at >= NOTED_EVERY:
        with workspace.database.write() as connection:
            connection.execute(update(token).where(token.c.id == row.id).values(last_used_at=now))
    return actor


def listed(context: Context, user_id: int | None = None) -> Sequence[Token]:
    """The actor's tokens, or another's for whoever may manage users; revoked ones too, the newest first."""
    owner = user_id if user_id is not None else context.actor.id
    if owner != context.actor.id:
        accounts.may_manage(context)
    with context.workspace.database.read() as connection:
        return [
            Token(
                id=row.id,
                user_id=row.user_id,
                name=row.name,
                shown=row.prefix,
                limits=None if row.scopes is None else tuple(row.scopes),
                created_at=row.created_at,
                expires_at=row.expires_at,
                last_used_at=row.last_used_at,
                revoked_at=row.revoked_at,
            )
            for row in connection.execute(select(token).where(token.c.user_id == owner).order_by(token.c.id.desc()))
        ]


def revoke(context: Context, id: int) -> None:
    """End a token of the actor's own, or any for whoever may manage users. Raises NotThere where there is no such token."""
    mine = token.c.id == id
    if not context.profile.has("users"):
        mine = mine & (token.c.user_id == context.actor.id)
    with context.workspace.database.write() as connection:
        if connection.scalar(select(token.c.id).where(mine)) is None:
            raise NotThere
        connection.execute(update(token).where(mine, token.c.revoked_at.is_(None)).values(revoked_at=context.workspace.clock()))


def _refuse_bad(context: Context, name: str, limits: tuple[str, ...] | None, expires_at: datetime | None) -> None:
    """Raise Refused for a nameless token, an unknown limit or an end in the past."""
    faults = []
    if not name.strip() or len(name) > 120:
        faults.append(Fault("/name", "required", Text("Give the token a name of at most {most} characters", most=120)))
    if expires_at is not None and expires_at <= context.workspace.clock():
        faults.append(Fault("/expires_at", "past", Text("This moment has passed already")))
    abilities = context.workspace.vocabulary.abilities
    for position, limit in enumerate(limits or ()):
        if limit not in abilities and not _is_right(limit, context.model):
            message = Text("'{limit}' is neither an ability nor a right such as account:read or *:read", limit=limit)
            faults.append(Fault(f"/limits/{position}", "unknown-limit", message))
    if faults:
        raise Refused(faults)


def _is_right(limit: str, model: Model) -> bool:
    object_name, _, action = limit.partition(":")
    return (object_name == "*" or object_name in model.objects) and (action == "*" or action in ACTIONS)
