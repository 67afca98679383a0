"""Change requests (A86): what is approved changes only by a request that is approved itself, and stands as it stood until then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.errors import Decided, Refused
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.running.asking import Said, decide_task
from looseleaf_workflow.running.looking import tasks_of
from support.approving import DISCOUNT, Approving

Make = Callable[..., Approving]
GUARDED = DISCOUNT + "reverse: {who: {role: legal}}\nchange: {flow: change, fields: [amount, discount]}\n"
CHANGE = """
approval: change
object: deal
order: 5
label: {zh: 变更审批, en: Change of a deal}
flow:
  - branch: size
    cases: [{when: "amount > 1000", flow: [{approve: manager, who: manager}]}]
    else: []
  - {approve: legal, who: {user: legal@firm.example}, on_reject: to_submitter}
"""


def refused(do: Callable[[], object]) -> list[tuple[str, str, str]]:
    """Pointer, code and sentence of each fault."""
    with pytest.raises(Refused) as caught:
        do()
    return [(fault.pointer, fault.code, fault.say("en")) for fault in caught.value.faults]


@pytest.fixture
def office(firm: Make) -> Approving:
    """The firm with a deal that was approved, `office.approved`; 周雨桐 decides about changes."""
    made: Any = firm(GUARDED, CHANGE)
    write(made.workspace.context(SYSTEM), [Change("update", "user", made.zhou.actor.id, {"email": "legal@firm.example"})])
    made.approved, made.first = made.started()
    made.agree(made.first, made.boss)
    made.agree(made.first, made.zhou)
    return made  # type: ignore[no-any-return]


def asked(office: Any, **changes: Any) -> int:
    """A request of 林's for a change of the approved deal."""
    return int(office.submit(office.approved, changes=changes))


def test_a86_what_is_approved_is_refused_by_every_door_with_the_way_to_ask(office: Any) -> None:
    ((pointer, code, said),) = refused(lambda: office.change(office.approved, amount=300))
    assert (pointer, code) == ("/amount", "approved-value")
    assert all(words in said for words in ("Discount", encode(office.first), "Ask for a change"))
    for source in ("import", "job"):
        system = office.workspace.context(SYSTEM, source)
        outcome = write(system, [Change("update", "deal", office.approved, {"discount": "0.1"})], Operation(source), collect=True)
        assert outcome.written[0].outcome == "refused"
    assert office.change(office.approved, note="call back").outcome == "updated"
    assert office.change(office.approved, amount=200).outcome == "same"
    assert office.change(office.deal(), amount=300).outcome == "updated"


def test_a86_until_it_is_approved_the_old_values_stand_and_then_the_new_ones(office: Any) -> None:
    id = asked(office, amount=300)
    assert office.get(office.approved)["amount"] == 200
    assert refused(lambda: office.change(office.approved, amount=300))
    office.agree(id, office.zhou)
    assert office.get(office.approved)["amount"] == 300
    assert office.instance(id).state.status == "approved"
    proposal = office.instance(id).state.proposal
    assert (dict(proposal.before), dict(proposal.after)) == ({"amount": "200.00", "discount": "0.2000"}, {"amount": "300.00"})
    assert refused(lambda: office.change(office.approved, amount=400))


def test_a86_a_rejected_or_withdrawn_request_changes_nothing(office: Any) -> None:
    id = asked(office, amount=300)
    office.do(id, office.lin, c.Withdraw("a mistake"))
    assert office.get(office.approved)["amount"] == 200


def test_a86_conditions_of_the_flow_see_the_record_as_it_would_be(office: Any) -> None:
    id = asked(office, amount=5000)
    assert office.open(id) == {"何文静"}
    office.agree(id, office.boss)
    office.agree(id, office.zhou)
    assert office.get(office.approved)["amount"] == 5000


def test_a86_a_base_that_changed_meanwhile_sends_it_back_as_a_conflict_and_other_edits_do_not(office: Any) -> None:
    id = asked(office, amount=300)
    office.change(office.approved, note="call back")
    office.change(office.approved, office.admin, exempt="approval_lock", reason="a typing error", discount="0.1")
    office.agree(id, office.zhou)
    state = office.instance(id).state
    assert (state.status, office.get(office.approved)["amount"]) == ("running", 200)
    assert office.open(id) == {"林若溪"}
    assert [row["data"]["body"]["reason"] for row in office.rows("approval_event") if row["data"]["body"]["type"] == "returned"] == [
        "conflict"
    ]
    lin = office.again(office.lin)
    (task,) = tasks_of(lin)
    decide_task(lin, task, "resubmit", Said("on the new terms", edits={"amount": 310}))
    office.agree(id, office.zhou)
    assert office.get(office.approved)["amount"] == 310
    assert office.instance(id).state.status == "approved"


def test_a86_what_the_record_takes_no_more_is_sent_back_with_the_reason(office: Any) -> None:
    id = asked(office, amount=300)
    texts = GUARDED, CHANGE
    office.publish(*texts, "{extend: deal, rules: [{check: 'amount < 250', at: amount, message: {zh: 太大, en: Too large}}]}")
    office.agree(id, office.zhou)
    assert office.get(office.approved)["amount"] == 200
    reasons = [row["data"]["body"]["reason"] for row in office.rows("approval_event") if row["data"]["body"]["type"] == "returned"]
    assert reasons == ["unfit: 太大"]


def test_a86_a_request_is_tried_when_it_is_made_by_whoever_makes_it(office: Any) -> None:
    assert [(at, code) for at, code, _ in refused(lambda: asked(office, amount=200))] == [("/changes", "no-effect")]
    assert [(at, code) for at, code, _ in refused(lambda: asked(office, note="x"))] == [("/changes/note", "not-protected")]
    assert [at for at, _, _ in refused(lambda: asked(office, amount="much"))] == ["/amount"]
    other = office.deal()
    assert [code for _, code, _ in refused(lambda: office.submit(other, changes={"amount": 1}))] == ["not-protected"]
    asked(office, amount=300)
    with pytest.raises(Decided):
        asked(office, amount=310)
    assert [code for _, code, _ in refused(lambda: office.submit(other, approval="change"))] == ["no-match"]


def test_a86_a_number_of_any_kind_is_asked_for_or_refused_with_a_reason(office: Any) -> None:
    assert refused(lambda: asked(office, amount=-4.04e234))
    asked(office, discount=0.05)
    assert str(office.get(office.approved)["discount"]) == "0.2000"


def test_a86_once_it_is_reversed_it_is_changed_directly(office: Any) -> None:
    office.do(office.first, office.zhou, c.Reverse("other terms"))
    assert office.change(office.approved, amount=300).outcome == "updated"
