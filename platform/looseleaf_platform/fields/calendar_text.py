"""Days and times of day as people and spreadsheets write them. Knows nothing of fields or time zones.

A year is always asked for, with four digits; a day that doesn't exist is refused with a clear sentence; nothing is guessed.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime, time, timedelta
from typing import Literal

from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.numbers import HALF_WIDTH

Order = Literal["", "dmy", "mdy"]
"""How 2/3/2026 is meant: "" refuses it where both readings are possible."""
LAST_SERIAL = 2958465
"""The spreadsheet serial number of 31 December 9999."""
EPOCH = date(1899, 12, 30)
MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_TODAY = {"today": 0, "今天": 0, "今日": 0, "yesterday": -1, "昨天": -1, "昨日": -1, "tomorrow": 1, "明天": 1, "明日": 1}
_YEAR_FIRST = re.compile(r"(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|年 ?(\d{1,2})月 ?(\d{1,2})[日号]?|(\d{2})(\d{2}))", re.ASCII)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})", re.ASCII)
_NAMED = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th)?[- ]([a-z]{3,9})\.?|([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?)[-, ]{1,2}(\d{4})", re.ASCII
)
_WEEKDAY = re.compile(
    r"^(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,? |[(（]?(?:星期|周)[一二三四五六日天][)）]? ?)|[(（ ]*(?:星期|周)[一二三四五六日天][)）]?$"
)
_CLOCK = re.compile(
    r"(?P<early>上午|下午|晚上|中午|凌晨|早上)? ?(?P<hour>\d{1,2})(?:(?::|点|时) ?(?P<minute>\d{1,2})?(?:(?::|分) ?(?P<second>\d{1,2})?(?:\.\d{1,6})?秒?)?)?"
    r" ?(?P<late>am|pm|a\.m\.|p\.m\.)?",
    re.ASCII,
)


def day_in(text: str, today: date, order: Order = "") -> date:
    """The day that a text says. Raises Invalid "not-a-date", "no-such-date" or "ambiguous-date"."""
    if len(text) == 10 and text[4] == "-" == text[7] and text.isascii():
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    plain = text.translate(HALF_WIDTH).strip().lower() if len(text) <= 60 else ""
    if plain in _TODAY:
        return today + timedelta(days=_TODAY[plain])
    plain = _WEEKDAY.sub("", plain).strip()
    if found := _YEAR_FIRST.fullmatch(plain):
        year, _, *parts = found.groups()
        month, day = (int(part) for part in parts if part is not None)
        return exact_day(int(year), month, day)
    if found := _YEAR_LAST.fullmatch(plain):
        return _year_last(int(found[1]), int(found[3]), int(found[4]), order, text)
    if found := _NAMED.fullmatch(plain):
        month = MONTHS.get((found[2] or found[3])[:3], 0)
        if month and calendar.month_name[month].lower().startswith(found[2] or found[3]):
            return exact_day(int(found[5]), month, int(found[1] or found[4]))
    raise Invalid("not-a-date", Text("“{value}” is not a date. Write it like 2026-03-02", value=text[:60]))


def exact_day(year: int, month: int, day: int) -> date:
    """That day. Raises Invalid "no-such-date", saying why there is none."""
    if not 1 <= month <= 12:
        raise Invalid("no-such-date", Text("There is no month {month}", month=month))
    if year < 1000:
        raise Invalid("no-such-date", Text("The year {year} is out of range", year=year))
    days = calendar.monthrange(year, month)[1]
    if not 1 <= day <= days:
        raise Invalid(
            "no-such-date",
            Text("There is no day {day} in {year}-{month}: it has {days} days", day=day, year=year, month=f"{month:02}", days=days),
        )
    return date(year, month, day)


def _year_last(first: int, second: int, year: int, order: Order, text: str) -> date:
    """Day and month in either order: by setting, or where only one order makes a date."""
    if order == "mdy" or (not order and second > 12 >= first):
        return exact_day(year, first, second)
    if order == "dmy" or first > 12 or first == second:
        return exact_day(year, second, first)
    raise Invalid("ambiguous-date", Text("“{value}” could be two dates. Write it like 2026-03-02", value=text[:60]))


def moment_of_serial(serial: float) -> datetime:
    """The naive moment of a spreadsheet's serial number (days since 1899-12-30; 20260302 means that day). Raises Invalid."""
    if 10000101 <= serial <= 99991231 and serial == int(serial):
        number = int(serial)
        day = exact_day(number // 10000, number // 100 % 100, number % 100)
        return datetime.combine(day, time())
    if not 61 <= serial < LAST_SERIAL + 1:  # up to 60 the serials of spreadsheets count a 29 February 1900 that never was
        raise Invalid(
            "not-a-date",
            Text("“{value}” is not a date. Write it like 2026-03-02", value=f"{serial:.10g}" if abs(serial) < 1e300 else "10^300"),
        )
    return datetime.combine(EPOCH, time()) + timedelta(seconds=round(serial * 86400))


def clock_in(text: str) -> time:
    """The time of day that a text says: 14:30, 2:30 pm, 下午2点30分. Raises Invalid "not-a-time"."""
    plain = text.translate(HALF_WIDTH).strip().lower() if len(text) <= 40 else ""
    found = _CLOCK.fullmatch(plain.replace("点半", "点30分"))
    if found is None or plain.isdigit():
        raise Invalid("not-a-time", Text("“{value}” is not a time of day. Write it like 14:30", value=text[:60]))
    hour, minute, second = (int(found[part] or 0) for part in ("hour", "minute", "second"))
    early, late = found["early"], (found["late"] or "").replace(".", "")
    if (early in ("下午", "晚上") or late == "pm" or (early == "中午" and hour < 11)) and hour < 12:
        hour += 12
    elif (early in ("上午", "凌晨") or late == "am") and hour == 12:
        hour = 0
    if hour > 23 or minute > 59 or second > 59:
        raise Invalid("not-a-time", Text("“{value}” is not a time of day. Write it like 14:30", value=text[:60]))
    return time(hour, minute, second)


def day_and_clock(text: str) -> tuple[str, str]:
    """A text parted into its day and its time of day ("" where it has none)."""
    plain = text.translate(HALF_WIDTH).strip()
    clock = re.search(
        r"(?:(?<=[日号])|(?<=\d)[tT]| )(?: *(?:星期|周)[一二三四五六日天] *)?((?:上午|下午|晚上|中午|凌晨|早上)? ?\d{1,2}(?::|点|时)[^年月]*|\d{1,2} ?[ap]\.?m\.?)$",
        plain,
        re.IGNORECASE,
    )
    return (plain[: clock.start()], clock[1]) if clock else (plain, "")
