"""A length of time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from looseleaf_metadata.expressions.types import DURATION, ExpressionType
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.database.types import Seconds
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import COMPARED, ColumnSpec, FieldType, Sample, Situation, blank
from looseleaf_platform.fields.numbers import HALF_WIDTH, number_of

UNITS = {
    604800: ("w", "wk", "wks", "week", "weeks", "周", "星期", "个星期"),
    86400: ("d", "day", "days", "天", "日"),
    3600: ("h", "hr", "hrs", "hour", "hours", "小时", "个小时", "时", "钟头"),
    60: ("m", "min", "mins", "minute", "minutes", "分钟", "分"),
    1: ("s", "sec", "secs", "second", "seconds", "秒", "秒钟"),
}
_SECONDS = {word: seconds for seconds, words in UNITS.items() for word in words}
_UNIT = "|".join(sorted(_SECONDS, key=len, reverse=True))
_PART = re.compile(rf"([0-9]+(?:\.[0-9]+)?) ?({_UNIT})(?![a-z])[ ,，]*", re.IGNORECASE)
_CLOCK = re.compile(r"([0-9]{1,5}):([0-5][0-9])(?::([0-5][0-9]))?")
_ISO = re.compile(r"P(?:([0-9]+)W)?(?:([0-9]+)D)?(?:T(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)(?:\.[0-9]+)?S)?)?", re.IGNORECASE)
LONGEST = timedelta(days=366 * 1000)


class DurationType(FieldType):
    """A length of time in whole seconds. A day has 24 hours, a week 7 days; a bare number is seconds."""

    name = "duration"
    label = Label.of({"zh": "时长", "en": "Duration"})
    operators = COMPARED
    widget = "duration"

    def expression_type(self, settings: Mapping[str, Any], options: tuple[str, ...]) -> ExpressionType:
        """3. A duration."""
        return DURATION

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. Seconds."""
        return (ColumnSpec("", Seconds()),)

    def parse(self, raw: Any, field: Field, situation: Situation) -> timedelta | None:
        """5. `1h30m`, `90 分钟`, `2 days`, `1:30` (hours and minutes), `PT1H30M`, 5400."""
        if blank(raw):
            return None
        if isinstance(raw, timedelta):
            value = timedelta(seconds=raw // timedelta(seconds=1))
        elif isinstance(raw, str):
            value = _of_seconds(_in_text(raw))
        else:
            value = _of_seconds(number_of(raw))
        self.validate(value, field)
        return value

    def validate(self, value: timedelta, field: Field) -> None:
        """6. Not longer than a thousand years."""
        if abs(value) > LONGEST:
            raise _not_a_duration("")

    def dump(self, value: timedelta | None, field: Field) -> str | None:
        """8. ISO 8601: `P1DT2H`, `-PT30M`."""
        if value is None:
            return None
        days, hours, minutes, seconds = _parts(value)
        clock = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if count)
        return f"{'-' if value < timedelta() else ''}P{f'{days}D' if days else ''}{f'T{clock}' if clock else '' if days else 'T0S'}"

    def display(self, value: timedelta | None, field: Field, situation: Situation) -> str:
        """9. `1 天 2 小时`, `1 d 2 h`."""
        if value is None:
            return ""
        units = (Text("{count} d"), Text("{count} h"), Text("{count} min"), Text("{count} s"))
        said = [
            Text(unit.msgid, count=count).translate(situation.locale) for count, unit in zip(_parts(value), units, strict=True) if count
        ]
        return ("-" if value < timedelta() else "") + (" ".join(said) or Text("{count} min", count=0).translate(situation.locale))

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Durations of several kinds."""
        ninety = timedelta(minutes=90)
        same = ("1h30m", "90 分钟", "1小时30分", "1:30", "1.5 hours", "PT1H30M", 5400, "5400", "1 hour, 30 minutes", "９０分钟")
        return (
            *(Sample(raw, ninety) for raw in same),
            Sample("2 days", timedelta(days=2)),
            Sample("1 周", timedelta(weeks=1)),
            Sample("-30 min", timedelta(minutes=-30)),
            Sample(timedelta(hours=26), timedelta(hours=26)),
            Sample(0, timedelta()),
            Sample("a while", refused="not-a-duration"),
            Sample("P", refused="not-a-duration"),
            Sample("5 parsecs", refused="not-a-duration"),
            Sample("9" * 50 + " days", refused="not-a-duration"),
            Sample(True, refused="not-a-number"),
        )


def _in_text(text: str) -> Decimal:
    """The seconds that a text says."""
    plain = text.translate(HALF_WIDTH).strip() if len(text) <= 60 else ""
    sign = -1 if plain.startswith("-") else 1
    plain = plain.removeprefix("-").strip()
    if plain.replace(".", "", 1).isdecimal():
        return sign * number_of(plain)
    if found := _CLOCK.fullmatch(plain):
        return Decimal(sign * (int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3] or 0)))
    if (found := _ISO.fullmatch(plain)) and any(found.groups()):
        return Decimal(sign * sum(int(count or 0) * seconds for count, seconds in zip(found.groups(), UNITS, strict=True)))
    position, total = 0, Decimal(0)
    while part := _PART.match(plain, position):
        total += Decimal(part[1]) * _SECONDS[part[2].lower()]
        position = part.end()
    if not position or position != len(plain):
        raise _not_a_duration(text)
    return sign * total


def _of_seconds(seconds: Decimal) -> timedelta:
    if abs(seconds) > LONGEST.total_seconds():
        raise _not_a_duration(seconds)
    return timedelta(seconds=int(seconds))


def _parts(value: timedelta) -> tuple[int, int, int, int]:
    """Days, hours, minutes, seconds of the absolute value."""
    seconds = abs(value) // timedelta(seconds=1)
    return seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60, seconds % 60


def _not_a_duration(raw: Any) -> Invalid:
    return Invalid("not-a-duration", Text("“{value}” is not a duration. Write it like 1h30m or 90 min", value=str(raw)[:60]))
