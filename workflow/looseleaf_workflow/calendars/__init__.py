"""Working time: calendars, holidays, durations, and clocks that count with them. Pure: no database, no clock of its own.

What other parts of the wing use: `Calendar`, `Duration`, `parse_duration`, `Due`, `add`, `between`, …; clocks are in clocks.py.
"""

from looseleaf_workflow.calendars.arithmetic import (
    Due,
    add,
    between,
    is_open,
    is_provisional,
    is_working_day,
    next_open,
    subtract,
    working_days_between,
)
from looseleaf_workflow.calendars.calendar import Calendar, MissingYear
from looseleaf_workflow.calendars.durations import DURATION, BadDuration, Duration, parse_duration
from looseleaf_workflow.calendars.timetable import TooFar

__all__ = [
    "DURATION",
    "BadDuration",
    "Calendar",
    "Due",
    "Duration",
    "MissingYear",
    "TooFar",
    "add",
    "between",
    "is_open",
    "is_provisional",
    "is_working_day",
    "next_open",
    "parse_duration",
    "subtract",
    "working_days_between",
]
