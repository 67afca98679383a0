"""Called flows that end (A126)."""

from __future__ import annotations

from looseleaf_metadata.texts import Text
from looseleaf_workflow.approvals import events as e
from looseleaf_workflow.approvals.commands import ChildEnded
from looseleaf_workflow.approvals.deciding.course import Course, RefusedError
from looseleaf_workflow.approvals.deciding.rewinding import go_back
from looseleaf_workflow.approvals.definition import Call
from looseleaf_workflow.approvals.wayback import offered


def child_ended(course: Course, body: ChildEnded) -> None:
    """A child's end is what the call declares it to be. One that nobody waits for any more changes nothing."""
    course.must_admin()
    node = course.state.node(body.node)
    if course.state.ended or node.status != "active" or node.visit != body.visit:
        return
    call = course.definition.tree.node(body.node)
    if not isinstance(call, Call):
        raise RefusedError("invalid", Text("unknown step '{name}'", name=body.node))
    course.emit(e.ChildFinished(node.id, node.visit, body.outcome))
    if body.outcome == "approved" or (body.outcome != "rejected" and call.on_cancel == "pass"):
        course.emit(e.NodePassed(node.id, node.visit, body.outcome))
        return
    then = call.on_reject if body.outcome == "rejected" else "end"
    if then == "choose":
        steps = offered(course.definition, course.state, node.id)
        then = f"step:{steps[0]}" if steps else "end"
    course.emit(e.NodeFailed(node.id, node.visit, then))
    go_back(course, node.id, then)
