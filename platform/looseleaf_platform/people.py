"""From a user record to an Actor: roles and the tree of teams, read in one go. Knows nothing of rights."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Connection, Select, Text, bindparam, cast, null, select, true, union_all

from looseleaf_platform.context import Actor
from looseleaf_platform.errors import NotThere
from looseleaf_platform.records.runtime import Runtime

FIELDS = ("name", "team", "locale", "timezone", "administrator", "state")
GONE = "gone"
"""The state of people who have left: they can't sign in any more."""


def _statement(runtime: Runtime) -> Select[Any]:
    """The user record `:user` beside each of its roles and each of its teams, one row each; prepared once."""
    kept = runtime.memo.get("people")
    if isinstance(kept, Select):
        return kept
    users, members, teams = runtime.object("user"), runtime.object("role_member"), runtime.object("team")
    person = users.table.c.id == bindparam("user", type_=BigInteger())
    live = users.table.c.deleted_at.is_(None)
    own = select(users.fields["team"].main).where(person, live).scalar_subquery()
    below = select(teams.table.c.id).where(teams.table.c.id == own, teams.table.c.deleted_at.is_(None)).cte("below", recursive=True)
    child = teams.table.alias()
    parent = child.c[teams.fields["parent"].main.name]
    below = below.union(select(child.c.id).where(parent == below.c.id, child.c.deleted_at.is_(None)))
    has = members.fields["user"].main == bindparam("user", type_=BigInteger())
    roles = select(members.fields["role"].main.label("role"), cast(null(), BigInteger).label("below")).where(
        has, members.table.c.deleted_at.is_(None)
    )
    reach = union_all(roles, select(cast(null(), Text), below.c.id)).subquery()
    columns = (*(users.fields[name].main.label(name) for name in FIELDS), reach.c.role, reach.c.below)
    made = select(*columns).select_from(users.table.outerjoin(reach, true())).where(person, live)
    return runtime.memo.setdefault("people", made)  # type: ignore[no-any-return]


def read_actor(
    connection: Connection, runtime: Runtime, user_id: int, limits: frozenset[str] | None = None, *, signing_in: bool = False
) -> Actor:
    """The Actor of an undeleted user record; where somebody is `signing_in`, of one that may. Raises NotThere."""
    rows = connection.execute(_statement(runtime), {"user": user_id}).all()
    if not rows:
        raise NotThere
    name, team, locale, timezone, administrator, state, _, _ = rows[0]
    if signing_in and state == GONE:
        raise NotThere
    defaults = runtime.model.defaults
    return Actor(
        id=user_id,
        name=name or "",
        roles=tuple(sorted({row[-2] for row in rows if row[-2] is not None})),
        team=team,
        team_tree=tuple(sorted({row[-1] for row in rows if row[-1] is not None})),
        locale=locale or defaults.locale,
        timezone=timezone or defaults.timezone,
        administrator=bool(administrator),
        limits=limits,
    )
