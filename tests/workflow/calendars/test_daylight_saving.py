"""Clocks that are put forward and back: hours are read on the wall, time inside is real, every moment is kept in UTC."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from looseleaf_workflow.calendars import Duration, add, arithmetic, between, is_open, parse_duration, subtract, timetable
from looseleaf_workflow.calendars.clocks import due, recalculate, start
from support.calendars import MINUTE, Walker, at, calendar, local

ROUND_THE_CLOCK = {"mon-sun": ["00:00-24:00"]}
CHANGES = [
    ("Australia/Lord_Howe", "2026-04-05"),  # back by half an hour at 02:00
    ("Australia/Lord_Howe", "2026-10-04"),  # forward by half an hour
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("Asia/Shanghai", "1986-05-04"),
    ("Asia/Shanghai", "1986-09-14"),
    ("Asia/Shanghai", "1991-04-14"),
    ("Asia/Shanghai", "1991-09-15"),
    ("America/Sao_Paulo", "2017-10-15"),  # midnight does not exist
    ("America/Sao_Paulo", "2018-02-17"),  # 23:00 to 24:00 twice
    ("Africa/Casablanca", "2026-02-15"),  # back for Ramadan
    ("Africa/Casablanca", "2026-03-22"),
    ("America/St_Johns", "2010-11-07"),  # back at one minute past midnight, into the day before
    ("Pacific/Apia", "2011-12-30"),  # a day that does not exist
]


@pytest.mark.parametrize(("zone", "day"), CHANGES)
def test_l12_the_zones_change_on_these_days(zone: str, day: str) -> None:
    """Otherwise the tests below would hold nothing."""
    noon = datetime.fromisoformat(f"{day} 12:00").replace(tzinfo=ZoneInfo(zone))
    assert (noon - timedelta(days=1)).utcoffset() != (noon + timedelta(days=1)).utcoffset()


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize(
    "shifts", [["00:00-24:00"], ["00:00-01:15", "01:45-02:20", "23:15-23:40"], ["01:30-06:00", "22:30-24:00"], ["02:10-02:40"]]
)
def test_l12_work_around_the_change_equals_walking_minute_by_minute(zone: str, day: str, shifts: list[str]) -> None:
    walker = Walker(zone, dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), shifts))
    worked = walker.calendar()
    first = at(f"{day} 00:00", "UTC") - timedelta(hours=12)
    passed = timedelta()
    minutes = walker.minutes(first)
    for _ in range(42 * 60):
        moment, open_now = next(minutes)
        assert is_open(worked, moment) is open_now, local(moment, zone)
        if moment.minute % 10 == 0:
            assert between(worked, first, moment) == passed, local(moment, zone)
        passed += MINUTE * open_now
        if open_now and passed % timedelta(hours=1) == timedelta():
            assert add(worked, first, Duration(passed // timedelta(hours=1), "workhours")).at == moment + MINUTE


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Asia/Shanghai", "1986-05-04", 23),
        ("Asia/Shanghai", "1991-09-15", 25),
        ("America/Sao_Paulo", "2017-10-15", 23),
        ("Pacific/Apia", "2011-12-30", 0),
    ],
)
def test_l12_a_day_round_the_clock_is_as_long_as_it_really_was(zone: str, day: str, hours: float) -> None:
    after = (datetime.fromisoformat(day) + timedelta(days=1)).date()
    begin, end = (at(f"{one} 00:00", zone, fold=1 if one == day else 0) for one in (day, str(after)))
    if hours == 0:
        begin, end = at("2011-12-29 23:59", zone), at("2011-12-31 00:01", zone)
        assert between(calendar(ROUND_THE_CLOCK, zone), begin, end) == 2 * MINUTE
        return
    if zone == "America/Sao_Paulo":
        begin = at(f"{day} 01:00", zone)
    assert between(calendar(ROUND_THE_CLOCK, zone), begin, end) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("zone", "start", "duration", "due", "utc"),
    [
        # an office keeps its hours on the wall: the same local time, another offset
        ("Europe/Berlin", "2026-03-27 16:00", "4 workhours", "2026-03-30 12:00", "10:00"),
        ("Europe/Berlin", "2026-10-23 16:00", "4 workhours", "2026-10-26 12:00", "11:00"),
        ("America/New_York", "2026-03-06 16:00", "1 workdays", "2026-03-09 16:00", "20:00"),
        ("Asia/Shanghai", "1986-05-02 16:00", "1 workdays", "1986-05-05 16:00", "07:00"),
        # days keep the local time; one that does not exist moves to the end of the gap
        ("America/New_York", "2026-03-07 02:30", "1 days", "2026-03-08 03:00", "07:00"),
        ("America/New_York", "2026-10-31 01:30", "1 days", "2026-11-01 01:30", "05:30"),
        ("America/Sao_Paulo", "2017-10-14 00:00", "1 days", "2017-10-15 01:00", "03:00"),
        ("Australia/Lord_Howe", "2026-10-03 02:10", "1 days", "2026-10-04 02:30", "15:30"),
        # hours are real
        ("America/New_York", "2026-03-08 01:30", "1 hours", "2026-03-08 03:30", "07:30"),
        ("America/New_York", "2026-11-01 01:30", "1 hours", "2026-11-01 01:30", "06:30"),
    ],
)
def test_l12_what_is_due_across_a_change(zone: str, start: str, duration: str, due: str, utc: str) -> None:
    office = calendar({"mon-fri": ["10:00-18:00"]}, zone)
    found = add(office, at(start, zone), parse_duration(duration)).at
    assert (local(found, zone), found.strftime("%H:%M")) == (due, utc)
    assert str(found.tzinfo) == "UTC"


def test_l12_a_new_zone_database_moves_what_is_due_and_not_what_has_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = at("2026-03-02 14:00")
    clock = start(calendar(), begun, parse_duration("8 workhours"))
    found = due(clock, calendar())
    assert found is not None
    assert local(found.at) == "2026-03-03 14:30"
    for module in (arithmetic, timetable):  # the zone's clocks are put forward by an hour for good
        monkeypatch.setattr(module, "zone", lambda name: ZoneInfo("Asia/Tokyo"))
    renewed = recalculate(clock, calendar(), begun)
    moved = due(renewed, calendar())
    assert moved is not None
    assert local(moved.at, "Asia/Tokyo") == "2026-03-03 15:30"  # three hours on that day, three before lunch, two after it
    assert (renewed.started, renewed.runs) == (clock.started, clock.runs)


def test_l12_a_target_in_workdays_is_measured_anew_by_a_new_zone_database(monkeypatch: pytest.MonkeyPatch) -> None:
    hours = {"mon": ["09:00-18:00"], "tue-fri": ["09:00-12:00", "13:30-18:00"]}
    begun = at("2026-03-02 12:30")
    clock = start(calendar(hours), begun, parse_duration("1 workdays"))
    assert clock.budget == timedelta(hours=8, minutes=30)
    for module in (arithmetic, timetable):
        monkeypatch.setattr(module, "zone", lambda name: ZoneInfo("Asia/Tokyo"))
    renewed = recalculate(clock, calendar(hours), begun)
    moved = due(renewed, calendar(hours))
    assert moved is not None
    assert local(moved.at, "Asia/Tokyo") == "2026-03-03 12:00"  # it began at 13:30 there; at that time of the next day it is lunch
    assert (renewed.budget, renewed.started) == (timedelta(hours=7, minutes=30), clock.started)


def test_l12_a_reminder_before_a_change_is_real_working_time_too() -> None:
    always = calendar(ROUND_THE_CLOCK, "Europe/Berlin")
    end = at("2026-03-29 06:00", "Europe/Berlin")
    assert local(subtract(always, end, parse_duration("5 workhours")).at, "Europe/Berlin") == "2026-03-29 00:00"
