"""The openings of a calendar as spans of real time, a year at a time, worked out once: what makes counting over years fast.

Hours are read on the wall clock of the calendar's zone; time inside is real time. Where clocks are put back, an hour of the wall is
shown twice and its first showing counts; where they are put forward, what falls into the gap moves to its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import accumulate

from looseleaf_metadata.expressions.calendar import zone
from looseleaf_workflow.calendars.calendar import Calendar, MissingYear

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FIRST_YEAR, LAST_YEAR = 1900, 2200
"""How far calendars reach: what lies beyond is a slip of the pen."""


class TooFar(OverflowError):
    """Raised where counting leads out of the years that calendars reach."""


def micros(moment: datetime) -> int:
    """Microseconds since 1970 of an aware moment."""
    return (moment - EPOCH) // MICROSECOND


def moment_of(number: int) -> datetime:
    """The moment, in UTC, of microseconds since 1970."""
    return EPOCH + timedelta(microseconds=number)


@dataclass(frozen=True, slots=True)
class YearTable:
    """The openings of one local year in order: `opens[i] <= t < closes[i]` is working time, in microseconds since 1970.

    `before[i]` is the working time of the year before opening i, its last item that of the whole year. `days` are the numbers
    (ordinals) of its working days; `starts[i]`, `ends[i]`: when the first shift of day i opens and its last one closes.
    """

    opens: list[int]
    closes: list[int]
    before: list[int]
    days: list[int]
    starts: list[int]
    ends: list[int]


def year_table(calendar: Calendar, year: int) -> YearTable:
    """The openings of a year. MissingYear where its holidays are not known and the calendar refuses; TooFar far out."""
    table: YearTable | None = calendar.memory.get(year)
    if table is None:
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise TooFar(f"the calendar '{calendar.name}' does not reach the year {year}")
        if calendar.year_missing == "refuse" and calendar.missing(year):
            raise MissingYear(calendar.name, year)
        table = calendar.memory[year] = _made(calendar, year)
    return table


def _made(calendar: Calendar, year: int) -> YearTable:
    there = zone(calendar.timezone)
    opens: list[int] = []
    closes: list[int] = []
    days: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    for number in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()):
        day = date.fromordinal(number)
        first = len(opens)
        for shift in calendar.shifts(day):
            begin, end = wall_micros(day, shift.opens, there), wall_micros(day, shift.closes, there)
            if begin < end:
                opens.append(begin)
                closes.append(end)
        if len(opens) > first:
            days.append(number)
            starts.append(opens[first])
            ends.append(closes[-1])
    lengths = (end - begin for begin, end in zip(opens, closes, strict=True))
    return YearTable(opens, closes, [0, *accumulate(lengths)], days, starts, ends)


def wall_micros(day: date, minutes: int, there: tzinfo) -> int:
    """The moment at which the wall clock of a day first shows so many minutes after midnight, or, in a gap, jumps past it."""
    return micros(from_wall(datetime.combine(day, time()) + timedelta(minutes=minutes), there))


def from_wall(wall: datetime, there: tzinfo, fold: int = 0) -> datetime:
    """The moment, in UTC, of a wall time without zone: the showing that `fold` tells where there are two, the end of a gap in a gap."""
    first = wall.replace(tzinfo=there, fold=0).astimezone(UTC)
    second = wall.replace(tzinfo=there, fold=1).astimezone(UTC)
    if first <= second:
        return second if fold else first
    low, high = second.replace(microsecond=0), first.replace(microsecond=0)  # the clock jumps between the two, on a full second
    offset = low.astimezone(there).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low).total_seconds() // 2)
        low, high = (middle, high) if middle.astimezone(there).utcoffset() == offset else (low, middle)
    return high
