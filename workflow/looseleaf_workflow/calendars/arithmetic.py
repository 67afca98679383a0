"""Counting with a business calendar: when something is due, how much working time lies between two moments.

Pure. All moments are aware and come back in UTC. Openings are half-open: at the moment of closing it is closed. `add` and `between`
are inverse: `between(c, a, add(c, a, d).at)` is d for a duration in working time. Years are looked up whole, never walked.

MissingYear where the calendar refuses to guess the holidays of a year; TooFar beyond the years that calendars reach.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from looseleaf_metadata.expressions.calendar import add_months, zone
from looseleaf_workflow.calendars.calendar import Calendar
from looseleaf_workflow.calendars.durations import Duration
from looseleaf_workflow.calendars.timetable import MICROSECOND, TooFar, YearTable, from_wall, micros, moment_of, year_table


@dataclass(frozen=True, slots=True)
class Due:
    """A moment in UTC. `provisional`: on the way to it lie days of a year whose holidays are not known yet."""

    at: datetime
    provisional: bool = False


def add(calendar: Calendar, start: datetime, duration: Duration) -> Due:
    """The moment at which `duration` has passed since `start`: the earliest one, so what would fall on an opening is due at the closing
    before it.

    A start outside working time counts from the next opening. `workdays` lead to the same local time on the n-th working day after,
    within its hours. `days`, `weeks`, `months` keep the local time; months end on the last day of a shorter one.
    """
    if duration.amount < 0:
        raise ValueError(f"'{duration}' goes backwards: use subtract")
    if duration.unit == "workhours":
        return add_worked(calendar, start, timedelta(hours=duration.amount))
    if duration.unit == "workdays":
        return _add_workdays(calendar, start, duration.amount)
    return Due(_add_plain(calendar, start, duration))


def subtract(calendar: Calendar, end: datetime, duration: Duration) -> Due:
    """The moment that lies `duration` before `end`, for reminders before a deadline: the latest one, so what would fall on a closing lies
    at the next opening."""
    if duration.amount < 0:
        raise ValueError(f"'{duration}' goes forwards: use add")
    if duration.amount == 0:
        return Due(end.astimezone(UTC))
    if duration.unit == "workhours":
        return _subtract_worked(calendar, end, duration.amount * timedelta(hours=1) // MICROSECOND)
    if duration.unit == "workdays":
        return _subtract_workdays(calendar, end, duration.amount)
    return Due(_add_plain(calendar, end, Duration(-duration.amount, duration.unit)))


def between(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """The working time from `start` to `end`; negative where `end` is earlier. `is_provisional` says whether it rests on a guess."""
    if end < start:
        return -between(calendar, end, start)
    (first, begun), (last, ended) = _worked(calendar, start), _worked(calendar, end)
    whole = sum(year_table(calendar, year).before[-1] for year in range(first, last))
    return (whole + ended - begun) * MICROSECOND


def working_days_between(calendar: Calendar, start: datetime, end: datetime) -> int:
    """How many whole workdays have passed from `start` to `end`: the most that can be added to `start` without passing `end`."""
    if end < start:
        return -working_days_between(calendar, end, start)
    begin = next_open(calendar, start).at
    if begin > end:
        return 0
    first, last = _local(calendar, begin).date(), _local(calendar, end).date()
    days = [day for year in range(first.year, last.year + 1) for day in year_table(calendar, year).days]
    count = bisect_right(days, last.toordinal()) - bisect_right(days, first.toordinal()) + 1
    while count and _add_workdays(calendar, start, count).at > end:
        count -= 1
    return count


def is_open(calendar: Calendar, moment: datetime) -> bool:
    """Whether people work at that moment."""
    table, number = year_table(calendar, _local(calendar, moment).year), micros(moment)
    index = bisect_right(table.closes, number)
    return index < len(table.opens) and table.opens[index] <= number


def next_open(calendar: Calendar, moment: datetime) -> Due:
    """The moment itself where it is open, else that of the next opening."""
    year, table, index = _seek(calendar, moment)
    begin = max(table.opens[index], micros(moment))
    return Due(moment_of(begin), _guessed(calendar, _local(calendar, moment).year, year))


def is_working_day(calendar: Calendar, day: date) -> bool:
    """Whether a local day has any working time."""
    days = year_table(calendar, day.year).days
    index = bisect_left(days, day.toordinal())
    return index < len(days) and days[index] == day.toordinal()


def is_provisional(calendar: Calendar, start: datetime, end: datetime) -> bool:
    """Whether days between two moments belong to a year whose holidays are not known."""
    first, last = sorted((start, end))
    return _guessed(calendar, _local(calendar, first).year, _local(calendar, last).year)


def add_worked(calendar: Calendar, start: datetime, amount: timedelta) -> Due:
    """The earliest moment at which so much working time has passed; for none of it, the moment from which it counts."""
    year, table, index = _seek(calendar, start)
    begin = max(table.opens[index], micros(start))
    first = _local(calendar, start).year
    rest = amount // MICROSECOND
    if rest <= 0:
        return Due(moment_of(begin), _guessed(calendar, first, year))
    rest += table.before[index] + begin - table.opens[index]
    while rest > table.before[-1]:
        rest -= table.before[-1]
        year += 1
        table = year_table(calendar, year)
    index = bisect_left(table.before, rest) - 1
    return Due(moment_of(table.opens[index] + rest - table.before[index]), _guessed(calendar, first, year))


def _subtract_worked(calendar: Calendar, end: datetime, amount: int) -> Due:
    last, rest = _worked(calendar, end)
    rest -= amount
    year = last
    while rest < 0:
        year -= 1
        rest += year_table(calendar, year).before[-1]
    table = year_table(calendar, year)
    index = bisect_right(table.before, rest) - 1
    return Due(moment_of(table.opens[index] + rest - table.before[index]), _guessed(calendar, year, last))


def _add_workdays(calendar: Calendar, start: datetime, count: int) -> Due:
    begin = next_open(calendar, start)
    if count == 0:
        return begin
    local = _local(calendar, begin.at)
    year, table = local.year, year_table(calendar, local.year)
    position = bisect_right(table.days, local.date().toordinal()) - 1
    whole = table.starts[position] == micros(begin.at)  # whole days, from opening to closing
    position += count - whole
    while position >= len(table.days):
        position -= len(table.days)
        year += 1
        table = year_table(calendar, year)
    number = table.ends[position] if whole else _same_time(calendar, table, position, local)
    index = bisect_left(table.closes, number)
    if number <= table.opens[index]:  # nothing is worked since the closing before
        year, table, index = (year, table, index) if index else (year - 1, year_table(calendar, year - 1), 0)
        number = table.closes[index - 1]
    return Due(moment_of(number), _guessed(calendar, _local(calendar, start).year, year))


def _subtract_workdays(calendar: Calendar, end: datetime, count: int) -> Due:
    local = _local(calendar, end)
    year, table = local.year, year_table(calendar, local.year)
    today = local.date().toordinal()
    position = bisect_left(table.days, today) - count
    while position < 0:
        year -= 1
        table = year_table(calendar, year)
        position += len(table.days)
    number = _same_time(calendar, table, position, local)
    return Due(next_open(calendar, moment_of(number)).at, _guessed(calendar, year, local.year))


def _same_time(calendar: Calendar, table: YearTable, position: int, local: datetime) -> int:
    """The local time of a moment on a working day, not before it opens nor after it closes, in microseconds since 1970."""
    wall = datetime.combine(date.fromordinal(table.days[position]), local.time())
    number = micros(from_wall(wall, zone(calendar.timezone)))
    return max(table.starts[position], min(number, table.ends[position]))


def _add_plain(calendar: Calendar, start: datetime, duration: Duration) -> datetime:
    """Minutes and hours are real time; days and longer keep the local time."""
    try:
        if duration.exact is not None:
            return start.astimezone(UTC) + duration.exact
        local = _local(calendar, start)
        if duration.unit == "months":
            day = add_months(local.date(), duration.amount)
        else:
            day = local.date() + timedelta(days=duration.amount * (7 if duration.unit == "weeks" else 1))
        return from_wall(datetime.combine(day, local.time()), zone(calendar.timezone), local.fold)
    except OverflowError as error:
        raise TooFar(f"'{duration}' from {start.isoformat()} is out of reach") from error


def _seek(calendar: Calendar, moment: datetime) -> tuple[int, YearTable, int]:
    """The first opening that is not over at a moment: its year, the table of that year, its index."""
    number, year = micros(moment), _local(calendar, moment).year
    while True:
        table = year_table(calendar, year)
        index = bisect_right(table.closes, number)
        if index < len(table.opens):
            return year, table, index
        year += 1


def _worked(calendar: Calendar, moment: datetime) -> tuple[int, int]:
    """The local year of a moment, and the working time of that year until then, in microseconds."""
    number, year = micros(moment), _local(calendar, moment).year
    table = year_table(calendar, year)
    index = bisect_right(table.closes, number)
    begun = max(0, number - table.opens[index]) if index < len(table.opens) else 0
    return year, table.before[index] + begun


def _local(calendar: Calendar, moment: datetime) -> datetime:
    return moment.astimezone(zone(calendar.timezone))


def _guessed(calendar: Calendar, first: int, last: int) -> bool:
    return any(calendar.missing(year) for year in range(first, last + 1))
