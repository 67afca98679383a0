"""Sharing single records with a user or a team, beyond what roles reach. Read by `access.visible`; changed here.

Who may share: those with the ability "share" who may update the record. A share gives no more than its giver has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.database.system_tables import share
from looseleaf_platform.errors import Fault, NotAllowed, NotThere, Refused
from looseleaf_platform.records import read
from looseleaf_platform.records.sharing import end_share, put_share

Principal = Literal["user", "team"]
Level = Literal["read", "update"]


@dataclass(frozen=True, slots=True)
class Share:
    """A share as shown: with whom, by name; "" for somebody whom the reader may not see."""

    principal: Principal
    principal_id: int
    name: str
    level: Level


def may_share(context: Context, object_name: str, record_id: int) -> bool:
    """Whether the caller may share this record."""
    return context.profile.has("share") and bool(read.reachable(context, object_name, (record_id,), "update"))


def shares_of(context: Context, object_name: str, record_id: int) -> tuple[Share, ...]:
    """With whom a record is shared, for those who may read it. Raises NotThere."""
    if not read.reachable(context, object_name, (record_id,)):
        raise NotThere
    thing = context.model.objects[object_name]
    query = select(share).where(share.c.object_id == thing.id, share.c.record_id == record_id).order_by(share.c.id)
    with context.workspace.database.read() as connection:
        rows = connection.execute(query).all()
    names = {
        kind: read.titles(context, kind, [row.principal_id for row in rows if row.principal_kind == kind]) for kind in ("user", "team")
    }
    return tuple(
        Share(row.principal_kind, row.principal_id, names[row.principal_kind].get(row.principal_id, ""), row.level) for row in rows
    )


def give(context: Context, object_name: str, record_id: int, principal: Principal, principal_id: int, level: Level) -> None:
    """Share a record, or change the level of a share. Raises NotAllowed, Refused for somebody unknown."""
    _check(context, object_name, record_id)
    if principal not in ("user", "team") or level not in ("read", "update"):
        raise Refused([Fault("/with", "unknown-choice", Text("Choose a person or a team, and what they may do"))])
    if not read.titles(context, principal, (principal_id,)):
        raise Refused([Fault("/with", "not-there", Text("There is nobody like that to share with"))])
    with context.workspace.writing(context) as (connection, bound):
        put_share(connection, bound, object_name, record_id, principal, principal_id, level)


def take_back(context: Context, object_name: str, record_id: int, principal: Principal, principal_id: int) -> None:
    """End a share. Raises NotAllowed."""
    _check(context, object_name, record_id)
    with context.workspace.writing(context) as (connection, bound):
        end_share(connection, bound, object_name, record_id, principal, principal_id)


def _check(context: Context, object_name: str, record_id: int) -> None:
    if not read.reachable(context, object_name, (record_id,)):
        raise NotThere
    if not may_share(context, object_name, record_id):
        raise NotAllowed(Text("You may not share this record"), "share")
