"""A time of day, without a day or a zone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from sqlalchemy import Time

from looseleaf_metadata.expressions.types import TIME, ExpressionType
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import COMPARED, ColumnSpec, FieldType, Sample, Situation, blank
from looseleaf_platform.fields.calendar_text import clock_in

DAY_SECONDS = 86400


class TimeType(FieldType):
    """A time of day, to the second."""

    name = "time"
    label = Label.of({"zh": "时间", "en": "Time of day"})
    operators = COMPARED
    widget = "time"

    def expression_type(self, settings: Mapping[str, Any], options: tuple[str, ...]) -> ExpressionType:
        """3. A time."""
        return TIME

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. One time column."""
        return (ColumnSpec("", Time()),)

    def parse(self, raw: Any, field: Field, situation: Situation) -> time | None:
        """5. `14:30`, `2:30 pm`, `下午2点半`, a spreadsheet's fraction of a day."""
        if blank(raw):
            return None
        if isinstance(raw, datetime | time):
            return (raw.time() if isinstance(raw, datetime) else raw).replace(microsecond=0, tzinfo=None)
        if isinstance(raw, str):
            return clock_in(raw)
        if isinstance(raw, int | float) and not isinstance(raw, bool) and 0 <= raw < 1:
            seconds = round(raw * DAY_SECONDS) % DAY_SECONDS
            return time(seconds // 3600, seconds // 60 % 60, seconds % 60)
        raise Invalid("not-a-time", Text("“{value}” is not a time of day. Write it like 14:30", value=str(raw)[:60]))

    def dump(self, value: time | None, field: Field) -> str | None:
        """8. `14:30:00`."""
        return None if value is None else value.isoformat()

    def display(self, value: time | None, field: Field, situation: Situation) -> str:
        """9. `14:30`, with seconds only where there are some."""
        return "" if value is None else value.isoformat("seconds" if value.second else "minutes")

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Clocks of several kinds."""
        half_past = time(14, 30)
        return (
            *(
                Sample(raw, half_past)
                for raw in ("14:30", "14:30:00", "2:30 pm", "下午2:30", "下午2点半", "14时30分", "１４：３０", half_past)
            ),
            Sample(0.5, time(12)),
            Sample("12:15 am", time(0, 15)),
            Sample("9:05:07", time(9, 5, 7)),
            Sample("24:30", refused="not-a-time"),
            Sample("12", refused="not-a-time"),
            Sample(12, refused="not-a-time"),
            Sample("noonish", refused="not-a-time"),
        )
