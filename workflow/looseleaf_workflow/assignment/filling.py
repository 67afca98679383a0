"""The owner of a record in the write path: decided before rules are checked, stored and explained in the same transaction.

A new record of which nobody says whose it is gets its owner here, by whatever door it comes. An owner who is given is kept, and so is
every owner under the recorded exemption "assignment".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert, select

from looseleaf_platform.database.system_tables import change, operation
from looseleaf_platform.records.ids import new_id
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_platform.records.writing.defaulting import teams_of
from looseleaf_workflow.assignment.deciding import Case, Decision, choose, decide, prepare
from looseleaf_workflow.assignment.desk import Desk
from looseleaf_workflow.assignment.plans import AssignmentPlan, assignment_plans
from looseleaf_workflow.assignment.tables import assign_decision
from looseleaf_workflow.stages.moves import put
from looseleaf_workflow.timers import set_timer

EXEMPTION = "assignment"
"""The recorded exemption by which a write keeps the owners as they come."""
AGAIN = "assign"
"""The kind of operation that asks the rules again."""
NOTES = "assignment"
OWNER_KIND, TIMER = "assignment", "queue"
"""Whose timers look after the queue, and their name."""
PAUSE = timedelta(minutes=10)
"""How long until what waits in the queue is asked about again."""
CHUNK = 1000


def fill(batch: Batch) -> None:
    """Decide for all records of a wave that need an owner."""
    if batch.exempt(EXEMPTION):
        return
    desk = Desk(batch.connection, batch.context, keeps=True)
    decisions: dict[int, Decision] = {}
    for plan, rows in batch.by_plan(row for row in batch.rows if not row.derived and not row.faults):
        plans = assignment_plans(batch.context.runtime, plan.name)
        if plans:
            decisions |= _decide(batch, desk, plans, _concerned(batch, plans, rows))
    if decisions:
        batch.notes[NOTES] = (desk, decisions)


def settle(batch: Batch) -> None:
    """In a set that is refused row by row, rows that turn out to be refused take no turn: those that go on are decided anew."""
    desk, decisions = batch.notes.get(NOTES, (None, {}))
    refused = {row.id for row in batch.rows if row.id in decisions and row.root.faults}
    if desk is None or not refused or not batch.collect:
        return
    batch.notes.pop(NOTES)
    desk = Desk(batch.connection, batch.context, keeps=True)
    again: dict[int, Decision] = {}
    for plan, rows in batch.by_plan(row for row in batch.rows if row.id in decisions and row.id not in refused):
        again |= _decide(batch, desk, assignment_plans(batch.context.runtime, plan.name), rows)
    batch.notes[NOTES] = (desk, again)


def record(batch: Batch, rows: list[Row]) -> None:
    """Keep the turns that were given, and why."""
    desk, decisions = batch.notes.get(NOTES, (None, {}))
    if desk is not None:
        desk.store()
        stored = [_stored(batch, row, decisions[row.id]) for row in rows if row.id in decisions]
        if stored:
            batch.plans.insert(batch.connection, INSERT, assign_decision.c.keys()).run_many(batch.connection, stored)
        for one in stored:
            if one["outcome"] == "queue" and batch.operation.kind != AGAIN:
                set_timer(batch.connection, batch.context.workspace, OWNER_KIND, one["record_id"], TIMER, batch.now + PAUSE)
    _forget_purged(batch, rows)


INSERT = insert(assign_decision)


def _stored(batch: Batch, row: Row, decision: Decision) -> dict[str, Any]:
    return {
        "id": new_id(),
        "object_id": row.plan.id,
        "record_id": row.id,
        "version": row.new_version,
        "assignment_id": decision.assignment.assignment.id,
        "rule": decision.rule,
        "outcome": decision.outcome,
        "owner": decision.owner,
        "facts": decision.facts,
        "at": batch.now,
        "operation": batch.operation_id,
    }


def _forget_purged(batch: Batch, rows: list[Row]) -> None:
    ids = [row.id for row in rows if row.kind == "purge" and assignment_plans(batch.context.runtime, row.plan.name)]
    for start in range(0, len(ids), CHUNK):
        batch.connection.execute(delete(assign_decision).where(assign_decision.c.record_id.in_(ids[start : start + CHUNK])))


# --- which records


def _concerned(batch: Batch, plans: tuple[AssignmentPlan, ...], rows: Iterable[Row]) -> list[Row]:
    """New records without a given owner, records that are to be asked about again, and those where what the rules go by has changed."""
    found, changed = [], []
    triggers = frozenset().union(*(one.assignment.reassign_on for one in plans))
    for row in rows:
        unsaid = row.kind == "create" and row.raw.get("owner") is None
        if unsaid or (row.kind == "update" and batch.operation.kind == AGAIN):
            found.append(row)
        elif row.kind == "update" and "owner" not in row.raw and not triggers.isdisjoint(row.values):
            changed.append(row)
    return found + _untouched(batch, changed)


def _untouched(batch: Batch, rows: list[Row]) -> list[Row]:
    """Of records that change, those that are as the last decision left them: same owner, and no person has changed them since."""
    latest: dict[int, Any] = {}
    ids = [row.id for row in rows]
    for start in range(0, len(ids), CHUNK):
        where = assign_decision.c.record_id.in_(ids[start : start + CHUNK])
        latest |= {
            one.record_id: one for one in batch.connection.execute(select(assign_decision).where(where).order_by(assign_decision.c.id))
        }
    as_left = [row for row in rows if row.id in latest and latest[row.id].owner == row.before("owner")]
    touched = _touched(batch, [row for row in as_left if row.stored.version != latest[row.id].version], latest)
    return [row for row in as_left if row.id not in touched]


def _touched(batch: Batch, rows: list[Row], latest: dict[int, Any]) -> set[int]:
    """Which of them a person has changed since the decision."""
    found: set[int] = set()
    for plan, group in batch.by_plan(rows):
        ids = [row.id for row in group]
        for start in range(0, len(ids), CHUNK):
            where = (change.c.object_id == plan.id, change.c.record_id.in_(ids[start : start + CHUNK]), operation.c.actor.is_not(None))
            statement = select(change.c.record_id, change.c.version).join(operation, operation.c.id == change.c.operation_id).where(*where)
            found |= {one.record_id for one in batch.connection.execute(statement) if one.version > latest[one.record_id].version}
    return found


# --- deciding


def _decide(batch: Batch, desk: Desk, plans: tuple[AssignmentPlan, ...], rows: list[Row]) -> dict[int, Decision]:
    """Who gets these records of one object: put into the rows, with the team that goes with the owner."""
    rows = [row for row in rows if not row.bad]
    if not rows:
        return {}
    batch.relations.prefetch([batch.scope(row) for row in rows], frozenset().union(*(one.hops for one in plans)))
    by_plan: defaultdict[AssignmentPlan, list[tuple[Row, Case]]] = defaultdict(list)
    for row in rows:
        case = Case(row.id, batch.scope(row), row.current)
        plan = choose(plans, case)
        if plan is not None:
            by_plan[plan].append((row, case))
    found: dict[int, Decision] = {}
    for plan in plans:
        pairs = by_plan.get(plan, [])
        prepare(plan, [case for _, case in pairs], desk) if pairs else None
        for row, case in pairs:
            found[row.id] = decide(plan, case, desk)
    _give(batch, [row for row in rows if row.id in found], found)
    return found


def _give(batch: Batch, rows: list[Row], decisions: dict[int, Decision]) -> None:
    teams = teams_of(batch, {one.owner for one in decisions.values() if one.owner is not None})
    for row in rows:
        owner = decisions[row.id].owner
        if owner is None and (row.kind == "update" or row.plan.object.owner == "required"):
            continue  # whoever has it keeps it
        put(row, row.plan.fields["owner"], owner)
        if row.raw.get("team") is None:
            put(row, row.plan.fields["team"], teams.get(owner) if owner is not None else None)
