"""Dates and moments of the expression language on Python values: the definition that SQL and the browser follow.

Arguments are never None. A date outside the years 1 to 9999 raises OverflowError.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from looseleaf_metadata.expressions.arithmetic import SECOND, TooLarge


@lru_cache(maxsize=512)
def zone(name: str) -> ZoneInfo:
    """The time zone of that IANA name."""
    return ZoneInfo(name)


def local_date(moment: datetime, timezone: str) -> date:
    """The date of `moment` in `timezone`."""
    return moment.astimezone(zone(timezone)).date()


def start_of_day(day: date, timezone: str) -> datetime:
    """The moment, in UTC, at which `day` begins in `timezone`."""
    return datetime.combine(day, time(), zone(timezone)).astimezone(UTC)


def local_minute_text(moment: datetime, timezone: str) -> str:
    """A moment as people write it: `2026-03-02 18:00`, in `timezone`."""
    return moment.astimezone(zone(timezone)).isoformat(" ", "minutes")[:16]


def add_days(day: date, count: int) -> date:
    """`count` days later."""
    if abs(count) > 3_652_059:
        raise TooLarge
    return day + timedelta(days=count)


def add_months(day: date, count: int) -> date:
    """`count` months later; the last day of the month where it is shorter."""
    months = day.year * 12 + day.month - 1 + count
    year, month = divmod(months, 12)
    if not 1 <= year <= 9999:
        raise TooLarge
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def add_years(day: date, count: int) -> date:
    """`count` years later; 29 February becomes 28 February in other years."""
    return add_months(day, count * 12)


def days_between(start: date, end: date) -> int:
    """Days from `start` to `end`; negative where `end` is earlier."""
    return end.toordinal() - start.toordinal()


def quarter(day: date) -> int:
    """The quarter of the year, 1 to 4."""
    return (day.month + 2) // 3


def start_of_month(day: date) -> date:
    """The first day of the month."""
    return day.replace(day=1)


def end_of_month(day: date) -> date:
    """The last day of the month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def start_of_quarter(day: date) -> date:
    """The first day of the quarter."""
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def start_of_year(day: date) -> date:
    """The first day of the year."""
    return day.replace(month=1, day=1)


def start_of_week(day: date) -> date:
    """The Monday of the week."""
    return date.fromordinal(day.toordinal() - day.weekday())


def shift_date(day: date, duration: timedelta) -> date:
    """A date plus the whole days of a duration."""
    return add_days(day, duration.days)


def shift_moment(moment: datetime, duration: timedelta) -> datetime:
    """A moment plus a duration."""
    return moment + duration


def between_dates(later: date, earlier: date) -> timedelta:
    """The duration from `earlier` to `later`."""
    return later - earlier


def between_moments(later: datetime, earlier: datetime) -> timedelta:
    """The duration from `earlier` to `later` in whole seconds, fractions cut off."""
    difference = later - earlier
    return difference // SECOND * SECOND if difference >= timedelta() else -(-difference // SECOND * SECOND)
