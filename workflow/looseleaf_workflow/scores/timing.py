"""When a score is counted again because days pass: one timer for each score in which something depends on the day.

A timer's name is the score's id; its owner is the workspace itself.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from looseleaf_platform.context import Context
from looseleaf_workflow.calendars.timetable import from_wall
from looseleaf_workflow.scores.definition import Score
from looseleaf_workflow.timers import set_timer, waiting_timers

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

OWNER_KIND = "score"
"""Whose timers these are."""
WORKSPACE = 0


def next_round(context: Context, score: Score) -> datetime:
    """The next time that a score's hour comes, in the workspace's zone."""
    zone = ZoneInfo(context.model.defaults.timezone)
    hour, _, minute = score.at.partition(":")
    today = context.now.astimezone(zone).date()
    days = (today + timedelta(days=more) for more in (0, 1, 2))
    moments = (from_wall(datetime.combine(day, time(int(hour), int(minute))), zone).astimezone(UTC) for day in days)
    return next(moment for moment in moments if moment > context.now)


def set_round(connection: Connection, context: Context, score: Score) -> None:
    """Have a score counted again when its hour comes."""
    set_timer(connection, context.workspace, OWNER_KIND, WORKSPACE, score.id, next_round(context, score))


def is_missing(connection: Connection, score: Score) -> bool:
    """Whether a score should have a timer and has none: one that was given up, or a workspace that was copied."""
    return bool(score.at) and score.id not in waiting_timers(connection, OWNER_KIND, WORKSPACE)


def mend(workspace: Workspace, context: Context, score: Score) -> None:
    """Set the timer that is missing."""
    with workspace.database.write() as connection:
        if is_missing(connection, score):
            set_round(connection, context, score)
