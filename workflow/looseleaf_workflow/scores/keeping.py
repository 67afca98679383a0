"""Counting scores again, and writing those that differ: a page of records at a time, by the one write path, as the system.

A page is read in one statement; only records whose score differs are locked, counted once more under the lock, and written. What is not
finished leaves a message for its next page, so that a round over a large object holds nothing up and goes on after a crash.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, select

from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.jobs.outbox import Message, put
from looseleaf_platform.records.ids import decode, encode
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.rollups import reaching
from looseleaf_platform.records.write import write_within
from looseleaf_workflow.automations.verdicts import origin_of
from looseleaf_workflow.running.performing import OWN
from looseleaf_workflow.scores import timing
from looseleaf_workflow.scores.definition import KIND
from looseleaf_workflow.scores.plans import Counted, ScorePlan, parameters, score_plans
from looseleaf_workflow.scores.watching import LANE, TOPIC

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

log = logging.getLogger(__name__)
PAGE = 500
"""Records that are counted at a time."""


def count_all(connection: Connection, workspace: Workspace, score_id: str) -> None:
    """Have a score counted for all records of its object, as a part of the caller's transaction."""
    put(connection, workspace, TOPIC, {"score": score_id}, lane=LANE)


def handle(workspace: Workspace, message: Message) -> None:
    """Count one page of what a message is about. May be done again: what is as it should be is not written."""
    asked: Mapping[str, Any] = message.payload
    context = workspace.context(SYSTEM, "job")
    plan = score_plans(context.runtime).scores.get(asked["score"])
    if plan is None:
        return
    with workspace.database.read() as connection:
        rows = connection.execute(_page(plan, asked), parameters(context)).all()
        untimed = timing.is_missing(connection, plan.score)
    if untimed:
        timing.mend(workspace, context, plan.score)
    different = [one.id for one in map(plan.counted, rows) if not one.current]
    if different:
        _write(workspace, plan.score.id, different, asked.get("operation", ""))
    if len(rows) == PAGE:
        with workspace.database.write() as connection:
            put(connection, workspace, TOPIC, {**asked, "after": encode(rows[-1][0])}, lane=LANE)


def _page(plan: ScorePlan, asked: Mapping[str, Any]) -> Select[Any]:
    """The next records that a message is about."""
    id = plan.object.table.c.id
    statement = plan.statement.where(id > (decode(asked["after"]) if "after" in asked else 0)).order_by(id).limit(PAGE)
    if "ids" not in asked:
        return statement
    ids, hop = [decode(one) for one in asked["ids"]], tuple(asked["hop"])
    return statement.where(reaching(plan.object.plans, plan.object.name, hop, ids) if hop else id.in_(ids))


def _write(workspace: Workspace, score_id: str, ids: Sequence[int], operation: str) -> None:
    with workspace.writing(workspace.context(SYSTEM, "job")) as (connection, context):
        plan = score_plans(context.runtime).scores.get(score_id)
        if plan is None:
            return
        found = [one for one in locked(connection, context, plan, ids) if not one.current]
        changes = [Change("update", plan.object.name, one.id, plan.values(one.tally)) for one in found]
        if not changes:
            return
        outcome = write_within(connection, context, changes, _operation(connection, plan, operation), collect=True)
        for one in outcome.written:
            if one.outcome == "refused":
                log.warning("the score %s of record %s can't be stored: %s", plan.score.name, one.id, [fault.code for fault in one.faults])


def locked(connection: Connection, context: Context, plan: ScorePlan, ids: Sequence[int]) -> list[Counted]:
    """Records counted under their locks: whoever changes what they are counted from is before, or leaves a message of his own."""
    table = plan.object.table
    connection.execute(select(table.c.id).where(table.c.id.in_(ids)).order_by(table.c.id).with_for_update()).all()
    statement = plan.statement.where(table.c.id.in_(ids)).order_by(table.c.id)
    return [plan.counted(row) for row in connection.execute(statement, parameters(context))]


def _operation(connection: Connection, plan: ScorePlan, operation: str) -> Operation:
    """What is written down of it: the score, and what led there, so that what follows belongs to the same chain."""
    origin = origin_of(connection, decode(operation)) if operation else None
    cause, chain = (origin.cause, origin.chain) if origin is not None else (None, "")
    return Operation(KIND, reason=plan.score.name, exemptions=frozenset({OWN}), cause=cause, chain=chain)
