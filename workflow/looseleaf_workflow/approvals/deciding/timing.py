"""Timers that come due (A27, A110 to A115). A timer is a command like any other; one that nobody waits for does nothing."""

from __future__ import annotations

from datetime import timedelta

from looseleaf_workflow.approvals import events as e
from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.commands import FireTimer
from looseleaf_workflow.approvals.deciding.clocks import due_timer
from looseleaf_workflow.approvals.deciding.course import Course
from looseleaf_workflow.approvals.deciding.passing_on import hand_on, release
from looseleaf_workflow.approvals.deciding.rewinding import approve
from looseleaf_workflow.approvals.definition import Level, Step
from looseleaf_workflow.approvals.state import NodeState, Slot, Timer, Vote

LATE = timedelta(minutes=10)
"""A reminder that comes later than this was missed: its moment passed while nothing ran."""


def fire(course: Course, body: FireTimer) -> None:
    """Do what a timer was set for. The deadline of the instance goes before those of its tasks."""
    timer = course.state.timers.get(body.timer)
    if timer is not None and timer.generation == body.generation and course.state.status == "error":
        course.must_run()  # refused: it fires again when the error is mended
    if timer is None or timer.generation != body.generation:
        course.emit(e.TimerIgnored(body.timer, body.generation), by="system")
        return
    deadline = course.state.timers.get("deadline")
    if timer.kind == "due" and deadline is not None and deadline.at <= course.now:
        course.emit(e.TimerIgnored(timer.id, timer.generation), by="system")
        timer = deadline
    if timer.kind == "deadline":
        _deadline(course, timer)
        return
    node = course.state.node(timer.node)
    slot = node.slot(timer.slot)
    assert slot is not None  # noqa: S101  # a timer goes with its slot
    if timer.kind == "lease":
        offered = bool(slot.candidates)  # a task that was handed on is nobody's claim any more
        course.emit(e.TimerFired(timer.id, timer.generation, "release" if offered else "skip"), by="system")
        if offered:
            release(course, node, slot, "lease")
    elif timer.kind == "remind":
        _remind(course, course.step(node.id), timer)
    else:
        _due(course, course.step(node.id), node, slot, timer)


def _deadline(course: Course, timer: Timer) -> None:
    level = course.definition.deadline
    action = level.action if level is not None else "notify_admin"
    course.emit(e.TimerFired(timer.id, timer.generation, action), by="system")
    if action == "auto_agree":
        approve(course, "deadline", by="system")
    elif action == "auto_reject":
        course.emit(e.Ended("rejected", "deadline"), by="system")


def _remind(course: Course, step: Step, timer: Timer) -> None:
    """One message for all reminders whose moment has passed; none for a missed one that is to be skipped (A111)."""
    together = tuple(
        other.id
        for other in course.state.timers.values()
        if other.kind == "remind"
        and other.id != timer.id
        and other.at <= course.now
        and (other.node, other.slot) == (timer.node, timer.slot)
    )
    latest = max((course.state.timers[id].at for id in (timer.id, *together)), default=timer.at)
    missed = step.due is not None and step.due.misfire == "skip" and course.now - latest > LATE
    course.emit(e.TimerFired(timer.id, timer.generation, "skip" if missed else "remind", together), by="system")


def _due(course: Course, step: Step, node: NodeState, slot: Slot, timer: Timer) -> None:
    """One level of what follows when a task is due, and the timer of the next."""
    assert step.due is not None  # noqa: S101  # its timer was set
    level = step.due.levels[timer.level - 1]
    course.emit(e.TimerFired(timer.id, timer.generation, level.action), by="system")
    if level.action in ("auto_agree", "auto_reject"):
        decided = "agreed" if level.action == "auto_agree" else "rejected"
        vote = Vote("system", slot.person, decided, course.now, digest=course.state.digest, auto="timeout")  # type: ignore[arg-type]
        course.emit(e.Voted(node.id, node.visit, slot.key, vote), by="system")
        return
    if level.action in ("escalate_to", "transfer"):
        _escalate(course, step, node, slot, level)
    if timer.level < len(step.due.levels):
        following = step.due.levels[timer.level]
        node = course.state.node(node.id)
        slot = node.slot(slot.key) or slot
        at = course.due_at(following.after, slot.holder)
        course.emit(e.TimersSet((due_timer(course, node, slot, at, timer.level + 1),)), by="system")


def _escalate(course: Course, step: Step, node: NodeState, slot: Slot, level: Level) -> None:
    """The task goes to somebody above: whoever is named, or the next above them who may decide it (A114)."""
    if slot.status == "asked":
        course.emit(e.OpinionGiven(node.id, node.visit, slot.key, slot.generation + 1, "system", ""), by="system")
        node = course.state.node(node.id)
        slot = node.slot(slot.key) or slot
    taken = {one for other in node.slots if other.status != "cancelled" for one in (other.person, other.holder) if one}
    if step.policies.self_approval != "allow":
        taken.add(course.state.submitter)
    named = course.resolve(level.who, slot.holder or slot.person)
    fit = [person for person in named if person not in taken and course.active(person)]
    heir = fit[0] if fit else ""
    if not heir and level.action == "escalate_to" and named:
        heir = course.superior(named[0], without=taken)
    if not heir and slot.holder == q.ADMINS:
        return
    hand_on(course, step, node, slot, heir or q.ADMINS, "escalation" if level.action == "escalate_to" else "timeout")
