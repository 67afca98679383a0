"""Assignments compiled for one revision: conditions as functions, kept with the runtime so that a write builds nothing."""

from __future__ import annotations

from dataclasses import dataclass

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_platform.records.runtime import Runtime
from looseleaf_platform.records.writing.conditions import Condition
from looseleaf_platform.records.writing.plan import ObjectPlan, Plans
from looseleaf_workflow.assignment.definition import Assignment, ByField, LeastLoaded, Rule, assignments_of


@dataclass(frozen=True, slots=True, eq=False)
class RulePlan:
    """A rule, ready to be asked. `key`: what its turns are counted by."""

    rule: Rule
    key: str
    when: Condition | None
    weight: Condition | None


@dataclass(frozen=True, slots=True, eq=False)
class AssignmentPlan:
    """An assignment with everything compiled. `hops`: the look-ups that its questions follow."""

    assignment: Assignment
    object: ObjectPlan
    when: Condition | None
    rules: tuple[RulePlan, ...]
    hops: frozenset[tuple[str, ...]]


def assignment_plans(runtime: Runtime, object_name: str) -> tuple[AssignmentPlan, ...]:
    """The assignments of an object, in the order in which they are asked. Made at first use."""
    made: dict[str, tuple[AssignmentPlan, ...]] = runtime.memo.setdefault("assignments", {})
    found = made.get(object_name)
    return found if found is not None else made.setdefault(object_name, _plans(runtime, object_name))


def _plans(runtime: Runtime, object_name: str) -> tuple[AssignmentPlan, ...]:
    written = assignments_of(runtime.model, object_name)
    return tuple(_plan(Plans.of(runtime)[object_name], one) for one in written) if written else ()


def _plan(plan: ObjectPlan, assignment: Assignment) -> AssignmentPlan:
    when = plan.condition(assignment.when)
    rules = tuple(_rule(plan, assignment, rule) for rule in assignment.rules)
    conditions = [one for one in (when, *(rule.when for rule in rules), *(rule.weight for rule in rules)) if one is not None]
    hops: set[tuple[str, ...]] = set().union(*(one.hops for one in conditions))
    for rule in assignment.rules:
        if isinstance(rule.way, ByField):
            names = tuple(rule.way.path.split("."))
            hops |= {names[:length] for length in range(1, len(names))}
    return AssignmentPlan(assignment, plan, when, rules, frozenset(hops))


def _rule(plan: ObjectPlan, assignment: Assignment, rule: Rule) -> RulePlan:
    weight: Expression | None = rule.way.weight if isinstance(rule.way, LeastLoaded) else None
    return RulePlan(rule, f"{assignment.id}/{rule.id}", plan.condition(rule.when), plan.condition(weight))
