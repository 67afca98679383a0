"""What a reader may name, and what stands there in SQL for that reader: the one place where the rights to fields enter a statement.

A withheld value is NULL already in the expression that is selected, compared, sorted and added up, so that nothing can be found
out by asking cleverly. A field that the reader may not see is not there, like one that doesn't exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, case, false, func, literal, or_, select, true

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.expressions.types import ExpressionType
from looseleaf_metadata.model import Field
from looseleaf_metadata.problems import did_you_mean
from looseleaf_metadata.texts import Text
from looseleaf_platform.access.scope import REACHES, RecordScope
from looseleaf_platform.access.visible import visible
from looseleaf_platform.context import Context
from looseleaf_platform.errors import BadQuery
from looseleaf_platform.records.runtime import ObjectRuntime
from looseleaf_platform.records.sources import source
from looseleaf_platform.records.sql_expressions import compile_sql
from looseleaf_platform.records.tables import target_of

LONGEST_PATH = 6
NEVER_EMPTY = frozenset({"id", "created_at", "updated_at", "version"})


@dataclass(frozen=True, slots=True)
class Named:
    """What a path leads to: `names` of the look-ups on the way, and the field at its end, with the object that has it."""

    hops: tuple[str, ...]
    object: ObjectRuntime
    field: Field

    @property
    def type(self) -> ExpressionType:
        """What expressions see."""
        return self.field.expression_type


def named(context: Context, found: ObjectRuntime, path: str, pointer: str) -> Named:
    """The field that a reader names. Raises BadQuery, in the same words, where there is none and where it may not be seen."""
    names = path.split(".") if isinstance(path, str) else [""]
    if len(names) > LONGEST_PATH:
        raise BadQuery(Text("A path has at most {count} names", count=LONGEST_PATH), pointer)
    at = found
    for depth, name in enumerate(names):
        readable = context.profile.readable(at.name)
        if name not in readable:
            raise unknown_field(at, name, readable, pointer)
        field = at.fields[name].field
        if depth == len(names) - 1:
            return Named(tuple(names[:-1]), at, field)
        at = _next(context, at, field, names[depth + 1], pointer)
    raise AssertionError("a path has at least one name")


def unknown_field(found: ObjectRuntime, name: str, readable: tuple[str, ...], pointer: str) -> BadQuery:
    """The refusal of a field that doesn't exist for this reader. Suggests only what may be seen."""
    said = {"object": found.object.label, "name": str(name)[:60]}
    hint = did_you_mean(str(name)[:60], readable)
    if hint is None:
        return BadQuery(Text("{object} has no field “{name}”", **said), pointer)
    return BadQuery(Text("{object} has no field “{name}”: {hint}", hint=hint, **said), pointer)


def check_expression_of(context: Context, found: ObjectRuntime, expression: Expression) -> None:
    """Raise BadQuery, naming nothing, if a condition of metadata looks at what this reader may not see or never sees the value of."""
    for dotted in sorted(expression.reads):
        hops, _, last = dotted.rpartition(".")
        path = hops if last in REACHES else dotted
        try:
            end = named(context, found, path, "/view") if path else None
        except BadQuery as unreadable:
            raise _unseen() from unreadable
        if end is not None and context.profile.masked(end.object.name).get(end.field.name, expression) is None:
            raise _unseen()


def _unseen() -> BadQuery:
    return BadQuery(Text("This view looks at something that you may not see"), "/view")


def _next(context: Context, at: ObjectRuntime, field: Field, name: str, pointer: str) -> ObjectRuntime:
    """The object behind a look-up that a path goes through."""
    target = target_of(field)
    if not target or field.name == "id" or not at.fields[field.name].columns:
        raise BadQuery(Text("“{field}” leads nowhere: “{name}” can't follow it", field=field.label, name=name[:60]), pointer)
    if not context.profile.can(target, "read"):
        raise unknown_field(context.runtime.object(target), name, (), pointer)
    return context.runtime.object(target)


