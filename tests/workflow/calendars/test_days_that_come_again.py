"""Months of unequal length and the leap day: declared, never drifting."""

from __future__ import annotations

from datetime import date

import pytest

from looseleaf_workflow.calendars import add, parse_duration
from looseleaf_workflow.calendars.recurrence import monthly, yearly
from support.calendars import at, calendar, local


@pytest.mark.parametrize(
    ("start", "months", "due"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2026-08-31", 1, "2026-09-30"),
        ("2026-12-31", 2, "2027-02-28"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2028-02-29", 48, "2032-02-29"),
        ("2026-01-30", 13, "2027-02-28"),
    ],
)
def test_l16_months_end_on_the_last_day_of_a_shorter_one(start: str, months: int, due: str) -> None:
    assert local(add(calendar(), at(f"{start} 10:00"), parse_duration(f"{months} months")).at) == f"{due} 10:00"


def test_l16_yearly_on_29_february_is_28_february_or_1_march_as_declared() -> None:
    assert [yearly(2, 29, year) for year in (2027, 2028, 2100)] == [date(2027, 2, 28), date(2028, 2, 29), date(2100, 2, 28)]
    assert [yearly(2, 29, year, "mar_1") for year in (2027, 2028)] == [date(2027, 3, 1), date(2028, 2, 29)]
    assert yearly(5, 1, 2027, "mar_1") == date(2027, 5, 1)


def test_l16_monthly_on_the_31st_is_the_last_day_and_comes_back_to_the_31st() -> None:
    assert [monthly(31, 2026, month).day for month in range(1, 13)] == [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    assert monthly(30, 2028, 2) == date(2028, 2, 29)
    assert monthly(15, 2026, 2) == date(2026, 2, 15)
