"""Several pipelines of one object, chosen by a condition; approvals at the gate; pipelines on several fields."""

from __future__ import annotations

import pytest

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write
from looseleaf_workflow.stages.gate import AGREED
from looseleaf_workflow.stages.standing import standing_of
from support.stages import FIRM, Sales
from support.workspaces import publish_texts

TWO = (
    FIRM.replace("  rival: ", "  kind:        {type: select, options: {fresh: 新签, renewal: 续签}}\n  rival: ", 1)
    .replace("      won:       {label", "      offer:     {label: {zh: 续签报价, en: Renewal offer}}\n      won:       {label", 1)
    .replace(
        "---\nrole: rep",
        """---
pipeline: renewals
object: deal
label: {zh: 续签, en: Renewals}
order: 10
when: "kind == 'renewal'"
stages:
  - {stage: offer, probability: 60, exit_when: ["budget > 0"]}
  - {stage: won, closed: won, probability: 100, back: reason}
  - {stage: lost, closed: lost, probability: 0}
---
role: rep""",
        1,
    )
)


@pytest.fixture
def two(sales: Sales) -> Sales:
    """The firm with a second pipeline, of renewals."""
    publish_texts(sales.workspace, TWO)
    return sales


def test_each_record_begins_in_the_first_stage_of_its_own_pipeline(two: Sales) -> None:
    assert two.get(two.deal(name="fresh"))["stage"] == "contact"
    assert two.get(two.deal(name="again", kind="renewal"))["stage"] == "offer"


def test_the_rules_are_those_of_the_pipeline_that_takes_the_record(two: Sales, refusal) -> None:
    deal = two.deal(kind="renewal")
    assert refusal(lambda: two.change(deal, stage="won"))[0][2] == "To leave “Renewal offer”: Budget is more than 0"
    assert two.change(deal, stage="won", budget=1).outcome == "updated"
    (standing,) = standing_of(two.again(two.lin), "deal", deal)
    assert (standing.pipeline, [target.name for target in standing.targets]) == ("renewals", ["offer", "won", "lost"])


def test_a_stage_of_another_pipeline_is_no_stage_of_this(two: Sales, refusal) -> None:
    deal = two.deal(kind="renewal")
    assert refusal(lambda: two.change(deal, stage="needs")) == [
        ("/stage", "stage-foreign", "This is no stage of “Renewals”: offer, won, lost")
    ]
    with_leave = lambda: two.change(deal, two.boss, stage="needs", exempt=["stages"], reason="please")  # noqa: E731
    assert [code for _, code, _ in refusal(with_leave)] == ["stage-foreign"]


def test_into_another_pipeline_a_record_comes_from_before_its_first_stage(two: Sales, refusal) -> None:
    deal = two.deal(budget=5)
    two.change(deal, stage="needs")
    assert [code for _, code, _ in refusal(lambda: two.change(deal, kind="renewal"))] == ["stage-foreign"]
    assert two.change(deal, kind="renewal", stage="offer").outcome == "updated"
    assert two.path(deal) == [("", "contact", 1), ("contact", "needs", 1), ("needs", "offer", 1)]
    assert two.rows("stage_now", deal)[0]["pipeline_id"] == "renewals"


def test_a_record_that_no_pipeline_takes_moves_freely_and_has_no_history(sales: Sales) -> None:
    publish_texts(
        sales.workspace, FIRM.replace("calendar: office\nlabel: {zh: B2B", 'calendar: office\nwhen: "amount > 100"\nlabel: {zh: B2B')
    )
    deal = sales.deal()
    assert sales.change(deal, stage="won").outcome == "updated"
    assert sales.path(deal) == []
    assert standing_of(sales.again(sales.lin), "deal", deal) == ()


GATED = FIRM.replace("    back: reason\n", '    back: reason\n    gate: {approval: big_deal, when: "amount > 1000"}\n', 1) + (
    "---\napproval: big_deal\nobject: deal\nflow:\n  - {approve: boss, who: {role: boss}}\n"
)


def test_a_stage_with_an_approval_is_not_left_forward_without_it(sales: Sales, refusal) -> None:
    publish_texts(sales.workspace, GATED)
    small, big = (sales.placed("proposal", name=str(amount), amount=amount, margin=20, lines=[{"product": "x"}]) for amount in (10, 5000))
    assert sales.change(small, stage="contract").outcome == "updated"
    assert refusal(lambda: sales.change(big, stage="contract")) == [
        ("/stage", "stage-approval", "The approval “big_deal” must agree before it leaves “Proposal”")
    ]
    assert sales.change(big, stage="lost", lost_reason="price").outcome == "updated"


def test_when_the_approval_agrees_its_gate_opens_and_the_criteria_are_asked_again(sales: Sales, refusal) -> None:
    publish_texts(sales.workspace, GATED)
    big = sales.placed("proposal", amount=5000, margin=20, lines=[{"product": "x"}])
    agreed = Operation("approval", exemptions=frozenset({AGREED.format(approval="big_deal")}))
    change = Change("update", "deal", big, {"stage": "contract"})
    sales.change(big, sales.boss, margin=0)
    assert [code for _, code, _ in refusal(lambda: write(sales.workspace.context(SYSTEM), [change], agreed))] == ["stage-enter"]
    sales.change(big, sales.boss, margin=20)
    assert write(sales.workspace.context(SYSTEM), [change], agreed).written[0].outcome == "updated"
