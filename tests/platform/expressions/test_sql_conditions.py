"""Expressions in SQL beyond their values: depth, indexes, overflow, reuse of statements, letters of all the world."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import ClauseElement, Executable, Select, select
from sqlalchemy.ext.compiler import compiles

from looseleaf_metadata.expressions import wording
from looseleaf_metadata.expressions.parse import MAX_DEPTH
from looseleaf_metadata.expressions.python_target import ambient_values, compile_python
from looseleaf_platform.database.engines import Database
from looseleaf_platform.records.sql_expressions import compile_condition, compile_sql
from support.expression_cases import AMBIENT, TYPES, check, rows
from support.expression_tables import SAMPLE, SampleScope, filled, matches, values

ROWS = rows(12, seed=7)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with the made-up rows."""
    opened = Database.open(database_url)
    filled(opened, ROWS)
    yield opened
    opened.close()


class Explain(Executable, ClauseElement):
    """The plan of a statement."""

    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(Explain)
def write_explain(element: Explain, compiler: Any, **settings: Any) -> str:
    how = "EXPLAIN QUERY PLAN" if compiler.dialect.name == "sqlite" else "EXPLAIN"
    return f"{how} {compiler.process(element.statement, **settings)}"


def nested(template: str, leaf: str, levels: int) -> str:
    """`template` put into itself so many times."""
    for _ in range(levels):
        leaf = template.format(leaf)
    return leaf


