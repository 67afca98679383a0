"""Who gets a record: the rules asked in order, and what was known when somebody was found. Reads only through the desk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.writing.scope import Scope
from looseleaf_workflow.assignment.definition import (
    Area,
    ByField,
    BySame,
    LeastLoaded,
    Rotation,
    Skipping,
    Territories,
)
from looseleaf_workflow.assignment.desk import Desk
from looseleaf_workflow.assignment.plans import AssignmentPlan, RulePlan
from looseleaf_workflow.assignment.rotation import Cursor, lightest, next_turn
from looseleaf_workflow.members import Member


@dataclass(frozen=True, slots=True)
class Case:
    """A record that somebody is to get. `excluded`: people who had their chance; `value(name)`: a field's parsed value."""

    id: int
    scope: Scope
    value: Callable[[str], Any]
    excluded: frozenset[int] = frozenset()


@dataclass(slots=True)
class Decision:
    """What came out. `outcome`: "assigned", "queue", "manager", "pool"; `rule`: "" where none found anybody."""

    assignment: AssignmentPlan
    owner: int | None = None
    outcome: str = "assigned"
    rule: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def choose(plans: Sequence[AssignmentPlan], case: Case) -> AssignmentPlan | None:
    """The assignment that takes a record: the first whose condition holds."""
    return next((one for one in plans if one.when is None or bool(one.when.evaluate(case.scope))), None)


def prepare(plan: AssignmentPlan, cases: Sequence[Case], desk: Desk) -> None:
    """Read for all records at once what the rules will ask."""
    for rule in plan.rules:
        if isinstance(rule.rule.way, BySame):
            for name in rule.rule.way.fields:
                values = [case.value(name) for case in cases]
                desk.remember(
                    plan.object, plan.object.fields[name], [one for one in values if one is not None], [case.id for case in cases]
                )
    desk.lock([key for rule in plan.rules for key in _keys(rule)])


def _keys(rule: RulePlan) -> Iterable[str]:
    way = rule.rule.way
    if isinstance(way, Territories):
        return [f"{rule.key}/{area.name}" for area in way.areas]
    return [rule.key] if isinstance(way, Rotation | LeastLoaded) else []


def decide(plan: AssignmentPlan, case: Case, desk: Desk) -> Decision:
    """Ask the rules in order; the first that finds somebody decides. What was found is noted at the desk."""
    tried: list[dict[str, Any]] = []
    waiting: list[Member] = []
    for rule in plan.rules:
        if rule.when is not None and not bool(rule.when.evaluate(case.scope)):
            continue
        owner, facts, members = _ask(plan, rule, case, desk)
        if owner is not None:
            _note(plan, case, desk, owner)
            return Decision(plan, owner, "assigned", rule.rule.id, {**facts, **({"tried": tried} if tried else {})})
        waiting = waiting or members
        tried.append({"rule": rule.rule.id, **facts})
    return _nobody(plan, case, desk, waiting, {"tried": tried})


def _nobody(plan: AssignmentPlan, case: Case, desk: Desk, waiting: Sequence[Member], facts: dict[str, Any]) -> Decision:
    """No rule found anybody: a manager of those who can't take it, the pool, or the queue. Never nobody without a word."""
    nobody = plan.assignment.nobody
    if nobody == "manager":
        managers = [one.manager for one in waiting if one.manager is not None and desk.state(one.manager)[0] == "active"]
        if managers:
            owner = max(sorted(set(managers)), key=managers.count)
            _note(plan, case, desk, owner)
            return Decision(plan, owner, "manager", "", facts)
        return Decision(plan, None, "queue", "", {**facts, "no_manager": True})
    return Decision(plan, None, nobody, "", facts)


def _note(plan: AssignmentPlan, case: Case, desk: Desk, owner: int) -> None:
    """Later records of the same write find that this one has an owner."""
    for rule in plan.rules:
        way = rule.rule.way
        if isinstance(way, BySame):
            for name in way.fields:
                if case.value(name) is not None:
                    desk.note_owner(plan.object, plan.object.fields[name], case.value(name), owner)
        for load in _loads_of(rule):
            weight = Decimal(1) if rule.weight is None or load[1] is None else Decimal(rule.weight.evaluate(case.scope) or 0)
            loads = desk.loads(plan.object, load)
            loads[owner] = loads.get(owner, Decimal(0)) + weight


