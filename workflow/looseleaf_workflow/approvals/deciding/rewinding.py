"""Rejections that go back: to a step, to the one before, to the submitter; and what a new round begins with (A60 to A67, A77)."""

from __future__ import annotations

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.texts import Text
from looseleaf_workflow.approvals import events as e
from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.commands import Resubmit
from looseleaf_workflow.approvals.deciding.branching import taken_lanes
from looseleaf_workflow.approvals.deciding.course import Course, RefusedError
from looseleaf_workflow.approvals.deciding.picking import check_picks, check_required
from looseleaf_workflow.approvals.wayback import branches_before, lifted, previous, way_to, way_to_start


def go_back(course: Course, node: str, then: str) -> None:
    """Carry out where a rejection leads. "end" is left to the lanes, which know what stands around."""
    if then == "to_submitter":
        send_back(course, node)
    elif then == "previous":
        target = previous(course.definition, course.state, node)
        if target:
            rewind(course, node, target, "previous")
        else:
            send_back(course, node)
    elif then.startswith("step:"):
        rewind(course, node, then.removeprefix("step:"), "step")


def rewind(course: Course, node: str, target: str, reason: str, *, keeps_votes: bool = False) -> None:
    """Go back to a node; a block of several lanes that is finished is entered as a whole."""
    target = lifted(course.definition, course.state, target, only_finished=True)
    way = way_to(course.definition, course.state, target)
    course.emit(e.Rewound(node, target, way, reason, keeps_votes))


def approve(course: Course, reason: str = "", *, by: str = "") -> None:
    """The end, if what was agreed to can be had: a change of values that are others by now goes back to its submitter as a conflict (A86)."""
    proposal = course.state.proposal
    if proposal is not None:
        fits = course.ask(q.Fits(proposal.before, proposal.after))
        if not fits.value:
            send_back(course, "", fits.error or "conflict")
            return
    course.emit(e.Ended("approved", reason), by=by)


def send_back(course: Course, node: str, reason: str = "") -> None:
    """The submitter gets the instance back; somebody in their place if they have left; administrators after too many rounds."""
    state = course.state
    holder = state.submitter
    if state.round >= course.definition.max_rounds:
        holder, reason = q.ADMINS, reason or "max_rounds"
    elif not course.active(holder):
        holder, reason = course.superior(holder) or q.ADMINS, reason or "submitter_left"
    working = tuple(one.id for one in state.active() if not one.lanes)
    course.emit(e.Returned(node, holder, state.digest, working, reason))


def resubmit(course: Course, body: Resubmit) -> None:
    """A new round: from the start, or where it was rejected if nothing that matters has changed (A64, A65)."""
    course.must_run()
    returned = course.state.returned
    if returned is None:
        raise RefusedError("conflict", Text("this approval is not waiting for its submitter"))
    actor = course.actor
    if actor.id != returned.holder and not actor.admin:
        raise RefusedError("not-allowed", Text("this task is somebody else's"))
    picks = FrozenMap({**course.state.picks, **body.picks})
    check_picks(course, picks)
    check_required(course)
    target, reason = "", ""
    if course.definition.resubmit == "at_rejecting_step" and returned.node not in course.definition.tree.positions:
        reason = "step_gone"
    elif course.definition.resubmit == "at_rejecting_step":
        target = lifted(course.definition, course.state, returned.node, only_finished=False)
        reason = _why_from_start(course, target, returned.digest)
    if reason or not target:
        target, way = "", way_to_start(course.definition, course.state)
    else:
        way = way_to(course.definition, course.state, target)
    course.emit(e.Resubmitted(course.state.round + 1, target, way, reason, body.comment, body.picks, body.proposal))


def _why_from_start(course: Course, target: str, digest: str) -> str:
    """Why the flow can't go on where it was rejected; "" if it can."""
    if course.state.digest != digest:
        return "material_changed"
    for branch in branches_before(course.definition, course.state, target):
        taken, _ = taken_lanes(course, branch)
        if set(taken) != set(course.state.node(branch.id).lanes):
            return f"branch_changed:{branch.id}"
    return ""
