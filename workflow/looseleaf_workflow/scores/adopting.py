"""Scores and time: after a publish what is new or edited is counted for all records, and once a day what depends on the day is.

Each score that does has one timer; when it fires, a round over its records begins and the timer is set for the next day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.jobs.outbox import Message
from looseleaf_workflow.scores.keeping import count_all
from looseleaf_workflow.scores.plans import score_plans
from looseleaf_workflow.scores.tables import score_adoption
from looseleaf_workflow.scores.timing import OWNER_KIND, WORKSPACE, next_round, set_round
from looseleaf_workflow.timers import Timer, cancel_timer, set_timer, take, waiting_timers

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace


def adopt(workspace: Workspace, _message: Message) -> None:
    """After a publish: count what is not as it was, and set the timers. May run twice."""
    workspace.refresh()
    with workspace.writing(workspace.context(SYSTEM, "job")) as (connection, context):
        plans = score_plans(context.runtime).scores
        known = {row.score_id: row.basis for row in connection.execute(select(score_adoption))}
        changed = [plan for id, plan in plans.items() if known.get(id) != plan.basis]
        gone = [*(known.keys() - plans.keys()), *(plan.score.id for plan in changed)]
        connection.execute(delete(score_adoption).where(score_adoption.c.score_id.in_(gone)))
        for plan in changed:
            values = {"score_id": plan.score.id, "basis": plan.basis, "revision": context.runtime.revision, "at": context.now}
            connection.execute(insert(score_adoption), values)
            count_all(connection, workspace, plan.score.id)
        waiting = waiting_timers(connection, OWNER_KIND, WORKSPACE)
        timed = {id: next_round(context, plan.score) for id, plan in plans.items() if plan.score.at}
        for id in waiting.keys() - timed.keys():
            cancel_timer(connection, OWNER_KIND, WORKSPACE, id)
        for id, moment in timed.items():
            if waiting.get(id) is None or waiting[id] > moment:
                set_timer(connection, workspace, OWNER_KIND, WORKSPACE, id, moment)


def ring(workspace: Workspace, timer: Timer) -> None:
    """The handler of scores' timers: a new day has come."""
    with workspace.writing(workspace.context(SYSTEM, "job")) as (connection, context):
        plan = score_plans(context.runtime).scores.get(timer.name)
        if not take(connection, workspace, timer) or plan is None or not plan.score.at:
            return
        count_all(connection, workspace, timer.name)
        set_round(connection, context, plan.score)
