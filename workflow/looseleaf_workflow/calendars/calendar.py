"""A business calendar: when people work. Frozen, made of the week's hours, the holidays of a country and days of their own.

Says which shifts a local day has and why; arithmetic.py counts with them. Knows no documents and no database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal, NamedTuple

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.labels import Label
from looseleaf_metadata.problems import Place
from looseleaf_metadata.texts import Text
from looseleaf_workflow.calendars.holidays import HolidayYear, days_of

MINUTES_OF_DAY = 24 * 60


class Shift(NamedTuple):
    """Working time within one local day, in minutes after midnight: open at `opens`, closed again at `closes` (at most 1440)."""

    opens: int
    closes: int

    def __str__(self) -> str:
        return "-".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in self)


Shifts = tuple[Shift, ...]
CLOSED: Shifts = ()
Week = tuple[Shifts, Shifts, Shifts, Shifts, Shifts, Shifts, Shifts]
"""Shifts of Monday to Sunday."""


class MissingYear(LookupError):
    """Raised where a calendar that refuses to guess is asked about a year whose holidays are not known. `message` is for people."""

    def __init__(self, calendar: str, year: int) -> None:
        self.message = Text("the calendar '{name}' doesn't know the holidays of {year} yet", name=calendar, year=year)
        super().__init__(str(self.message))
        self.year = year


@dataclass(frozen=True, slots=True)
class Alternation:
    """A week that takes turns with the usual one (大小周): `days` replace those weekdays in the week of `first` and in every second
    week before and after it."""

    first: date
    days: Mapping[int, Shifts]

    def holds(self, day: date) -> bool:
        """Whether `day` lies in a week of the other kind."""
        return (monday(day) - monday(self.first)) // 7 % 2 == 0


def monday(day: date) -> int:
    """The number of the Monday of a day's week."""
    return day.toordinal() - day.weekday()


@dataclass(frozen=True, slots=True)
class Calendar:
    """When people work, in local time of `timezone`.

    For each day the first that speaks counts: `overrides`, the holidays of `base` ("" for none), `alternation`, `week`.
    `swapped`: hours of a day of a weekend that is worked instead of another; None: those of its weekday, or if that is free those of
    the first weekday that is not. `year_missing`: what happens where the holidays of a year are not known.
    """

    name: str
    timezone: str
    week: Week
    alternation: Alternation | None = None
    overrides: Mapping[date, Shifts] = FrozenMap()
    base: str = ""
    years: Mapping[int, HolidayYear] = FrozenMap()
    year_missing: Literal["provisional", "refuse"] = "provisional"
    swapped: Shifts | None = None
    label: Label | None = None
    id: str = ""
    app: str = ""
    place: Place = field(default=Place(), compare=False)
    memory: dict[Any, Any] = field(default_factory=dict, init=False, compare=False, repr=False)
    """What was worked out already; filled by timetable.py."""

    def shifts(self, day: date) -> Shifts:
        """The shifts of a local day, in order."""
        own = self.overrides.get(day)
        if own is not None:
            return own
        off, work = self._holidays()
        if day in off:
            return CLOSED
        usual = self._usual(day)
        if day not in work:
            return usual
        return self.swapped if self.swapped is not None else usual or next((shifts for shifts in self.week if shifts), CLOSED)

    def holiday(self, day: date) -> str:
        """The festival for which a day is off, "" for other days. holidays.FESTIVALS has their names for people."""
        return self._holidays()[0].get(day, "")

    def missing(self, year: int) -> bool:
        """Whether the holidays of a year should count here and are not known."""
        return bool(self.base) and year not in self.years

    def with_years(self, years: Iterable[HolidayYear]) -> Calendar:
        """The calendar with further yearly notices of its base; they replace those of the same year."""
        more = {year.year: year for year in years if year.base == self.base}
        return replace(self, years=FrozenMap({**self.years, **more}))

    def _usual(self, day: date) -> Shifts:
        weekday = day.weekday()
        if self.alternation is not None and weekday in self.alternation.days and self.alternation.holds(day):
            return self.alternation.days[weekday]
        return self.week[weekday]

    def _holidays(self) -> tuple[dict[date, str], set[date]]:
        known: tuple[dict[date, str], set[date]] | None = self.memory.get("holidays")
        if known is None:
            known = self.memory["holidays"] = days_of(self.years.values())
        return known
