"""What the timer of a clock does: tell what is due, and have itself called for what comes next. Asks nothing of the record: whatever happens
to that has been brought to the clock already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from looseleaf_platform.context import SYSTEM, Context
from looseleaf_workflow.clocks.plans import ClockPlan, clock_plans
from looseleaf_workflow.clocks.storing import Ledger, of_row
from looseleaf_workflow.clocks.tables import wf_clock
from looseleaf_workflow.clocks.turning import rung
from looseleaf_workflow.timers import Timer, take

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace


def ring(workspace: Workspace, timer: Timer) -> None:
    """The handler of clocks' timers. The clock is locked before its timer, as writes do."""
    with workspace.writing(workspace.context(SYSTEM, "job")) as (connection, context):
        row = connection.execute(select(wf_clock).where(wf_clock.c.id == timer.owner_id).with_for_update()).first()
        if not take(connection, workspace, timer) or row is None or not row.live:
            return
        clock = clock_named(context, row.object_id, row.rule)
        if clock is not None:
            _ring(connection, context, clock, row)


def _ring(connection: Connection, context: Context, clock: ClockPlan, row: object) -> None:
    before = of_row(clock, row)
    held, told = rung(clock.rule, before.held, context.now)
    ledger = Ledger(connection, context)
    ledger.keep(clock, before, held, told)
    ledger.store()


def clock_named(context: Context, object_id: str, rule: str) -> ClockPlan | None:
    """The rule with that stable id, as it is now; None where it is no more."""
    name = next((one.name for one in context.model.objects.values() if one.id == object_id), "")
    plans = clock_plans(context.runtime, name) if name else None
    return next((one for one in plans.clocks if one.rule.id == rule), None) if plans is not None else None
