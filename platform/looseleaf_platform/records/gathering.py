"""What each roll-up gathers: its SQL, the fields it depends on, and which roll-up must be known before which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, FromClause, Numeric, func, literal_column, select, type_coerce

from looseleaf_metadata.expressions.types import Kind
from looseleaf_platform.records.runtime import RollupRuntime, Runtime
from looseleaf_platform.records.sources import source
from looseleaf_platform.records.sql_expressions import compile_condition
from looseleaf_platform.records.sql_scope import TableScope
from looseleaf_platform.records.writing.reads import Steps, paths_of, stored_paths


@dataclass(frozen=True, slots=True)
class Gathered:
    """A roll-up with what it depends on.

    `own`: the child's own fields; `remote`: (look-up path, field) of records that the child reaches. `level`: 0 where it reads no
    other roll-up, else one more than those it reads.
    """

    rollup: RollupRuntime
    own: frozenset[str]
    remote: frozenset[tuple[Steps, str]]
    level: int = 0


class Gatherings:
    """The roll-ups of a revision. `fed_by`: by the object whose records they gather; `levels`: how many rounds they take."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        found = [self._depends(rollup) for rollups in runtime.rollups_by_child.values() for rollup in rollups]
        ordered = self._ordered(found)
        self.levels = 1 + max((one.level for one in ordered), default=0)
        self.fed_by: defaultdict[str, list[Gathered]] = defaultdict(list)
        self._readers: defaultdict[tuple[str, str], list[tuple[Gathered, Steps]]] = defaultdict(list)
        for one in ordered:
            self.fed_by[one.rollup.child].append(one)
            for name in one.own:
                self._readers[one.rollup.child, name].append((one, ()))
            for hop, name in one.remote:
                self._readers[self._end(one.rollup.child, hop), name].append((one, hop))

    def of(self, parent: str, field: str) -> Gathered:
        """The roll-up `parent.field`. KeyError where there is none."""
        for found in self.fed_by.values():
            for one in found:
                if (one.rollup.parent, one.rollup.field) == (parent, field):
                    return one
        raise KeyError(f"{parent}.{field} is no roll-up")

    def reading(self, object_name: str, fields: set[str], remote_only: bool = False) -> Iterator[tuple[Gathered, Steps]]:
        """Roll-ups that read one of `fields` of an object, with the look-up path by which their children reach it."""
        for name in fields:
            for one, hop in self._readers.get((object_name, name), ()):
                if hop or not remote_only:
                    yield one, hop

    def _depends(self, rollup: RollupRuntime) -> Gathered:
        objects = self.runtime.model.objects
        paths = set(stored_paths(objects, rollup.child, [rollup.of])) if rollup.of else set[Steps]()
        if rollup.where is not None:
            paths |= paths_of(objects, rollup.where)
        return Gathered(rollup, frozenset(path[0] for path in paths), frozenset((path[:-1], path[-1]) for path in paths if len(path) > 1))

    def _ordered(self, found: list[Gathered]) -> list[Gathered]:
        """With their levels; a circle, which the checker refuses, ends at as many levels as there are roll-ups."""
        levels = {(one.rollup.parent, one.rollup.field): 0 for one in found}
        for _ in found:
            for one in found:
                read = [(one.rollup.child, name) for name in one.own] + [
                    (self._end(one.rollup.child, hop), name) for hop, name in one.remote
                ]
                below = max((levels[key] + 1 for key in read if key in levels), default=0)
                levels[one.rollup.parent, one.rollup.field] = min(below, len(found))
        return [replace(one, level=levels[one.rollup.parent, one.rollup.field]) for one in found]

    def _end(self, object_name: str, hop: Steps) -> str:
        for name in hop:
            object_name = self.runtime.object(object_name).fields[name].target
        return object_name


def gatherings(runtime: Runtime) -> Gatherings:
    """The roll-ups of a revision, worked out once."""
    found: Gatherings | None = runtime.memo.get("gatherings")
    return found if found is not None else runtime.memo.setdefault("gatherings", Gatherings(runtime))


def gathered_value(runtime: Runtime, rollup: RollupRuntime, parent: FromClause) -> ColumnElement[Any]:
    """The SQL of a roll-up's right value, for a statement about `parent` records."""
    child = runtime.object(rollup.child)
    at = source(child, again=True)
    scope = TableScope(runtime, child, at)
    conditions = [at.c[child.fields[rollup.by].main.name] == parent.c.id, at.c.deleted_at.is_(None)]
    if rollup.where is not None:
        conditions.append(compile_condition(rollup.where, scope))
    target = runtime.object(rollup.parent).fields[rollup.field]
    value = _value(rollup, scope, target.field.expression_type.scale)
    chosen = select(value).select_from(at).where(*conditions).correlate(parent).scalar_subquery()
    return type_coerce(chosen, target.main.type)


def _value(rollup: RollupRuntime, scope: TableScope, scale: int) -> ColumnElement[Any]:
    if rollup.function == "count":
        return func.count()
    gathered = scope.field(rollup.of)
    kind = scope.found.fields[rollup.of].field.expression_type
    if rollup.function in ("min", "max"):
        return getattr(func, rollup.function)(gathered)  # type: ignore[no-any-return]
    sqlite = scope.dialect == "sqlite"
    whole = type_coerce(gathered, BigInteger()) if sqlite or kind.kind is Kind.DURATION else gathered
    if rollup.function == "sum":
        return func.coalesce(func.sum(whole), literal_column("0"))
    places = scale - kind.scale if kind.kind is Kind.NUMBER else 0
    if sqlite:
        return func.exact_divide(func.sum(whole), func.count(whole), literal_column(str(10**places)), literal_column("1"))
    mean = func.sum(type_coerce(whole, Numeric())) / func.nullif(func.count(whole), literal_column("0"))
    return func.round(mean, literal_column(str(scale if kind.kind is Kind.NUMBER else 0)))
