"""What expressions see of stored values: the same in Python and in SQL, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import BigInteger, Column, MetaData, Table, insert, select

from looseleaf_platform.database.engines import Database
from looseleaf_platform.fields import field_type
from looseleaf_platform.fields.base import Situation
from looseleaf_platform.fields.currency import Money
from looseleaf_platform.fields.examples import example_field
from looseleaf_platform.fields.seen import seen_column, seen_value

SITUATION = Situation(today=date(2026, 3, 2))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database.open(database_url)
    yield database
    database.close()


@pytest.mark.parametrize(
    ("type", "raws"),
    [
        ("select", ["web", "trade_fair", None]),
        ("multi_select", [["web", "trade_fair"], ["trade_fair"], None]),
        ("address", ["江苏省苏州市虎丘区科灵路88号", None]),
        ("tags", [["重点"], None]),
        ("decimal", ["1.50", None]),
    ],
)
def test_python_and_sql_see_the_same(database: Database, type: str, raws: list[Any]) -> None:
    kind = field_type(type)
    field = example_field(kind)
    specs = kind.columns(field)
    table = Table(
        "seen", MetaData(), Column("id", BigInteger, primary_key=True), *(Column(field.column + spec.suffix, spec.type) for spec in specs)
    )
    values = [kind.parse(raw, field, SITUATION) for raw in raws]
    with database.write() as connection:
        table.create(connection)
        for number, value in enumerate(values):
            parts = zip(specs, kind.store(value, field), strict=True)
            connection.execute(insert(table), {"id": number, **{field.column + spec.suffix: part for spec, part in parts}})
    with database.read() as connection:
        seen = list(connection.scalars(select(seen_column(field, table.c[field.column], database.dialect)).order_by(table.c.id)))
    assert [one or None for one in seen] == [seen_value(value) for value in values]


def test_money_is_seen_at_its_worth() -> None:
    assert seen_value(Money(Decimal("12.50"), "USD", Decimal("87.50"))) == Decimal("87.50")
    assert seen_value(None) is None
