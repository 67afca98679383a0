"""What expressions mean, by example: nulls, rounding, division, dates. The other targets are held equal to this one by property tests."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from looseleaf_metadata.expressions.arithmetic import TooLarge
from looseleaf_metadata.expressions.python_target import ambient_values, compile_python
from looseleaf_metadata.expressions.types import DATE, DATETIME, DURATION, ExpressionType, Kind, number
from support.expression_cases import AMBIENT, TYPES, check

EMPTY: dict[str, Any] = dict.fromkeys(TYPES)


def value(source: str, expected: ExpressionType | None = None, **given: Any) -> Any:
    """The value of an expression on a record with these values and nothing else."""
    return compile_python(check(source, expected))(EMPTY | AMBIENT | given)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("amount == 5", False),
        ("amount != 5", False),
        ("amount < 5", False),
        ("not (amount < 5)", True),
        ("amount == fee", False),
        ("amount != fee", False),
        ("amount is None", True),
        ("amount == None", True),
        ("None == amount", True),
        ("amount is not None", False),
        ("amount + 1", None),
        ("name + 'x'", None),
        ("max(amount, 1)", None),
        ("amount in [1, 2]", False),
        ("amount not in [1, 2]", False),
        ("not (amount in [1, 2])", True),
        ("1 in [amount, 1]", True),
        ("1 not in [amount, 2]", False),
        ("'vip' in tags", False),
        ("'vip' not in tags", True),
        ("tags is None", True),
        ("len(tags)", 0),
        ("len(name)", None),
        ("closed", None),
        ("not closed", True),
        ("closed and urgent", False),
        ("closed or urgent", False),
        ("closed == False", False),
        ("1 if closed else 2", 2),
        ("contains(name, 'a')", False),
        ("not contains(name, 'a')", True),
        ("coalesce(amount, fee, 3)", Decimal("3.00")),
        ("coalesce(amount, fee)", None),
        ("concat(name, '-', amount)", "-"),
        ("owner == backup", False),
        ("1 < amount < 3", False),
    ],
)
def test_nothing_is_no_value(source: str, expected: Any) -> None:
    found = value(source)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 / 0", None),
        ("1 // 0", None),
        ("1 % 0", None),
        ("days(1) / 0", None),
        ("7 // -2", -4),
        ("7 % -2", -1),
        ("-7 % 2", 1),
        ("-7.5 % 2", Decimal("0.5")),
        ("10 / 4", Decimal("2.500000")),
        ("2 / 3", Decimal("0.666667")),
        ("-2 / 3", Decimal("-0.666667")),
        ("round(2.5)", 3),
        ("round(-2.5)", -3),
        ("round(2.675, 2)", Decimal("2.68")),
        ("round(1250, -2)", 1300),
        ("round(-1250, -2)", -1300),
        ("round(0.1 + 0.2, 1)", Decimal("0.3")),
        ("0.1 + 0.2 == 0.3", True),
        ("1.10 * 3", Decimal("3.30")),
        ("0.0001 * 0.0001", Decimal("0.000000")),
        ("0.005 * 0.0001", Decimal("0.000001")),
        ("floor(-1.5)", -2),
        ("ceil(-1.5)", -1),
        ("abs(-1.5)", Decimal("1.5")),
        ("-0.00 * 5", Decimal("0.00")),
        ("text(-0.00 * 5)", "0.00"),
        ("text(1.50)", "1.50"),
        ("1_000 + 1e3", 2000),
        ("1 if 1 < 2 else 2.5", Decimal("1.0")),
        ("min(3, 2.50)", Decimal("2.50")),
        ("1.0 in [1, 2]", True),
        ("1 < 2 < 3", True),
        ("1 < 2 > 3", False),
    ],
)
def test_numbers_are_exact_and_halves_go_away_from_zero(source: str, expected: Any) -> None:
    found = value(source)
    assert (found, type(found), str(found)) == (expected, type(expected), str(expected))


def test_a_formula_is_rounded_to_what_it_returns() -> None:
    assert value("amount * (1 - discount)", number(2), amount=Decimal("100.05"), discount=Decimal("0.1500")) == Decimal("85.04")
    assert str(value("quantity", number(2), quantity=3)) == "3.00"
    assert value("amount", number(0), amount=Decimal("2.50")) == 3


@pytest.mark.parametrize(
    "source",
    [
        "quantity + 1",
        "quantity * quantity",
        "-quantity - 2",
        "amount * 1e17",
        "add_days(close_date, quantity)",
        "add_years(close_date, 9000)",
        "days(quantity)",
    ],
)
def test_what_does_not_fit_is_refused(source: str) -> None:
    with pytest.raises(OverflowError):
        value(source, quantity=2**63 - 1, amount=Decimal("9999999999.99"), close_date=date(2026, 1, 1))


def test_a_value_that_is_too_large_is_said_in_words() -> None:
    with pytest.raises(TooLarge) as caught:
        value("quantity + 1", quantity=2**63 - 1)
    assert caught.value.message.translate("en") == "A calculated value is too large"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("today()", date(2026, 3, 2)),
        ("date('2024-02-29') + days(366)", date(2025, 3, 1)),
        ("add_years(date(2024, 2, 29), 1)", date(2025, 2, 28)),
        ("add_months(date(2026, 1, 31), 1)", date(2026, 2, 28)),
        ("add_months(date(2026, 1, 31), -2)", date(2025, 11, 30)),
        ("add_days(date(2026, 3, 1), -1)", date(2026, 2, 28)),
        ("date(2026, 3, 1) - hours(1)", date(2026, 2, 28)),
        ("date(2026, 3, 1) + hours(23)", date(2026, 3, 1)),
        ("date(2026, 3, 2) - date(2026, 3, 1)", timedelta(days=1)),
        ("days_between(date(2026, 3, 2), date(2026, 2, 28))", -2),
        ("weekday(date(2026, 3, 1))", 7),
        ("quarter(date(2026, 3, 31))", 1),
        ("start_of_week(date(2026, 3, 1))", date(2026, 2, 23)),
        ("start_of_quarter(date(2026, 6, 30))", date(2026, 4, 1)),
        ("end_of_month(date(2024, 2, 3))", date(2024, 2, 29)),
        ("start_of_day(date(2026, 3, 2))", datetime(2026, 3, 1, 16, tzinfo=UTC)),
        ("date(created_at)", date(2026, 3, 2)),
        ("year(created_at)", 2026),
        ("created_at == today()", True),
        ("created_at <= today()", True),
        ("created_at > today()", False),
        ("created_at >= date(2026, 3, 3)", False),
        ("today() < created_at", False),
        ("created_at <= close_date", True),
        ("created_at == '2026-03-02'", True),
        ("close_date in ['2026-03-02', '9999-12-31']", True),
        ("created_at in ['2026-03-02']", True),
        ("now() - created_at", timedelta(minutes=-29, seconds=-47)),
        ("created_at - hours(1.5)", datetime(2026, 3, 2, 14, 29, 59, 999999, tzinfo=UTC)),
        ("(created_at - start_of_day(created_at)) / hours(1)", Decimal("23.999722")),
        ("text(created_at)", "2026-03-02 23:59"),
        ("hours(1) * 1.5", timedelta(minutes=90)),
        ("days(1) / 7", timedelta(seconds=12343)),
        ("opens > '09:00'", False),
    ],
)
def test_dates_follow_the_calendar_and_the_time_zone_of_who_asks(source: str, expected: Any) -> None:
    given = {"created_at": datetime(2026, 3, 2, 15, 59, 59, 999999, tzinfo=UTC), "close_date": date(9999, 12, 31)}
    if source.startswith("close_date in"):
        given["close_date"] = date(2026, 3, 2)
    assert value(source, **given) == expected


def test_the_day_depends_on_the_time_zone() -> None:
    moment = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
    compiled = compile_python(check("today()"))
    assert compiled(ambient_values(moment, "Asia/Tokyo", None)) == date(2026, 3, 3)
    assert compiled(ambient_values(moment, "America/Los_Angeles", None)) == date(2026, 3, 2)


def test_a_day_becomes_a_moment_and_a_moment_a_day_where_wanted() -> None:
    assert value("today()", DATETIME) == datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert value("now()", DATE) == date(2026, 3, 2)
    assert value("None", DURATION) is None


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("lower('ÄÉA恒')", "äéa恒"),
        ("upper('straße')", "STRAßE"),
        ("trim('\u3000 a b \\t')", "a b"),
        ("len('恒拓𝒳')", 3),
        ("'部' in '研发部'", None),
        ("starts_with('abc', '')", True),
        ("ends_with('abc', 'bc')", True),
        ("'a' + 'b' == 'ab'", True),
        ("'B' < 'a'", True),
        ("'\ue000' < '𝒳'", True),
        ("concat('No. ', 5, ' ', True)", "No. 5 true"),
    ],
)
def test_texts_are_compared_and_changed_by_code_point(source: str, expected: Any) -> None:
    if expected is None:
        assert value("'发' in name", name="研发部") is True
    else:
        assert value(source) == expected


def test_what_an_expression_reads_is_known() -> None:
    expression = check("owner == me and created_at >= start_of_month(today()) and amount > fee")
    assert expression.reads == {"owner", "created_at", "amount", "fee"}
    assert expression.ambient == {"me", "today", "timezone"}
    assert check("amount > 5").ambient == frozenset()
    assert check("concat(created_at)").ambient == {"timezone"}
    assert check("'vip' in tags").type.kind is Kind.BOOLEAN
