"""Key actions: S10, by hand, by evidence, kept for each visit."""

from __future__ import annotations

from functools import partial

import pytest

from looseleaf_platform.errors import NotAllowed, NotThere, Refused
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_workflow.stages.standing import standing_of
from looseleaf_workflow.stages.ticking import tick
from support.stages import FIRM
from support.workspaces import as_user, publish_texts


def standing(sales, deal, by=None):
    (found,) = standing_of(sales.again(by or sales.lin), "deal", deal)
    return found


def done(sales, deal):
    return {action.id: action.done for action in standing(sales, deal).actions}


def test_s10_an_action_ticked_by_hand_lets_the_record_go_on_and_keeps_who_and_when(sales, refusal):
    deal = sales.placed("needs", decider="王工")
    assert refusal(lambda: sales.change(deal, stage="proposal")) == [
        ("/stage", "stage-action", "Still to do in “Needs confirmed”: 首次拜访")
    ]
    sales.clock.advance(hours=2)
    tick(sales.again(sales.lin), "deal", deal, "首次拜访")
    action = standing(sales, deal).actions[0]
    assert (action.done, action.log.actor, action.log.at, action.log.how) == (True, sales.lin.actor.id, sales.clock(), "hand")
    assert sales.change(deal, stage="proposal").outcome == "updated"


def test_s10_undoing_it_makes_it_undone_and_both_stay_in_the_log(sales, refusal):
    deal = sales.placed("needs", decider="王工")
    tick(sales.again(sales.lin), "deal", deal, "首次拜访")
    tick(sales.again(sales.boss), "deal", deal, "首次拜访", done=False)
    assert done(sales, deal)["首次拜访"] is False
    assert [(row["done"], row["actor"]) for row in sales.rows("stage_action", deal)] == [
        (True, sales.lin.actor.id), (False, sales.boss.actor.id),
    ]  # fmt: skip
    assert [code for _, code, _ in refusal(lambda: sales.change(deal, stage="proposal"))] == ["stage-action"]


def test_s10_an_action_with_evidence_is_done_while_the_evidence_is_there(sales, refusal):
    deal = sales.placed("needs")
    assert done(sales, deal)["decision_maker"] is False
    sales.change(deal, decider="王工")
    assert done(sales, deal)["decision_maker"] is True
    sales.change(deal, decider=None)
    assert done(sales, deal)["decision_maker"] is False
    with pytest.raises(Refused, match="shows by itself"):
        tick(sales.again(sales.lin), "deal", deal, "decision_maker")


def test_s10_sticky_evidence_counts_once_it_was_there(sales):
    publish_texts(sales.workspace, FIRM.replace('when: "decider is not None"}', 'when: "decider is not None", sticky: true}'))
    deal = sales.placed("needs")
    assert done(sales, deal)["decision_maker"] is False
    sales.change(deal, decider="王工")
    sales.change(deal, decider=None)
    assert done(sales, deal)["decision_maker"] is True
    sales.change(deal, name="again")
    assert [row["how"] for row in sales.rows("stage_action", deal)] == ["evidence"]


def test_s10_beside_a_sticky_action_other_evidence_comes_and_goes(sales):
    sticky = FIRM.replace('when: "decider is not None"}', 'when: "decider is not None", sticky: true}')
    publish_texts(sales.workspace, sticky.replace("{action: dinner,", '{action: dinner, when: "rival is not None",'))
    deal = sales.placed("needs", decider="王工", rival="海川")
    assert (done(sales, deal)["decision_maker"], done(sales, deal)["dinner"]) == (True, True)
    sales.change(deal, decider=None, rival=None)
    assert (done(sales, deal)["decision_maker"], done(sales, deal)["dinner"]) == (True, False)


