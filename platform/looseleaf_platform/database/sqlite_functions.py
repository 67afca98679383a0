"""Functions that SQLite lacks, so that its expressions equal PostgreSQL's and Python's. Registered on every connection.

A number is an integer scaled by its node's scale; a date is ISO text; a moment is text in UTC as `database/types.py` binds it.
Every function is deterministic, answers NULL to NULL, and NULL where Python would say "too large": a list must not fail for one record.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from looseleaf_metadata.expressions import calendar, wording
from looseleaf_metadata.expressions.arithmetic import LARGEST, SECOND
from looseleaf_platform.database.sqlite_evaluation import evaluate_expression


def register_sqlite_functions(dbapi_connection: Any) -> None:
    """Add all FUNCTIONS, and `evaluate_expression`, to an open sqlite3 connection."""
    for name, (count, function) in FUNCTIONS.items():
        dbapi_connection.create_function(name, count, _guarded(function), deterministic=True)
    dbapi_connection.create_function("evaluate_expression", -1, evaluate_expression, deterministic=True)


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` with NULL for NULL, and for what is too large or no date."""

    def guarded(*values: Any) -> Any:
        if None in values:
            return None
        try:
            result = function(*values)
        except (OverflowError, ValueError):
            return None
        return None if type(result) is int and not -LARGEST <= result <= LARGEST else result

    return guarded


def _rounded(numerator: int, denominator: int) -> int:
    """The quotient rounded to a whole number, halves away from zero. `denominator` is positive."""
    half = (2 * abs(numerator) + denominator) // (2 * denominator)
    return half if numerator >= 0 else -half


def _add(left: int, left_factor: int, right: int, right_factor: int) -> int:
    return left * left_factor + right * right_factor


def _multiply(left: int, right: int, drop: int) -> int:
    return _rounded(left * right, drop)


def _divide(left: int, right: int, left_factor: int, right_factor: int) -> int | None:
    if not right:
        return None
    sign = 1 if right > 0 else -1
    return _rounded(sign * left * left_factor, abs(right) * right_factor)


def _floor_divide(left: int, right: int, left_factor: int, right_factor: int) -> int | None:
    return (left * left_factor) // (right * right_factor) if right else None


def _modulo(left: int, right: int, left_factor: int, right_factor: int) -> int | None:
    return (left * left_factor) % (right * right_factor) if right else None


def _round_places(value: int, drop: int, unit: int) -> int:
    return _rounded(value, drop) * unit


def _within(value: int, limit: int) -> int | None:
    return value if -limit <= value <= limit else None


def _decimal_text(value: int, scale: int) -> str:
    return f"{Decimal(value).scaleb(-scale):f}" if scale else str(value)


def _dated(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of a date, on ISO text."""

    def on_text(day: str, *values: Any) -> Any:
        result = function(date.fromisoformat(day), *values)
        return result.isoformat() if isinstance(result, date) else result

    return on_text


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _moment_text(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _local_date(text: str, timezone: str) -> str:
    return calendar.local_date(_moment(text), timezone).isoformat()


def _start_of_day(day: str, timezone: str) -> str:
    return _moment_text(calendar.start_of_day(date.fromisoformat(day), timezone))


def _shift_moment(text: str, seconds: int) -> str:
    return _moment_text(_moment(text) + seconds * SECOND)


def _seconds_between(later: str, earlier: str) -> int:
    return calendar.between_moments(_moment(later), _moment(earlier)) // SECOND


def _local_minute_text(text: str, timezone: str) -> str:
    return calendar.local_minute_text(_moment(text), timezone)


FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "exact_add": (4, _add),
    "exact_multiply": (3, _multiply),
    "exact_divide": (4, _divide),
    "exact_floor_divide": (4, _floor_divide),
    "exact_modulo": (4, _modulo),
    "exact_round": (3, _round_places),
    "exact_within": (2, _within),
    "decimal_text": (2, _decimal_text),
    "unicode_lower": (1, wording.lower),
    "unicode_upper": (1, wording.upper),
    "text_ends_with": (2, lambda text, part: int(wording.ends_with(text, part))),
    "date_add_days": (2, _dated(calendar.add_days)),
    "date_add_months": (2, _dated(calendar.add_months)),
    "date_days_between": (2, lambda start, end: calendar.days_between(date.fromisoformat(start), date.fromisoformat(end))),
    "date_end_of_month": (1, _dated(calendar.end_of_month)),
    "date_start_of_quarter": (1, _dated(calendar.start_of_quarter)),
    "date_start_of_week": (1, _dated(calendar.start_of_week)),
    "date_weekday": (1, _dated(date.isoweekday)),
    "moment_local_date": (2, _local_date),
    "moment_start_of_day": (2, _start_of_day),
    "moment_shift": (2, _shift_moment),
    "moment_seconds_between": (2, _seconds_between),
    "moment_local_text": (2, _local_minute_text),
}
"""Name in SQL to number of arguments and function."""
