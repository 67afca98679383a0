"""Submitting: the instance begins, pinned to the version that it is decided with (A01, A05, A16)."""

from __future__ import annotations

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.texts import Text
from looseleaf_workflow.approvals import events as e
from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.commands import Submit
from looseleaf_workflow.approvals.deciding.course import Course, RefusedError, digest_of
from looseleaf_workflow.approvals.deciding.picking import check_picks, check_required


def submit(course: Course, body: Submit) -> None:
    """Begin."""
    if course.state.status != "draft":
        raise RefusedError("conflict", Text("this approval has begun already"), status=course.state.status)
    check_picks(course, body.picks)
    check_required(course)
    material = course.definition.material.fields
    values = FrozenMap(course.ask(q.Values(material)).values) if material else q.NOTHING
    begun = e.Submitted(
        course.definition.sha256, course.actor.id, values, digest_of(values), body.picks, body.previous, body.depth, body.proposal
    )
    course.emit(begun)
    deadline = course.definition.deadline
    if deadline is not None:
        course.emit(e.TimersSet((course.timer("deadline", course.due_at(deadline.after), "deadline"),)))
