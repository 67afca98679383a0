"""Ends before the end: withdraw, terminate; and trying again what broke (A10, A70 to A72, A74)."""

from __future__ import annotations

from looseleaf_metadata.texts import Text
from looseleaf_workflow.approvals import events as e
from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.commands import AnswerWithdrawal, Retry, Reverse, Terminate, Withdraw
from looseleaf_workflow.approvals.deciding.course import Course, RefusedError
from looseleaf_workflow.approvals.state import State


def voters(state: State) -> tuple[str, ...]:
    """People whose decisions of this round count, in written order."""
    nodes = (node for node in state.nodes.values() if node.round == state.round and node.status != "void")
    return tuple(dict.fromkeys(vote.by for node in nodes for vote in node.human_votes))


def withdraw(course: Course, body: Withdraw) -> None:
    """The submitter takes the request back, as far as the flow lets them."""
    course.must_run()
    if course.actor.id != course.state.submitter:
        raise RefusedError("not-allowed", Text("only whoever submitted it may withdraw it"))
    policy, told = course.definition.withdraw, voters(course.state)
    if policy == "never":
        raise RefusedError("not-allowed", Text("this approval can't be withdrawn"))
    if policy == "before_first_vote" and told and course.state.returned is None:
        raise RefusedError("conflict", Text("somebody has decided already: it can't be withdrawn any more"))
    if policy == "needs_consent" and told:
        if course.state.consent is not None:
            raise RefusedError("conflict", Text("those who have decided are being asked already"))
        course.emit(e.WithdrawalAsked(course.state.consents + 1, told, body.reason))
        return
    course.emit(e.Ended("withdrawn", body.reason, told))


def answer_withdrawal(course: Course, body: AnswerWithdrawal) -> None:
    """Consent or refuse. When all have consented, the instance is withdrawn."""
    course.must_run()
    consent = course.state.consent
    if consent is None or course.actor.id not in consent.waiting:
        raise RefusedError("not-allowed", Text("you are not asked about a withdrawal"))
    course.emit(e.WithdrawalAnswered(consent.number, course.actor.id, body.consent))


def finish_withdrawal(course: Course) -> None:
    """Withdraw when nobody is left who must consent."""
    consent = course.state.consent
    if consent is not None and not consent.waiting and not course.state.ended:
        course.emit(e.Ended("withdrawn", "consent", voters(course.state)))


def terminate(course: Course, body: Terminate) -> None:
    """End it from any state, an error included. Ending it twice is ending it once."""
    course.must_admin()
    if course.state.status == "terminated":
        return
    if course.state.ended or course.state.status == "draft":
        raise RefusedError("ended", Text("this approval is not running"), status=course.state.status)
    if not body.reason.strip():
        raise RefusedError("invalid", Text("give a reason"))
    course.emit(e.Ended("terminated", body.reason, voters(course.state)))


def reverse(course: Course, body: Reverse) -> None:
    """Take back what was approved (A87). Reversing it twice is reversing it once."""
    rule, state = course.definition.reverse, course.state
    if rule is None:
        raise RefusedError("not-allowed", Text("this approval can't be reversed"))
    if not (course.actor.admin or course.actor.id in course.resolve(rule.who)):
        raise RefusedError("not-allowed", Text("you may not reverse this approval"))
    if state.status == "reversed":
        return
    if state.status != "approved":
        raise RefusedError("conflict", Text("only what is approved can be reversed"), status=state.status)
    if not body.reason.strip():
        raise RefusedError("invalid", Text("give a reason"))
    blocked = course.ask(q.Holds(rule.unless, state.submitter)) if rule.unless else None
    if blocked is not None and (blocked.error or blocked.value):
        raise RefusedError("conflict", Text("it can't be reversed any more: what follows from it stands in the way"))
    course.emit(e.Reversed(body.reason, voters(state)))


def retry(course: Course, body: Retry) -> None:
    """Enter again what broke."""
    course.must_admin()
    if course.state.status != "error":
        raise RefusedError("conflict", Text("there is no error to try again"))
    broken = tuple(node.id for node in course.state.nodes.values() if node.status == "error")
    course.emit(e.Retried(broken))
