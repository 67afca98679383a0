"""Counting in working time: exact across lunch, night, weekends and holidays, and equal to walking minute by minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from looseleaf_workflow.calendars import (
    Calendar,
    Duration,
    TooFar,
    add,
    between,
    is_open,
    is_working_day,
    next_open,
    parse_duration,
    subtract,
    working_days_between,
)
from support.calendars import MINUTE, Walker, at, calendar, cn_office, every_day, local

OFFICE = calendar()
CHINA = cn_office()
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("start", "duration", "due", "why"),
    [
        ("2026-03-02 09:00", "3 workhours", "2026-03-02 12:00", "a morning ends at noon, not after lunch"),
        ("2026-03-02 11:00", "2 workhours", "2026-03-02 14:30", "across lunch"),
        ("2026-03-02 16:00", "8 workhours", "2026-03-03 16:30", "across the night: a day has seven and a half hours"),
        ("2026-03-06 17:00", "2 workhours", "2026-03-09 10:00", "across a weekend"),
        ("2026-02-13 16:00", "8 workhours", "2026-02-14 16:30", "into a swapped working Saturday"),
        ("2026-02-14 16:00", "8 workhours", "2026-02-24 16:30", "across nine days of Spring Festival"),
        ("2026-04-03 17:30", "1 workhours", "2026-04-07 09:30", "across Qingming"),
        ("2026-09-19 10:00", "1 workhours", "2026-09-20 10:00", "a free Saturday before a working Sunday"),
        ("2026-03-02 09:00", "75 workhours", "2026-03-13 18:00", "ten whole days end at closing"),
        ("2026-03-02 10:15", "1 workdays", "2026-03-03 10:15", "the same time on the next working day"),
        ("2026-03-06 10:15", "1 workdays", "2026-03-09 10:15", "which is Monday"),
        ("2026-02-14 10:15", "2 workdays", "2026-02-25 10:15", "working days leave Spring Festival out"),
        ("2026-03-07 10:15", "1 workdays", "2026-03-09 18:00", "a Saturday counts from Monday's opening"),
        ("2026-03-02 09:00", "2 workdays", "2026-03-03 18:00", "from opening to closing is a day"),
        ("2026-03-02 12:30", "1 workdays", "2026-03-03 12:00", "so is from the end of lunch to the next lunch"),
        ("2026-03-06 17:00", "90 minutes", "2026-03-06 18:30", "minutes are real time"),
        ("2026-03-06 17:00", "20 hours", "2026-03-07 13:00", "so are hours"),
        ("2026-03-06 17:00", "2 days", "2026-03-08 17:00", "days are those of the calendar on the wall"),
        ("2026-03-06 17:00", "1 week", "2026-03-13 17:00", "and weeks"),
        ("2026-01-31 17:00", "1 month", "2026-02-28 17:00", "and months"),
    ],
)
def test_l01_add_is_exact(start: str, duration: str, due: str, why: str) -> None:
    assert local(add(CHINA, at(start), parse_duration(duration)).at) == due, why


@pytest.mark.parametrize(
    ("start", "counts_from"),
    [
        ("2026-03-02 09:00", "2026-03-02 09:00"),
        ("2026-03-02 08:59", "2026-03-02 09:00"),
        ("2026-03-02 11:59", "2026-03-02 11:59"),
        ("2026-03-02 12:00", "2026-03-02 13:30"),
        ("2026-03-02 17:59", "2026-03-02 17:59"),
        ("2026-03-02 18:00", "2026-03-03 09:00"),
        ("2026-03-06 18:00", "2026-03-09 09:00"),
        ("2026-02-15 11:00", "2026-02-24 09:00"),
    ],
)
def test_l02_a_start_outside_working_time_counts_from_the_next_opening_and_closing_time_is_outside(start: str, counts_from: str) -> None:
    moment = at(start)
    assert local(next_open(CHINA, moment).at) == counts_from
    assert local(add(CHINA, moment, Duration(0, "workhours")).at) == counts_from
    assert add(CHINA, moment, parse_duration("2 workhours")) == add(CHINA, at(counts_from), parse_duration("2 workhours"))
    assert is_open(CHINA, moment) is (start == counts_from)


def test_l02_nothing_lies_between_closing_and_the_next_opening() -> None:
    assert between(OFFICE, at("2026-03-02 12:00"), at("2026-03-02 13:30")) == timedelta()
    assert between(OFFICE, at("2026-03-06 18:00"), at("2026-03-09 09:00")) == timedelta()
    assert between(OFFICE, at("2026-03-06 17:59"), at("2026-03-09 09:01")) == 2 * MINUTE


def test_a_year_ends_closed_and_the_next_begins_closed() -> None:
    for moment in ("2025-12-31 18:00", "2025-12-31 23:59", "2026-01-01 00:00"):
        assert not is_open(CHINA, at(moment))
        assert between(CHINA, at(moment), at("2026-01-04 10:00")) == HOUR


def test_touching_shifts_are_one_opening_and_a_night_is_written_as_two() -> None:
    night = calendar({"mon-thu": ["00:00-06:00", "22:00-24:00"]})
    assert is_open(night, at("2026-03-03 00:00"))
    assert local(add(night, at("2026-03-02 23:00"), parse_duration("6 workhours")).at) == "2026-03-03 05:00"
    assert between(night, at("2026-03-02 22:00"), at("2026-03-03 06:00")) == 8 * HOUR


@pytest.mark.parametrize(
    ("end", "duration", "begin"),
    [
        ("2026-03-02 14:30", "2 workhours", "2026-03-02 11:00"),
        ("2026-03-09 10:00", "2 workhours", "2026-03-06 17:00"),
        ("2026-03-02 13:30", "3 workhours", "2026-03-02 09:00"),
        ("2026-03-03 09:00", "1 workhours", "2026-03-02 17:00"),
        ("2026-01-05 10:00", "2 workhours", "2026-01-04 17:00"),
        ("2026-01-04 10:00", "2 workhours", "2025-12-31 17:00"),
        ("2026-01-04 10:00", "1 workhours", "2026-01-04 09:00"),
        ("2026-03-09 10:00", "1 workdays", "2026-03-06 10:00"),
        ("2026-03-08 10:00", "1 workdays", "2026-03-06 10:00"),
        ("2026-03-09 18:00", "1 workdays", "2026-03-09 09:00"),
        ("2026-03-09 12:00", "1 workdays", "2026-03-06 13:30"),
        ("2026-01-04 10:00", "2 workdays", "2025-12-30 10:00"),
        ("2026-03-31 10:00", "1 months", "2026-02-28 10:00"),
        ("2026-03-09 10:00", "3 days", "2026-03-06 10:00"),
    ],
)
def test_a_reminder_lies_as_long_before_its_deadline_as_it_says(end: str, duration: str, begin: str) -> None:
    assert local(subtract(CHINA, at(end), parse_duration(duration)).at) == begin


@pytest.mark.parametrize("unit", ["workhours", "workdays", "minutes", "days", "months"])
def test_nothing_before_a_deadline_is_the_deadline(unit: str) -> None:
    for end in ("2026-12-31 20:00", "2026-12-31 18:00", "2026-03-07 10:00", "2026-03-02 10:00"):
        found = subtract(CHINA, at(end), Duration(0, unit)).at  # type: ignore[arg-type]
        assert local(found) == end


def test_a_workday_that_is_shorter_ends_what_is_due_after_it() -> None:
    short = calendar(overrides={"2026-03-03": ["10:00-12:00"], "2026-03-04": "closed"})
    assert local(add(short, at("2026-03-02 17:00"), parse_duration("1 workdays")).at) == "2026-03-03 12:00"
    assert local(add(short, at("2026-03-02 09:30"), parse_duration("1 workdays")).at) == "2026-03-02 18:00"
    assert local(add(short, at("2026-03-02 17:00"), parse_duration("2 workdays")).at) == "2026-03-05 17:00"


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2026-03-02 10:00", "2026-03-02 18:00", 0),
        ("2026-03-02 10:00", "2026-03-03 09:59", 0),
        ("2026-03-02 10:00", "2026-03-03 10:00", 1),
        ("2026-03-02 09:00", "2026-03-02 18:00", 1),
        ("2026-03-06 10:00", "2026-03-08 23:00", 0),
        ("2026-03-06 10:00", "2026-03-09 10:00", 1),
        ("2026-03-07 10:00", "2026-03-08 10:00", 0),
        ("2025-12-31 10:00", "2026-01-05 10:00", 2),
        ("2026-03-03 10:00", "2026-03-02 10:00", -1),
    ],
)
def test_whole_workdays_are_counted_as_add_counts_them(start: str, end: str, days: int) -> None:
    assert working_days_between(CHINA, at(start), at(end)) == days


def test_a_year_is_looked_up_once_however_often_and_far_it_is_counted() -> None:
    far = cn_office(name="far")
    asked = 0
    shifts = Calendar.shifts

    def counted(self: Calendar, day: object) -> object:
        nonlocal asked
        asked += 1
        return shifts(self, day)  # type: ignore[arg-type]

    with patch.object(Calendar, "shifts", counted):
        start = at("2005-01-04 09:00")
        ends = {add(far, start + MINUTE * step, parse_duration("40000 workhours")).at for step in range(2000)}
        between(far, start, max(ends))
        working_days_between(far, start, max(ends))
    years = max(ends).year - 2005 + 1
    assert years > 15
    assert asked <= 366 * years


def test_what_is_out_of_reach_is_refused() -> None:
    for duration in ("99999 workdays", "99999 months"):
        with pytest.raises(TooFar):
            add(OFFICE, at("2026-03-02 09:00"), parse_duration(duration))
    with pytest.raises(ValueError, match="backwards"):
        add(OFFICE, at("2026-03-02 09:00"), Duration(-1, "days"))
    with pytest.raises(ValueError, match="forwards"):
        subtract(OFFICE, at("2026-03-02 09:00"), Duration(-1, "workhours"))


# Properties

CLOCK_TIMES = st.lists(st.integers(0, 288), min_size=2, max_size=6, unique=True).map(sorted)
"""Times of a day in steps of five minutes, for openings and closings in turn."""


def written(times: list[int]) -> list[str]:
    """Shifts from times in order; an odd one out is left."""
    shown = [f"{time // 12:02}:{time % 12 * 5:02}" for time in times]
    return [f"{opens}-{closes}" for opens, closes in zip(shown[::2], shown[1::2], strict=False)]


SHIFTS = CLOCK_TIMES.map(written)
WALKERS = st.builds(
    Walker,
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    st.dictionaries(st.sampled_from(["tue", "wed", "thu", "sat", "sun"]), SHIFTS, max_size=4).map(
        lambda week: {"mon": ["09:00-17:00"], **week}
    ),
    st.dictionaries(st.sampled_from([day.isoformat() for day in every_day("2026-03-25", "2026-04-08")]), SHIFTS | st.just([]), max_size=4),
)
MOMENTS = st.integers(0, 14 * 24 * 60).map(lambda minutes: datetime(2026, 3, 24, tzinfo=UTC) + MINUTE * minutes)
ANY_MOMENTS = st.datetimes(datetime(2004, 1, 5), datetime(2026, 12, 20)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001
HOURS_OF_WORK = st.integers(0, 3000)


@given(WALKERS, MOMENTS, st.integers(0, 900))
@settings(max_examples=60, deadline=None)
def test_l01_add_equals_walking_minute_by_minute(walker: Walker, start: datetime, minutes: int) -> None:
    worked = walker.calendar()
    exact = Duration(minutes // 60, "workhours")
    assert add(worked, start, exact).at == walker.add(start, exact.amount * 60)


@given(WALKERS, MOMENTS, st.integers(0, 5 * 24 * 60))
@settings(max_examples=60, deadline=None)
def test_l01_between_equals_walking_minute_by_minute(walker: Walker, start: datetime, minutes: int) -> None:
    end = start + MINUTE * minutes
    assert between(walker.calendar(), start, end) == walker.between(start, end)


@given(ANY_MOMENTS, HOURS_OF_WORK)
def test_l01_between_undoes_add(start: datetime, hours: int) -> None:
    due = add(CHINA, start, Duration(hours, "workhours")).at
    assert due >= start
    assert between(CHINA, start, due) == hours * HOUR


@given(ANY_MOMENTS, HOURS_OF_WORK)
def test_l01_add_undoes_subtract_and_between_measures_it(end: datetime, hours: int) -> None:
    begin = subtract(CHINA, end, Duration(hours, "workhours")).at
    if begin.year > 2004:
        assert between(CHINA, begin, end) == hours * HOUR


@given(ANY_MOMENTS, st.integers(0, 300))
def test_l01_whole_workdays_undo_add(start: datetime, days: int) -> None:
    due = add(CHINA, start, Duration(days, "workdays")).at
    assert working_days_between(CHINA, start, due) == days
    if days:
        assert working_days_between(CHINA, start, due - MINUTE) == days - 1


@given(ANY_MOMENTS, st.integers(1, 60))
def test_a_workday_is_as_much_working_time_as_its_day_has(start: datetime, days: int) -> None:
    due = add(OFFICE, start, Duration(days, "workdays")).at
    assert between(OFFICE, start, due) == days * 7.5 * HOUR
    assert is_open(OFFICE, due - timedelta(microseconds=1))


@given(ANY_MOMENTS, ANY_MOMENTS, st.integers(0, 400), st.sampled_from(["workhours", "workdays"]))
def test_a_later_start_is_never_due_earlier_and_more_is_never_due_before_less(
    one: datetime, other: datetime, amount: int, unit: str
) -> None:
    first, second = sorted((one, other))
    more = Duration(amount, unit)  # type: ignore[arg-type]
    assert add(CHINA, first, more).at <= add(CHINA, second, more).at
    assert add(CHINA, first, more).at < add(CHINA, first, Duration(amount + 1, more.unit)).at


@given(ANY_MOMENTS, ANY_MOMENTS, ANY_MOMENTS)
def test_working_time_adds_up_wherever_it_is_split(one: datetime, two: datetime, three: datetime) -> None:
    assert between(CHINA, one, two) + between(CHINA, two, three) == between(CHINA, one, three)
    assert between(CHINA, one, two) == -between(CHINA, two, one)


@given(ANY_MOMENTS, HOURS_OF_WORK, st.integers(1, 3000))
def test_adding_twice_is_adding_once(start: datetime, first: int, second: int) -> None:
    half_way = add(CHINA, start, Duration(first, "workhours")).at
    assert add(CHINA, half_way, Duration(second, "workhours")) == add(CHINA, start, Duration(first + second, "workhours"))


@given(st.dates(datetime(2004, 1, 1).date(), datetime(2026, 12, 31).date()))  # noqa: DTZ001
def test_a_working_day_is_one_that_opens(day: object) -> None:
    morning = at(f"{day} 00:00")
    opens = next_open(CHINA, morning).at < morning + timedelta(days=1)
    assert is_working_day(CHINA, day) is opens  # type: ignore[arg-type]
