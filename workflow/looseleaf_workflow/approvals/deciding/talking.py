"""Words that change nothing: comments and urging (A57, A58)."""

from __future__ import annotations

from datetime import timedelta

from looseleaf_metadata.texts import Text
from looseleaf_workflow.approvals import events as e
from looseleaf_workflow.approvals.commands import Comment, Urge
from looseleaf_workflow.approvals.deciding.course import Course, RefusedError

BETWEEN_URGES = timedelta(hours=1)


def comment(course: Course, body: Comment) -> None:
    """Say something; after the end only where the flow lets people."""
    if course.state.status == "draft" or (course.state.ended and not course.definition.comment_after_end):
        raise RefusedError("ended", Text("this approval is not running"), status=course.state.status)
    if not body.text.strip():
        raise RefusedError("invalid", Text("write something"))
    course.emit(e.Commented(body.text, body.mentions))


def urge(course: Course, body: Urge) -> None:
    """The submitter asks the holder of a task to hurry, once an hour at most."""
    node, slot = course.task(body.task)
    if course.actor.id != course.state.submitter and not course.actor.admin:
        raise RefusedError("not-allowed", Text("only whoever submitted it may urge"))
    if slot.urged_at is not None and course.now < slot.urged_at + BETWEEN_URGES:
        again = slot.urged_at + BETWEEN_URGES
        raise RefusedError("conflict", Text("the holder was asked to hurry within the last hour"), again=again.isoformat())
    course.emit(e.Urged(node.id, node.visit, slot.key, slot.asked or slot.holder))
