"""Entering a node: a block starts lanes, readers are shown the instance, a called flow starts, a step asks its people."""

from __future__ import annotations

from typing import cast

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_workflow.approvals import events as e
from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.deciding.branching import taken_lanes
from looseleaf_workflow.approvals.deciding.course import Course
from looseleaf_workflow.approvals.deciding.rewinding import approve
from looseleaf_workflow.approvals.deciding.staffing import enter_step
from looseleaf_workflow.approvals.definition import Branch, Call, Copy, End, Node, Parallel, Step
from looseleaf_workflow.who import SubmitterPicks

MOST_DEPTH = 5


def enter_node(course: Course, node: Node, place: tuple[str, str]) -> None:
    """Enter a node at its place (block, lane)."""
    visit = course.state.node(node.id).visit + 1
    match node:
        case Step():
            enter_step(course, node, visit, place)
        case Branch():
            _branch(course, node, visit, place)
        case Parallel():
            course.emit(e.BlockEntered(node.id, visit, place, tuple(lane.key for lane in node.lanes)))
        case Copy():
            _copy(course, node, visit, place)
        case Call():
            _call(course, node, visit, place)
        case End():
            if node.outcome == "approved":
                approve(course, node.id)
            else:
                course.emit(e.Ended(node.outcome, reason=node.id))


def _branch(course: Course, node: Branch, visit: int, place: tuple[str, str]) -> None:
    taken, given = taken_lanes(course, node)
    broken = next(((key, answer) for key, answer in given.items() if answer.error), None)
    if broken is not None:
        key, answer = broken
        condition = next(lane.when for lane in node.lanes if lane.key == key)
        course.emit(e.Broke(node.id, visit, place, condition, answer.error, answer.inputs))
        return
    inputs = FrozenMap({key: FrozenMap({"value": answer.value, "read": answer.inputs}) for key, answer in given.items()})
    course.emit(e.BlockEntered(node.id, visit, place, taken, inputs))


def _copy(course: Course, node: Copy, visit: int, place: tuple[str, str]) -> None:
    """Readers never stop a flow: whoever can't be found is skipped (A56)."""
    named = [person for person in node.who if not isinstance(person, SubmitterPicks)]
    answers = course.gather(q.Resolve(person, course.state.submitter) for person in named)
    picked = course.state.picks.get(node.id, ()) if len(named) < len(node.who) else ()
    readers = tuple(dict.fromkeys([person for answer in answers for person in answer.people] + list(picked)))
    skipped = tuple(dict.fromkeys(person for answer in answers for person in answer.dropped))
    course.emit(e.Copied(node.id, visit, place, readers, skipped))


def _call(course: Course, node: Call, visit: int, place: tuple[str, str]) -> None:
    found = cast(q.Called, course.ask(q.Callee(node.approval, node.of)))
    if not found.version or (node.of and not found.record) or course.state.depth >= MOST_DEPTH:
        why = "too_deep" if course.state.depth >= MOST_DEPTH else "no_record" if found.version else "not_published"
        course.emit(e.Broke(node.id, visit, place, node.approval, why))
        return
    course.emit(e.ChildStarted(node.id, visit, place, node.approval, found.version, found.record, course.state.depth + 1))
