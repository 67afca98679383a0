"""What a write means to clocks: those of the records written, and those of records that something was written about. The last step of every
write, set by set: clocks are read once, turned one by one without a query, and stored at once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_platform.records.writing.scope import Scope
from looseleaf_workflow.calendars import MissingYear, TooFar
from looseleaf_workflow.clocks.plans import ClockPlan, ClockPlans, arrival_plans, clock_plans
from looseleaf_workflow.clocks.storing import Kept, Ledger, forget, fresh, kept
from looseleaf_workflow.clocks.turning import Held, Seen, Told, turn

log = logging.getLogger(__name__)

WITHOUT_PEOPLE = frozenset({"automation", "job", "seed", "import", "command"})
"""Doors by which nobody writes himself what is written."""
GONE = Seen(applies=False)


@dataclass(slots=True)
class _Touched:
    """A record whose clocks are looked at. `row`: where it is written itself; `came`: what has arrived, by rule."""

    row: Row | None = None
    came: dict[str, set[str]] = field(default_factory=dict)


def record(batch: Batch, rows: list[Row]) -> None:
    """Bring clocks up to date with what was stored."""
    human = by_a_person(batch)
    touched: dict[str, dict[int, _Touched]] = {}
    for plan, group in batch.by_plan(rows):
        plans = clock_plans(batch.context.runtime, plan.name)
        if plans is not None:
            own = touched.setdefault(plan.name, {})
            for row in group:
                if _concerns(plans, row, human):
                    own.setdefault(row.id, _Touched()).row = row
        _arrived(batch, plan.name, group, human, touched)
    for name, records in touched.items():
        plans = clock_plans(batch.context.runtime, name)
        if plans is not None and records:
            _turn_all(batch, plans, records, human)


def by_a_person(batch: Batch) -> bool:
    """Whether a person writes this, as opposed to a rule, a job or an import."""
    return batch.context.source not in WITHOUT_PEOPLE and not batch.context.actor.is_system


def _concerns(plans: ClockPlans, row: Row, human: bool) -> bool:
    return row.kind != "update" or not plans.reads.isdisjoint(row.values) or (human and plans.edits)


def _arrived(batch: Batch, name: str, rows: Iterable[Row], human: bool, touched: dict[str, dict[int, _Touched]]) -> None:
    """Note the records that new ones point to."""
    awaited = [one for one in arrival_plans(batch.context.runtime, name) if human or not one.arrival.human]
    created = [row for row in rows if row.kind == "create"] if awaited else []
    for one in awaited:
        if one.where is not None and one.where.hops:
            batch.relations.prefetch([batch.scope(row) for row in created], one.where.hops)
        for row in created:
            about = row.current(one.arrival.by)
            if about is not None and (one.where is None or bool(one.where.evaluate(batch.scope(row)))):
                found = touched.setdefault(one.clock.object.name, {}).setdefault(about, _Touched())
                found.came.setdefault(one.clock.rule.id, set()).add(one.word)


def _turn_all(batch: Batch, plans: ClockPlans, records: Mapping[int, _Touched], human: bool) -> None:
    """The clocks of some records of one object."""
    forget(batch.connection, purged := [id for id, one in records.items() if one.row is not None and one.row.kind == "purge"])
    scopes = _scopes(batch, plans, {id: one for id, one in records.items() if id not in set(purged)})
    old = [id for id in scopes if (row := records[id].row) is None or row.kind != "create"]
    known = kept(batch.connection, plans.clocks, old)
    ledger = Ledger(batch.connection, batch.context, batch.operation_id)
    begun: dict[Any, Held | None] = {}
    for id, scope in scopes.items():
        one = records[id]
        for clock in plans.clocks:
            before = known.get((id, clock.rule.id))
            seen = GONE if scope is None else clock.seen(scope, one.came.get(clock.rule.id, ()), human and _edited(one.row))
            if before is None:
                _begin(ledger, clock, id, seen, batch, begun)
            else:
                _turn(ledger, clock, before, seen, batch)
    ledger.store()


def _edited(row: Row | None) -> bool:
    return row is not None and row.kind == "update"


def _begin(ledger: Ledger, clock: ClockPlan, id: int, seen: Seen, batch: Batch, begun: dict[Any, Held | None]) -> None:
    """Set a clock where there was none. `begun`: those set in this write: of a thousand records that are alike one is worked out."""
    calendar = seen.calendar.name if seen.calendar is not None else ""
    like = (clock.rule.id, calendar, seen.target, seen.applies, seen.begins, seen.done, seen.answered, seen.paused)
    if like not in begun:
        begun[like] = _turned(clock, id, None, seen, batch)[0]
    held = begun[like]
    if held is not None:
        ledger.keep(clock, fresh(id, held), held)


def _turn(ledger: Ledger, clock: ClockPlan, before: Kept, seen: Seen, batch: Batch) -> None:
    held, told = _turned(clock, before.record_id, before.held, seen, batch)
    if held is not None and (told or held != before.held):
        ledger.keep(clock, before, held, told)


def _turned(clock: ClockPlan, id: int, held: Held | None, seen: Seen, batch: Batch) -> tuple[Held | None, tuple[Told, ...]]:
    try:
        return turn(clock.rule, held, seen, batch.now)
    except (MissingYear, TooFar) as unknown:  # a clock that can't be counted keeps nobody from saving
        log.warning("the clock %s of record %s can't be counted: %s", clock.rule.id, id, unknown)
        return held, ()


def _scopes(batch: Batch, plans: ClockPlans, records: Mapping[int, _Touched]) -> dict[int, Scope | None]:
    """Records as expressions see them; None for those that are deleted."""
    batch.relations.fetch(plans.object.name, [id for id, one in records.items() if one.row is None])
    found: dict[int, Scope | None] = {}
    for id, one in records.items():
        if one.row is not None:
            found[id] = None if one.row.kind == "delete" else batch.scope(one.row)
        else:
            scope = batch.relations.scope(plans.object.name, id)
            found[id] = scope if scope is not None and scope["deleted_at"] is None else None
    batch.relations.prefetch([scope for scope in found.values() if scope is not None], plans.hops)
    return found
