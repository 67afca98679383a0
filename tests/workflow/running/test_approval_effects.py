"""What follows from a decision: the actions that a flow declares, exactly once, and leave to go to another stage (S05)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.errors import Decided, Refused
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write
from looseleaf_workflow.approvals import commands as c
from support.approving import DISCOUNT, Approving

Make = Callable[..., Approving]
CALLER = """
approval: outer
object: deal
order: 5
start_when: "note == 'outer'"
flow: [{call: inner, approval: leave, on_reject: end}]
"""


def done(office: Approving, what: str) -> list[tuple[str, str]]:
    """What became of effects of a word."""
    return [(row["state"], row["error"]) for row in office.rows("approval_effect") if row["what"] == what]


def leaving(office: Approving) -> tuple[int, int]:
    """A deal that waits for leave to go from proposal to contract."""
    deal = office.deal(margin=20)
    return deal, office.submit(deal, leave_to="contract")


def pending(office: Approving, deal: int) -> str:
    (row,) = office.rows("stage_now", record_id=deal)
    return str(row["pending_exit"])


def test_the_actions_of_an_approval_are_done_once_with_its_last_decision(firm: Make) -> None:
    office = firm()
    deal, id = office.started()
    office.agree(id, office.boss)
    assert office.get(deal)["agreed"] is None or office.get(deal)["agreed"] is False
    office.agree(id, office.zhou, "once")
    assert office.get(deal)["agreed"] is True
    assert done(office, "update") == [("done", "")]
    texts = [row["text"] for row in office.rows("wf_notification", user_id=office.lin.actor.id)]
    assert texts == ["已通过：折扣审批", "It is yours"]


def test_an_action_that_is_refused_is_told_and_the_decision_stands(firm: Make) -> None:
    office = firm(DISCOUNT.replace("{update: self, values: {agreed: true}}", "{update: self, values: {agreed: perhaps}}"))
    deal, id = office.started()
    office.agree(id, office.boss)
    office.agree(id, office.zhou)
    assert office.instance(id).state.status == "approved"
    ((state, error),) = done(office, "update")
    assert state == "failed"
    assert error
    assert not office.get(deal)["agreed"]
    assert done(office, "notify") == [("done", "")]


def test_a_rejection_does_what_is_declared_for_it(firm: Make) -> None:
    office = firm(DISCOUNT + "on_rejected: [{update: self, values: {note: refused}}]\n")
    deal, id = office.started()
    office.reject(id, office.boss)
    assert office.get(deal)["note"] == "refused"
    assert done(office, "update") == [("done", "")]


def test_s05_a_gated_stage_is_left_once_when_the_approval_agrees_and_shows_that_it_waits(firm: Make) -> None:
    office = firm()
    deal, id = leaving(office)
    assert (office.get(deal)["stage"], pending(office, deal)) == ("proposal", "contract")
    office.agree(id, office.boss)
    assert (office.get(deal)["stage"], pending(office, deal)) == ("contract", "")
    moves = [(row["from_stage"], row["to_stage"]) for row in office.rows("stage_move", record_id=deal)]
    assert moves == [("", "proposal"), ("proposal", "contract")]
    assert done(office, "contract") == [("done", "")]


def test_s05_a_rejection_leaves_the_record_where_it_is(firm: Make) -> None:
    office = firm()
    deal, id = leaving(office)
    office.reject(id, office.boss)
    assert (office.get(deal)["stage"], pending(office, deal)) == ("proposal", "")


def test_s05_a_withdrawal_leaves_it_too_and_one_may_ask_again(firm: Make) -> None:
    office = firm()
    deal, id = leaving(office)
    with pytest.raises(Decided):
        office.submit(deal, leave_to="contract")
    office.do(id, office.lin, c.Withdraw())
    assert pending(office, deal) == ""
    assert office.submit(deal, leave_to="contract") != id


def test_s05_criteria_are_asked_again_when_it_is_agreed_and_what_is_unmet_is_told(firm: Make) -> None:
    office = firm()
    deal, id = leaving(office)
    write(office.workspace.context(SYSTEM), [Change("update", "deal", deal, {"margin": 1})], Operation())
    office.agree(id, office.boss)
    assert office.instance(id).state.status == "approved"
    assert (office.get(deal)["stage"], pending(office, deal)) == ("proposal", "")
    ((state, error),) = done(office, "contract")
    assert state == "failed"
    assert "10" in error


def test_s05_nobody_asks_for_leave_that_criteria_refuse_or_that_needs_none(firm: Make) -> None:
    office = firm()
    with pytest.raises(Refused) as unmet:
        office.submit(office.deal(margin=1), leave_to="contract")
    assert unmet.value.faults[0].code == "stage-unmet"
    deal, id = leaving(office)
    office.agree(id, office.boss)
    with pytest.raises(Refused) as free:
        office.submit(deal, leave_to="won")
    assert free.value.faults[0].code == "no-gate"
    assert office.rows("approval_instance", status="running") == []


def test_a_called_flow_runs_on_the_same_record_and_its_end_goes_on_in_the_caller(firm: Make) -> None:
    office = firm(CALLER)
    deal = office.deal(note="outer")
    outer = office.submit(deal)
    (inner,) = [row["id"] for row in office.rows("approval_instance", parent=outer)]
    assert office.instance(outer).state.status == "running"
    office.agree(inner, office.boss)
    assert office.instance(inner).state.status == "approved"
    assert office.instance(outer).state.status == "approved"


def test_a_called_flow_ends_with_the_one_that_called_it(firm: Make) -> None:
    office = firm(CALLER)
    outer = office.submit(office.deal(note="outer"))
    (inner,) = [row["id"] for row in office.rows("approval_instance", parent=outer)]
    office.do(outer, office.admin, c.Terminate("no more"))
    assert office.instance(inner).state.status == "terminated"
