"""Entering a step: who is asked, and what happens with people who are the submitter, have agreed before, or are nobody (A06 to A16)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from looseleaf_workflow.approvals import events as e
from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.deciding.course import Course
from looseleaf_workflow.approvals.definition import BLOCKS, Step
from looseleaf_workflow.approvals.quota import Ballot, reachable
from looseleaf_workflow.approvals.state import MAIN, Group, NodeState, Slot, State, Vote
from looseleaf_workflow.who import SubmitterPicks, User

Note = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody whom a step would ask. `auto`: why they need not decide."""

    person: str
    weight: Decimal
    auto: str = ""


def enter_step(course: Course, step: Step, visit: int, place: tuple[str, str]) -> None:
    """Enter a step: find its people and make a slot for each."""
    answers = course.gather(_questions(course, step))
    broken = next((answer for answer in answers if answer.error), None)
    if broken is not None:
        course.emit(e.Broke(step.id, visit, place, _source(step, answers.index(broken)), broken.error, broken.inputs))
        return
    asked, notes = _named(course, step, answers)
    asked, more = _without_submitter(course, step, asked)
    notes += more
    if step.claim:
        _enter_claimed(course, step, visit, place, asked, notes)
        return
    asked = [_deduplicated(course, step, one) for one in asked]
    ballots = [Ballot(weight=one.weight) for one in asked]
    if not asked or not reachable(step.mode, ballots):
        _enter_empty(course, step, visit, place, notes, nobody=not asked)
        return
    slots = tuple(_slot(course, step, number, one) for number, one in enumerate(asked, 1))
    course.emit(e.StepEntered(step.id, visit, place, slots, Group(MAIN, step.mode), tuple(notes)))


def _questions(course: Course, step: Step) -> list[q.Question]:
    return [q.Resolve(person, course.state.submitter) for person in step.who if not isinstance(person, SubmitterPicks)]


def _source(step: Step, index: int) -> str:
    entries = [person for person in step.who if not isinstance(person, SubmitterPicks)]
    return str(getattr(entries[index], "source", entries[index]))


def _named(course: Course, step: Step, answers: list[q.People]) -> tuple[list[Asked], list[Note]]:
    """Everybody whom `who` names, once each, with the larger weight; who was dropped is noted."""
    found: dict[str, Decimal] = {}
    notes: list[Note] = []
    given = iter(answers)
    for index, entry in enumerate(step.who):
        if isinstance(entry, SubmitterPicks):
            people: tuple[str, ...] = course.state.picks.get(step.id, ())
        else:
            answer = next(given)
            people = answer.people
            notes += [("dropped", person) for person in answer.dropped]
            notes += [("warning", warning) for warning in answer.warnings]
        weight = step.mode.weights[index] if index < len(step.mode.weights) else Decimal(1)
        for person in people:
            found[person] = max(weight, found.get(person, weight))
    return [Asked(person, weight) for person, weight in found.items()], notes


def _without_submitter(course: Course, step: Step, asked: list[Asked]) -> tuple[list[Asked], list[Note]]:
    """What the flow says of a submitter who would approve their own request (A12)."""
    policy = step.policies.self_approval
    if step.kind == "handle" or policy == "allow":
        return asked, []
    submitter = course.state.submitter
    notes: list[Note] = []
    result: list[Asked] = []
    for one in asked:
        if one.person != submitter:
            result.append(one)
        elif policy == "skip" and not step.human_required and not step.claim:
            result.append(replace(one, auto="self"))
        elif step.claim:
            notes.append(("self_left_out", submitter))
        else:
            manager = course.superior(submitter)
            notes.append(("self_replaced", submitter, manager) if manager else ("self_left_out", submitter))
            result += [replace(one, person=manager)] if manager else []
    merged: dict[str, Asked] = {}
    for one in result:
        known = merged.get(one.person)
        merged[one.person] = one if known is None else replace(known, weight=max(known.weight, one.weight))
    return list(merged.values()), notes


