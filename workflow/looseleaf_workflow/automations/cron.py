"""Cron schedules in a time zone: five fields, lists, ranges, steps, names of months and weekdays. Pure.

A time that the clock jumps over counts at the first moment after the jump, once; a time that comes twice counts the first time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from looseleaf_metadata.texts import Text
from looseleaf_workflow.calendars.timetable import from_wall

MONTHS = {
    name: number for number, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)
}
WEEKDAYS = {name: number for number, name in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])}
FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
FARTHEST = 366 * 8 + 1
"""Days that are looked ahead: 29 February comes again within them."""


class BadCron(ValueError):
    """Raised for what is no schedule. `message` is for people."""

    def __init__(self, message: Text) -> None:
        super().__init__(str(message))
        self.message = message


@dataclass(frozen=True, slots=True)
class Cron:
    """A schedule. `weekdays`: 0 is Sunday. Where both days and weekdays are restricted, either will do, as cron always had it."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    any_day: bool
    any_weekday: bool

    def on(self, day: date) -> bool:
        """Whether it runs on a day at all."""
        if day.month not in self.months:
            return False
        by_day, by_weekday = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        if self.any_day or self.any_weekday:
            return by_day and by_weekday
        return by_day or by_weekday


def parse_cron(written: str) -> Cron:
    """Read "0 9 * * mon-fri". Raises BadCron."""
    parts = written.lower().split()
    if len(parts) != len(FIELDS):
        raise BadCron(Text("a schedule has five parts: minute, hour, day, month, weekday"))
    names: tuple[dict[str, int], ...] = ({}, {}, {}, MONTHS, WEEKDAYS)
    found = [_numbers(part, low, high, known) for part, (_, low, high), known in zip(parts, FIELDS, names, strict=True)]
    weekdays = frozenset(number % 7 for number in found[4])
    cron = Cron(
        tuple(sorted(found[0])), tuple(sorted(found[1])), frozenset(found[2]), frozenset(found[3]), weekdays,
        parts[2].startswith("*"), parts[4].startswith("*"),
    )  # fmt: skip
    if next(_days(cron, date(2024, 1, 1)), None) is None:
        raise BadCron(Text("there is no such day"))
    return cron


def _numbers(part: str, low: int, high: int, names: dict[str, int]) -> set[int]:
    """The numbers of one field."""
    found: set[int] = set()
    for piece in part.split(","):
        span, _, step = piece.partition("/")
        first, dash, last = span.partition("-")
        try:
            every = int(step) if step else 1
            begin = low if first == "*" else names.get(first, -1) if first in names else int(first)
            end = (high if step or first == "*" else begin) if not dash else names.get(last, -1) if last in names else int(last)
        except ValueError:
            raise BadCron(Text("'{part}' is no part of a schedule", part=piece)) from None
        if every < 1 or not low <= begin <= end <= high or (step == "" and "/" in piece) or (first == "*" and dash):
            raise BadCron(Text("'{part}' is no part of a schedule", part=piece))
        found.update(range(begin, end + 1, every))
    return found


def _days(cron: Cron, first: date) -> Iterator[date]:
    for ahead in range(FARTHEST):
        day = first + timedelta(days=ahead)
        if cron.on(day):
            yield day


def next_after(cron: Cron, timezone: str, moment: datetime) -> datetime:
    """The first scheduled moment after `moment`, both in UTC."""
    there = ZoneInfo(timezone)
    for day in _days(cron, moment.astimezone(there).date() - timedelta(days=1)):
        for hour in cron.hours:
            for minute in cron.minutes:
                found = from_wall(datetime.combine(day, time(hour, minute)), there).astimezone(UTC)
                if found > moment:
                    return found
    raise AssertionError("a schedule that parses has a next day")


def between(cron: Cron, timezone: str, after: datetime, until: datetime, most: int = 1000) -> list[datetime]:
    """The scheduled moments in (after, until], the earliest first, at most `most`."""
    found: list[datetime] = []
    moment = next_after(cron, timezone, after)
    while moment <= until and len(found) < most:
        found.append(moment)
        moment = next_after(cron, timezone, moment)
    return found
