"""After a publish: clocks go by the rules and calendars as they are now. What has happened stays: nothing that was told is taken back.

A rule is brought to the records that were there before it, and an edited one, or one whose calendar was edited, to the clocks that are running,
some records at a time; what that came to is noted. Those whose time is over already ring once, a few at a time. May run twice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select, update

from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.jobs.outbox import Message
from looseleaf_platform.records.ids import new_id
from looseleaf_platform.records.writing.scope import Scope
from looseleaf_workflow.automations.events import relations_of
from looseleaf_workflow.calendars import MissingYear, TooFar
from looseleaf_workflow.clocks.definition import ClockRule
from looseleaf_workflow.clocks.keeping import log
from looseleaf_workflow.clocks.plans import ClockPlan, clock_plans
from looseleaf_workflow.clocks.storing import OWNER_KIND, TIMER, Kept, Ledger, due_of, fresh, kept
from looseleaf_workflow.clocks.tables import wf_clock, wf_clock_adoption
from looseleaf_workflow.clocks.turning import Held, Told, recounted, turn
from looseleaf_workflow.tables import stage_now
from looseleaf_workflow.timers import set_timers

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

CHUNK = 100
PER_MINUTE = 100
"""How many of the clocks whose time is over ring in a minute."""


@dataclass
class _Count:
    """What becomes of the clocks of one rule."""

    started: int = 0
    moved: int = 0
    kept: int = 0


@dataclass
class _Round:
    """Bringing some rules of one object to its records. `overdue`: how many clocks ring at once so far."""

    counts: dict[str, _Count] = field(default_factory=dict)
    overdue: int = 0

    def not_before(self, now: datetime) -> datetime:
        """When the next of those may ring whose time is over."""
        self.overdue += 1
        return now + timedelta(minutes=(self.overdue - 1) // PER_MINUTE)


def adopt(workspace: Workspace, _message: Message) -> None:
    """Go through the clocks of all rules that are not as they were."""
    workspace.refresh()
    known: set[str] = set()
    for name in workspace.runtime.model.objects:
        plans = clock_plans(workspace.runtime, name)
        if plans is not None:
            known.update(clock.rule.id for clock in plans.clocks)
            changed = _changed(workspace, plans.clocks)
            if changed:
                _adopt(workspace, name, frozenset(clock.rule.id for clock in changed))
    _forget_gone(workspace, known)


def _changed(workspace: Workspace, clocks: Collection[ClockPlan]) -> list[ClockPlan]:
    """The rules that were not brought to the records as they are now."""
    with workspace.database.read() as connection:
        found = []
        for clock in clocks:
            where = wf_clock_adoption.c.rule == clock.rule.id
            last = select(wf_clock_adoption.c.basis).where(where).order_by(wf_clock_adoption.c.id.desc()).limit(1)
            if connection.scalar(last) != clock.basis:
                found.append(clock)
        return found


def _adopt(workspace: Workspace, name: str, rules: frozenset[str]) -> None:
    """All records of one object, and the note of it."""
    round = _Round({rule: _Count() for rule in rules})
    last: int | None = 0
    while last is not None:
        last = _chunk(workspace, name, rules, last, round)
    with workspace.writing(workspace.context(SYSTEM, "job")) as (connection, context):
        plans = clock_plans(context.runtime, name)
        for clock in plans.clocks if plans is not None else ():
            if clock.rule.id in rules:
                one = round.counts[clock.rule.id]
                values: dict[str, Any] = {"started": one.started, "moved": one.moved, "kept": one.kept}
                values |= {"id": new_id(), "revision": context.runtime.revision, "at": context.now}
                connection.execute(insert(wf_clock_adoption), {"rule": clock.rule.id, "basis": clock.basis, **values})


def _chunk(workspace: Workspace, name: str, rules: frozenset[str], last: int, round: _Round) -> int | None:
    """The next records after an id; the last of them, None at the end."""
    with workspace.writing(workspace.context(SYSTEM, "job")) as (connection, context):
        plans = clock_plans(context.runtime, name)
        if plans is None:
            return None
        at = plans.object.table
        statement = select(at.c.id).where(at.c.id > last, at.c.deleted_at.is_(None)).order_by(at.c.id).limit(CHUNK)
        ids = list(connection.scalars(statement.with_for_update(of=at)))
        clocks = [clock for clock in plans.clocks if clock.rule.id in rules]
        known = kept(connection, clocks, ids)
        relations = relations_of(connection, context)
        relations.fetch(name, ids)
        scopes = {id: scope for id in ids if (scope := relations.scope(name, id)) is not None}
        relations.prefetch(scopes.values(), plans.hops)
        entered = _entered(connection, ids)
        ledger = Ledger(connection, context)
        for id, scope in scopes.items():
            for clock in clocks:
                _one(ledger, clock, scope, id, known.get((id, clock.rule.id)), entered, round)
        ledger.store()
    return ids[-1] if len(ids) == CHUNK else None


def _entered(connection: Connection, ids: Sequence[int]) -> dict[tuple[int, str], datetime]:
    """Since when records are in their stage, by record and stable id of the stage."""
    rows = connection.execute(select(stage_now).where(stage_now.c.record_id.in_(ids)))
    return {(row.record_id, row.stage): row.entered_at for row in rows}


def _one(ledger: Ledger, clock: ClockPlan, scope: Scope, id: int, before: Kept | None, entered: dict[tuple[int, str], datetime], round: _Round) -> None:  # fmt: skip
    """One clock by its rule as it is now."""
    count, now = round.counts[clock.rule.id], ledger.context.now
    try:
        held, told = _turned(clock, scope, before, _since(clock.rule, scope, id, entered), now)
    except (MissingYear, TooFar) as unknown:
        log.warning("the clock %s of record %s can't be counted: %s", clock.rule.id, id, unknown)
        return
    if held is None:
        return
    due = due_of(held)
    late = due is not None and due <= now and not held.clock.breached
    moved = ledger.keep(clock, before or fresh(id, held), held, told, not_before=round.not_before(now) if late else None)
    count.started += before is None
    count.moved += before is not None and moved
    count.kept += before is not None and not moved


def _turned(clock: ClockPlan, scope: Scope, before: Kept | None, since: datetime | None, now: datetime) -> tuple[Held | None, tuple[Told, ...]]:  # fmt: skip
    seen = clock.seen(scope)
    if before is not None and before.held.live:
        return recounted(clock.rule, before.held, seen, now)
    return turn(clock.rule, before.held if before is not None else None, seen, now, since)


def _since(rule: ClockRule, scope: Scope, id: int, entered: dict[tuple[int, str], datetime]) -> datetime | None:
    """From when the limit of a stage counts for what is in it already; what a policy promises counts from today."""
    if rule.kind != "stall":
        return None
    came = entered.get((id, rule.stage_id))
    touched = scope["updated_at"] if rule.edits or rule.activity else None
    return max(came, touched) if came is not None and touched is not None else came


def _forget_gone(workspace: Workspace, known: Collection[str]) -> None:
    """Clocks whose rule is no more ring no more."""
    last: int | None = 0
    while last is not None:
        with workspace.writing(workspace.context(SYSTEM, "job")) as (connection, context):
            where = (wf_clock.c.rule.not_in(sorted(known)), wf_clock.c.live.is_(True), wf_clock.c.id > last)
            rows = connection.execute(select(wf_clock).where(*where).order_by(wf_clock.c.id).limit(CHUNK).with_for_update()).all()
            _stop(connection, context, rows)
            last = rows[-1].id if len(rows) == CHUNK else None


def _stop(connection: Connection, context: Context, rows: Sequence[Any]) -> None:
    ids = [row.id for row in rows]
    if ids:
        connection.execute(update(wf_clock).where(wf_clock.c.id.in_(ids)).values(live=False, due_at=None))
        set_timers(connection, context.workspace, OWNER_KIND, TIMER, dict.fromkeys(ids))
