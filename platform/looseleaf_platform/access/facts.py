"""What an explanation may say of a record: its owner and team, whether it is deleted, with whom it is shared. Only what the asker sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import BigInteger, Connection, and_, bindparam, or_, select

from looseleaf_metadata.texts import Text
from looseleaf_platform.access import binds
from looseleaf_platform.access.visible import visible
from looseleaf_platform.context import Actor, Context
from looseleaf_platform.database.system_tables import share
from looseleaf_platform.records.runtime import ObjectRuntime
from looseleaf_platform.records.sources import source
from looseleaf_platform.records.tables import has_owner


@dataclass(frozen=True, slots=True)
class Facts:
    """A record as far as rights look at it. `owner` and `team` are names, "" where there is none or the asker may not know."""

    id: int
    deleted: bool
    owner: str
    team: str

    def sentences(self) -> Iterator[Text]:
        """Whose record it is."""
        if self.owner and self.team:
            yield Text("The record belongs to {owner} of {team}", owner=self.owner, team=self.team)
        elif self.owner:
            yield Text("The record belongs to {owner}", owner=self.owner)


@dataclass(frozen=True, slots=True)
class Shared:
    """One share that concerns somebody. `kind`: "user" or "team"; `team`: the team's name, "" for a user."""

    kind: str
    level: str
    team: str


def read_facts(context: Context, connection: Connection, found: ObjectRuntime, id: int) -> Facts | None:
    """The facts of a record; None if the asker can't see it, neither live nor in the recycle bin."""
    at = source(found)
    live = and_(at.c.deleted_at.is_(None), visible(context, found.name, "read", at).condition())
    in_bin = and_(at.c.deleted_at.is_not(None), visible(context, found.name, "delete", at).condition())
    statement = select(at).where(at.c.id == bindparam("id", type_=BigInteger()), or_(live, in_bin))
    row = connection.execute(statement, {**binds.values(context), "id": id}).mappings().first()
    if row is None:
        return None
    owner = team = None
    if has_owner(found.object):
        readable = frozenset(context.profile.readable(found.name)) - frozenset(context.profile.masked(found.name))
        owner = row["owner_id"] if "owner" in readable else None
        team = row["team_id"] if "team" in readable else None
    return Facts(id, row["deleted_at"] is not None, _name(context, connection, "user", owner), _name(context, connection, "team", team))


def shares_with(context: Context, connection: Connection, actor: Actor, object_id: str, id: int) -> list[Shared]:
    """The shares of a record that reach `actor`, the person or the person's team."""
    mine = or_(
        and_(share.c.principal_kind == "user", share.c.principal_id == actor.id),
        and_(share.c.principal_kind == "team", share.c.principal_id == actor.team),
    )
    rows = connection.execute(select(share).where(share.c.object_id == object_id, share.c.record_id == id, mine).order_by(share.c.id))
    return [
        Shared(row.principal_kind, row.level, _name(context, connection, "team", row.principal_id) if row.principal_kind == "team" else "")
        for row in rows
    ]


def _name(context: Context, connection: Connection, object_name: str, id: int | None) -> str:
    """A user's or team's name as far as the asker may know it."""
    found = context.runtime.object(object_name)
    if id is None or "name" not in context.profile.readable(object_name) or "name" in context.profile.masked(object_name):
        return ""
    at = source(found)
    name = at.c[found.fields["name"].main.name]
    reach = visible(context, object_name, "read", at).condition()
    return str(connection.scalar(select(name).where(at.c.id == id, reach), binds.values(context)) or "")
