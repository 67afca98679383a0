"""Days that come again: a birthday, the 31st of every month. Pure dates; which time of day is meant, the caller knows.

Count from the original day each time: adding a month to the result of adding a month would lose the 31st for good.
"""

from __future__ import annotations

from calendar import isleap, monthrange
from datetime import date
from typing import Literal

LeapDay = Literal["feb_28", "mar_1"]
"""When something yearly of 29 February falls in other years: the last day of February (the default), or the day after it."""


def yearly(month: int, day: int, year: int, leap_day: LeapDay = "feb_28") -> date:
    """The day of a year on which something yearly falls."""
    if (month, day) == (2, 29) and not isleap(year):
        return date(year, 3, 1) if leap_day == "mar_1" else date(year, 2, 28)
    return date(year, month, day)


def monthly(day: int, year: int, month: int) -> date:
    """The day of a month on which something monthly falls: its last where it is shorter."""
    return date(year, month, min(day, monthrange(year, month)[1]))