class ReadScope(RecordScope):
    """Resolves names for a reader: only readable fields, withheld values as NULL, look-ups only to visible records."""

    def field(self, name: str) -> ColumnElement[Any]:
        """The SQL of a field as this reader may know it. Raises BadQuery for one that may not be seen."""
        readable = self.context.profile.readable(self.found.name)
        if name not in readable:
            raise unknown_field(self.found, name, readable, "")
        return self.unmasked(name, self.raw.field(name))

    @property
    def raw(self) -> RecordScope:
        """The same records without anybody's rights."""
        return RecordScope(self.context, self.found, self.at)

    def unmasked(self, name: str, element: ColumnElement[Any]) -> ColumnElement[Any]:
        """`element`, which tells something of a field, as NULL where the field is withheld."""
        mask = self.mask(name)
        return element if mask is None else case((mask.is_not(true()), element))

    def mask(self, name: str) -> ColumnElement[bool] | None:
        """Where a readable field is withheld from this reader; None for nowhere."""
        masked = self.context.profile.masked(self.found.name)
        parts: list[ColumnElement[bool]] = []
        if name in masked:
            mask = masked[name]
            if mask is None:
                return true()
            parts.append(compile_sql(mask, self.raw))
        parts.extend(unseen_inputs(self.raw, name))
        return or_(*parts) if parts else None

    def always_masked(self, name: str) -> bool:
        """Whether the reader sees this field's value in no record at all."""
        masked = self.context.profile.masked(self.found.name)
        return name in masked and masked[name] is None

    def beyond(self, target: ObjectRuntime, at: FromClause) -> ReadScope:
        """A look-up's target, seen by the same reader."""
        return ReadScope(self.context, target, at)

    def admitted(self) -> tuple[ColumnElement[bool], ...]:
        """Look-ups lead only to records that the reader may see."""
        reached = visible(self.context, self.found.name, at=self.at)
        return (self.at.c.deleted_at.is_(None), *(() if reached.everything else (reached.condition(),)))

    def linked(self, name: str, element: ColumnElement[Any]) -> ColumnElement[bool]:
        """Whether a many-to-many field holds a record, as far as the reader may know."""
        if name not in self.context.profile.readable(self.found.name):
            raise unknown_field(self.found, name, self.context.profile.readable(self.found.name), "")
        return self.unmasked(name, super().linked(name, element))


def unseen_inputs(scope: RecordScope, name: str) -> list[ColumnElement[bool]]:
    """Conditions under which a formula reads a record, through a look-up, that the reader may not see. [] for other fields."""
    field = scope.found.fields[name].field
    if field.value is None or field.reveals or scope.context.profile.everything:
        return []
    found: list[ColumnElement[bool]] = []
    for path in sorted(field.value.reads):
        names = tuple(path.split("."))
        for depth in range(len(names)):
            found.extend(_unseen_at(scope, names[:depth], names[depth], hop=depth < len(names) - 1))
    return found


def _unseen_at(scope: RecordScope, way: tuple[str, ...], name: str, *, hop: bool) -> list[ColumnElement[bool]]:
    """The conditions that concern the field `name` of the record at the end of `way`."""

    def conditions(there: RecordScope) -> list[ColumnElement[bool]]:
        return [*unseen_inputs(there, name), *(_unseen_target(there, name) if hop else [])]

    if not way:
        return conditions(scope)
    end = scope.found
    for step in way:
        end = scope.context.runtime.object(end.fields[step].target)
    if not conditions(RecordScope(scope.context, end, source(end))):
        return []
    return [func.coalesce(scope.follow(way, lambda there: or_(false(), *conditions(there))), false())]


def _unseen_target(scope: RecordScope, name: str) -> list[ColumnElement[bool]]:
    """That the look-up `name` points to a record which the reader may not see."""
    target = scope.context.runtime.object(scope.found.fields[name].target)
    at = source(target, again=True)
    reached = visible(scope.context, target.name, at=at)
    if reached.everything:
        return []
    value = scope.field(name)
    return [and_(value.is_not(None), ~select(literal(1)).where(at.c.id == value, reached.condition()).correlate_except(at).exists())]
