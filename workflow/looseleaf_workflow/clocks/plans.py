"""Rules for clocks compiled for one revision, kept with the runtime so that a write builds nothing; and what they see of a record."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_platform.records.runtime import Runtime
from looseleaf_platform.records.writing.conditions import Condition
from looseleaf_platform.records.writing.plan import ObjectPlan, Plans
from looseleaf_platform.records.writing.scope import Scope
from looseleaf_workflow.arrivals import Arrival
from looseleaf_workflow.calendars import Calendar
from looseleaf_workflow.calendars.calendar import Shift
from looseleaf_workflow.clocks.definition import ClockRule, rules_of
from looseleaf_workflow.clocks.turning import Seen
from looseleaf_workflow.frozen_json import sha256
from looseleaf_workflow.stages.plans import PipelinePlan, StagePlans, stage_plans
from looseleaf_workflow.stages.standing import pipeline_for

ALWAYS_OPEN = ((Shift(0, 1440),),) * 7
START, STOP, ACTIVITY = "start", "stop", "activity"


@dataclass(frozen=True, slots=True, eq=False)
class ClockPlan:
    """A rule with everything compiled. `place`: the pipelines of its stage, and which it must be; `basis`: its fingerprint."""

    rule: ClockRule
    object: ObjectPlan
    when: Condition | None
    start: Condition | None
    stop: Condition | None
    pause: Condition | None
    targets: tuple[tuple[Condition | None, str], ...]
    calendars: tuple[tuple[Condition | None, Calendar], ...]
    place: tuple[StagePlans, PipelinePlan] | None
    basis: str

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """All that it asks of a record."""
        chosen = (one for choice in (*self.targets, *self.calendars) for one in choice[:1])
        pipelines = (one.when for one in self.place[0].pipelines) if self.place is not None else ()
        return tuple(one for one in (self.when, self.start, self.stop, self.pause, *chosen, *pipelines) if one is not None)

    def seen(self, scope: Scope, came: Collection[str] = (), edited: bool = False) -> Seen:
        """What is so of a live record. `came`: the words of what has arrived; `edited`: a person has changed the record."""
        if not (_holds(self.when, scope) and self._stands(scope)):
            return Seen(applies=False)
        rule = self.rule
        return Seen(
            applies=True,
            target=next((after for when, after in self.targets if _holds(when, scope)), None),
            calendar=next((calendar for when, calendar in self.calendars if _holds(when, scope)), None),
            begins=START in came if isinstance(rule.start, Arrival) else _holds(self.start, scope),
            done=self.stop is not None and _holds(self.stop, scope),
            answered=STOP in came,
            paused=self.pause is not None and _holds(self.pause, scope),
            active=ACTIVITY in came or (rule.edits and edited),
        )

    def _stands(self, scope: Scope) -> bool:
        if self.place is None:
            return True
        plans, pipeline = self.place
        return scope[plans.field.name] == self.rule.stage and pipeline_for(plans, scope) is pipeline

    def calendar(self, name: str) -> Calendar:
        """The calendar of that name as it is now; the first one where there is none of that name any more."""
        return next((calendar for _, calendar in self.calendars if calendar.name == name), self.calendars[0][1])


@dataclass(frozen=True, slots=True, eq=False)
class ClockPlans:
    """The clocks of an object. `reads`: fields that they go by; `edits`: any change of a record matters to one."""

    object: ObjectPlan
    clocks: tuple[ClockPlan, ...]
    reads: frozenset[str]
    hops: frozenset[tuple[str, ...]]
    edits: bool


@dataclass(frozen=True, slots=True, eq=False)
class ArrivalPlan:
    """A record that matters to a clock of another when it is created. `by`: the field that points there; `word`: START, STOP or ACTIVITY."""

    clock: ClockPlan
    arrival: Arrival
    word: str
    where: Condition | None


def clock_plans(runtime: Runtime, object_name: str) -> ClockPlans | None:
    """The clocks of an object; None for one that has none. Made at first use."""
    made: dict[str, ClockPlans | None] = runtime.memo.setdefault("clocks", {})
    if object_name not in made:
        made[object_name] = _plans(runtime, object_name)
    return made[object_name]


def arrival_plans(runtime: Runtime, object_name: str) -> tuple[ArrivalPlan, ...]:
    """What creating a record of an object means to clocks of others. Made at first use."""
    made: dict[str, tuple[ArrivalPlan, ...]] | None = runtime.memo.get("clock arrivals")
    if made is None:
        made = runtime.memo["clock arrivals"] = _arrivals(runtime)
    return made.get(object_name, ())


def _holds(condition: Condition | None, scope: Scope) -> bool:
    if condition is None:
        return True
    try:
        return bool(condition.evaluate(scope))
    except ArithmeticError:
        return False


def _plans(runtime: Runtime, object_name: str) -> ClockPlans | None:
    rules = rules_of(runtime.model, object_name)
    if not rules or object_name not in runtime.objects:
        return None
    plan = Plans.of(runtime)[object_name]
    clocks = tuple(_clock(runtime, plan, rule) for rule in rules)
    conditions = [one for clock in clocks for one in clock.conditions]
    reads = frozenset[str]().union(*(one.reads for one in conditions)) | {clock.place[0].field.name for clock in clocks if clock.place}
    hops = frozenset[tuple[str, ...]]().union(*(one.hops for one in conditions))
    return ClockPlans(plan, clocks, reads, hops, any(rule.edits for rule in rules))


def _clock(runtime: Runtime, plan: ObjectPlan, rule: ClockRule) -> ClockPlan:
    def condition(written: Any) -> Condition | None:
        return plan.condition(written) if isinstance(written, Expression) else None

    calendars = tuple((condition(one.when), _calendar(runtime, one.calendar)) for one in rule.calendars)
    counted = [[one.timezone, repr((one.week, one.alternation, sorted(one.overrides.items()), one.swapped, one.year_missing)), _years(one)] for _, one in calendars]  # fmt: skip
    return ClockPlan(
        rule=rule,
        object=plan,
        when=condition(rule.when),
        start=condition(rule.start),
        stop=condition(rule.stop),
        pause=condition(rule.pause_when),
        targets=tuple((condition(one.when), one.after) for one in rule.targets),
        calendars=calendars,
        place=_place(runtime, rule),
        basis=sha256({"rule": rule.written, "calendars": counted}),
    )


def _years(calendar: Calendar) -> list[str]:
    return [f"{year}:{sorted(one.off)}:{sorted(one.work)}" for year, one in sorted(calendar.years.items())]


def _calendar(runtime: Runtime, name: str) -> Calendar:
    found: Calendar | None = runtime.model.others.get("calendar", {}).get(name)
    return found if found is not None else Calendar("", runtime.model.defaults.timezone, ALWAYS_OPEN)


def _place(runtime: Runtime, rule: ClockRule) -> tuple[StagePlans, PipelinePlan] | None:
    if not rule.pipeline:
        return None
    pairs = ((plans, one) for plans in stage_plans(runtime, rule.object) for one in plans.pipelines)
    return next((plans, one) for plans, one in pairs if one.pipeline.name == rule.pipeline)


def _arrivals(runtime: Runtime) -> dict[str, tuple[ArrivalPlan, ...]]:
    found: dict[str, tuple[ArrivalPlan, ...]] = {}
    for name in runtime.model.objects:
        plans = clock_plans(runtime, name)
        for clock in plans.clocks if plans is not None else ():
            for word, arrival in _awaited(clock.rule):
                where = Plans.of(runtime)[arrival.object].condition(arrival.where)
                found[arrival.object] = (*found.get(arrival.object, ()), ArrivalPlan(clock, arrival, word, where))
    return found


def _awaited(rule: ClockRule) -> list[tuple[str, Arrival]]:
    written: Mapping[str, Any] = {START: rule.start, STOP: rule.stop}
    found = [(word, one) for word, one in written.items() if isinstance(one, Arrival)]
    return [*found, *((ACTIVITY, one) for one in rule.activity)]
