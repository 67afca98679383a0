"""A scope for expressions over an object's records: names are columns of one source; look-ups are followed by scalar subqueries.

Composes everywhere (SELECT, WHERE, ORDER BY, UPDATE … SET) without joins. Who asks, when and where are the parameters `@me`, `@now`,
`@today`, `@timezone` (see `python_target.ambient_values`), so that a statement can be kept. Knows no actor and no rights.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger, Date, FromClause, Text, bindparam, exists, null, select

from looseleaf_metadata.expressions.nodes import Path
from looseleaf_platform.database.types import UtcDateTime
from looseleaf_platform.fields.seen import seen_column
from looseleaf_platform.records.runtime import ObjectRuntime, Runtime
from looseleaf_platform.records.sources import source
from looseleaf_platform.records.sql_expressions import compile_sql
from looseleaf_platform.records.sql_target import Condition, Element
from looseleaf_platform.records.tables import main_column


class TableScope:
    """Resolves the names of expressions on records of `found`. `at`: the source or alias that the statement selects from."""

    def __init__(self, runtime: Runtime, found: ObjectRuntime, at: FromClause | None = None) -> None:
        self.runtime, self.found = runtime, found
        self.at = source(found) if at is None else at
        self.dialect = runtime.dialect

    @property
    def me(self) -> Element:
        """The parameter for who asks."""
        return bindparam("@me", type_=BigInteger())

    @property
    def now(self) -> Element:
        """The parameter for the moment."""
        return bindparam("@now", type_=UtcDateTime())

    @property
    def today(self) -> Element:
        """The parameter for the date of who asks."""
        return bindparam("@today", type_=Date())

    @property
    def timezone(self) -> Element:
        """The parameter for the time zone of who asks."""
        return bindparam("@timezone", type_=Text())

    def column(self, path: Path) -> Element:
        """The SQL of a path: a column, a formula worked out, or a subquery through look-ups."""
        reached: Element = self.follow(path.names[:-1], lambda scope: scope.field(path.names[-1]))
        return reached

    def contains(self, path: Path, element: Element) -> Condition:
        """Whether a many-to-many field holds a record."""
        held: Condition = self.follow(path.names[:-1], lambda scope: scope.linked(path.names[-1], element))
        return held

    def field(self, name: str) -> Element:
        """The SQL of one field of this object. KeyError for an unknown name."""
        held = self.found.fields[name]
        if held.field.value is not None:
            return compile_sql(held.field.value, self)
        if not held.columns:
            return null()
        return seen_column(held.field, self.at.c[main_column(held.field)], self.dialect)

    def linked(self, name: str, element: Element) -> Condition:
        """Whether a many-to-many field of this object holds a record."""
        pairs = self.found.links[name].table.alias()
        return exists().where(pairs.c.record_id == self.at.c.id, pairs.c.target_id == element).correlate_except(pairs)

    def follow(self, names: tuple[str, ...], value: Callable[[Any], Any]) -> Any:
        """What `value` gives for the record at the end of the look-ups; NULL where there is none."""
        if not names:
            return value(self)
        target = self.runtime.object(self.found.fields[names[0]].target)
        there = self.beyond(target, source(target, again=True))
        reached = select(there.follow(names[1:], value)).where(there.at.c.id == self.field(names[0]), *there.admitted())
        return reached.correlate_except(there.at).scalar_subquery()

    def beyond(self, target: ObjectRuntime, at: FromClause) -> TableScope:
        """The scope of a look-up's target."""
        return TableScope(self.runtime, target, at)

    def admitted(self) -> tuple[Condition, ...]:
        """What must hold for a record here to be followed to: here nothing."""
        return ()
