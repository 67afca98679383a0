"""Chinese public holidays: the table against two independent collections, years that are not known, and yearly uploads."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import chinese_calendar
import holidays as holidays_package
import pytest
from hypothesis import given
from hypothesis import strategies as st

from looseleaf_workflow.calendars import (
    Calendar,
    MissingYear,
    add,
    between,
    is_open,
    is_provisional,
    is_working_day,
    next_open,
    parse_duration,
    subtract,
    working_days_between,
)
from looseleaf_workflow.calendars.calendar import CLOSED
from looseleaf_workflow.calendars.holidays import DATA, FESTIVALS, read_notices, shipped
from support import holiday_table
from support.calendars import at, calendar, cn_office, every_day, local

CHINA = cn_office()
DAYS = list(every_day("2004-01-01", "2026-12-31"))
NOTICE_2027 = """
holidays: cn_2027
base: CN
year: 2027
closed:
  new_year: 2026-12-31..01-02
  spring_festival: [02-05..02-07, 02-08..02-11]
worked: [2026-12-27, 01-30]
"""
"""Not the real notice, which is not known here."""


def test_l03_every_day_since_2004_is_as_two_independent_collections_say_but_for_one_on_which_they_differ() -> None:
    other = holidays_package.country_holidays("CN", years=range(2004, 2027))
    ours = {day: is_working_day(CHINA, day) for day in DAYS}
    assert len(DAYS) == 8401
    assert [day for day in DAYS if ours[day] != other.is_working_day(day)] == []
    # The notice for 2006 (国办发明电〔2005〕35号): "12月31日（星期六）上班".
    assert [day for day in DAYS if ours[day] != chinese_calendar.is_workday(day)] == [date(2005, 12, 31)]
    assert ours[date(2005, 12, 31)]


def test_the_table_is_what_its_script_writes() -> None:
    assert (DATA / "cn.yaml").read_text("utf-8") == holiday_table.table()


@pytest.mark.parametrize("day", ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"])
def test_l03_swapped_days_of_2026_are_worked_on_weekends(day: str) -> None:
    worked = date.fromisoformat(day)
    assert worked.weekday() >= 5
    assert is_open(CHINA, at(f"{day} 09:00"))
    assert between(CHINA, at(f"{day} 00:00"), at(f"{day} 23:59")) == timedelta(hours=7.5)
    assert not is_open(calendar(), at(f"{day} 09:00"))


@pytest.mark.parametrize(
    ("hours", "more", "day", "worked"),
    [
        ({"mon-sat": ["09:00-18:00"]}, {}, "2026-03-07", 9),  # six-day week: a usual Saturday
        ({"mon-sat": ["09:00-18:00"]}, {}, "2026-02-21", 0),  # a Saturday within Spring Festival
        ({"mon-sat": ["09:00-18:00"]}, {}, "2026-02-14", 9),  # a swapped Saturday
        ({"mon-sat": ["09:00-18:00"]}, {}, "2026-01-04", 9),  # a swapped Sunday takes Monday's hours
        ({"mon-fri": ["09:00-18:00"], "sat": ["09:00-12:00"]}, {}, "2026-02-14", 3),  # its own hours
        ({"mon-fri": ["09:00-18:00"], "sat": ["09:00-12:00"]}, {"swapped": ["10:00-16:00"]}, "2026-02-14", 6),  # unless told
        ({"mon-fri": ["09:00-18:00"]}, {"swapped": "closed"}, "2026-02-14", 0),  # a company that doesn't swap
    ],
)
def test_l03_the_week_of_a_company_composes_with_the_holidays(hours: Any, more: dict[str, Any], day: str, worked: int) -> None:
    own = calendar(hours, holidays={"base": "CN", **more})
    assert between(own, at(f"{day} 00:00"), at(f"{day} 23:59")) == timedelta(hours=worked)


def test_l03_big_and_small_weeks_take_turns_and_holidays_do_not_stop_the_turns() -> None:
    own = calendar(
        {"mon-fri": ["09:00-18:00"]}, alternate={"from": "2026-01-17", "hours": {"sat": ["09:00-17:00"]}}, holidays={"base": "CN"}
    )
    saturdays = [day for day in every_day("2025-12-20", "2026-03-31") if day.weekday() == 5]
    worked = [day.isoformat() for day in saturdays if is_working_day(own, day)]
    # 2026-01-03 is a holiday of a worked week, 2026-02-28 worked for it and for the swap, 2026-02-14 too
    assert worked == ["2025-12-20", "2026-01-17", "2026-01-31", "2026-02-14", "2026-02-28", "2026-03-14", "2026-03-28"]


def test_l03_a_week_of_the_other_kind_begins_on_monday_whichever_of_its_days_is_named() -> None:
    week = ["2026-03-09", "2026-03-10", "2026-03-11", "2026-03-12", "2026-03-13", "2026-03-14", "2026-03-15"]
    for named in week:
        own = calendar({"mon-fri": ["09:00-18:00"]}, alternate={"from": named, "hours": {"mon": "closed", "sun": ["09:00-12:00"]}})
        assert [is_working_day(own, date.fromisoformat(day)) for day in week] == [False, True, True, True, True, False, True]
        assert [is_working_day(own, date.fromisoformat(day) + timedelta(days=7)) for day in week] == [True] * 5 + [False] * 2


def test_overrides_speak_before_holidays() -> None:
    own = cn_office(overrides={"2026-02-17": ["10:00-11:00"], "2026-02-14": "closed"})
    assert local(next_open(own, at("2026-02-13 18:00")).at) == "2026-02-17 10:00"


def test_a_holiday_has_a_name_that_people_read() -> None:
    assert CHINA.holiday(date(2026, 2, 17)) == "spring_festival"
    assert FESTIVALS["spring_festival"].translate("zh") == "春节"
    assert CHINA.holiday(date(2026, 2, 14)) == ""
    assert {name for year in shipped("CN").values() for name in year.off.values()} == set(FESTIVALS)


# Years that are not known


def test_l04_what_falls_into_a_year_without_holidays_is_provisional() -> None:
    december = at("2026-12-30 09:00")
    assert add(CHINA, december, parse_duration("15 workhours")).provisional is False
    assert local(add(CHINA, december, parse_duration("15 workhours")).at) == "2026-12-31 18:00"
    due = add(CHINA, december, parse_duration("16 workhours"))
    assert (local(due.at), due.provisional) == ("2027-01-01 10:00", True)
    assert add(CHINA, december, parse_duration("2 workdays")).provisional is False
    assert add(CHINA, december, parse_duration("3 workdays")).provisional is True
    assert next_open(CHINA, at("2026-12-31 18:00")).provisional is True
    assert is_provisional(CHINA, december, at("2027-01-01 00:00"))
    assert not is_provisional(CHINA, december, at("2026-12-31 23:59"))
    assert subtract(CHINA, at("2027-01-01 10:00"), parse_duration("2 workhours")).provisional is True


def test_l04_years_before_the_table_are_no_better_known() -> None:
    assert add(CHINA, at("2003-12-31 17:00"), parse_duration("1 workhours")).provisional is True
    assert add(CHINA, at("2004-01-02 09:00"), parse_duration("1 workhours")).provisional is False


def test_l04_real_time_and_calendars_without_holidays_are_never_provisional() -> None:
    assert add(CHINA, at("2026-12-31 09:00"), parse_duration("3 days")).provisional is False
    assert add(calendar(), at("2026-12-31 09:00"), parse_duration("100 workhours")).provisional is False


def test_l04_a_calendar_may_refuse_to_guess() -> None:
    strict = cn_office(holidays={"base": "CN", "year_missing": "refuse"})
    december = at("2026-12-30 09:00")
    assert local(add(strict, december, parse_duration("15 workhours")).at) == "2026-12-31 18:00"
    assert local(add(strict, december, parse_duration("2 workdays")).at) == "2026-12-31 18:00"
    assert between(strict, december, at("2026-12-31 23:00")) == timedelta(hours=15)
    for question in (
        lambda: add(strict, december, parse_duration("16 workhours")),
        lambda: add(strict, december, parse_duration("3 workdays")),
        lambda: between(strict, december, at("2027-01-02 09:00")),
        lambda: next_open(strict, at("2026-12-31 18:00")),
        lambda: is_open(strict, at("2027-01-02 10:00")),
        lambda: working_days_between(strict, december, at("2027-01-02 10:00")),
    ):
        with pytest.raises(MissingYear) as refused:
            question()
        assert refused.value.year == 2027
    assert str(refused.value) == "the calendar 'office' doesn't know the holidays of 2027 yet"


def test_l04_an_uploaded_year_settles_what_was_provisional() -> None:
    years, problems = read_notices("2027.yaml", NOTICE_2027)
    assert problems == ()
    assert len(years) == 1
    known = CHINA.with_years(years)
    before, after = (add(one, at("2026-12-30 17:00"), parse_duration("2 workhours")) for one in (CHINA, known))
    assert (local(before.at), before.provisional) == ("2026-12-31 10:00", False)
    assert (local(after.at), after.provisional) == ("2027-01-04 10:00", False)  # the notice closes New Year's Eve
    assert is_working_day(known, date(2026, 12, 27))
    assert known.holiday(date(2027, 2, 8)) == "spring_festival"
    assert CHINA.missing(2027)


def test_an_uploaded_year_replaces_the_one_that_came_with_the_product() -> None:
    years, _ = read_notices("2026.yaml", "holidays: cn_2026_b\nbase: CN\nyear: 2026\nclosed: {new_year: 01-01}\n")
    known = CHINA.with_years(years)
    assert is_working_day(known, date(2026, 1, 2))
    assert not is_working_day(known, date(2026, 2, 14))
    assert is_working_day(CHINA.with_years([replace(years[0], base="XX")]), date(2026, 2, 14))


@pytest.mark.parametrize(
    ("line", "text", "place", "code", "message"),
    [
        (6, "  new_year: 13-01", "6:13", "bad-date", "'13-01' names a day that does not exist"),
        (6, "  new_year: 02-29", "6:13", "bad-date", "'02-29' names a day that does not exist"),
        (6, "  new_year: early", "6:13", "bad-date", "'early' is not a day or a range of days"),
        (6, "  new_year: 01-03..01-01", "6:13", "bad-date", "'01-03..01-01' ends before it begins"),
        (6, "  new_year: 2026-11-30..01-01", "6:13", "bad-date", "'2026-11-30..01-01' is not in 2027 or the December before"),
        (6, "  new_year: 2028-01-01", "6:13", "bad-date", "'2028-01-01' is not in 2027 or the December before"),
        (7, "  spring_festival: [02-05, 01-01..01-02]", "7:28", "listed-twice", "2027-01-01 is closed twice"),
        (8, "worked: [01-30, 02-05]", "8:17", "contradiction", "2027-02-05 is both closed and worked"),
        (8, "works: [01-30]", "8:1", "unknown-key", "unknown key 'works'"),
        (4, "year: soon", "4:7", "wrong-type", "expected a whole number, found a text"),
        (3, "base: US", "3:7", "unknown-value", "unknown value 'US'"),
        (2, "holiday: cn_2027", "2:1", "unknown-kind", "a yearly notice begins with 'holidays: cn_2027', this is 'holiday'"),
    ],
)
def test_a_faulty_upload_is_told_with_its_place_and_not_taken(line: int, text: str, place: str, code: str, message: str) -> None:
    lines = NOTICE_2027.splitlines()
    lines[line - 1] = text
    years, problems = read_notices("2027.yaml", "\n".join(lines))
    assert years == ()
    told = [(f"{problem.place.line}:{problem.place.column}", problem.code, str(problem.message)) for problem in problems]
    assert told[0] == (place, code, message)


def test_a_year_that_is_uploaded_twice_is_told() -> None:
    _, problems = read_notices("2027.yaml", NOTICE_2027 + "---" + NOTICE_2027.replace("cn_2027", "cn_2027_b"))
    assert [problem.code for problem in problems] == ["duplicate-name"]


@given(st.text(max_size=200))
def test_no_upload_makes_the_reader_fall_over(text: str) -> None:
    years, problems = read_notices("x.yaml", text)
    assert years == ()
    assert problems


@given(st.sampled_from(DAYS))
def test_a_day_off_is_closed_all_day(day: date) -> None:
    if CHINA.holiday(day):
        assert CHINA.shifts(day) == CLOSED
    assert isinstance(CHINA, Calendar)
