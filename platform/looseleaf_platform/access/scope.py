"""What the names in a condition of metadata mean in SQL: columns of one source, and of records reached through look-ups.

Sees everything: grants and masks are the workspace's own sentences. What a person asks goes through `records/reading/` instead.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, false, null, or_, select, true

from looseleaf_metadata.expressions.nodes import Path
from looseleaf_metadata.expressions.types import Kind
from looseleaf_platform.access.binds import ActorBinds
from looseleaf_platform.context import Context
from looseleaf_platform.records.runtime import ObjectRuntime
from looseleaf_platform.records.sources import source
from looseleaf_platform.records.sql_expressions import compile_sql
from looseleaf_platform.records.tables import has_owner, main_column

REACHES = ("own", "team", "team_tree")


def owned_by_actor(context: Context, found: ObjectRuntime, at: FromClause, reach: str) -> tuple[ColumnElement[bool], ...]:
    """Conditions, one of which holds for records within `reach` ("own", "team", "team_tree") of the actor; each can use an index.

    One's own records are within reach of one's team too. For users and teams, that are owned by nobody, "own" is oneself and one's team.
    """
    binds = ActorBinds(context)
    if found.name == "user":
        mine, team = at.c.id, at.c[found.fields["team"].main.name]
    elif found.name == "team":
        mine, team = None, at.c.id
    elif has_owner(found.object):
        mine, team = at.c.owner_id, at.c.team_id
    else:
        return ()
    conditions = [mine == binds.me] if mine is not None and context.actor.id is not None else []
    if context.actor.team is None or (reach == "own" and found.name != "team"):
        return tuple(conditions)
    if reach != "team_tree":
        return (*conditions, team == binds.team)
    separate = binds.teams
    return (*conditions, *(team == one for one in separate)) if separate else (*conditions, team.in_(binds.team_list))


class RecordScope:
    """Resolves the paths of an expression on records of `found`, whose columns are those of `at`."""

    def __init__(self, context: Context, found: ObjectRuntime, at: FromClause) -> None:
        self.context, self.found, self.at = context, found, at
        self.binds = ActorBinds(context)
        self.dialect = context.runtime.dialect

    @property
    def now(self) -> ColumnElement[Any]:
        """The business time."""
        return self.binds.now

    @property
    def today(self) -> ColumnElement[Any]:
        """The actor's date."""
        return self.binds.today

    @property
    def me(self) -> ColumnElement[Any]:
        """The actor's id."""
        return self.binds.me

    @property
    def timezone(self) -> str:
        """The actor's time zone."""
        return self.context.actor.timezone

    def column(self, path: Path) -> ColumnElement[Any]:
        """The SQL of a path, with the type of the path's node."""
        name = path.names[-1]
        if name in REACHES and path.type.kind is Kind.BOOLEAN:
            return self.follow(path.names[:-1], lambda scope: or_(false(), *owned_by_actor(self.context, scope.found, scope.at, name)))
        return self.follow(path.names[:-1], lambda scope: scope.value(name))

    def value(self, name: str) -> ColumnElement[Any]:
        """The SQL of a field of this object, as expressions see it: money in the workspace's currency, formulas worked out."""
        field = self.found.fields[name].field
        if field.value is not None:
            return compile_sql(field.value, self)
        if not field.system and not self.found.fields[name].columns:
            return null()
        return self.at.c[main_column(field)]

    def follow(self, names: tuple[str, ...], value: Any) -> ColumnElement[Any]:
        """What `value(scope)` gives for the record at the end of a path of look-ups; NULL where there is none."""
        if not names:
            return value(self)  # type: ignore[no-any-return]
        head = self.found.fields[names[0]]
        target = self.context.runtime.object(head.target)
        there = self.beyond(target, source(target, again=True))
        return (
            select(there.follow(names[1:], value))
            .where(there.at.c.id == self.value(names[0]), self.admits(there))
            .correlate(self.at)
            .scalar_subquery()
        )

    def beyond(self, target: ObjectRuntime, at: FromClause) -> RecordScope:
        """The scope of a look-up's target."""
        return RecordScope(self.context, target, at)

    def admits(self, there: RecordScope) -> ColumnElement[bool]:
        """Which of a look-up's targets count: here all."""
        return true()
