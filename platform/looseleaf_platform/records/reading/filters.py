"""From what a person filters by to one SQL condition. Bounded in depth and number; every fault is told with a pointer into the filter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, not_, or_, select, true

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import BadQuery, Invalid
from looseleaf_platform.fields.base import Situation
from looseleaf_platform.fields.operators import condition as operator_condition
from looseleaf_platform.records.reading.readable import Named, ReadScope, named
from looseleaf_platform.records.requests import Condition, Group
from looseleaf_platform.records.sources import source

DEEPEST = 8
MOST_CONDITIONS = 100
TRUE_FOR_NOTHING = frozenset({"ne", "not_in", "empty"})
"""Operators that hold where there is no value, so also where the look-up on the way is empty."""


def situation_of(context: Context) -> Situation:
    """What field types need to know to read this caller's input."""
    defaults = context.model.defaults
    return Situation(
        locale=context.locale,
        timezone=context.actor.timezone,
        currency=defaults.currency,
        phone_region=defaults.phone_region,
        today=context.today,
        now=context.now,
        me=context.actor.id,
    )


def filter_condition(scope: ReadScope, where: Group) -> ColumnElement[bool]:
    """The condition of a whole filter. Raises BadQuery."""
    _bounded(where)
    return _Filters(scope).group(where, "/filter")


def _bounded(where: Group) -> None:
    """Raise BadQuery for a filter that nests too deeply or asks too much."""
    level: list[Condition | Group] = [where]
    seen = 0
    for _ in range(DEEPEST + 1):
        seen += len(level)
        if seen > MOST_CONDITIONS:
            raise BadQuery(Text("A filter has at most {count} conditions", count=MOST_CONDITIONS), "/filter")
        level = [part for group in level if isinstance(group, Group) for part in group.parts]
        if not level:
            return
    raise BadQuery(Text("A filter nests at most {count} deep", count=DEEPEST), "/filter")


class _Filters:
    """Builds the parts of one filter."""

    def __init__(self, scope: ReadScope) -> None:
        self.scope, self.context = scope, scope.context
        self.situation = situation_of(scope.context)

    def group(self, where: Group, pointer: str) -> ColumnElement[bool]:
        parts = [self.part(part, f"{pointer}/{number}") for number, part in enumerate(where.parts)]
        if not parts:
            return false() if where.negated else true()
        joined = parts[0] if len(parts) == 1 else or_(*parts) if where.joined == "or" else and_(*parts)
        return not_(func.coalesce(joined, false())) if where.negated else joined

    def part(self, part: Condition | Group, pointer: str) -> ColumnElement[bool]:
        if isinstance(part, Group):
            return self.group(part, pointer)
        if not isinstance(part.operator, str):
            raise BadQuery(Text("An operator is a word"), pointer)
        found = named(self.context, self.scope.found, part.path, pointer)
        if not found.hops:
            return self.condition(self.scope, found, part, pointer)
        return self.beyond(found, part, pointer)

    def beyond(self, found: Named, part: Condition, pointer: str) -> ColumnElement[bool]:
        """A condition on a record reached through look-ups."""
        build: Callable[[Any], ColumnElement[bool]] = lambda scope: self.condition(scope, found, part, pointer)  # noqa: E731
        if part.operator in TRUE_FOR_NOTHING:
            return func.coalesce(self.scope.follow(found.hops, build), true())
        return _reaching(self.scope, found.hops, build)

    def condition(self, scope: ReadScope, found: Named, part: Condition, pointer: str) -> ColumnElement[bool]:
        """One operator on a field of `scope`'s records."""
        if scope.always_masked(found.field.name):
            raise BadQuery(Text("“{field}” is withheld from you and can't be filtered by", field=found.field.label), pointer)
        try:
            return operator_condition(
                part.operator, found.field, self.columns(scope, found), part.value, self.situation, self.context.runtime.dialect
            )
        except Invalid as invalid:
            raise BadQuery(Text("{field}: {fault}", field=found.field.label, fault=invalid.message), pointer) from invalid

    def columns(self, scope: ReadScope, found: Named) -> tuple[ColumnElement[Any], ...]:
        """What an operator looks at: the field's columns, or where they may be withheld one expression that says no more than is seen."""
        name = found.field.name
        link = scope.found.links.get(name)
        if link is not None:
            record_id = scope.unmasked(name, scope.at.c.id)
            return (record_id, link.table.c.record_id, link.table.c.target_id)
        columns = scope.found.fields[name].columns
        if len(columns) > 1 and scope.mask(name) is None:
            return tuple(scope.at.c[column.name] for column in columns)
        return (scope.field(name),)


def _reaching(scope: ReadScope, hops: tuple[str, ...], build: Callable[[Any], ColumnElement[bool]]) -> ColumnElement[bool]:
    """That the look-up leads to a record, visible to the reader, for which `build` holds."""
    if not hops:
        return build(scope)
    target = scope.context.runtime.object(scope.found.fields[hops[0]].target)
    there = scope.beyond(target, source(target, again=True))
    return scope.field(hops[0]).in_(select(there.at.c.id).where(*there.admitted(), _reaching(there, hops[1:], build)))
