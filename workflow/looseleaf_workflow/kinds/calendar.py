"""`calendar`: when people work. `holidays`: a yearly notice that adds a year to the holidays of a country.

Built before every kind that counts with a calendar; those name theirs through `known_calendar`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.kinds.base import LABEL, NAME, Kind, Schema
from looseleaf_metadata.labels import Label
from looseleaf_metadata.names import humanised
from looseleaf_metadata.problems import suggest
from looseleaf_metadata.texts import Text
from looseleaf_workflow.calendars import holidays, reading
from looseleaf_workflow.calendars.calendar import Calendar

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_metadata.vocabulary import Vocabulary


class HolidaysKind(Kind):
    """A yearly notice: the same shape as the table that comes with the product. Stands before `calendar` among the kinds."""

    name = "holidays"
    required = holidays.NEEDED

    def properties(self, vocabulary: Vocabulary) -> Schema:
        return {"id": NAME, **holidays.NOTICE}

    def build(self, document: Document, run: Compilation) -> Any:
        """The HolidayYear; reports dates that are wrong, and a year that another notice speaks of."""
        year, faults = holidays.read_year(document.data)
        year = year and replace(year, id=document.data.get("id", document.name), name=document.name)
        run.problems += [fault.of(document) for fault in faults]
        for other in run.documents:
            if other is document:
                return year
            if other.kind == self.name and all(other.data[key] == document.data[key] for key in ("base", "year")):
                message = Text("the notice '{name}' is about the same year", name=other.name)
                run.report(document, "/year", "duplicate-name", message, Text("change that one instead"))
        return year


class CalendarKind(Kind):
    """Working hours of a week, holidays, and days of one's own."""

    name = "calendar"
    required = reading.NEEDED

    def properties(self, vocabulary: Vocabulary) -> Schema:
        return {"id": NAME, "label": LABEL, **reading.PROPERTIES}

    def build(self, document: Document, run: Compilation) -> Any:
        """The Calendar, with the years that come with the product and those of the workspace's own notices."""
        data = document.data
        base = data.get("holidays", {}).get("base", "none")
        years = []
        for other in run.documents:
            if other.kind == "holidays" and other.data["base"] == base:
                run.refer(f"calendar:{document.name}", f"holidays:{other.name}", document, "/holidays/base", "holidays")
                years.append(holidays.read_year(other.data)[0])
        calendar, faults = reading.read_calendar(
            document.name,
            data,
            [year for year in years if year is not None],
            label=Label.of(data.get("label", humanised(document.name))),
            id=data.get("id", document.name),
            app=document.app,
            place=document.place(),
        )
        run.problems += [fault.of(document) for fault in faults]
        return calendar


def known_calendar(run: Compilation, document: Document, pointer: str, name: str, source: str, how: str = "calendar") -> bool:
    """Whether a calendar of that name is written, with an edge to it from `source`; a problem at `pointer` if none is."""
    written = run.names(CalendarKind.name)
    if name in written:
        run.refer(source, f"calendar:{name}", document, pointer, how)
        return True
    if f"calendar:{name}" not in run.broken:
        run.report(document, pointer, "unknown-calendar", Text("unknown calendar '{name}'", name=name), suggest(name, written))
    return False


def calendar_of(others: Any, name: str) -> Calendar:
    """The calendar of that name in `Model.others`; KeyError where there is none."""
    calendar: Calendar = others[CalendarKind.name][name]
    return calendar
