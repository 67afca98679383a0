"""What the rules would have done with records that are there: the distribution, and record by record. Writes nothing, takes no turn."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection, select

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import NotAllowed, NotThere
from looseleaf_platform.records.writing.plan import ObjectPlan, Plans
from looseleaf_platform.records.writing.scope import Relations, Scope
from looseleaf_workflow.assignment.deciding import Case, choose, decide, prepare
from looseleaf_workflow.assignment.desk import Desk
from looseleaf_workflow.assignment.plans import AssignmentPlan, assignment_plans

MOST = 10_000
"""Records that one simulation looks at."""
ABILITY = "builder"


@dataclass(frozen=True, slots=True)
class Would:
    """What would become of one record. `was`: its owner today."""

    record: int
    owner: int | None
    outcome: str
    rule: str
    was: int | None


@dataclass(frozen=True, slots=True)
class Simulation:
    """The whole of it. `by_owner`: how many each would get, None for nobody; `cut`: there are more records than were looked at."""

    records: tuple[Would, ...]
    by_owner: dict[int | None, int]
    cut: bool


def simulate(context: Context, name: str, since: datetime, until: datetime) -> Simulation:
    """Run an assignment over the records created from `since` to before `until`, in their order, as if nobody had them yet.

    Turns begin where they stand now; open work is counted as it lay before `since`, and what is given out adds to it. Raises NotThere, NotAllowed.
    """
    if not context.profile.has(ABILITY):
        raise NotAllowed(Text("You may not try out assignment rules"), ABILITY)
    written = context.model.others.get("assignment", {}).get(name)
    if written is None:
        raise NotThere
    plans = assignment_plans(context.runtime, written.object)
    plan = Plans.of(context.runtime)[written.object]
    with context.workspace.database.read() as connection:
        cases, owners = _cases(context, connection, plan, since, until)
        cut, cases = len(cases) > MOST, cases[:MOST]
        mine = next(one for one in plans if one.assignment.name == name)
        if cases:
            cases[0].scope.relations.prefetch([case.scope for case in cases], frozenset().union(*(one.hops for one in plans)))
        taken = [case for case in cases if choose(plans, case) is mine]
        records = _run(context, connection, mine, taken, owners, since)
    return Simulation(records, dict(Counter(one.owner for one in records)), cut)


def _run(
    context: Context, connection: Connection, plan: AssignmentPlan, cases: list[Case], owners: dict[int, int | None], since: datetime
) -> tuple[Would, ...]:
    desk = Desk(connection, context, keeps=False, before=since)
    prepare(plan, cases, desk)
    found = []
    for case in cases:
        decision = decide(plan, case, desk)
        found.append(Would(case.id, decision.owner, decision.outcome, decision.rule, owners[case.id]))
    return tuple(found)


def _cases(
    context: Context, connection: Connection, plan: ObjectPlan, since: datetime, until: datetime
) -> tuple[list[Case], dict[int, int | None]]:
    at = plan.table
    where = (at.c.created_at >= since, at.c.created_at < until, at.c.deleted_at.is_(None))
    rows = connection.execute(select(*plan.columns).where(*where).order_by(at.c.created_at, at.c.id).limit(MOST + 1)).all()
    ambient = {"@me": context.actor.id, "@now": context.now, "@today": context.today, "@timezone": context.actor.timezone}
    relations = Relations(connection, plan.plans, ambient, lambda _object, _id: None)
    cases = [_case(plan, relations, row) for row in rows]
    return cases, {row.id: plan.fields["owner"].load(row) for row in rows}


def _case(plan: ObjectPlan, relations: Relations, row: Any) -> Case:
    def seen(name: str) -> Any:
        field = plan.fields[name]
        return relations.members(plan, field, row.id) if field.many else field.in_expressions(field.load(row))

    return Case(row.id, Scope(plan, seen, relations), partial(_value, plan, row))


def _value(plan: ObjectPlan, row: Any, name: str) -> Any:
    return plan.fields[name].load(row)
