"""Stages hold in the write path: S01 to S04 and S11, S13, the same by every door."""

from __future__ import annotations

from decimal import Decimal

import pytest

from looseleaf_platform.errors import NotAllowed
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write


def test_a_new_record_begins_in_the_first_stage_with_its_probability(sales):
    deal = sales.get(sales.deal())
    assert (deal["stage"], deal["probability"], deal["since"]) == ("contact", Decimal("0.1"), sales.clock())


def test_s01_each_unmet_criterion_of_entry_is_named_in_words(sales, refusal):
    deal = sales.deal()
    assert refusal(lambda: sales.change(deal, stage="needs")) == [
        ("/stage", "stage-enter", "To enter “Needs confirmed”: Budget is more than 0")
    ]
    said = refusal(lambda: sales.change(deal, stage="needs"), "zh")
    assert said == [("/stage", "stage-enter", "进入“需求确认”的条件：预算大于 0")]
    sales.change(deal, budget=100)
    assert sales.change(deal, stage="needs").outcome == "updated"


@pytest.mark.parametrize("door", ["screen", "api", "import", "job", "command"])
def test_s01_the_same_by_every_door(sales, refusal, door):
    deal = sales.deal()
    context = sales.lin.by(door)
    assert [code for _, code, _ in refusal(lambda: sales.change(deal, context, stage="needs"))] == ["stage-enter"]


def test_s01_an_import_stores_what_may_move_and_says_why_the_rest_may_not(sales):
    poor, rich = sales.deal(name="poor"), sales.deal(name="rich", budget=5)
    changes = [Change("update", "deal", id, {"stage": "needs"}) for id in (poor, rich)]
    outcome = write(sales.again(sales.lin.by("import")), changes, Operation("import"), collect=True)
    assert [one.outcome for one in outcome.written] == ["refused", "updated"]
    assert [fault.code for fault in outcome.written[0].faults] == ["stage-enter"]
    assert (sales.get(poor)["stage"], sales.get(rich)["stage"]) == ("contact", "needs")


def test_s01_an_override_needs_the_ability_and_a_reason_that_is_kept(sales, refusal):
    deal = sales.deal()
    with pytest.raises(NotAllowed):
        sales.change(deal, sales.lin, exempt=["stages"], reason="hurry", stage="needs")
    assert refusal(lambda: sales.change(deal, sales.boss, exempt=["stages"], stage="needs"))[0][:2] == ("/stage", "stage-reason")
    assert sales.change(deal, sales.boss, exempt=["stages"], reason="CEO has agreed", stage="needs").outcome == "updated"
    assert sales.rows("stage_move", deal)[-1]["reason"] == "CEO has agreed"


def test_s01_what_its_reader_may_not_see_is_not_named(sales, refusal):
    deal = sales.placed("proposal", lines=[{"product": "spindle"}])
    assert refusal(lambda: sales.change(deal, sales.lin, stage="contract")) == [
        ("/stage", "stage-enter", "To enter “Contract”: a condition on something that you may not see")
    ]
    assert refusal(lambda: sales.change(deal, sales.boss, stage="contract"))[0][2] == "To enter “Contract”: Margin is more than 10"


def test_s01_a_new_record_does_not_get_round_the_gate(sales, refusal):
    assert [code for _, code, _ in refusal(lambda: sales.deal(stage="needs"))] == ["stage-skip", "stage-enter"]


def test_s02_leaving_forward_needs_exit_criteria_and_key_actions(sales, refusal):
    bare = sales.make("account", name="无行业")
    deal = sales.placed("needs", account=bare)
    assert refusal(lambda: sales.change(deal, stage="proposal")) == [
        ("/stage", "stage-exit", "To leave “Needs confirmed”: Account · Industry is filled in"),
        ("/stage", "stage-action", "Still to do in “Needs confirmed”: 首次拜访"),
        ("/stage", "stage-action", "Still to do in “Needs confirmed”: Find the decision maker"),
        ("/stage", "stage-exit", "To leave “Pilot”: Decision maker is filled in"),
    ]


def test_s02_back_needs_only_leave_to_go_back(sales, refusal):
    deal = sales.placed("proposal")
    assert refusal(lambda: sales.change(deal, stage="needs")) == [("/stage", "stage-reason", "Say why it goes back from “Proposal”")]
    assert sales.change(deal, reason="new demands", stage="needs").outcome == "updated"
    assert sales.change(deal, stage="contact").outcome == "updated"
    fixed = sales.placed("contract")
    assert refusal(lambda: sales.change(fixed, reason="please", stage="proposal")) == [
        ("/stage", "stage-back", "There is no way back from “Contract”")
    ]


