"""When a record comes back: from when it got its owner, what has happened since, and the pool's rules. Reads, and decides; writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from looseleaf_platform.access.scope import RecordScope
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.records.sql_expressions import compile_condition
from looseleaf_workflow.calendars import Calendar, add, parse_duration, subtract
from looseleaf_workflow.calendars.calendar import Shift
from looseleaf_workflow.pools.definition import Pool, ReturnRule

AGAIN = timedelta(days=1)
"""How soon a record is looked at again that is exempt from returning."""


@dataclass(frozen=True, slots=True)
class Running:
    """One rule's clock. `since`: from when it counts; `event`: the last thing that set it back, None for none; `due`: when it is met."""

    rule: ReturnRule
    since: datetime
    event: datetime | None
    due: datetime


@dataclass(frozen=True, slots=True)
class Forecast:
    """When a record comes back if nothing happens. `rule_due`: by the rules alone; `due`: after protection too, and after the last warning.

    `warnings`: what is still to be given, as (moment, duration as written), the first one first. `protected`: until when.
    """

    running: tuple[Running, ...]
    rule_due: datetime
    due: datetime
    warnings: tuple[tuple[datetime, str], ...]
    protected: datetime | None


def calendar_for(context: Context, pool: Pool) -> Calendar:
    """The pool's calendar; without one, a day is a day in the workspace's zone."""
    found = context.model.others.get("calendar", {}).get(pool.calendar)
    if found is not None:
        return found  # type: ignore[no-any-return]
    day = (Shift(0, 1440),)
    return Calendar(name="", timezone=context.model.defaults.timezone, week=(day, day, day, day, day, day, day))


def later(context: Context, pool: Pool, start: datetime, duration: str) -> datetime:
    """The moment that lies a duration after another, by the pool's calendar."""
    return add(calendar_for(context, pool), start, parse_duration(duration)).at


def forecast(connection: Connection, context: Context, pool: Pool, standing: Any, *, begins: bool = False) -> Forecast | None:
    """When an owned record comes back; None where nothing takes it back. `standing`: its row of pool_standing.

    `begins`: its owner has it from this moment, so nothing that happened can count.
    """
    if pool.back is None or standing.owner is None or not pool.back.rules:
        return None
    calendar = calendar_for(context, pool)
    running = tuple(_running(connection, context, calendar, rule, standing, begins) for rule in pool.back.rules)
    moments = [one.due for one in running]
    rule_due = min(moments) if pool.back.how == "any" else max(moments)
    protected = standing.protected_until
    due = max(rule_due, protected) if protected is not None else rule_due
    warned = standing.warned or {}
    fresh = standing.warned_at is not None and warned.get("due") == due.isoformat()
    given = warned.get("given", []) if fresh else []
    warnings = sorted((subtract(calendar, due, parse_duration(one)).at, one) for one in pool.back.warn if one not in given)
    return Forecast(
        running,
        rule_due,
        _after_warning(calendar, pool, due, standing.warned_at if fresh else None, context.now),
        tuple(warnings),
        protected,
    )


def _after_warning(calendar: Calendar, pool: Pool, due: datetime, warned_at: datetime | None, now: datetime) -> datetime:
    """Nobody loses a record without at least the shortest of the declared warnings, however late the rule or its clock came."""
    if pool.back is None or not pool.back.warn:
        return due
    start = warned_at or now
    shortest = min(add(calendar, start, parse_duration(one)).at for one in pool.back.warn)
    return max(due, shortest) if warned_at is not None or due <= shortest else due


def _running(connection: Connection, context: Context, calendar: Calendar, rule: ReturnRule, standing: Any, begins: bool) -> Running:
    event = None if begins else last_event(connection, context, rule, standing.record_id)
    since = standing.since if event is None else max(standing.since, event)
    return Running(rule, since, event, add(calendar, since, parse_duration(rule.after)).at)


def last_event(connection: Connection, context: Context, rule: ReturnRule, record: int) -> datetime | None:
    """When the last record came that a rule counts."""
    system = context.workspace.bound(SYSTEM, context.runtime, context.source)
    found = context.runtime.object(rule.object)
    at = found.table
    statement = select(func.max(at.c.created_at)).where(at.c[found.fields[rule.by].main.name] == record, at.c.deleted_at.is_(None))
    if rule.where is not None:
        statement = statement.where(compile_condition(rule.where, RecordScope(system, found, at)))
    moment: datetime | None = connection.scalar(statement)
    return moment


def next_look(found: Forecast) -> datetime:
    """When something is next to be done: the first warning, or the return."""
    return min([found.due, *(moment for moment, _ in found.warnings)])