@pytest.mark.parametrize(
    ("template", "leaf", "levels"),
    [
        ("({} + amount)", "fee", MAX_DEPTH - 1),
        ("(amount / ({} + 7))", "fee", MAX_DEPTH // 2 - 1),
        ("(7 % {})", "quantity", MAX_DEPTH - 1),
        ("min({}, fee)", "amount", MAX_DEPTH - 1),
        ("round({}, 1)", "amount", MAX_DEPTH - 1),
        ("lower({})", "name", MAX_DEPTH - 1),
        ("({} + name)", "code", MAX_DEPTH - 1),
        ("(1 if closed else {})", "2", MAX_DEPTH - 1),
        ("coalesce({}, fee)", "amount", MAX_DEPTH - 1),
        ("add_days({}, 1)", "close_date", MAX_DEPTH - 1),
        ("({} + hours(1))", "created_at", MAX_DEPTH - 2),
        ("(not {})", "closed", MAX_DEPTH - 1),
        ("({} == closed)", "urgent", MAX_DEPTH - 1),
        ("(closed and (urgent or {}))", "closed", MAX_DEPTH // 2 - 1),
        ("concat({}, '-')", "amount", MAX_DEPTH - 1),
    ],
)
def test_the_deepest_expressions_work_in_the_database(database: Database, template: str, leaf: str, levels: int) -> None:
    expression = check(nested(template, leaf, levels))
    compiled = compile_python(expression)
    assert values(database, expression) == [compiled(row | AMBIENT) for row in ROWS]


def test_the_longest_lists_of_conditions_work_in_the_database(database: Database) -> None:
    expression = check(" or ".join(f"amount == {number}" for number in range(150)))
    assert matches(database, expression) == [number for number, row in enumerate(ROWS) if row["amount"] in range(150)]


@pytest.mark.parametrize(
    ("source", "columns"),
    [
        ("owner == me and not closed", ("owner",)),
        ("created_at >= start_of_month(today())", ("created_at",)),
        ("created_at <= today()", ("created_at",)),
        ("close_date > today() - days(30)", ("close_date",)),
        ("source in ['web', 'event'] and amount > 1000", ("source", "amount")),
        ("amount >= 12.5", ("amount",)),
        ("quantity == 5", ("quantity",)),
        ("name == 'abc'", ("name",)),
        ("close_date is None", ("close_date",)),
    ],
)
def test_an_index_serves_a_condition(database: Database, source: str, columns: tuple[str, ...]) -> None:
    statement = select(SAMPLE.c.id).where(compile_condition(check(source), SampleScope(database.dialect)))
    with database.write() as connection:
        connection.exec_driver_sql(f"CREATE INDEX used_by_the_condition ON sample ({', '.join(columns)})")
        if database.dialect == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = " ".join(str(part) for row in connection.execute(Explain(statement), AMBIENT) for part in row)
    assert ("Index Cond" if database.dialect == "postgresql" else "SEARCH sample USING") in plan, plan
    assert "used_by_the_condition" in plan


@pytest.mark.parametrize(
    ("source", "given"),
    [
        ("quantity + stars", {"quantity": 2**62, "stars": 2**62}),
        ("quantity * stars", {"quantity": 2**62, "stars": 2**62}),
        ("amount * fee * amount", {"amount": Decimal("9999999999999999.99"), "fee": Decimal("9999999999999999.99")}),
        ("quantity / fine", {"quantity": 2**62, "fine": Decimal("0.00000001")}),
        ("amount + fine", {"amount": Decimal("9999999999999999.99"), "fine": Decimal("9999999999.99999999")}),
        ("days(quantity)", {"quantity": 2**62}),
        ("spent * quantity", {"quantity": 2**62, "spent": None}),
        ("add_days(close_date, quantity)", {"quantity": 2**62, "close_date": date(2026, 1, 1)}),
        ("add_months(close_date, quantity)", {"quantity": -(2**62), "close_date": date(2026, 1, 1)}),
        ("add_years(close_date, 8000)", {"close_date": date(2026, 1, 1)}),
        ("created_at + days(quantity)", {"quantity": 10**7, "created_at": datetime(2026, 1, 1, tzinfo=UTC)}),
        ("created_at - days(quantity)", {"quantity": 10**7, "created_at": datetime(2026, 1, 1, tzinfo=UTC)}),
    ],
)
def test_what_is_too_large_is_null_or_exact_and_never_a_float_or_an_error(database_url: str, source: str, given: dict[str, Any]) -> None:
    opened = Database.open(database_url)
    filled(opened, [dict.fromkeys(TYPES) | given])
    expression = check(source)
    (found,) = values(opened, expression)
    opened.close()
    if opened.dialect == "sqlite" or expression.type.kind.value != "number":
        assert found is None
    else:
        assert isinstance(found, int | Decimal)


def test_one_statement_serves_every_caller_and_moment(database: Database) -> None:
    expression = check("owner == me or close_date > today()")
    statement = select(SAMPLE.c.id).where(compile_condition(expression, SampleScope(database.dialect)))
    compiled = compile_python(expression)
    with database.read() as connection:
        for me, moment in ((11, datetime(2026, 3, 2, 10, tzinfo=UTC)), (12, datetime(1998, 12, 31, 16, tzinfo=UTC))):
            ambient = ambient_values(moment, "Asia/Shanghai", me)
            found = set(connection.execute(statement, ambient).scalars())
            assert found == {number for number, row in enumerate(ROWS) if compiled(row | ambient)}


def test_letters_of_all_the_world_change_their_case_alike(database: Database) -> None:
    """Letters newer than Unicode 3.2 aside: databases know them one by one. Those without a single other form stay as they are."""
    scope = SampleScope(database.dialect)
    known = [chr(code) for code in range(1, sys.maxunicode) if unicodedata.ucd_3_2_0.category(chr(code)) != "Cn"]
    letters = [letter for letter in known if letter.lower() != letter or letter.upper() != letter]
    with database.write() as connection:
        connection.execute(SAMPLE.delete())
        connection.execute(SAMPLE.insert(), [{"id": number, "name": letter} for number, letter in enumerate(letters)])
    differing = []
    for source, change in (("lower(name)", wording.lower), ("upper(name)", wording.upper)):
        with database.read() as connection:
            found = list(connection.execute(select(compile_sql(check(source), scope)).select_from(SAMPLE).order_by(SAMPLE.c.id)).scalars())
        differing += [(letter, change(letter), other) for letter, other in zip(letters, found, strict=True) if change(letter) != other]
    assert differing == []
