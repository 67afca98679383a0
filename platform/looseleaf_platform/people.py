"""From a user record to an Actor: roles and the tree of teams, read in one go. Knows nothing of rights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, Table, Text, bindparam, cast, null, select, true, union_all

from looseleaf_platform.context import Actor
from looseleaf_platform.errors import NotSignedIn, NotThere
from looseleaf_platform.records.runtime import ObjectRuntime, Runtime

FIELDS = ("name", "team", "locale", "timezone", "administrator", "state")
GONE = "gone"
"""The state of people who have left: they can't sign in any more."""


def read_actor(connection: Connection, runtime: Runtime, user_id: int, limits: frozenset[str] | None = None) -> Actor:
    """The Actor of an undeleted user record. Raises NotThere."""
    rows = connection.execute(_by_id(runtime), {"user": user_id}).all()
    if not rows:
        raise NotThere
    return _actor(runtime, rows, limits)


def read_bearer(connection: Connection, runtime: Runtime, table: Table, key: str, value: str) -> tuple[Any, Actor]:
    """The row of a pass (a session, a token) whose column `key` holds `value`, and the Actor that it stands for, in one statement.

    A column `scopes` of the pass limits the actor; NULL limits nothing. Raises NotSignedIn where there is none, or its user is deleted or gone. Whether the pass is still good is the caller's to say.
    """
    rows = connection.execute(_by_pass(runtime, table, key), {"key": value}).all()
    if not rows or _person(rows[0])[-1] == GONE:
        raise NotSignedIn
    scopes = rows[0].scopes if "scopes" in table.c else None
    return rows[0], _actor(runtime, rows, None if scopes is None else frozenset(scopes))


def _by_id(runtime: Runtime) -> Select[Any]:
    """The user record `:user` beside each of its roles and each of its teams, one row each; prepared once."""
    kept = runtime.memo.get("people")
    if isinstance(kept, Select):
        return kept
    made = _people(runtime, bindparam("user", type_=BigInteger()))
    return runtime.memo.setdefault("people", made)  # type: ignore[no-any-return]


def _by_pass(runtime: Runtime, table: Table, key: str) -> Select[Any]:
    """The same of the user of the pass `:key`, with the columns of the pass in front."""
    kept = runtime.memo.get(("people", table.name))
    if isinstance(kept, Select):
        return kept
    wanted = table.c[key] == bindparam("key")
    made = _people(runtime, select(table.c.user_id).where(wanted).scalar_subquery(), table, wanted)
    return runtime.memo.setdefault(("people", table.name), made)  # type: ignore[no-any-return]


def _people(runtime: Runtime, user: ColumnElement[Any], source: Table | None = None, *wanted: ColumnElement[bool]) -> Select[Any]:
    users, members, teams = runtime.object("user"), runtime.object("role_member"), runtime.object("team")
    person, live = users.table.c.id == user, users.table.c.deleted_at.is_(None)
    own = select(users.fields["team"].main).where(person, live).scalar_subquery()
    roles = select(members.fields["role"].main.label("role"), cast(null(), BigInteger).label("below")).where(
        members.fields["user"].main == user, members.table.c.deleted_at.is_(None)
    )
    reach = union_all(roles, select(cast(null(), Text), _teams_from(teams, own).c.id)).subquery()
    fields = (users.fields[name].main.label(f"person_{name}") for name in FIELDS)
    made = select(users.table.c.id.label("person"), *(source.c if source is not None else ()), *fields, reach.c.role, reach.c.below).where(
        person, live
    )
    if source is None:
        return made.select_from(users.table.outerjoin(reach, true()))
    return made.select_from(source.join(users.table, users.table.c.id == source.c.user_id).outerjoin(reach, true())).where(*wanted)


def _teams_from(teams: ObjectRuntime, own: ColumnElement[Any]) -> Any:
    """A team and all below it; a circle ends where it began."""
    below = select(teams.table.c.id).where(teams.table.c.id == own, teams.table.c.deleted_at.is_(None)).cte("below", recursive=True)
    child = teams.table.alias()
    parent = child.c[teams.fields["parent"].main.name]
    return below.union(select(child.c.id).where(parent == below.c.id, child.c.deleted_at.is_(None)))


def _actor(runtime: Runtime, rows: Sequence[Any], limits: frozenset[str] | None) -> Actor:
    name, team, locale, timezone, administrator, _ = _person(rows[0])
    defaults = runtime.model.defaults
    return Actor(
        id=rows[0].person,
        name=name or "",
        roles=tuple(sorted({row[-2] for row in rows if row[-2] is not None})),
        team=team,
        team_tree=tuple(sorted({row[-1] for row in rows if row[-1] is not None})),
        locale=locale or defaults.locale,
        timezone=timezone or defaults.timezone,
        administrator=bool(administrator),
        limits=limits,
    )


def _person(row: Any) -> tuple[Any, ...]:
    """The values of FIELDS in a row: before role and team, which come last."""
    values: tuple[Any, ...] = tuple(row)
    return values[-len(FIELDS) - 2 : -2]
