"""Stretches of days that filters speak of: this week, the last 7 days, the whole of 2 March of somebody's calendar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement

from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import Situation
from looseleaf_platform.fields.calendar_text import day_and_clock, day_in
from looseleaf_platform.fields.numbers import number_of

RELATIVE = frozenset({"last_days", "next_days", "this_week", "this_month", "this_quarter", "this_year"})
MOST_DAYS = 36600


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` up to but not including `end`: two dates, or two moments in UTC."""

    start: date | datetime
    end: date | datetime


def first(value: Any) -> Any:
    """The first instant of a value: the start of a Span, anything else itself."""
    return value.start if isinstance(value, Span) else value


def last(column: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    """The condition that `column` is not after a value; a Span counts to its end."""
    return column < value.end if isinstance(value, Span) else column <= value


def relative_span(key: str, raw: Any, moments: bool, situation: Situation) -> Span:
    """The days that a relative operator means today. The last 7 days end with today, the next 7 begin with it; weeks begin on Monday."""
    today = situation.today
    if key in ("last_days", "next_days"):
        days = _days(raw)
        start = today - timedelta(days=days - 1) if key == "last_days" else today
        return _span(start, start + timedelta(days=days), moments, situation)
    if key == "this_week":
        start = today - timedelta(days=today.weekday())
        return _span(start, start + timedelta(days=7), moments, situation)
    months = {"this_month": 1, "this_quarter": 3, "this_year": 12}[key]
    month = (today.month - 1) // months * months + 1
    start = date(today.year, month, 1)
    past = month - 1 + months
    return _span(start, date(today.year + past // 12, past % 12 + 1, 1), moments, situation)


def span_of(raw: Any, field: Field, situation: Situation) -> Span | None:
    """The whole day that `raw` names, in the reader's zone; None if it names a moment or no day at all."""
    if isinstance(raw, str) and not day_and_clock(raw[:60])[1]:
        try:
            day = day_in(raw.strip(), situation.today, field.settings.get("order", ""))
        except Invalid:
            return None
    elif isinstance(raw, date) and not isinstance(raw, datetime):
        day = raw
    else:
        return None
    return _span(day, day + timedelta(days=1) if day < date.max else day, True, situation)


def _days(raw: Any) -> int:
    days = number_of(raw)
    if days != int(days) or not 1 <= days <= MOST_DAYS:
        raise Invalid("not-a-number-of-days", Text("Expected a number of days from 1 to {most}", most=MOST_DAYS))
    return int(days)


def _span(start: date, end: date, moments: bool, situation: Situation) -> Span:
    if not moments:
        return Span(start, end)
    zone = ZoneInfo(situation.timezone)
    return Span(*(datetime.combine(day, time(), zone).astimezone(UTC) for day in (start, end)))
