"""Who was where and for how long: S06, S07, S10, S14."""

from __future__ import annotations

import pytest

from looseleaf_platform.errors import Conflict
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write
from support.stages import FIRM
from support.workspaces import publish_texts


def test_s06_of_two_who_move_a_record_at_once_one_wins_and_the_other_learns_it(sales):
    deal = sales.deal(budget=5)
    context = sales.again(sales.lin)
    write(context, [Change("update", "deal", deal, {"stage": "needs"}, version=1)])
    with pytest.raises(Conflict) as lost:
        write(context, [Change("update", "deal", deal, {"stage": "lost", "lost_reason": "price"}, version=1)])
    assert lost.value.version == 2
    assert sales.path(deal) == [("", "contact", 1), ("contact", "needs", 1)]


def test_s07_each_move_says_from_where_to_where_how_long_by_whom_and_why(sales):
    deal = sales.deal(budget=5)
    sales.clock.advance(days=1)  # Monday 9:30 to Tuesday 9:30
    outcome = write(sales.again(sales.lin), [Change("update", "deal", deal, {"stage": "needs"})], Operation("edit", reason="met"))
    first, second = sales.rows("stage_move", deal)
    assert (first["from_stage"], first["to_stage"], first["seconds"], first["at"]) == ("", "contact", None, second["at"] - _days(1))
    assert (second["from_stage"], second["to_stage"], second["visit"]) == ("contact", "needs", 1)
    assert (second["seconds"], second["work_seconds"]) == (24 * 3600, 7.5 * 3600)
    assert (second["actor"], second["operation"], second["cause"], second["reason"]) == (
        sales.lin.actor.id, outcome.operation, "api", "met",
    )  # fmt: skip


def _days(count):
    from datetime import timedelta

    return timedelta(days=count)


def test_s07_coming_again_is_a_new_visit(sales):
    deal = sales.deal(budget=5)
    for stage in ("needs", "contact", "needs"):
        sales.clock.advance(hours=1)
        sales.change(deal, stage=stage)
    assert sales.path(deal) == [("", "contact", 1), ("contact", "needs", 1), ("needs", "contact", 2), ("contact", "needs", 2)]
    assert {(row["stage"], row["visits"], row["seconds"]) for row in sales.rows("stage_visit", deal)} == {
        ("contact", 2, 7200), ("needs", 2, 3600),
    }  # fmt: skip


def test_a_refused_move_leaves_no_trace(sales, refusal):
    deal = sales.deal()
    refusal(lambda: sales.change(deal, stage="needs"))
    sales.change(deal, name="三期产线")
    assert sales.path(deal) == [("", "contact", 1)]


def test_s14_order_labels_and_colours_of_stages_change_without_touching_records(sales):
    deal = sales.deal(budget=5)
    before = sales.rows("stage_now", deal)
    text = FIRM.replace(
        "{label: {zh: 初步接触, en: First contact}, hue: sky}", "{id: contact, label: {zh: 首次接触, en: Contact}, hue: plum}"
    )
    publish_texts(
        sales.workspace,
        text.replace("      contact:   {id: contact,", "      reached: {id: contact,").replace("- {stage: contact,", "- {stage: reached,"),
    )
    assert sales.get(deal)["stage"] == "reached"
    assert sales.rows("stage_now", deal) == before
    sales.change(deal, stage="needs")
    assert sales.path(deal) == [("", "contact", 1), ("contact", "needs", 1)]


def test_records_from_before_the_pipeline_are_taken_up_at_their_first_move(sales):
    bare, _, rest = FIRM.partition("calendar: office")
    roles = rest.partition("role: rep")[2]
    publish_texts(sales.workspace, bare + "role: rep" + roles)
    old = sales.make("deal", name="old", account=sales.account, stage="needs", owner=sales.lin.actor.id)
    assert sales.path(old) == []
    publish_texts(sales.workspace, FIRM)
    sales.change(old, stage="contact")
    assert sales.path(old) == [("", "needs", 1), ("needs", "contact", 1)]
    assert [row["cause"] for row in sales.rows("stage_move", old)] == ["adopted", "api"]
    assert [row["seconds"] for row in sales.rows("stage_move", old)] == [None, None]


def test_what_is_purged_leaves_no_history(sales):
    deal = sales.deal()
    for kind in ("delete", "purge"):
        write(sales.again(sales.system), [Change(kind, "deal", deal)])
    assert all(sales.rows(name, deal) == [] for name in ("stage_move", "stage_now", "stage_visit", "stage_action"))
