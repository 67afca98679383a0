"""How much of a span of time was working time, by a calendar of the Model."""

from __future__ import annotations

from datetime import datetime

from looseleaf_metadata.model import Model
from looseleaf_workflow.calendars import MissingYear, TooFar, between


def work_seconds(model: Model, calendar: str, start: datetime, end: datetime) -> int | None:
    """Whole seconds of working time between two moments; None where there is no such calendar, or it doesn't know the years."""
    found = model.others.get("calendar", {}).get(calendar)
    if found is None:
        return None
    try:
        return int(between(found, start, end).total_seconds())
    except (MissingYear, TooFar):
        return None
