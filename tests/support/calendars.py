"""Calendars for tests, moments as people write them, and an oracle that walks minute by minute and shares no code with the product."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from looseleaf_workflow.calendars import Calendar
from looseleaf_workflow.calendars.reading import WEEKDAYS, read_calendar

OFFICE = {"mon-fri": ["09:00-12:00", "13:30-18:00"]}
"""Seven and a half hours a day, with a lunch break."""
MINUTE = timedelta(minutes=1)


def calendar(hours: Mapping[str, Any] | None = None, timezone: str = "Asia/Shanghai", *, name: str = "office", **data: Any) -> Calendar:
    """A calendar from the keys of its document; an office without holidays unless told otherwise."""
    found, faults = read_calendar(name, {"timezone": timezone, "hours": hours or OFFICE, **data})
    assert found is not None, [str(fault.message) for fault in faults]
    return found


def cn_office(**data: Any) -> Calendar:
    """The office in Shanghai, with the Chinese holidays."""
    return calendar(**{"holidays": {"base": "CN"}, **data})


def at(written: str, timezone: str = "Asia/Shanghai", fold: int = 0) -> datetime:
    """The moment, in UTC, of a local time such as `2026-02-13 16:00`."""
    return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(timezone), fold=fold).astimezone(UTC)


def local(moment: datetime, timezone: str = "Asia/Shanghai") -> str:
    """A moment as the wall clock of a zone shows it."""
    return moment.astimezone(ZoneInfo(timezone)).strftime("%Y-%m-%d %H:%M")


@dataclass(frozen=True)
class Walker:
    """Counts open minutes one by one. `week`: for each weekday the shifts as written; `days`: those of single days.

    What counts is the furthest time that the wall clock has shown: an hour that is shown twice is worked once at its first showing.
    """

    timezone: str
    week: Mapping[str, list[str]]
    days: Mapping[str, list[str]] = field(default_factory=dict)

    def works(self, wall: datetime) -> bool:
        """Whether a wall time lies in a shift."""
        shifts = self.days.get(wall.date().isoformat(), self.week.get(WEEKDAYS[wall.weekday()], []))
        return any(shift[:5] <= wall.strftime("%H:%M") < shift[6:] for shift in shifts)

    def minutes(self, start: datetime) -> Iterator[tuple[datetime, bool]]:
        """Every minute from `start`, and whether it is open."""
        zone = ZoneInfo(self.timezone)
        moment = start - timedelta(hours=3)
        furthest = moment.astimezone(zone).replace(tzinfo=None)
        while True:
            furthest = max(furthest, moment.astimezone(zone).replace(tzinfo=None))
            if moment >= start:
                yield moment, self.works(furthest)
            moment += MINUTE

    def add(self, start: datetime, minutes: int) -> datetime:
        """The moment after so many open minutes; for none, the first open one."""
        for moment, open_now in self.minutes(start):
            if minutes == 0 and open_now:
                return moment
            minutes -= open_now
            if minutes == 0 and open_now:
                return moment + MINUTE
        raise AssertionError

    def between(self, start: datetime, end: datetime) -> timedelta:
        """The open minutes between two moments."""
        return MINUTE * sum(open_now for _, open_now in islice(self.minutes(start), int((end - start) / MINUTE)))

    def calendar(self, name: str = "walked") -> Calendar:
        """The same as a calendar of the product."""
        overrides = {day: list(shifts) or "closed" for day, shifts in self.days.items()}
        hours = {day: list(shifts) or "closed" for day, shifts in self.week.items()}
        return calendar(hours, self.timezone, name=name, overrides=overrides)


def every_day(first: str, last: str) -> Iterator[date]:
    """Each day of a span, both ends included."""
    day = date.fromisoformat(first)
    while day <= date.fromisoformat(last):
        yield day
        day += timedelta(days=1)
