"""A moment, kept in UTC and shown in the reader's time zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from looseleaf_metadata.expressions.types import DATETIME, ExpressionType
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.database.types import UtcDateTime
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import DATED, ColumnSpec, FieldType, Sample, Situation, blank
from looseleaf_platform.fields.calendar_text import clock_in, day_and_clock, day_in, moment_of_serial
from looseleaf_platform.fields.date import ORDER


class DateTimeType(FieldType):
    """A moment. Text without a time zone is in the reader's; a mere day is its midnight there. `order` as for dates."""

    name = "datetime"
    label = Label.of({"zh": "日期时间", "en": "Date and time"})
    settings_schema = ORDER
    operators = DATED
    widget = "datetime"

    def expression_type(self, settings: Mapping[str, Any], options: tuple[str, ...]) -> ExpressionType:
        """3. A moment in UTC."""
        return DATETIME

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. One column, UTC."""
        return (ColumnSpec("", UtcDateTime()),)

    def parse(self, raw: Any, field: Field, situation: Situation) -> datetime | None:
        """5. ISO 8601 with or without zone, `2026年3月2日 下午2:30`, now, a spreadsheet's serial number."""
        if blank(raw):
            return None
        zone = ZoneInfo(situation.timezone)
        if type(raw) is str:
            moment = _in_text(raw, field, situation)
        elif isinstance(raw, datetime):
            moment = raw
        elif isinstance(raw, date):
            moment = datetime.combine(raw, time())
        elif isinstance(raw, int | float) and not isinstance(raw, bool):
            moment = moment_of_serial(raw)
        else:
            raise _not_a_moment(raw)
        return _utc(moment, zone)

    def dump(self, value: datetime | None, field: Field) -> str | None:
        """8. ISO 8601 in UTC: `2026-03-02T06:30:00Z`."""
        if value is None:
            return None
        moment = value if value.tzinfo is UTC else value.astimezone(UTC)
        return moment.isoformat()[:-6] + "Z"  # instead of +00:00

    def display(self, value: datetime | None, field: Field, situation: Situation) -> str:
        """9. To the minute, in the reader's zone."""
        return "" if value is None else f"{value.astimezone(ZoneInfo(situation.timezone)):%Y-%m-%d %H:%M}"

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. With and without a zone (the shared specification reads in Asia/Shanghai)."""
        moment = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
        same = (
            "2026-03-02T06:30:00Z",
            "2026-03-02T14:30:00+08:00",
            "2026-03-02 14:30",
            "2026/3/2 14:30",
            "2026年3月2日 下午2:30",
            "2026年3月2日14时30分",
            "Mar 2, 2026 2:30 PM",
        )
        return (
            *(Sample(raw, moment) for raw in same),
            Sample(datetime.fromisoformat("2026-03-02T14:30"), moment),
            Sample(46083 + 14.5 / 24, moment),
            Sample("2026-03-02", datetime(2026, 3, 1, 16, tzinfo=UTC)),
            Sample(date(2026, 3, 2), datetime(2026, 3, 1, 16, tzinfo=UTC)),
            Sample("2026-02-31 10:00", refused="no-such-date"),
            Sample("2026-03-02 25:00", refused="not-a-time"),
            Sample("now and then", refused="not-a-date"),
            Sample({}, refused="not-a-date"),
        )


def _in_text(text: str, field: Field, situation: Situation) -> datetime:
    """The moment a text says; naive where it names no zone."""
    if len(text) > 10 and text[4] == "-" and text.isascii():
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    if text.strip().lower() in ("now", "现在") and situation.now is not None:
        return situation.now
    day, clock = day_and_clock(text) if len(text) <= 60 else (text, "")
    return datetime.combine(day_in(day, situation.today, field.settings.get("order", "")), clock_in(clock) if clock else time())


def _utc(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError as error:
        raise _not_a_moment(moment) from error


def _not_a_moment(raw: Any) -> Invalid:
    return Invalid("not-a-date", Text("“{value}” is not a date and time. Write it like 2026-03-02 14:30", value=str(raw)[:60]))
