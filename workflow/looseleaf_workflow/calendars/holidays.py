"""Public holidays: which days of a year are off, and which days of weekends are worked instead, as a yearly notice says it.

The table that comes with the product is data/cn.yaml. A workspace adds a year by a document of the same shape. Nothing here
knows what a calendar's hours are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from looseleaf_metadata.documents import Document, pointer_of
from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.kinds.base import NAME, Schema, either, listing, named, text
from looseleaf_metadata.loader import read_text
from looseleaf_metadata.problems import MetadataError, Problem
from looseleaf_metadata.shape import Shape, check_shape
from looseleaf_metadata.texts import Text
from looseleaf_workflow.calendars.faults import Fault

DATA = Path(__file__).parent / "data"
BASES = {"CN": "cn.yaml"}
"""Countries whose holidays come with the product."""
DAY = r"([0-9]{4}-)?[0-9]{2}-[0-9]{2}"
RANGE = re.compile(rf"(?P<first>{DAY})(\.\.(?P<last>{DAY}))?")
FESTIVALS = {
    "new_year": Text("New Year's Day"),
    "spring_festival": Text("Spring Festival"),
    "qingming": Text("Qingming Festival"),
    "labour_day": Text("Labour Day"),
    "dragon_boat": Text("Dragon Boat Festival"),
    "mid_autumn": Text("Mid-Autumn Festival"),
    "national_day": Text("National Day"),
    "victory_day": Text("Victory Day"),
}
"""What people read for the names that the table uses."""
NOTICE: Schema = {
    "base": {"type": "string", "enum": list(BASES)},
    "year": {"type": "integer", "minimum": 1900, "maximum": 2999},
    "closed": named(either(string=text(), array=listing(text(), minItems=1)), minProperties=1),
    "worked": listing(text(), uniqueItems=True),
}
"""The keys of a document of kind `holidays` beside its name."""
NEEDED = ("base", "year", "closed")


@dataclass(frozen=True, slots=True)
class HolidayYear:
    """One yearly notice. `off`: days off with their festival; `work`: days worked although they would be free. Days may lie in the
    December before `year`, where a notice moves them. `id` and `name`: of a notice of the workspace's own, "" for those of the product."""

    base: str
    year: int
    off: Mapping[date, str]
    work: frozenset[date] = frozenset()
    id: str = ""
    name: str = ""


def read_year(data: Mapping[str, Any]) -> tuple[HolidayYear | None, list[Fault]]:
    """One notice from a document of the right shape: None where a date is wrong, and all that is wrong with its place."""
    faults: list[Fault] = []
    year = int(data["year"])
    off: dict[date, str] = {}
    for name, written in data["closed"].items():
        pointer = "/closed" + pointer_of(name)
        several = [(pointer, written)] if isinstance(written, str) else [(f"{pointer}/{index}", one) for index, one in enumerate(written)]
        for place, one in several:
            for day in _days(one, year, place, faults):
                if day in off:
                    faults.append(Fault(place, "listed-twice", Text("{day} is closed twice", day=day.isoformat())))
                off[day] = name
    work: set[date] = set()
    for index, written in enumerate(data.get("worked", ())):
        pointer = f"/worked/{index}"
        days = _days(written, year, pointer, faults)
        work.update(days)
        faults += [
            Fault(pointer, "contradiction", Text("{day} is both closed and worked", day=day.isoformat())) for day in days if day in off
        ]
    return (None if faults else HolidayYear(data["base"], year, FrozenMap(off), frozenset(work))), faults


def _days(written: str, year: int, pointer: str, faults: list[Fault]) -> list[date]:
    """The days of `02-15..02-23` or of one day, in `year` unless they name the December before; none where something is wrong."""
    found = RANGE.fullmatch(written)
    if found is None:
        message = Text("'{value}' is not a day or a range of days", value=written)
        faults.append(Fault(pointer, "bad-date", message, Text("write it as '02-15' or '02-15..02-23'")))
        return []
    try:
        first, last = (_day(part, year) for part in (found["first"], found["last"] or found["first"]))
    except ValueError:
        faults.append(Fault(pointer, "bad-date", Text("'{value}' names a day that does not exist", value=written)))
        return []
    if first < date(year - 1, 12, 1) or last.year > year:
        message = Text("'{value}' is not in {year} or the December before", value=written, year=year)
        faults.append(Fault(pointer, "bad-date", message))
        return []
    if last < first:
        faults.append(Fault(pointer, "bad-date", Text("'{value}' ends before it begins", value=written)))
    return [first + timedelta(days=count) for count in range((last - first).days + 1)]


def _day(written: str, year: int) -> date:
    return date.fromisoformat(written if len(written) == 10 else f"{year}-{written}")


@cache
def shape() -> Any:
    """The check of the shape of one notice."""
    properties = {"holidays": NAME, **NOTICE}
    return Shape({"type": "object", "properties": properties, "required": ["holidays", *NEEDED], "additionalProperties": False})


def read_notices(file: str, written: str | bytes) -> tuple[tuple[HolidayYear, ...], tuple[Problem, ...]]:
    """The notices of an uploaded text, and everything wrong with it, by place. Nothing is to be taken over where there is a problem."""
    documents, problems = read_text(file, written)
    years: dict[tuple[str, int], HolidayYear] = {}
    for document in documents:
        year, faults = _notice(document)
        problems += faults
        if year is not None and (year.base, year.year) in years:
            message = Text("the year {year} stands here a second time", year=year.year)
            problems.append(document.problem("/year", "duplicate-name", message))
        elif year is not None:
            years[year.base, year.year] = year
    return tuple(years.values()), tuple(problems)


def _notice(document: Document) -> tuple[HolidayYear | None, list[Problem]]:
    if document.kind != "holidays":
        message = Text("a yearly notice begins with 'holidays: cn_2027', this is '{kind}'", kind=document.kind)
        return None, [document.problem("", "unknown-kind", message)]
    shaped, problems = check_shape(document, shape())
    if shaped is None or problems:
        return None, problems
    year, faults = read_year(shaped.data)
    return year, [fault.of(document) for fault in faults]


@cache
def shipped(base: str) -> Mapping[int, HolidayYear]:
    """The years of a country that come with the product; none for a base without a table."""
    if base not in BASES:
        return FrozenMap()
    years, problems = read_notices(BASES[base], (DATA / BASES[base]).read_bytes())
    if problems:
        raise MetadataError(problems)
    return FrozenMap({year.year: year for year in years})


def days_of(years: Iterable[HolidayYear]) -> tuple[dict[date, str], set[date]]:
    """Days off with their festival, and days worked instead, of several notices: the later notice speaks last."""
    off: dict[date, str] = {}
    work: set[date] = set()
    for year in sorted(years, key=lambda notice: notice.year):
        work = (work - year.off.keys()) | year.work
        off = {day: name for day, name in off.items() if day not in year.work} | dict(year.off)
    return off, work
