"""Which records an actor reaches, as conditions for SQL: the beginning of every read and of every change.

The branches of a Visibility each can use an index; a reader joins them by OR, or reads each by itself and unites what it finds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, CompoundSelect, FromClause, and_, false, or_, select, true, union_all

from looseleaf_metadata.expressions.nodes import Expression, Logical
from looseleaf_metadata.model import Grant
from looseleaf_platform.access.binds import ActorBinds
from looseleaf_platform.access.profile import LINE_ACTIONS
from looseleaf_platform.access.scope import RecordScope, owned_by_actor, parent_of
from looseleaf_platform.context import Context
from looseleaf_platform.database.system_tables import share
from looseleaf_platform.records.runtime import ObjectRuntime
from looseleaf_platform.records.sources import source
from looseleaf_platform.records.sql_expressions import compile_condition
from looseleaf_platform.records.tables import has_owner

SHARED_LEVELS = {"read": ("read", "update"), "export": ("read", "update"), "update": ("update",)}
"""The share levels that let an action reach a record; other actions are never shared."""


@dataclass(frozen=True, slots=True)
class Visibility:
    """The records within reach: `everything`, or those for which one of `branches` holds; with neither, none.

    `shared`: the position of the branch of shared records among the branches, -1 if there is none.
    """

    everything: bool
    branches: tuple[ColumnElement[bool], ...] = ()
    shared: int = -1

    @property
    def nothing(self) -> bool:
        """Whether no record can be within reach."""
        return not self.everything and not self.branches

    def condition(self) -> ColumnElement[bool]:
        """All branches in one condition."""
        return true() if self.everything else or_(false(), *self.branches)


EVERYTHING = Visibility(everything=True)
NOTHING = Visibility(everything=False)


def visible(context: Context, object_name: str, action: str = "read", at: FromClause | None = None) -> Visibility:
    """The records of an object that `action` reaches for the actor. Says nothing of the recycle bin.

    `at`: the source whose columns the conditions name (default: the object's live source). What is reached by any
    action is also readable. Parameters carry their values; a kept statement is given `binds.values(context)` each time.
    """
    found = context.runtime.objects.get(object_name)
    if found is None or not context.profile.can(object_name, action) or not context.profile.can(object_name, "read"):
        return NOTHING
    if context.profile.everything:
        return EVERYTHING
    place = source(found) if at is None else at
    reached = _reached(context, found, action, place)
    if action == "read" or reached.nothing or _implies_reading(context, object_name, action):
        return reached
    readable = _reached(context, found, "read", place)
    return reached if readable.everything else _narrowed(reached, readable.condition())


def _implies_reading(context: Context, object_name: str, action: str) -> bool:
    """Whether the records that `action` reaches are certainly readable: the grants are the same."""
    profile = context.profile
    same = {(grant.scope, grant.where) for grant in profile.grants(object_name, action)}
    return profile.reaches_all(object_name, "read") or same <= {(grant.scope, grant.where) for grant in profile.grants(object_name, "read")}


def _narrowed(reached: Visibility, condition: ColumnElement[bool]) -> Visibility:
    if reached.everything:
        return Visibility(everything=False, branches=(condition,))
    return Visibility(False, tuple(and_(branch, condition) for branch in reached.branches), reached.shared)


def _reached(context: Context, found: ObjectRuntime, action: str, at: FromClause) -> Visibility:
    if found.object.owned_by:
        return _lines(context, found, action, at)
    if context.profile.reaches_all(found.name, action):
        return EVERYTHING
    branches: list[ColumnElement[bool]] = []
    grants = context.profile.grants(found.name, action)
    for grant in _without_lesser(grants):
        branches.extend(grant_conditions(context, found, grant, at))
    shared = -1
    if grants and has_owner(found.object) and action in SHARED_LEVELS and context.actor.id is not None:
        shared = len(branches)
        branches.append(at.c.id.in_(shared_ids(context, found, action)))
    return Visibility(everything=False, branches=tuple(branches), shared=shared)


def _without_lesser(grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
    """Grants without those whose records a wider one reaches anyway."""
    order = ("own", "team", "team_tree")
    widest = max((order.index(grant.scope) for grant in grants if grant.where is None and grant.scope in order), default=-1)
    return tuple(
        grant
        for grant in grants
        if grant.scope not in order or order.index(grant.scope) > widest or (grant.where is None and order.index(grant.scope) == widest)
    )


def grant_conditions(context: Context, found: ObjectRuntime, grant: Grant, at: FromClause) -> list[ColumnElement[bool]]:
    """Conditions, one of which holds for the records that a grant reaches."""
    where = [compile_condition(part, RecordScope(context, found, at)) for part in _alternatives(grant.where)]
    if grant.scope == "all":
        return where
    reached = owned_by_actor(context, found, at, grant.scope)
    return [and_(one, other) for one in reached for other in where] if grant.where is not None else list(reached)


def _alternatives(where: Expression | None) -> list[Expression]:
    """A condition that is one of several, taken apart, so that each can use its index."""
    if where is None:
        return []
    if not isinstance(where.root, Logical) or where.root.operator != "or":
        return [where]
    return [replace(where, root=operand) for operand in where.root.operands]


def shared_ids(context: Context, found: ObjectRuntime, action: str) -> CompoundSelect[tuple[int]]:
    """The ids of the records shared with the actor or the actor's team, for an action of SHARED_LEVELS."""
    binds = ActorBinds(context)
    principals = [("user", binds.me)] if context.actor.team is None else [("user", binds.me), ("team", binds.team)]
    return union_all(
        *(
            select(share.c.record_id).where(
                share.c.principal_kind == kind,
                share.c.principal_id == principal,
                share.c.object_id == found.object.id,
                or_(*(share.c.level == level for level in SHARED_LEVELS[action])),
            )
            for kind, principal in principals
        )
    )


def _lines(context: Context, found: ObjectRuntime, action: str, at: FromClause) -> Visibility:
    """Lines are reached through their parent; grants of their own narrow that."""
    parent, by_name = parent_of(context, found)
    by = at.c[by_name]
    there = source(parent, again=True)
    reached = visible(context, parent.name, LINE_ACTIONS.get(action, (action,))[-1], there)
    if not reached.everything:
        ids = tuple(by.in_(select(there.c.id).where(branch)) for branch in reached.branches)
        reached = Visibility(everything=False, branches=ids)
    own = context.profile.grants(found.name, action)
    if not own or context.profile.reaches_all(found.name, action):
        return reached
    narrower = [condition for grant in own for condition in grant_conditions(context, found, grant, at)]
    return _narrowed(reached, or_(false(), *narrower))


__all__ = ["EVERYTHING", "NOTHING", "Visibility", "grant_conditions", "shared_ids", "visible"]
