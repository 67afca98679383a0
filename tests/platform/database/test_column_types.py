"""Values come back from both databases exactly as they went in, and what doesn't fit is refused."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, func, insert, select

from looseleaf_platform.database.engines import Database
from looseleaf_platform.database.types import ExactDecimal, JsonText, Names, OutOfRange, Seconds, UtcDateTime

THINGS = Table(
    "things",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("amount", ExactDecimal(18, 4)),
    Column("at", UtcDateTime),
    Column("data", JsonText),
    Column("took", Seconds),
    Column("tags", Names),
)
SHARED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def things(database_url: str) -> Iterator[Database]:
    database = Database.open(database_url)
    with database.write() as connection:
        THINGS.create(connection)
    yield database
    database.close()


def stored(database: Database, **values: Any) -> Any:
    """What comes back of one value."""
    (name,) = values
    with database.write() as connection:
        connection.execute(THINGS.delete())
        connection.execute(insert(THINGS).values(id=1, **values))
        return connection.scalar(select(THINGS.c[name]))


@SHARED
@given(value=st.decimals(min_value="-99999999999999", max_value="99999999999999", places=4))
def test_decimals_are_exact(things: Database, value: Decimal) -> None:
    assert stored(things, amount=value) == value


@SHARED
@given(value=st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(timezone(timedelta(hours=8)))))  # noqa: DTZ001
def test_moments_come_back_in_utc(things: Database, value: datetime) -> None:
    back = stored(things, at=value)
    assert back == value
    assert back.tzinfo is UTC


@SHARED
@given(value=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1), min_size=1).map(tuple))
def test_names_come_back_in_order(things: Database, value: tuple[str, ...]) -> None:
    assert stored(things, tags=value) == value


def test_halves_round_away_from_zero(things: Database) -> None:
    assert stored(things, amount=Decimal("1.00005")) == Decimal("1.0001")
    assert stored(things, amount=Decimal("-1.00005")) == Decimal("-1.0001")


def test_ten_times_a_tenth_is_one(things: Database) -> None:
    with things.write() as connection:
        connection.execute(insert(THINGS), [{"id": number, "amount": Decimal("0.1")} for number in range(10)])
        assert connection.scalar(select(func.sum(THINGS.c.amount))) == Decimal(1)


@pytest.mark.parametrize("value", [Decimal("100000000000000"), Decimal("-1e14"), Decimal("1e400"), Decimal("NaN"), Decimal("Infinity")])
def test_decimals_that_do_not_fit_are_refused(things: Database, value: Decimal) -> None:
    with pytest.raises(OutOfRange):
        stored(things, amount=value)


def test_a_moment_without_a_time_zone_is_refused(things: Database) -> None:
    with pytest.raises(Exception, match="time zone"):
        stored(things, at=datetime(2026, 3, 2))  # noqa: DTZ001


def test_data_and_durations_come_back(things: Database) -> None:
    assert stored(things, data={"b": [1, "二", None], "a": {"x": True}}) == {"b": [1, "二", None], "a": {"x": True}}
    assert stored(things, took=timedelta(days=-2, seconds=7)) == timedelta(days=-2, seconds=7)


def test_moments_sort_as_time_does(things: Database) -> None:
    moments = [datetime(2026, 3, 2, 1, 30, tzinfo=UTC) + timedelta(microseconds=step) for step in (0, 1, 999_999, 1_000_000)]
    with things.write() as connection:
        connection.execute(insert(THINGS), [{"id": -number, "at": moment} for number, moment in enumerate(moments)])
        assert list(connection.scalars(select(THINGS.c.at).order_by(THINGS.c.at))) == moments
