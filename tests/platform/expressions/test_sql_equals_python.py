"""What the databases work out is what Python works out, for random expressions over random rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select

from looseleaf_metadata.expressions.nodes import Literal, Path
from looseleaf_metadata.expressions.python_target import compile_python
from looseleaf_metadata.expressions.types import Kind
from looseleaf_platform.database.engines import Database
from looseleaf_platform.records.sql_sqlite import SqliteTarget
from support.expression_cases import AMBIENT, check, expressions, rows
from support.expression_tables import SAMPLE, SampleScope, filled, matches, values

ROWS = rows(40)
RANDOM = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with the made-up rows."""
    opened = Database.open(database_url)
    filled(opened, ROWS)
    yield opened
    opened.close()


def attempt(compiled: Any, row: dict[str, Any]) -> Any:
    """Python's value, or the word for one that is too large."""
    try:
        return compiled(row | AMBIENT)
    except OverflowError:
        return "too large"


@RANDOM
@given(source=expressions())
def test_selected_values_equal_those_of_python(database: Database, source: str) -> None:
    expression = check(source)
    compiled = compile_python(expression)
    found = values(database, expression)
    for row, value in zip(ROWS, found, strict=True):
        expected = attempt(compiled, row)
        if expected == "too large":
            assert type(value) is not float
        else:
            assert (value, type(value)) == (expected, type(expected)), (source, row)


@RANDOM
@given(source=expressions(kind=Kind.BOOLEAN))
def test_conditions_find_the_rows_for_which_python_says_true(database: Database, source: str) -> None:
    expression = check(source)
    compiled = compile_python(expression)
    found = set(matches(database, expression))
    for number, row in enumerate(ROWS):
        expected = attempt(compiled, row)
        if expected != "too large":
            assert (number in found) == (expected is True), (source, row)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(source=expressions())
def test_what_is_too_deep_for_sqlite_is_worked_out_alike(sqlite_url: str, source: str) -> None:
    opened = Database.open(sqlite_url)
    expression = check(source)
    compiled = compile_python(expression)
    target = SqliteTarget(SampleScope("sqlite"))
    with opened.read() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE name = 'sample'").all()
    if not names:
        filled(opened, ROWS)
    with opened.read() as connection:
        found = connection.execute(
            select(target.evaluated(expression.root), target.value(expression.root)).select_from(SAMPLE), AMBIENT
        ).all()
    opened.close()
    for row, (evaluated, value) in zip(ROWS, found, strict=True):
        if attempt(compiled, row) != "too large" and not isinstance(expression.root, Literal | Path):
            assert evaluated == (raw(value) if value is not None else None), (source, row)


def raw(value: Any) -> Any:
    """A value in working form as SQLite holds it."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ", "microseconds")
    return value.isoformat() if isinstance(value, date) else value
