"""A step at work: which tasks open, which groups are decided, when it passes or fails, and where a rejection leads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from looseleaf_workflow.approvals import events as e
from looseleaf_workflow.approvals.deciding.clocks import clocks
from looseleaf_workflow.approvals.deciding.course import Course
from looseleaf_workflow.approvals.deciding.delegating import follow_delegations
from looseleaf_workflow.approvals.deciding.rewinding import go_back
from looseleaf_workflow.approvals.definition import Step
from looseleaf_workflow.approvals.quota import Ballot, Outcome, outcome
from looseleaf_workflow.approvals.state import MAIN, UNDECIDED, Group, NodeState, Slot, Vote

Action = Callable[[], None]


def slot_outcome(node: NodeState, slot: Slot) -> Outcome:
    """What a slot comes to: an agree counts when the people whom it put after itself have passed."""
    if slot.status == "rejected":
        return "failed"
    if slot.status != "agreed":
        return "pending"
    after = [group_outcome(node, group) for group in node.groups if group.owner == slot.key and group.position == "after"]
    return "failed" if "failed" in after else "pending" if "pending" in after else "passed"


def group_outcome(node: NodeState, group: Group) -> Outcome:
    """What the votes of a group come to."""
    return outcome(group.mode, (Ballot(slot_outcome(node, slot), slot.weight) for slot in node.members(group.key)))


def step_actions(course: Course, step: Step, node: NodeState) -> Iterator[Action]:
    """What a step asks for now. Once it is decided, nothing else matters."""
    verdict = group_outcome(node, node.group(MAIN))
    if verdict == "passed":
        yield partial(course.emit, e.NodePassed(node.id, node.visit, _how(node)))
    elif verdict == "failed":
        yield partial(fail, course, step, node)
    else:
        for group in node.groups:
            yield from _group_actions(course, step, node, group)


def _how(node: NodeState) -> str:
    """Why a step passed without anybody deciding: the reason that its people share; "" if somebody decided."""
    reasons = {slot.vote.auto for slot in node.members(MAIN) if slot.vote is not None}
    return reasons.pop() if len(reasons) == 1 else ""


def _group_actions(course: Course, step: Step, node: NodeState, group: Group) -> Iterator[Action]:
    if group.key != MAIN and group_outcome(node, group) != "pending":
        left = tuple(slot.key for slot in node.members(group.key) if slot.status in UNDECIDED)
        if left:
            yield partial(course.emit, e.SlotsCancelled(node.id, node.visit, left, "superseded"))
        return
    for slot in _due_to_open(node, group):
        yield partial(open_task, course, step, node, slot)
    for slot in node.members(group.key):
        if slot.status == "paused":
            yield from _paused_actions(course, step, node, slot)


def _due_to_open(node: NodeState, group: Group) -> Iterator[Slot]:
    """Waiting slots whose turn it is: all of a group, or in a sequence the first that is not decided."""
    for slot in node.members(group.key):
        if slot.status == "waiting":
            yield slot
        if group.mode.kind == "sequence" and slot_outcome(node, slot) != "passed":
            return


def _paused_actions(course: Course, step: Step, node: NodeState, slot: Slot) -> Iterator[Action]:
    """A slot that waits for the people whom it put before itself: open again when they are done, or rejected with them."""
    before = [group for group in node.groups if group.owner == slot.key and group.position == "before"]
    outcomes = {group.key: group_outcome(node, group) for group in before}
    if "pending" in outcomes.values():
        return
    if any(outcomes[group.key] == "failed" and group.binding for group in before):
        vote = Vote("system", slot.person, "rejected", course.now, digest=course.state.digest, auto="group")
        yield partial(course.emit, e.Voted(node.id, node.visit, slot.key, vote), by="system")
    else:
        yield partial(open_task, course, step, node, slot)


def open_task(course: Course, step: Step, node: NodeState, slot: Slot) -> None:
    """Open the task of a slot: for its person, or for whoever acts for them today."""
    former = slot.former
    if former is not None and former.digest == course.state.digest and former.outcome == "agreed":
        course.emit(e.Restored(node.id, node.visit, slot.key, former), by="system")
        return
    notes: tuple[tuple[str, ...], ...] = ()
    if slot.paused_at is not None:
        holder, via = slot.holder, slot.via
    elif slot.candidates:
        holder, via = slot.holder, ()
    else:
        holder, via, notes = _holder(course, step, node, slot)
    due, timers = clocks(course, step, node, slot, holder)
    course.emit(e.TaskOpened(node.id, node.visit, slot.key, slot.generation + 1, holder, via, due, timers, notes))


def _holder(course: Course, step: Step, node: NodeState, slot: Slot) -> tuple[str, tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Who gets a task. Somebody who became inactive while waiting for their turn is replaced by the managers above, then by admins."""
    if slot.chain and slot.holder and course.active(slot.holder):
        return slot.holder, slot.via, ()
    if not course.active(slot.person):
        taken = {one.person for one in node.members(slot.group)} | {course.state.submitter}
        manager = course.superior(slot.person, without=taken)
        return manager or "@admins", (slot.person,), (("inactive", slot.person),)
    return follow_delegations(course, step, slot.person)


def fail(course: Course, step: Step, node: NodeState) -> None:
    """A step was rejected: it fails, and the flow goes where the step says."""
    rejected = [slot.vote for slot in node.slots if slot.vote is not None and slot.vote.outcome == "rejected"]
    last = max(rejected, key=lambda vote: vote.at, default=None)
    then = step.on_reject
    if then == "choose":
        then = (last.target if last is not None else "") or "end"
    course.emit(e.NodeFailed(node.id, node.visit, then))
    go_back(course, node.id, then)
