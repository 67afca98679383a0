"""What the names in a condition of metadata mean in SQL for one actor: columns, records behind look-ups, and who asks, where and when.

Sees everything: grants and masks are the workspace's own sentences. What a person asks goes through `records/reading/` instead.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, false, or_, select

from looseleaf_metadata.expressions.nodes import Path
from looseleaf_metadata.expressions.types import Kind
from looseleaf_platform.access.binds import ActorBinds
from looseleaf_platform.context import Context
from looseleaf_platform.records.runtime import ObjectRuntime
from looseleaf_platform.records.sources import source
from looseleaf_platform.records.sql_scope import TableScope
from looseleaf_platform.records.tables import has_owner

REACHES = ("own", "team", "team_tree")


def owned_by_actor(context: Context, found: ObjectRuntime, at: FromClause, reach: str) -> tuple[ColumnElement[bool], ...]:
    """Conditions, one of which holds for records within `reach` ("own", "team", "team_tree") of the actor; each can use an index.

    One's own records are within reach of one's team too. For users and teams, that are owned by nobody, "own" is oneself and one's team;
    lines belong to whom their parent belongs to.
    """
    binds = ActorBinds(context)
    if found.object.owned_by:
        parent, by = parent_of(context, found)
        there = source(parent, again=True)
        return tuple(at.c[by].in_(select(there.c.id).where(one)) for one in owned_by_actor(context, parent, there, reach))
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


def parent_of(context: Context, found: ObjectRuntime) -> tuple[ObjectRuntime, str]:
    """The object that a line object's records belong to, and the column that says to which record."""
    parent_name, _, lines = found.object.owned_by.partition(".")
    parent = context.runtime.object(parent_name)
    return parent, found.fields[str(parent.fields[lines].field.settings["by"])].main.name


class RecordScope(TableScope):
    """Resolves the paths of an expression on records of `found`, whose columns are those of `at`, as said by one actor."""

    def __init__(self, context: Context, found: ObjectRuntime, at: FromClause) -> None:
        super().__init__(context.runtime, found, at)
        self.context = context
        self.binds = ActorBinds(context)

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
    def timezone(self) -> ColumnElement[Any]:
        """The actor's time zone."""
        return self.binds.timezone

    def column(self, path: Path) -> ColumnElement[Any]:
        """The SQL of a path; `own`, `team` and `team_tree` are whether the record is within that reach."""
        name = path.names[-1]
        if name in REACHES and path.type.kind is Kind.BOOLEAN:
            return self.follow(path.names[:-1], lambda there: or_(false(), *owned_by_actor(self.context, there.found, there.at, name)))  # type: ignore[no-any-return]
        return super().column(path)

    def beyond(self, target: ObjectRuntime, at: FromClause) -> RecordScope:
        """A look-up's target, for the same actor."""
        return RecordScope(self.context, target, at)