def _loads_of(rule: RulePlan) -> list[tuple[Any, Any]]:
    """The counts of open work that a rule goes by."""
    way = rule.rule.way
    if isinstance(way, ByField | BySame):
        return []
    found: dict[tuple[Any, Any], None] = {(way.skipping.open, None): None} if way.skipping.cap else {}
    if isinstance(way, LeastLoaded):
        found[way.skipping.open, way.weight] = None
    return list(found)


# --- ways of finding somebody

Answer = tuple[int | None, dict[str, Any], list[Member]]
"""Who, what was known, and the people who were asked."""


def _ask(plan: AssignmentPlan, rule: RulePlan, case: Case, desk: Desk) -> Answer:
    way = rule.rule.way
    if isinstance(way, ByField):
        user = case.scope[way.path]
        return _one(user, {"field": way.path}, case, desk)
    if isinstance(way, BySame):
        return _same(plan, way, case, desk)
    if isinstance(way, Territories):
        area = _area(way, case)
        if area is None:
            return None, {"area": None}, []
        members = desk.members(area.members)
        return _turn(plan, members, way.skipping, desk.cursor(f"{rule.key}/{area.name}"), case, desk, {"area": area.name})
    members = desk.members(way.members)
    if isinstance(way, Rotation):
        return _turn(plan, members, way.skipping, desk.cursor(rule.key), case, desk, {})
    return _least(plan, way, members, desk.cursor(rule.key), case, desk)


def _one(user: int | None, facts: dict[str, Any], case: Case, desk: Desk) -> Answer:
    """One particular person, if there is one who is at work."""
    if user is None:
        return None, facts, []
    state = "excluded" if user in case.excluded else desk.state(user)[0]
    if state != "active":
        return None, {**facts, "skipped": {encode(user): "absent" if state == "on_leave" else state}}, []
    return user, facts, []


def _same(plan: AssignmentPlan, way: BySame, case: Case, desk: Desk) -> Answer:
    skipped: dict[str, str] = {}
    for name in way.fields:
        value = case.value(name)
        user = None if value is None else desk.owner_of_like(plan.object, plan.object.fields[name], value)
        owner, facts, _ = _one(user, {"same": name}, case, desk)
        if owner is not None:
            return owner, facts, []
        skipped |= facts.get("skipped", {})
    return None, {"same": None, **({"skipped": skipped} if skipped else {})}, []


def _area(way: Territories, case: Case) -> Area | None:
    """The narrowest area that a record lies in."""
    inside = [area for area in way.areas if all(case.scope[name] in values for name, values in area.match.items())]
    return max(inside, key=lambda area: len(area.match), default=None)


def _passed_over(plan: AssignmentPlan, members: Sequence[Member], skipping: Skipping, case: Case, desk: Desk) -> dict[int, str]:
    """Who can't take it now, and why."""
    found = {one.id: "excluded" for one in members if one.id in case.excluded}
    if skipping.absent:
        found |= {one.id: "absent" for one in members if one.state != "active"}
    if skipping.cap:
        loads = desk.loads(plan.object, (skipping.open, None))
        found |= {one.id: "at_cap" for one in members if loads.get(one.id, Decimal(0)) >= skipping.cap}
    return found


def _turn(
    plan: AssignmentPlan, members: list[Member], skipping: Skipping, cursor: Cursor, case: Case, desk: Desk, facts: dict[str, Any]
) -> Answer:
    over = _passed_over(plan, members, skipping, case, desk)
    facts = {**facts, "people": len(members), **_told(over)}
    place = next_turn(members, cursor, over)
    if place is None:
        return None, facts, members
    cursor.give(place[1], place)
    return place[1], {**facts, "turn": cursor.turn}, members


def _least(plan: AssignmentPlan, way: LeastLoaded, members: list[Member], cursor: Cursor, case: Case, desk: Desk) -> Answer:
    over = _passed_over(plan, members, way.skipping, case, desk)
    loads = desk.loads(plan.object, (way.skipping.open, way.weight))
    facts = {"people": len(members), **_told(over), "loads": {encode(one.id): str(loads.get(one.id, 0)) for one in members[:50]}}
    owner = lightest(members, loads, cursor, over)
    if owner is None:
        return None, facts, members
    cursor.give(owner)
    return owner, {**facts, "load": str(loads.get(owner, 0)), "turn": cursor.turn}, members


def _told(over: Mapping[int, str]) -> dict[str, Any]:
    return {"skipped": {encode(user): why for user, why in over.items()}} if over else {}
