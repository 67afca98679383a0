"""Tasks that change hands: transfer, claims, people who leave, delegations that take over (A27, A40 to A42, A52, A91 to A94)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from looseleaf_metadata.texts import Text
from looseleaf_workflow.approvals import events as e
from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.commands import Claim, DelegationBegan, PersonLeft, Transfer, Unclaim
from looseleaf_workflow.approvals.deciding.clocks import clocks, lease_timer
from looseleaf_workflow.approvals.deciding.course import Course, RefusedError
from looseleaf_workflow.approvals.deciding.delegating import follow_delegations
from looseleaf_workflow.approvals.definition import Step
from looseleaf_workflow.approvals.state import NodeState, Slot, Timer
from looseleaf_workflow.who import User


def transfer(course: Course, body: Transfer) -> None:
    """Hand a task on. An administrator may hand on any task, and names people for those that are held."""
    node, slot = course.task(body.task)
    course.may_hold(slot, manage=True)
    step = course.step(node.id)
    managing = course.actor.admin and course.actor.id != slot.holder
    if "transfer" not in step.allow and not managing:
        raise RefusedError("not-allowed", Text("this step does not let you hand your task on"))
    if slot.status == "asked":
        raise RefusedError("conflict", Text("the task waits for an opinion; call it back first"))
    check_newcomer(course, step, node, body.to)
    if body.to in slot.chain or body.to in (slot.holder, slot.person):
        chain = (*slot.chain, slot.holder, body.to)
        raise RefusedError("invalid", Text("the task was there before: {chain}", chain=" → ".join(chain)), chain=chain)
    if len(slot.chain) >= course.definition.max_transfers and not managing:
        chain = (*slot.chain, slot.holder, body.to)
        raise RefusedError("invalid", Text("a task is handed on at most {count} times", count=course.definition.max_transfers), chain=chain)
    hand_on(course, step, node, slot, body.to, "reassign" if managing else "transfer", body.reason)


def check_newcomer(course: Course, step: Step, node: NodeState, person: str) -> None:
    """Refuse somebody who is inactive, who decides in this step already, or who would decide about their own request."""
    if any(person in (slot.person, slot.holder) for slot in node.slots if slot.status != "cancelled"):
        raise RefusedError("invalid", Text("{person} decides in this step already", person=person), person=person)
    if person == course.state.submitter and step.kind == "approve" and step.policies.self_approval != "allow":
        raise RefusedError("invalid", Text("nobody decides about their own request"), person=person)
    if not course.active(person):
        raise RefusedError("invalid", Text("{person} is not active", person=person), person=person)


def hand_on(course: Course, step: Step, node: NodeState, slot: Slot, to: str, why: str, reason: str = "") -> None:
    """Give a slot to somebody else, or to whoever acts for them. The clock runs on unless the step says that it starts anew."""
    holder, via, _ = follow_delegations(course, step, to)
    due, timers = _clock_after(course, step, node, slot, holder)
    moved = e.Transferred(node.id, node.visit, slot.key, slot.generation + 1, to, holder, why, reason, via, timers, due)
    course.emit(moved, by="system" if why in ("leave", "escalation", "timeout") else "")


def _clock_after(course: Course, step: Step, node: NodeState, slot: Slot, holder: str) -> tuple[datetime | None, tuple[Timer, ...]]:
    if slot.status != "waiting" and step.due is not None and step.due.on_transfer == "restart" and slot.paused_at is None:
        return clocks(course, step, node, slot, holder)
    return slot.due, ()


def claim(course: Course, body: Claim) -> None:
    """Take an offered task: the others do not see it any more."""
    node, slot = course.task(body.task)
    if slot.holder:
        raise RefusedError("conflict", Text("{person} has claimed this task", person=slot.holder), by=slot.holder)
    if course.actor.id not in slot.candidates:
        raise RefusedError("not-allowed", Text("this task is not offered to you"))
    timers = lease_timer(course, course.step(node.id), node, slot, course.actor.id)
    course.emit(e.Claimed(node.id, node.visit, slot.key, slot.generation + 1, course.actor.id, timers))


def unclaim(course: Course, body: Unclaim) -> None:
    """Give a claimed task back to all to whom it was offered."""
    node, slot = course.task(body.task)
    if not slot.candidates or not slot.holder:
        raise RefusedError("conflict", Text("this task is not claimed"))
    course.may_hold(slot, manage=True)
    release(course, node, slot, "unclaim")


def release(course: Course, node: NodeState, slot: Slot, why: str) -> None:
    """Offer a claimed task again to all who are still there; to administrators where nobody is."""
    left = tuple(person for person in slot.candidates if course.active(person))
    by = "" if why == "unclaim" else "system"
    if left:
        course.emit(e.Released(node.id, node.visit, slot.key, slot.generation + 1, why, left), by=by)
    else:
        hand_on(course, course.step(node.id), node, slot, q.ADMINS, "leave")


def person_left(course: Course, body: PersonLeft) -> None:
    """Everything that a leaver holds goes to somebody else, in this same decision (A91, A92)."""
    course.must_admin()
    if course.state.ended or course.state.status == "draft":
        return
    person = body.person
    returned = course.state.returned
    if returned is not None and returned.holder == person:
        holder = course.superior(person) or q.ADMINS
        moved = e.Transferred("", returned.generation, "submitter", returned.generation + 1, holder, holder, "leave")
        course.emit(moved, by="system")
    if course.state.consent is not None and person in course.state.consent.waiting:
        course.emit(e.WithdrawalAnswered(course.state.consent.number, person, True), by="system")
    for node_id, key in [(node.id, slot.key) for node, slot in _open_slots(course)]:
        node = course.state.node(node_id)
        slot = node.slot(key)
        if slot is not None:
            _leave_slot(course, course.step(node_id), node, slot, person)


def _open_slots(course: Course) -> Iterator[tuple[NodeState, Slot]]:
    for node in course.state.active():
        for slot in node.slots:
            if slot.status in ("open", "asked", "paused"):
                yield node, slot


def _leave_slot(course: Course, step: Step, node: NodeState, slot: Slot, person: str) -> None:
    if person in slot.candidates:
        _leave_queue(course, step, node, slot, person)
        return
    if slot.status == "asked" and slot.asked == person:
        course.emit(e.OpinionGiven(node.id, node.visit, slot.key, slot.generation + 1, person, ""), by="system")
        slot = course.state.node(node.id).slot(slot.key) or slot
    if slot.holder != person:
        return
    hand_on(course, step, node, slot, _heir(course, step, node, slot, person), "leave")


def _leave_queue(course: Course, step: Step, node: NodeState, slot: Slot, person: str) -> None:
    """An offered task is offered to the others; one that somebody else has claimed stays theirs."""
    if slot.holder not in (person, ""):
        return
    left = tuple(one for one in slot.candidates if one != person)
    if not left or slot.status == "paused":
        hand_on(course, step, node, slot, _heir(course, step, node, slot, person), "leave")
    else:
        course.emit(e.Released(node.id, node.visit, slot.key, slot.generation + 1, "leave", left), by="system")


def _heir(course: Course, step: Step, node: NodeState, slot: Slot, person: str) -> str:
    """Who gets a leaver's task: the one for whom they acted, else whom the flow says, else administrators."""
    if slot.via and slot.person != person and course.active(slot.person):
        return slot.person
    taken = {one for other in node.slots if other.status != "cancelled" for one in (other.person, other.holder) if one != person}
    if step.policies.self_approval != "allow":
        taken.add(course.state.submitter)
    policy = step.policies.on_leave
    if policy == "delegate":
        holder, _, _ = follow_delegations(course, step, person)
        if holder != person and holder not in taken:
            return holder
        policy = "admin"
    if policy.startswith("user:"):
        fit = [one for one in course.resolve((User(policy.removeprefix("user:")),)) if one not in taken]
        return fit[0] if fit else q.ADMINS
    return (course.superior(person, without=taken) if policy == "manager" else "") or q.ADMINS


def delegation_began(course: Course, body: DelegationBegan) -> None:
    """Open tasks of somebody who delegates go over too, where they asked for it (A52)."""
    if course.actor.id != body.person:
        course.must_admin()
    if course.state.ended or course.state.status == "draft":
        return
    for node_id, key in [(node.id, slot.key) for node, slot in _open_slots(course) if slot.holder == body.person]:
        node = course.state.node(node_id)
        slot = node.slot(key)
        step = course.step(node_id)
        holder, via, _ = follow_delegations(course, step, body.person)
        if slot is not None and holder != body.person and slot.status != "asked":
            moved = e.Transferred(
                node.id, node.visit, slot.key, slot.generation + 1, slot.person, holder, "take_over", "", via, (), slot.due
            )
            course.emit(moved)
