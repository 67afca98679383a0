"""More people in a step, fewer, and opinions that are no votes (A43 to A49, A54)."""

from __future__ import annotations

from looseleaf_metadata.texts import Text
from looseleaf_workflow.approvals import events as e
from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.commands import AddSign, AskOpinion, GiveOpinion, RemoveSign
from looseleaf_workflow.approvals.deciding.course import Course, RefusedError
from looseleaf_workflow.approvals.deciding.passing_on import check_newcomer
from looseleaf_workflow.approvals.deciding.voting import cast_vote
from looseleaf_workflow.approvals.quota import Ballot, reachable
from looseleaf_workflow.approvals.state import MAIN, Group, NodeState, Slot


def add_sign(course: Course, body: AddSign) -> None:
    """Ask more people: before one's own decision, after one's own agree, or together with everybody."""
    node, slot = course.task(body.task)
    course.may_hold(slot)
    step = course.step(node.id)
    if f"add_{body.position}" not in step.allow or slot.held or slot.status == "asked":
        raise RefusedError("not-allowed", Text("this step does not let you ask more people"))
    if step.claim and body.position == "together":
        raise RefusedError("not-allowed", Text("a claimed task is one person's: nobody decides together with them"))
    people = tuple(dict.fromkeys(body.people))
    if not people:
        raise RefusedError("invalid", Text("name somebody to ask"))
    if slot.depth >= course.definition.max_added:
        raise RefusedError("invalid", Text("added people add others at most {count} deep", count=course.definition.max_added))
    for person in people:
        check_newcomer(course, step, node, person)
    group = None
    if body.position != "together":
        group = Group(f"{body.position}{len(node.groups)}", body.mode, slot.key, body.position, body.binding)
        if not reachable(body.mode, [Ballot()] * len(people)):
            raise RefusedError("invalid", Text("so few people can't reach the quota"))
    slots = _new_slots(course, node, slot, people, group)
    course.emit(e.SignAdded(node.id, node.visit, slot.key, body.position, slots, group, body.comment))
    if body.position == "after":
        fresh = course.state.node(node.id)
        cast_vote(course, fresh, fresh.slot(slot.key) or slot, "agreed", body.comment)


def _new_slots(course: Course, node: NodeState, owner: Slot, people: tuple[str, ...], group: Group | None) -> tuple[Slot, ...]:
    first = len(node.slots) + 1
    adder = course.actor.id
    return tuple(
        Slot(
            str(number),
            person,
            group=group.key if group else owner.group,
            weight=owner.weight,
            adder=adder,
            depth=owner.depth + 1,
        )
        for number, person in enumerate(people, first)
    )


def remove_sign(course: Course, body: RemoveSign) -> None:
    """Take somebody back whom one has added, as long as they have not decided."""
    course.must_run()
    node = course.state.node(body.node)
    slot = node.slot(body.slot) if node.visit == body.visit else None
    if slot is None or node.status != "active" or slot.status == "cancelled":
        raise RefusedError("conflict", Text("this task is not open any more"))
    if not slot.adder or (course.actor.id != slot.adder and not course.actor.admin):
        raise RefusedError("not-allowed", Text("only whoever added somebody takes them back"))
    if slot.vote is not None or slot.status == "paused" or any(group.owner == slot.key for group in node.groups):
        raise RefusedError("conflict", Text("{person} has already decided this task", person=slot.person), by=slot.person)
    left = [one for one in node.members(slot.group) if one.key != slot.key]
    group = node.group(slot.group)
    if slot.group == MAIN and not left:
        raise RefusedError("invalid", Text("somebody must remain who decides"))
    if left and not reachable(group.mode, [Ballot(weight=one.weight) for one in left]):
        raise RefusedError("invalid", Text("so few people can't reach the quota"))
    course.emit(e.SlotsCancelled(node.id, node.visit, (slot.key,), "removed"))


def ask_opinion(course: Course, body: AskOpinion) -> None:
    """Ask somebody; the task waits with them."""
    node, slot = course.task(body.task)
    course.may_hold(slot)
    if "ask" not in course.step(node.id).allow or slot.held:
        raise RefusedError("not-allowed", Text("this step does not let you ask for opinions"))
    if slot.status == "asked":
        raise RefusedError("conflict", Text("the task waits for an opinion; call it back first"))
    if body.person in (slot.holder, q.ADMINS) or not course.active(body.person):
        raise RefusedError("invalid", Text("{person} can't be asked", person=body.person), person=body.person)
    course.emit(e.OpinionAsked(node.id, node.visit, slot.key, slot.generation + 1, body.person, body.question))


def give_opinion(course: Course, body: GiveOpinion) -> None:
    """Answer, or call the task back: it is the holder's again. An opinion is no vote."""
    node, slot = course.task(body.task)
    if slot.status != "asked":
        raise RefusedError("conflict", Text("nobody is asked for an opinion"))
    if course.actor.id != slot.asked:
        course.may_hold(slot, manage=True)
    course.emit(e.OpinionGiven(node.id, node.visit, slot.key, slot.generation + 1, course.actor.id, body.text))
