"""From a user record to an Actor: roles and the tree of teams, read in one go. Knows nothing of rights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from looseleaf_platform.context import Actor
from looseleaf_platform.errors import NotThere
from looseleaf_platform.records.runtime import Runtime

FIELDS = ("name", "team", "locale", "timezone", "administrator")


@dataclass(frozen=True, slots=True)
class _Statements:
    """What is asked of a runtime's people, prepared once."""

    user: Select[Any]
    roles: Select[Any]
    teams: Select[Any]


def _statements(runtime: Runtime) -> _Statements:
    kept = runtime.memo.get("people")
    if isinstance(kept, _Statements):
        return kept
    users, members, teams = runtime.object("user"), runtime.object("role_member"), runtime.object("team")
    below = select(teams.table.c.id).where(teams.table.c.id == bindparam("team"), teams.table.c.deleted_at.is_(None)).cte(recursive=True)
    child = teams.table.alias()
    parent = child.c[teams.fields["parent"].main.name]
    below = below.union(select(child.c.id).where(parent == below.c.id, child.c.deleted_at.is_(None)))
    made = _Statements(
        select(*(users.fields[name].main.label(name) for name in FIELDS)).where(
            users.table.c.id == bindparam("user"), users.table.c.deleted_at.is_(None)
        ),
        select(members.fields["role"].main).where(members.fields["user"].main == bindparam("user"), members.table.c.deleted_at.is_(None)),
        select(below.c.id),
    )
    return runtime.memo.setdefault("people", made)  # type: ignore[no-any-return]


def read_actor(connection: Connection, runtime: Runtime, user_id: int, limits: frozenset[str] | None = None) -> Actor:
    """The Actor of an undeleted user record. Raises NotThere."""
    statements = _statements(runtime)
    user = connection.execute(statements.user, {"user": user_id}).mappings().first()
    if user is None:
        raise NotThere
    defaults = runtime.model.defaults
    tree = connection.scalars(statements.teams, {"team": user["team"]}).all() if user["team"] is not None else ()
    return Actor(
        id=user_id,
        name=user["name"] or "",
        roles=tuple(sorted(set(connection.scalars(statements.roles, {"user": user_id})))),
        team=user["team"],
        team_tree=tuple(sorted(tree)),
        locale=user["locale"] or defaults.locale,
        timezone=user["timezone"] or defaults.timezone,
        administrator=bool(user["administrator"]),
        limits=limits,
    )
