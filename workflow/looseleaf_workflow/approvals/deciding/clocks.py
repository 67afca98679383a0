"""The timers of a task: reminders, what follows when it is due, and claims that expire."""

from __future__ import annotations

from datetime import datetime

from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.deciding.course import Course
from looseleaf_workflow.approvals.definition import Step
from looseleaf_workflow.approvals.state import NodeState, Slot, Timer


def clocks(course: Course, step: Step, node: NodeState, slot: Slot, holder: str) -> tuple[datetime | None, tuple[Timer, ...]]:
    """When a task that opens now is due, and its timers. A task that was paused goes on where its clock stood."""
    if slot.paused_at is not None:
        return _resumed(course, node, slot, slot.paused_at, holder)
    if step.due is None:
        return None, ()
    asked = [step.due.levels[0].after, *step.due.remind]
    moments = course.gather(q.DueAt(after, course.now, course.definition.calendar, holder) for after in asked)
    due = moments[0]
    timers = [due_timer(course, node, slot, due, 1)]
    for number, moment in enumerate(moments[1:], 1):
        timers.append(course.timer(f"{_id(node, slot)}:remind{number}", moment, "remind", node=node.id, visit=node.visit, slot=slot.key))
    return due.at, tuple(timers)


def _resumed(course: Course, node: NodeState, slot: Slot, paused: datetime, holder: str) -> tuple[datetime | None, tuple[Timer, ...]]:
    """The timers that were stopped, later by the time for which they stood still."""
    stood = [*(timer.at for timer in slot.stopped), *((slot.due,) if slot.due is not None else ())]
    moved = course.gather(q.DueMoved(at, paused, course.now, course.definition.calendar, holder) for at in stood)
    timers = [
        course.timer(timer.id, moment, timer.kind, node=node.id, visit=node.visit, slot=slot.key, level=timer.level)
        for timer, moment in zip(slot.stopped, moved, strict=False)
    ]
    return (moved[-1].at if slot.due is not None else None), tuple(timers)


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
