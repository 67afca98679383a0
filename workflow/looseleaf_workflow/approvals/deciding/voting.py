"""Deciding a task: agree, reject, take an agree back (A20 to A30, A73, A81)."""

from __future__ import annotations

from looseleaf_metadata.texts import Text
from looseleaf_workflow.approvals import events as e
from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.commands import Agree, Reject, TakeBack
from looseleaf_workflow.approvals.deciding.course import Course, RefusedError
from looseleaf_workflow.approvals.deciding.picking import missing_fields
from looseleaf_workflow.approvals.definition import Call
from looseleaf_workflow.approvals.state import UNDECIDED, NodeState, Slot, Vote
from looseleaf_workflow.approvals.wayback import offered, way_to


def agree(course: Course, body: Agree) -> None:
    """Agree, or finish a handle task."""
    node, slot = course.task(body.task)
    _must_decide(course, slot)
    step = course.step(node.id)
    foreign = [name for name in body.edits if name not in step.fields.edit]
    if foreign:
        raise RefusedError("not-allowed", Text("this step does not edit: {fields}", fields=", ".join(foreign)), fields=tuple(foreign))
    empty = missing_fields(course, step.fields.require)
    if empty:
        raise RefusedError("invalid", Text("fill in first: {fields}", fields=", ".join(empty)), fields=empty)
    cast_vote(course, node, slot, "agreed", body.comment, said=body)


def reject(course: Course, body: Reject) -> None:
    """Reject. Where the step lets one choose, the target must be one of those offered (A63)."""
    node, slot = course.task(body.task)
    _must_decide(course, slot)
    step = course.step(node.id)
    if step.kind == "handle":
        raise RefusedError("not-allowed", Text("what is to be handled can't be rejected"))
    if body.target and step.on_reject != "choose":
        raise RefusedError("not-allowed", Text("this step does not let you choose where a rejection leads"))
    if body.target and body.target not in choices(course, node.id):
        raise RefusedError("invalid", Text("a rejection can't lead to '{target}'", target=body.target), offered=choices(course, node.id))
    cast_vote(course, node, slot, "rejected", body.comment, body.target, said=body)


def choices(course: Course, id: str) -> tuple[str, ...]:
    """Where whoever rejects a step may send it."""
    steps = offered(course.definition, course.state, id)
    return ("end", "to_submitter", *(f"step:{step}" for step in steps))


def _must_decide(course: Course, slot: Slot) -> None:
    course.may_hold(slot)
    if slot.held:
        raise RefusedError("not-allowed", Text("name somebody for this task first"))
    if slot.status == "asked":
        raise RefusedError("conflict", Text("the task waits for an opinion; call it back first"))


def cast_vote(
    course: Course, node: NodeState, slot: Slot, outcome: str, comment: str = "", target: str = "", *, said: Agree | Reject | None = None
) -> None:
    """Note a person's decision."""
    by = course.actor.id
    person = by if slot.person in ("", q.ADMINS) else slot.person
    vote = Vote(by, person, outcome, course.now, comment, target, course.state.digest, via=said.via if said else "")  # type: ignore[arg-type]
    behalf = person if person != by else ""
    course.emit(e.Voted(node.id, node.visit, slot.key, vote, said.edits if isinstance(said, Agree) else q.NOTHING), on_behalf_of=behalf)


def take_back(course: Course, body: TakeBack) -> None:
    """Open an own agree again, while nobody has decided after it and no other flow was started."""
    course.must_run()
    node = course.state.node(body.node)
    slot = node.slot(body.slot) if node.visit == body.visit else None
    vote = slot.vote if slot is not None else None
    if slot is None or vote is None or vote.outcome != "agreed" or node.status not in ("active", "passed"):
        raise RefusedError("conflict", Text("there is nothing to take back"))
    if course.actor.id != vote.by or vote.auto or "take_back" not in course.step(node.id).allow:
        raise RefusedError("not-allowed", Text("only one's own agree can be taken back"))
    if course.state.returned is not None or any(group.owner == slot.key for group in node.groups):
        raise RefusedError("conflict", Text("somebody has been asked after it"))
    later = _later(course, node)
    if any(course.state.node(id).human_votes for id in later):
        raise RefusedError("conflict", Text("somebody has decided after it"))
    if any(isinstance(course.definition.tree.node(id), Call) for id in later):
        raise RefusedError("conflict", Text("another approval was started after it"))
    _reopen(course, node, slot)


def _later(course: Course, node: NodeState) -> list[str]:
    """What was entered after a step."""
    if node.status == "active":
        return []
    inside = set(course.definition.tree.inside(node.id))
    after = [id for id in course.definition.tree.from_here(node.id) if id not in inside]
    return [id for id in after if course.state.node(id).status in ("active", "passed", "failed", "cancelled", "error")]


def _reopen(course: Course, node: NodeState, slot: Slot) -> None:
    way = e.Way()
    if node.status == "passed":
        back = way_to(course.definition, course.state, node.id)
        own = (back.lanes[0][0], back.lanes[0][1], node.id, "")
        voided = tuple(id for id in back.voided if id != node.id)
        way = e.Way(voided, (own, *back.lanes[1:]), back.blocks)
    main = node.group(slot.group)
    superseded = tuple(one.key for one in node.slots if one.status == "cancelled" and one.reason == "superseded")
    following: tuple[str, ...] = ()
    if main.mode.kind == "sequence":
        keys = [one.key for one in node.members(slot.group)]
        after = keys[keys.index(slot.key) + 1 :]
        following = tuple(one.key for one in node.slots if one.key in after and one.status in UNDECIDED)
        if any(one.key in after and one.vote is not None for one in node.slots):
            raise RefusedError("conflict", Text("somebody has decided after it"))
    course.emit(e.TakenBack(node.id, node.visit, slot.key, (slot.key, *superseded), following, way))
