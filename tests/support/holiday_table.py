"""Writes workflow/looseleaf_workflow/calendars/data/cn.yaml anew from two collections of the same public facts that tests compare it with.

    python tests/support/holiday_table.py

The facts are the yearly notices of the General Office of the State Council. `chinesecalendar` names the days; the one day on which
it differs from `holidays` is set by hand, after the notice. A new year is added here by renewing both packages.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from chinese_calendar import constants

FILE = Path(__file__).parents[2] / "workflow" / "looseleaf_workflow" / "calendars" / "data" / "cn.yaml"
NAMES = {
    "New Year's Day": "new_year",
    "Spring Festival": "spring_festival",
    "Tomb-sweeping Day": "qingming",
    "Labour Day": "labour_day",
    "Dragon Boat Festival": "dragon_boat",
    "Mid-autumn Festival": "mid_autumn",
    "National Day": "national_day",
    "Anti-Fascist 70th Day": "victory_day",
}
WORKED_AFTER_ALL = {date(2005, 12, 31): "new_year"}
"""The notice for 2006 (国办发明电〔2005〕35号) has this Saturday worked for Tuesday, 3 January 2006."""
OFF_AS_WELL = {date(2011, 6, 5): "dragon_boat", date(2012, 6, 23): "dragon_boat", date(2015, 6, 21): "dragon_boat"}
"""Days of weekends within a holiday that the collection leaves out."""
HEAD = """\
# Days off and swapped working days of mainland China, 2004 to 2026.
# Source of the facts: the yearly notices of the General Office of the State Council on the arrangement of public holidays
# (国务院办公厅关于部分节假日安排的通知), one document for each notice. Days are those of `year`; a day of the December before is
# written in full. `closed` are days off, weekends within them included; `worked` are days of weekends that are worked instead.
"""


def year_of(day: date, name: str) -> int:
    """The year whose notice speaks of a day: New Year's days of December belong to the next."""
    return day.year + (day.month == 12 and name == "new_year")


def said_for(year: int, days: dict[date, str]) -> dict[date, str]:
    """The days that the notice for a year speaks of."""
    return {day: name for day, name in days.items() if year_of(day, name) == year}


def ranges(days: list[date], year: int) -> str:
    """Days as `02-15..02-23`, or a list of such where another festival lies between."""
    rows: list[list[date]] = []
    for day in days:
        if not rows or day != rows[-1][-1] + timedelta(days=1):
            rows.append([])
        rows[-1].append(day)
    written = ["..".join(dict.fromkeys(short(day, year) for day in (row[0], row[-1]))) for row in rows]
    return written[0] if len(written) == 1 else f"[{', '.join(written)}]"


def short(day: date, year: int) -> str:
    """A day without its year, unless that is another."""
    return day.isoformat()[0 if day.year != year else 5 :]


def notice(year: int, off: dict[date, str], work: dict[date, str]) -> str:
    """The document of one year."""
    lines = [f"holidays: cn_{year}", "base: CN", f"year: {year}", "closed:"]
    for name in dict.fromkeys(off[day] for day in sorted(off)):
        lines.append(f"  {name}: {ranges([day for day in sorted(off) if off[day] == name], year)}")
    days = ", ".join(short(day, year) for day in sorted(work))
    return "\n".join([*lines, *([f"worked: [{days}]"] if days else [])]) + "\n"


def table() -> str:
    """The whole file."""
    off = {day: NAMES[name] for day, name in constants.holidays.items()} | OFF_AS_WELL
    work = {day: NAMES[name] for day, name in constants.workdays.items()} | WORKED_AFTER_ALL
    years = sorted({year_of(day, name) for day, name in off.items()})
    return HEAD + "---\n".join(notice(year, said_for(year, off), said_for(year, work)) for year in years)


if __name__ == "__main__":
    FILE.write_text(table(), "utf-8")