def test_s03_stages_are_skipped_only_where_they_may_be_and_then_their_exits_count_all_together(sales, refusal):
    deal = sales.deal(budget=10)
    codes = refusal(lambda: sales.change(deal, stage="proposal"))
    assert ("/stage", "stage-skip", "“Needs confirmed” can't be skipped") in codes
    assert ("/stage", "stage-skip", "“Pilot” can't be skipped") not in codes
    assert ("/stage", "stage-exit", "To leave “Pilot”: Decision maker is filled in") in codes


def test_s04_criteria_judge_the_record_as_it_will_be(sales, refusal):
    deal = sales.deal()
    assert sales.change(deal, stage="needs", budget=5).outcome == "updated"
    rich = sales.deal(budget=5, name="rich")
    assert [code for _, code, _ in refusal(lambda: sales.change(rich, stage="needs", budget=0))] == ["stage-enter"]


def test_s04_criteria_about_roll_ups_see_the_lines_of_the_same_save(sales, refusal):
    deal = sales.placed("proposal", margin=20)
    assert refusal(lambda: sales.change(deal, stage="contract")) == [("/stage", "stage-exit", "To leave “Proposal”: At least one offer")]
    assert sales.get(deal)["stage"] == "proposal"
    assert sales.path(deal) == [("", "proposal", 1)]
    assert sales.change(deal, stage="contract", lines=[{"product": "spindle"}]).outcome == "updated"
    assert sales.get(deal)["stage"] == "contract"


def test_s04_in_an_import_only_the_row_without_lines_stays(sales):
    bare, full = (sales.placed("proposal", margin=20, name=name) for name in ("bare", "full"))
    rows = [(bare, {"stage": "contract"}), (full, {"stage": "contract", "lines": [{"product": "spindle"}]})]
    outcome = write(sales.again(sales.boss), [Change("update", "deal", id, values) for id, values in rows], collect=True)
    assert [one.outcome for one in outcome.written] == ["refused", "updated"]
    assert [len(sales.path(id)) for id in (bare, full)] == [1, 2]


def test_s11_a_closed_stage_needs_its_reason(sales, refusal):
    deal = sales.placed("needs")
    assert refusal(lambda: sales.change(deal, stage="lost")) == [("/lost_reason", "required", "“Lost” needs this to be filled in")]
    assert sales.change(deal, stage="lost", lost_reason="rival", rival="Kestrel").outcome == "updated"


def test_s11_reopening_is_a_new_visit_and_clears_what_the_closing_left(sales, refusal):
    deal = sales.placed("needs")
    sales.change(deal, stage="lost", lost_reason="rival", rival="Kestrel")
    assert refusal(lambda: sales.change(deal, stage="proposal"))[0][:2] == ("/stage", "stage-action")
    sales.change(deal, stage="needs")
    record = sales.get(deal)
    assert (record["stage"], record["lost_reason"], record["rival"]) == ("needs", None, None)
    assert sales.path(deal) == [("", "needs", 1), ("needs", "lost", 1), ("lost", "needs", 2)]


def test_s11_what_is_won_stays_won_where_there_is_no_way_back(sales, refusal):
    deal = sales.placed("won")
    assert refusal(lambda: sales.change(deal, stage="needs"))[0] == ("/stage", "stage-back", "There is no way back from “Won”")


def test_s13_the_probability_follows_the_stage_unless_set_by_hand(sales):
    deal = sales.deal(budget=5)
    sales.change(deal, stage="needs")
    assert sales.get(deal)["probability"] == Decimal("0.2")
    sales.change(deal, probability="0.35")
    sales.change(deal, stage="contact")
    assert sales.get(deal)["probability"] == Decimal("0.35")


def test_s13_a_probability_sent_with_the_move_is_kept(sales):
    deal = sales.deal(budget=5)
    sales.change(deal, stage="needs", probability="0.9")
    assert sales.get(deal)["probability"] == Decimal("0.9")


def test_s13_a_closed_deal_is_certain_and_a_reopened_one_follows_its_stage_again(sales):
    deal = sales.deal(budget=5)
    sales.change(deal, probability="0.35")
    sales.change(deal, stage="lost", lost_reason="price")
    assert sales.get(deal)["probability"] == 0
    sales.change(deal, stage="contact")
    assert sales.get(deal)["probability"] == Decimal("0.1")
