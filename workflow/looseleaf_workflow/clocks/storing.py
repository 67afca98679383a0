"""Clocks in the database: read for many records at once, written with their timers and with what they told, a statement for each kind of change."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from looseleaf_platform.context import Context
from looseleaf_platform.jobs.outbox import put
from looseleaf_platform.records.ids import encode, new_id
from looseleaf_workflow.calendars.clocks import Clock, due, next_alarm
from looseleaf_workflow.clocks.plans import ClockPlan
from looseleaf_workflow.clocks.tables import wf_clock, wf_clock_event
from looseleaf_workflow.clocks.turning import Held, Told
from looseleaf_workflow.timers import set_timers

OWNER_KIND = "clock"
"""Whose timers these are."""
TIMER = "alarm"
TOPIC = "clock.told"
CHUNK = 500
CHANGED = ("live", "calendar", "clock", "breached", "due_at", "basis")
CHANGE = update(wf_clock).where(wf_clock.c.id == bindparam("_id")).values({name: bindparam(name) for name in CHANGED})


@dataclass(frozen=True, slots=True)
class Kept:
    """A clock with the id of its row, 0 for one that has none yet. `due`: when it was due as it is stored."""

    id: int
    record_id: int
    held: Held
    due: datetime | None


def kept(connection: Connection, clocks: Collection[ClockPlan], ids: Sequence[int]) -> dict[tuple[int, str], Kept]:
    """The clocks of records by record and rule, locked in the order of their ids."""
    found: dict[tuple[int, str], Kept] = {}
    by_rule = {clock.rule.id: clock for clock in clocks}
    for start in range(0, len(ids), CHUNK):
        where = (wf_clock.c.record_id.in_(ids[start : start + CHUNK]), wf_clock.c.rule.in_(sorted(by_rule)))
        for row in connection.execute(select(wf_clock).where(*where).order_by(wf_clock.c.id).with_for_update()):
            found[row.record_id, row.rule] = of_row(by_rule[row.rule], row)
    return found


def of_row(clock: ClockPlan, row: Any) -> Kept:
    """A clock from its row."""
    return Kept(row.id, row.record_id, Held(Clock.from_json(row.clock), row.live, clock.calendar(row.calendar)), row.due_at)


@dataclass
class Ledger:
    """What is to be written of clocks, gathered and stored at once. `operation`: what brought it about, None for time."""

    connection: Connection
    context: Context
    operation: int | None = None
    new: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    moments: dict[int, datetime | None] = field(default_factory=dict)
    said: dict[int, tuple[Held, dict[str, Any], datetime | None]] = field(default_factory=dict)

    def keep(self, clock: ClockPlan, before: Kept, held: Held, told: Iterable[Told] = (), not_before: datetime | None = None) -> bool:
        """Have a clock stored as it is now, and its timer set, but not before a moment. Whether its due moment is another."""
        number = before.id or new_id()
        values, alarm = self._said(clock, held)
        at = max(alarm, not_before) if alarm is not None and not_before is not None else alarm
        if before.id:
            self.changed.append({"_id": number, **values})
        else:
            identity = {"id": number, "object_id": clock.object.id, "record_id": before.record_id, "rule": clock.rule.id}
            self.new.append({**identity, **values})
        self.moments[number] = at
        same = {"clock_id": number, "object_id": clock.object.id, "record_id": before.record_id, "rule": clock.rule.id}
        for one in told:
            said = {"kind": one.kind, "percent": one.percent, "round": one.round, "at": one.at, "told_at": self.context.now}
            self.events.append({"id": new_id(), **same, **said, "operation": self.operation})
        return not before.id or before.due != values["due_at"]

    def _said(self, clock: ClockPlan, held: Held) -> tuple[dict[str, Any], datetime | None]:
        """What is stored of a clock and when it is to ring; worked out once of one that many records share."""
        if id(held) not in self.said:
            alarm = next_alarm(held.clock, held.calendar) if held.live else None
            self.said[id(held)] = (held, row_values(clock, held), None if alarm is None else alarm.at)
        return self.said[id(held)][1:]

    def store(self) -> None:
        """Write all of it."""
        if self.new:
            self.connection.execute(insert(wf_clock), self.new)
        if self.changed:
            self.connection.execute(CHANGE, self.changed)
        if self.moments:
            new = frozenset(row["id"] for row in self.new)
            set_timers(self.connection, self.context.workspace, OWNER_KIND, TIMER, self.moments, new)
        if self.events:
            self.connection.execute(insert(wf_clock_event), self.events)
            for start in range(0, len(self.events), CHUNK):
                ids = [encode(event["id"]) for event in self.events[start : start + CHUNK]]
                put(self.connection, self.context.workspace, TOPIC, {"events": ids}, lane="automation")


def row_values(clock: ClockPlan, held: Held) -> dict[str, Any]:
    """What is stored of a clock."""
    return {
        "live": held.live,
        "calendar": held.calendar.name,
        "clock": held.clock.to_json(),
        "breached": held.clock.breached,
        "due_at": due_of(held),
        "basis": clock.basis,
    }


def due_of(held: Held) -> datetime | None:
    """When the target is missed, or was; None where the clock stands before that."""
    if not held.live or held.clock.stopped:
        return None
    found = due(held.clock, held.calendar)
    return None if found is None else found.at


def forget(connection: Connection, ids: Sequence[int]) -> None:
    """What was kept of records that are erased is erased with them."""
    for start in range(0, len(ids), CHUNK):
        for table in (wf_clock, wf_clock_event):
            connection.execute(delete(table).where(table.c.record_id.in_(ids[start : start + CHUNK])))


def fresh(record: int, held: Held) -> Kept:
    """A clock that has no row yet."""
    return Kept(0, record, held, None)
