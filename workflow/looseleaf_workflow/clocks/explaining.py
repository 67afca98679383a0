"""The clocks of a record as one reader may know them: what is left, when it is due, what was told, what would stop it, what it waits for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, select

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.labels import Label
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.records import read
from looseleaf_workflow.arrivals import Arrival
from looseleaf_workflow.calendars import Due, MissingYear, TooFar
from looseleaf_workflow.calendars.clocks import due, elapsed, progress, remaining
from looseleaf_workflow.clocks.plans import ClockPlan, clock_plans
from looseleaf_workflow.clocks.storing import of_row
from looseleaf_workflow.clocks.tables import wf_clock, wf_clock_adoption, wf_clock_event
from looseleaf_workflow.clocks.turning import Held
from looseleaf_workflow.stages.judging import HIDDEN, may_read
from looseleaf_workflow.stages.wording import words

HISTORY = 20
"""Things told that are listed, the newest of them."""
ADOPTIONS = 50
State = Literal["running", "paused", "stopped"]


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that a clock told: a word of definition.py, the percentage, and when it came to be so."""

    kind: str
    percent: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Countdown:
    """One clock. `owner` and `name`: the policy and its clock, or the pipeline and its stage. `working`: times are of the calendar.

    `due`: None where it stands; `provisional`: counted without holidays that nobody knows yet; `missed_at`: when the target was last missed.
    `stops`: what would stop it; `waits`: while what it stands, None for no pauses.
    """

    kind: str
    owner: str
    owner_label: Label
    name: str
    label: Label
    state: State
    target: str
    working: bool
    started: datetime
    elapsed: timedelta
    remaining: timedelta
    percent: int
    due: datetime | None
    provisional: bool
    breached: bool
    missed_at: datetime | None
    warnings: tuple[int, ...]
    stops: tuple[Text | Label, ...]
    waits: Text | Label | None
    history: tuple[Happened, ...]


def clocks_of(context: Context, object_name: str, id: int) -> tuple[Countdown, ...]:
    """The clocks of a record, the most urgent first. Raises NotThere for one that the reader may not see."""
    plans = clock_plans(context.runtime, object_name)
    if plans is None:
        return ()
    read.get(context, object_name, id, ("id",))
    readable = context.profile.readable(object_name)
    rules = {clock.rule.id: clock for clock in plans.clocks if clock.place is None or clock.place[0].field.name in readable}
    with context.workspace.database.read() as connection:
        where = (wf_clock.c.record_id == id, wf_clock.c.live.is_(True), wf_clock.c.rule.in_(sorted(rules)))
        rows = connection.execute(select(wf_clock).where(*where).order_by(wf_clock.c.id)).all()
        told = _told(connection, id) if rows else {}
    found = [_countdown(context, rules[row.rule], row, told.get(row.rule, ())) for row in rows]
    return tuple(sorted((one for one in found if one is not None), key=lambda one: (one.state == "stopped", one.due is None, one.due, one.name)))  # fmt: skip


def _told(connection: Connection, id: int) -> Mapping[str, tuple[Happened, ...]]:
    events = wf_clock_event.c
    statement = select(events.rule, events.kind, events.percent, events.at).where(events.record_id == id)
    found: dict[str, tuple[Happened, ...]] = {}
    for row in connection.execute(statement.order_by(events.id.desc()).limit(HISTORY)):
        found[row.rule] = (*found.get(row.rule, ()), Happened(row.kind, row.percent, row.at))
    return found


def _countdown(context: Context, clock: ClockPlan, row: Any, history: tuple[Happened, ...]) -> Countdown | None:
    held, rule = of_row(clock, row).held, clock.rule
    one, calendar, now = held.clock, held.calendar, context.now
    try:
        ends = _due(held)
        passed, left, part = elapsed(one, calendar, now), remaining(one, calendar, now), progress(one, calendar, now)
    except (MissingYear, TooFar):
        return None
    return Countdown(
        kind=rule.kind,
        owner=rule.owner,
        owner_label=rule.owner_label,
        name=rule.name,
        label=rule.label,
        state="stopped" if one.stopped else "running" if one.running else "paused",
        target=str(one.target),
        working=one.target.working,
        started=one.started,
        elapsed=passed,
        remaining=left,
        percent=int(part * 100),
        due=ends.at if ends is not None else None,
        provisional=ends is not None and ends.provisional,
        breached=one.breached or left <= timedelta(),
        missed_at=one.breaches[-1] if one.breaches else None,
        warnings=one.warnings,
        stops=tuple(_stops(context, clock)),
        waits=_said(context, rule.pause_when) if rule.pause_when is not None else None,
        history=history,
    )


def _due(held: Held) -> Due | None:
    return None if held.clock.stopped else due(held.clock, held.calendar)


def _stops(context: Context, clock: ClockPlan) -> Iterator[Text | Label]:
    """What would stop it, or set it back."""
    rule = clock.rule
    if isinstance(rule.stop, Arrival):
        yield _arrival(context, rule.stop)
    elif rule.stop is not None:
        yield _said(context, rule.stop)
    if rule.kind == "stall":
        yield Text("leaving the stage “{stage}”", stage=rule.label)
        if rule.edits:
            yield Text("any change by a person, and any new record that points here")
        else:
            yield from dict.fromkeys(_arrival(context, one) for one in rule.activity)


def _arrival(context: Context, arrival: Arrival) -> Text:
    label = context.model.objects[arrival.object].label
    if arrival.where is None:
        return Text("a new record: {object}", object=label)
    return Text("a new record: {object} ({condition})", object=label, condition=_said(context, arrival.where))


def _said(context: Context, expression: Expression | Arrival) -> Text | Label:
    """A condition in words, as far as its reader may know."""
    if isinstance(expression, Arrival):
        return _arrival(context, expression)
    if not all(may_read(context, expression.object, path) for path in expression.reads):
        return HIDDEN
    made: dict[str, Label] = context.runtime.memo.setdefault("clock words", {})
    key = f"{expression.object}:{expression.source}"
    return made.get(key) or made.setdefault(key, words(expression, context.model.objects))


def adoptions(context: Context) -> tuple[Mapping[str, Any], ...]:
    """What publishing changed of clocks, newest first, a page of it."""
    statement = select(wf_clock_adoption).order_by(wf_clock_adoption.c.id.desc()).limit(ADOPTIONS)
    with context.workspace.database.read() as connection:
        return tuple(dict(row) for row in connection.execute(statement).mappings())