def _deduplicated(course: Course, step: Step, one: Asked) -> Asked:
    """Somebody who has agreed before need not be asked again, if the flow says so and nothing has changed (A13)."""
    policy = step.policies.dedup
    if policy == "none" or one.auto or step.human_required or step.kind == "handle":
        return one
    earlier = course.state.nodes.values() if policy == "first" else _just_before(course, step.id)
    return replace(one, auto="dedup") if any(agreed_in(course.state, node, one.person, policy) for node in earlier) else one


def agreed_in(state: State, node: NodeState, person: str, policy: str) -> bool:
    """Whether somebody agreed in a step of this round, by themselves, to the same values."""
    if node.status not in ("passed", "active") or node.round != state.round:
        return False
    return any(
        slot.vote is not None
        and slot.vote.person == person
        and slot.vote.outcome == "agreed"
        and not slot.adder
        and slot.vote.digest == state.digest
        and (not slot.vote.auto or (policy == "adjacent" and slot.vote.auto == "dedup"))
        for slot in node.slots
    )


def _just_before(course: Course, id: str) -> Iterable[NodeState]:
    """The steps that were executed last before a node: one, or one for each lane of a block."""
    for before in course.definition.tree.before(id):
        found = _last_steps(course, before)
        if found:
            return found
    return ()


def _last_steps(course: Course, id: str) -> list[NodeState]:
    node = course.definition.tree.node(id)
    state = course.state.node(id)
    if isinstance(node, Step):
        return [state] if state.status == "passed" else []
    if not isinstance(node, BLOCKS):
        return []
    found = []
    for lane in state.lanes:
        for inner in reversed(course.definition.tree.lanes[id, lane]):
            last = _last_steps(course, inner.id)
            if last:
                found += last
                break
    return found


def _slot(course: Course, step: Step, number: int, one: Asked) -> Slot:
    """The slot of somebody: waiting, or decided without them; a vote that counts again is taken over."""
    slot = Slot(str(number), one.person, weight=one.weight)
    former = next((vote for vote in course.state.node(step.id).formers if vote.person == one.person), None)
    if one.auto:
        vote = Vote("system", one.person, "agreed", course.now, digest=course.state.digest, auto=one.auto)
        return replace(slot, status="agreed", vote=vote)
    if former is not None and former.digest == course.state.digest and former.outcome == "agreed":
        return replace(slot, status="agreed", holder=former.by, vote=former)
    return replace(slot, former=former)


def _enter_claimed(course: Course, step: Step, visit: int, place: tuple[str, str], asked: list[Asked], notes: list[Note]) -> None:
    """One task for all; whoever claims it decides."""
    if not asked:
        _enter_empty(course, step, visit, place, notes, nobody=True)
        return
    slot = Slot("1", "", candidates=tuple(one.person for one in asked))
    course.emit(e.StepEntered(step.id, visit, place, (slot,), Group(MAIN, step.mode), tuple(notes)))


def _enter_empty(course: Course, step: Step, visit: int, place: tuple[str, str], notes: list[Note], *, nobody: bool) -> None:
    """Nobody can decide the step, or too few for its quota: what the flow says of that (A11)."""
    policy = step.policies.if_empty
    if policy == "approve" and (step.human_required or not nobody):
        policy = "admin"
    group = Group(MAIN, replace(step.mode, kind="any") if step.mode.kind not in ("all", "sequence") else step.mode)
    note = ("empty" if nobody else "too_few", policy)
    if policy in ("approve", "reject"):
        course.emit(e.StepEntered(step.id, visit, place, (), group, (*notes, note)), by="system")
        if policy == "approve":
            course.emit(e.NodePassed(step.id, visit, "empty"), by="system")
        else:
            course.emit(e.NodeFailed(step.id, visit, "end"), by="system")
        return
    person = q.ADMINS
    if policy.startswith("user:"):
        named = course.resolve((User(policy.removeprefix("user:")),))
        fit = [one for one in named if one != course.state.submitter or step.policies.self_approval == "allow"]
        person = fit[0] if fit else q.ADMINS
    slot = Slot("1", person, held=policy == "hold")
    course.emit(e.StepEntered(step.id, visit, place, (slot,), group, (*notes, note)), by="system")
