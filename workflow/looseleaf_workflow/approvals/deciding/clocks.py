"""The timers of a task: reminders, what follows when it is due, and claims that expire."""

from __future__ import annotations

from datetime import datetime
from typing import cast

from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.deciding.course import Course
from looseleaf_workflow.approvals.definition import Step
from looseleaf_workflow.approvals.state import NodeState, Slot, Timer


def clocks(course: Course, step: Step, node: NodeState, slot: Slot, holder: str) -> tuple[datetime | None, tuple[Timer, ...]]:
    """When a task that opens now is due, and its timers. A task that was paused goes on where its clock stood."""
    if step.due is None:
        return None, ()
    if slot.paused_at is not None and slot.due is not None:
        return _resumed(course, step, node, slot, holder)
    asked = [step.due.levels[0].after, *step.due.remind]
    moments = course.gather(q.DueAt(after, course.now, course.definition.calendar, holder) for after in asked)
    due = moments[0]
    timers = [due_timer(course, node, slot, due, 1)]
    for number, moment in enumerate(moments[1:], 1):
        timers.append(course.timer(f"{_id(node, slot)}:remind{number}", moment, "remind", node=node.id, visit=node.visit, slot=slot.key))
    return due.at, tuple(timers)


def _resumed(course: Course, step: Step, node: NodeState, slot: Slot, holder: str) -> tuple[datetime | None, tuple[Timer, ...]]:
    assert slot.due is not None  # noqa: S101  # the caller has looked
    assert slot.paused_at is not None  # noqa: S101
    question = q.DueMoved(slot.due, slot.paused_at, course.now, course.definition.calendar, holder)
    moved = cast(q.Moment, course.ask(question))
    return moved.at, (due_timer(course, node, slot, moved, 1),)


def due_timer(course: Course, node: NodeState, slot: Slot, at: q.Moment, level: int) -> Timer:
    """The timer of a level of what follows when a task is due."""
    return course.timer(f"{_id(node, slot)}:due", at, "due", node=node.id, visit=node.visit, slot=slot.key, level=level)


def lease_timer(course: Course, step: Step, node: NodeState, slot: Slot, holder: str) -> tuple[Timer, ...]:
    """The timer of a claim that expires."""
    if not step.lease:
        return ()
    at = course.due_at(step.lease, holder)
    return (course.timer(f"{_id(node, slot)}:lease", at, "lease", node=node.id, visit=node.visit, slot=slot.key),)


def _id(node: NodeState, slot: Slot) -> str:
    return f"{node.id}:{node.visit}:{slot.key}"
