"""Which lanes of a branch the record asks for (A120, A121)."""

from __future__ import annotations

from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.deciding.course import Course
from looseleaf_workflow.approvals.definition import Branch


def taken_lanes(course: Course, node: Branch) -> tuple[tuple[str, ...], dict[str, q.Truth]]:
    """The lanes that the record asks for now, and what each condition gave (A120, A121)."""
    conditions = [lane for lane in node.lanes if lane.when]
    answers = course.gather(q.Holds(lane.when, course.state.submitter) for lane in conditions)
    given = {lane.key: answer for lane, answer in zip(conditions, answers, strict=True)}
    true = [key for key, answer in given.items() if answer.value]
    taken = true[:1] if node.pick == "first_true" else true
    return tuple(taken) or ("else",), given
