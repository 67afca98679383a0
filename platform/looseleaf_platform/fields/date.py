"""A day of the calendar, without a time zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Date

from looseleaf_metadata.expressions.types import DATE, ExpressionType
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import DATED, ColumnSpec, FieldType, Sample, Situation, blank
from looseleaf_platform.fields.calendar_text import day_and_clock, day_in, moment_of_serial

ORDER = {"order": {"enum": ["dmy", "mdy"]}}
"""How 2/3/2026 is meant; without this setting it is refused unless only one reading is a date."""


class DateType(FieldType):
    """A day. `order` (dmy or mdy) settles what 2/3/2026 means."""

    name = "date"
    label = Label.of({"zh": "日期", "en": "Date"})
    settings_schema = ORDER
    operators = DATED
    widget = "date"

    def expression_type(self, settings: Mapping[str, Any], options: tuple[str, ...]) -> ExpressionType:
        """3. A date."""
        return DATE

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. One date column."""
        return (ColumnSpec("", Date()),)

    def parse(self, raw: Any, field: Field, situation: Situation) -> date | None:
        """5. ISO, 2026/3/2, 2026年3月2日, 2 March 2026, today, a spreadsheet's serial number; a moment's day where it is."""
        if blank(raw):
            return None
        if type(raw) is str:
            if len(raw) > 10:
                raw = _without_clock(raw, situation)
                if isinstance(raw, date):
                    return raw
            return day_in(raw, situation.today, field.settings.get("order", ""))
        if isinstance(raw, datetime):
            return (raw if raw.tzinfo is None else raw.astimezone(ZoneInfo(situation.timezone))).date()
        if isinstance(raw, date):
            return raw
        if isinstance(raw, int | float) and not isinstance(raw, bool):
            return moment_of_serial(raw).date()
        raise Invalid("not-a-date", Text("“{value}” is not a date. Write it like 2026-03-02", value=str(raw)[:60]))

    def dump(self, value: date | None, field: Field) -> str | None:
        """8. ISO 8601."""
        return None if value is None else value.isoformat()

    def display(self, value: date | None, field: Field, situation: Situation) -> str:
        """9. 2026-03-02, in every language."""
        return "" if value is None else value.isoformat()

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Days in many hands; days that never were."""
        day = date(2026, 3, 2)
        same = (
            "2026-03-02",
            "2026/3/2",
            "2026.3.2",
            "2026年3月2日",
            "20260302",
            "2 March 2026",
            "Mar 2, 2026",
            "２０２６－０３－０２",
            46083,
            46083.5,
        )
        return (
            *(Sample(raw, day) for raw in same),
            Sample("13/2/2026", date(2026, 2, 13)),
            Sample("2026-03-02T18:30:00Z", date(2026, 3, 3)),
            Sample("2026/3/2 0:00:00", day),
            Sample(datetime.fromisoformat("2026-03-02T09:30"), day),
            Sample("2026-02-31", refused="no-such-date"),
            Sample("31 February 2026", refused="no-such-date"),
            Sample("2026年13月1日", refused="no-such-date"),
            Sample("2/3/2026", refused="ambiguous-date"),
            Sample("2.3.26", refused="not-a-date"),
            Sample("soon", refused="not-a-date"),
            Sample(0, refused="not-a-date"),
            Sample(True, refused="not-a-date"),
        )


def _without_clock(text: str, situation: Situation) -> str | date:
    """A text without its time of day; the day in the reader's zone of a full moment that names a zone."""
    if text[10:11] in ("T", " "):
        try:
            moment = datetime.fromisoformat(text.strip())
            return (moment if moment.tzinfo is None else moment.astimezone(ZoneInfo(situation.timezone))).date()
        except (ValueError, OverflowError):
            pass
    return day_and_clock(text)[0]
