"""From a checked expression to SQL: a value for SELECT and ORDER BY, or a condition for WHERE. Equal to the Python target's value.

Where Python says "too large", SQL answers NULL or the exact value, and never an error: a list must not fail for one record.
Knows no actor: who asks, when and where come from the scope (see `SqlScope`, and `sql_scope.TableScope` for a ready one).
"""

from __future__ import annotations

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_platform.records.sql_postgresql import PostgresqlTarget
from looseleaf_platform.records.sql_sqlite import SqliteTarget
from looseleaf_platform.records.sql_target import Condition, Element, SqlScope, SqlTarget

__all__ = ["SqlScope", "compile_condition", "compile_sql"]

TARGETS: dict[str, type[SqlTarget]] = {"sqlite": SqliteTarget, "postgresql": PostgresqlTarget}
"""By dialect."""


def compile_sql(expression: Expression, columns: SqlScope) -> Element:
    """The expression's value, typed so that a row holds the Python value that `compile_python` would give."""
    return TARGETS[columns.dialect](columns).result(expression.root)


def compile_condition(expression: Expression, columns: SqlScope) -> Condition:
    """A boolean expression as a condition for WHERE. It may be NULL where it isn't true, and lets indexes on its columns serve."""
    return TARGETS[columns.dialect](columns).where(expression.root)