def test_s10_evidence_in_a_linked_record_counts_while_it_is_there(sales, refusal):
    publish_texts(sales.workspace, FIRM.replace('when: "decider is not None"}', 'when: "offers >= 1"}'))
    deal = sales.placed("needs", decider="王工")
    tick(sales.again(sales.lin), "deal", deal, "首次拜访")
    assert [code for _, code, _ in refusal(lambda: sales.change(deal, stage="proposal"))] == ["stage-action"]
    context = sales.again(sales.lin)
    line = write(context, [Change("create", "deal_line", values={"deal": deal, "product": "P1"})]).written[0].id
    assert done(sales, deal)["decision_maker"] is True
    write(context, [Change("delete", "deal_line", line)])
    assert done(sales, deal)["decision_maker"] is False
    write(context, [Change("create", "deal_line", values={"deal": deal, "product": "P2"})])
    assert sales.change(deal, stage="proposal").outcome == "updated"


def test_s10_a_new_visit_begins_with_nothing_ticked(sales, refusal):
    deal = sales.placed("needs", budget=5, decider="王工")
    tick(sales.again(sales.lin), "deal", deal, "首次拜访")
    for stage in ("contact", "needs"):
        sales.change(deal, stage=stage)
    assert done(sales, deal)["首次拜访"] is False
    assert refusal(lambda: sales.change(deal, stage="pilot")) == [("/stage", "stage-action", "Still to do in “Needs confirmed”: 首次拜访")]
    tick(sales.again(sales.lin), "deal", deal, "首次拜访")
    assert sales.change(deal, stage="pilot").outcome == "updated"


def test_s10_optional_actions_keep_nobody_back(sales):
    deal = sales.placed("needs", decider="王工")
    tick(sales.again(sales.lin), "deal", deal, "首次拜访")
    assert done(sales, deal)["dinner"] is False
    assert sales.change(deal, stage="proposal").outcome == "updated"


def test_only_who_may_change_the_stage_ticks_its_actions(sales):
    deal = sales.placed("needs")
    publish_texts(sales.workspace, FIRM + "---\nrole: reader\nobjects: {deal: {read: all}}\n---\nrole: nobody\n")
    reader, nobody = as_user(sales.workspace, ["reader"]), as_user(sales.workspace, ["nobody"])
    with pytest.raises(NotAllowed):
        tick(reader, "deal", deal, "首次拜访")
    with pytest.raises(NotThere):
        tick(nobody, "deal", deal, "首次拜访")
    with pytest.raises(Refused, match="is not to be done in"):
        tick(sales.again(sales.lin), "deal", deal, "sing")
    assert standing(sales, deal, reader).movable is False


def test_where_it_can_go_and_what_keeps_it_are_told_before_anybody_tries(sales):
    deal = sales.placed("needs")
    found = standing(sales, deal)
    told = {target.name: target for target in found.targets}
    assert [(target.name, target.state) for target in found.targets][:3] == [
        ("contact", "passed"),
        ("needs", "current"),
        ("pilot", "ahead"),
    ]
    assert told["contact"].reachable
    assert [str(text) for text in told["pilot"].unmet] == [
        "Still to do in “Needs confirmed”: 首次拜访",
        "Still to do in “Needs confirmed”: Find the decision maker",
    ]
    assert (told["lost"].reachable, told["lost"].needs) == (True, ("lost_reason",))
    assert [(said.text("en"), met) for said, met in found.criteria] == [("Account · Industry is filled in", True)]


def test_what_is_told_is_what_the_gate_says(sales, refusal):
    """For every stage and every target: no reason to refuse is told, exactly if the move is made."""
    publish_texts(sales.workspace, FIRM)
    for source in ("contact", "needs", "pilot", "proposal", "lost"):
        deal = sales.placed(source, name=source, budget=3, decider="王工", margin=20, lost_reason="price")
        for name in ("contact", "needs", "pilot", "proposal", "contract", "won", "lost"):
            target = next(one for one in standing(sales, deal, sales.boss).targets if one.name == name)
            if target.state == "current":
                continue
            move = partial(sales.change, deal, sales.boss, reason="try", stage=target.name, lost_reason="price")
            if target.reachable:
                assert move().outcome == "updated"
                sales.change(deal, sales.boss, reason="back again", exempt=["stages"], stage=source)
            else:
                assert {message for _, _, message in refusal(move)} == {str(text) for text in target.unmet}
