"""From the keys of a `calendar` document to a frozen Calendar, or to all that is wrong with them.

Knows the written forms (`mon-fri`, `09:00-12:00`, `closed`), and neither files nor the Model.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Any, cast
from zoneinfo import available_timezones

from looseleaf_metadata.documents import pointer_of
from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.kinds.base import Schema, either, listing, mapping, text
from looseleaf_metadata.problems import did_you_mean, suggest
from looseleaf_metadata.texts import Text
from looseleaf_workflow.calendars.calendar import CLOSED, MINUTES_OF_DAY, Alternation, Calendar, Shift, Shifts, Week
from looseleaf_workflow.calendars.faults import Fault
from looseleaf_workflow.calendars.holidays import BASES, HolidayYear, shipped

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SHIFT = re.compile(r"(?P<begin>[0-9]{2}):(?P<begin_minute>[0-9]{2})-(?P<end>[0-9]{2}):(?P<end_minute>[0-9]{2})")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
SHIFTS: Schema = either(string=text(enum=["closed"]), array=listing(text(), minItems=1))
HOURS: Schema = {"type": "object", "minProperties": 1, "additionalProperties": SHIFTS}
HOLIDAYS: Schema = mapping(
    {
        "base": {"type": "string", "enum": [*BASES, "none"]},
        "year_missing": {"type": "string", "enum": ["provisional", "refuse"]},
        "swapped": SHIFTS,
    },
    ("base",),
)
PROPERTIES: Schema = {
    "timezone": text(),
    "hours": HOURS,
    "alternate": mapping({"from": text(), "hours": HOURS}, ("from", "hours")),
    "holidays": HOLIDAYS,
    "overrides": {"type": "object", "additionalProperties": SHIFTS},
}
NEEDED = ("timezone", "hours")
Faults = list[Fault]


def read_calendar(
    name: str, data: Mapping[str, Any], years: Iterable[HolidayYear] = (), **more: Any
) -> tuple[Calendar | None, tuple[Fault, ...]]:
    """The calendar that a document of the right shape describes, None where something is wrong with it, and all that is wrong.

    `years`: yearly notices beside those that come with the product. `more`: further fields of Calendar (label, place, …).
    """
    faults: Faults = []
    week = _hours(data["hours"], "/hours", faults)
    alternation = _alternation(data.get("alternate"), faults)
    holidays = data.get("holidays", {})
    base = "" if holidays.get("base", "none") == "none" else str(holidays["base"])
    overrides = _overrides(data.get("overrides", {}), faults)
    swapped = _shifts(holidays["swapped"], "/holidays/swapped", faults) if "swapped" in holidays else None
    _check_zone(data["timezone"], faults)
    _check_base(holidays, base, faults)
    if not faults and not any(week.values()) and not (alternation and any(alternation.days.values())):
        message = Text("this calendar is never open: nothing would ever be due")
        faults.append(Fault("/hours", "never-open", message, Text("give hours to a weekday"), key=True))
    if faults:
        return None, tuple(faults)
    calendar = Calendar(
        name=name,
        timezone=data["timezone"],
        week=cast(Week, tuple(week.get(number, CLOSED) for number in range(7))),
        alternation=alternation,
        overrides=FrozenMap(overrides),
        base=base,
        years=shipped(base),
        year_missing=holidays.get("year_missing", "provisional"),
        swapped=swapped,
        **more,
    )
    return calendar.with_years(years), ()


def _hours(written: Mapping[str, Any], pointer: str, faults: Faults) -> dict[int, Shifts]:
    """Shifts by weekday, Monday 0."""
    week: dict[int, Shifts] = {}
    for days, shifts in written.items():
        place = pointer + pointer_of(days)
        read = _shifts(shifts, place, faults)
        for weekday in _weekdays(days, place, faults):
            if weekday in week:
                message = Text("{day} has hours already", day=WEEKDAYS[weekday])
                faults.append(Fault(place, "listed-twice", message, Text("name each day of the week once"), key=True))
            week[weekday] = read
    return week


def _weekdays(written: str, pointer: str, faults: Faults) -> list[int]:
    """The weekdays of `mon-fri`, `sat` or `mon,wed,fri`; a range may go past Sunday."""
    found = []
    for part in written.split(","):
        ends = [word.strip() for word in part.split("-")]
        unknown = next((word for word in ends if word not in WEEKDAYS), None)
        if unknown is not None or len(ends) > 2:
            message = Text("'{value}' is not a day of the week or a range such as mon-fri", value=part.strip())
            faults.append(Fault(pointer, "bad-weekday", message, suggest(unknown or "", WEEKDAYS), key=True))
            return []
        first, last = WEEKDAYS.index(ends[0]), WEEKDAYS.index(ends[-1])
        found += [(first + count) % 7 for count in range((last - first) % 7 + 1)]
    return found


def _shifts(written: Any, pointer: str, faults: Faults) -> Shifts:
    """The shifts of a day in order; overlapping ones are a fault."""
    if written == "closed":
        return CLOSED
    read = [(shift, f"{pointer}/{index}") for index, item in enumerate(written) if (shift := _shift(item, f"{pointer}/{index}", faults))]
    read.sort()
    for (before, _), (shift, place) in pairwise(read):
        if shift.opens < before.closes:
            message = Text("the shift {shift} overlaps {other}", shift=str(shift), other=str(before))
            faults.append(Fault(place, "overlapping-shifts", message))
    return tuple(shift for shift, _ in read)


def _shift(written: str, pointer: str, faults: Faults) -> Shift | None:
    found = SHIFT.fullmatch(written)
    parts = [int(part) for part in found.groups()] if found else []
    if not found or parts[1] > 59 or parts[3] > 59 or max(parts[0] * 60 + parts[1], parts[2] * 60 + parts[3]) > MINUTES_OF_DAY:
        message = Text("'{value}' is not a shift", value=written)
        faults.append(Fault(pointer, "bad-shift", message, Text("write it as '09:00-12:00'; a day ends at 24:00")))
        return None
    shift = Shift(parts[0] * 60 + parts[1], parts[2] * 60 + parts[3])
    if shift.opens < shift.closes:
        return shift
    if shift.opens == shift.closes:
        faults.append(Fault(pointer, "bad-shift", Text("the shift {shift} has no length", shift=written)))
        return None
    tonight, tomorrow = written.partition("-")[::2]
    hint = Text("write '{tonight}-24:00' on this day and '00:00-{tomorrow}' on the next", tonight=tonight, tomorrow=tomorrow)
    if shift.closes == 0:
        hint = Text("write '{tonight}-24:00'", tonight=tonight)
    faults.append(Fault(pointer, "night-shift", Text("the shift {shift} goes over midnight", shift=written), hint))
    return None


def _alternation(written: Mapping[str, Any] | None, faults: Faults) -> Alternation | None:
    if written is None:
        return None
    days = _hours(written["hours"], "/alternate/hours", faults)
    first = _date(written["from"], "/alternate/from", faults)
    return Alternation(first, FrozenMap(days)) if first else None


def _overrides(written: Mapping[str, Any], faults: Faults) -> dict[date, Shifts]:
    overrides = {}
    for key, shifts in written.items():
        pointer = "/overrides" + pointer_of(key)
        day = _date(key, pointer, faults, key=True)
        read = _shifts(shifts, pointer, faults)
        if day is not None:
            overrides[day] = read
    return overrides


def _date(written: str, pointer: str, faults: Faults, *, key: bool = False) -> date | None:
    try:
        if DATE.fullmatch(written):
            return date.fromisoformat(written)
    except ValueError:
        pass
    message = Text("'{value}' is not a date", value=written)
    faults.append(Fault(pointer, "bad-date", message, Text("write it as '2026-12-31'"), key=key))
    return None


@cache
def _zones() -> frozenset[str]:
    """The zones that this machine knows: a walk through its files, so once a process."""
    return frozenset(available_timezones())


def _check_zone(name: str, faults: Faults) -> None:
    zones = _zones()
    if name not in zones:
        hint = did_you_mean(name, zones) or Text("write a name of the IANA list, such as Asia/Shanghai")
        faults.append(Fault("/timezone", "unknown-timezone", Text("unknown time zone '{name}'", name=name), hint))


def _check_base(holidays: Mapping[str, Any], base: str, faults: Faults) -> None:
    """Keys that only speak of a base's holidays have no effect without one."""
    for key in ("year_missing", "swapped"):
        if key in holidays and not base:
            message = Text("'{key}' has no effect without the holidays of a country", key=key)
            faults.append(Fault(f"/holidays/{key}", "no-effect", message, key=True))
