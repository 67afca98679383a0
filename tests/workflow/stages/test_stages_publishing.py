"""What becomes of records when their stages change: S12."""

from __future__ import annotations

import pytest

from looseleaf_metadata.loader import read_documents
from looseleaf_platform.errors import Refused
from looseleaf_platform.jobs.outbox import drain
from looseleaf_platform.publishing import plan
from looseleaf_workflow.extension import WORKFLOW
from support.stages import FIRM
from support.workspaces import publish_texts

WITHOUT = FIRM.replace("      pilot:     {label: {zh: 试用, en: Pilot}, hue: teal}\n", "").replace(
    '  - {stage: pilot, probability: 30, skip: true, exit_when: ["decider is not None"]}\n', ""
)
MAPPED = WITHOUT.replace("entered_at: since\n", "entered_at: since\nmoved: {pilot: proposal}\n")


def test_s12_a_stage_with_records_does_not_go_before_it_is_said_where_they_go(sales):
    deal = sales.placed("pilot", name="试点")
    documents, _ = read_documents([("firm.yaml", WITHOUT)])
    (breach,) = [one for one in plan(sales.workspace, documents).breaches if one.kind == "stage"]
    assert (breach.address, breach.count, breach.blocking) == ("pipeline:b2b/stage:pilot", 1, True)
    assert [(sample.id, sample.title) for sample in breach.samples] == [(deal, "试点")]
    with pytest.raises(Refused) as refused:
        publish_texts(sales.workspace, WITHOUT)
    assert [(fault.code, fault.say("zh")) for fault in refused.value.faults] == [("stage", "处于要去掉的阶段“试用”")]
    assert sales.get(deal)["stage"] == "pilot"


def test_s12_an_empty_stage_goes_without_a_word(sales):
    sales.placed("needs")
    publish_texts(sales.workspace, WITHOUT)
    assert sales.workspace.runtime.model.others["pipeline"]["b2b"].stage("pilot") is None


def test_s12_records_of_a_merged_stage_move_on_with_their_history(sales):
    deals = [sales.placed("pilot", name=f"试点 {number}") for number in range(3)]
    closed = sales.placed("pilot", name="closed")
    sales.change(closed, stage="lost", lost_reason="price")
    publish_texts(sales.workspace, MAPPED)
    drain(sales.workspace, dict(WORKFLOW.handlers) | {"records.written": lambda *_: None})
    for deal in deals:
        assert sales.get(deal)["stage"] == "proposal"
        assert sales.path(deal) == [("", "pilot", 1), ("pilot", "proposal", 1)]
        last = sales.rows("stage_move", deal)[-1]
        assert (last["cause"], last["reason"], last["actor"]) == ("job", "pilot → proposal", None)
    assert sales.get(closed)["stage"] == "lost"
    sales.change(closed, stage="proposal")  # it was lost in a stage that proposal has taken the place of
    assert sales.get(closed)["stage"] == "proposal"


def test_s12_moving_twice_changes_nothing(sales):
    deal = sales.placed("pilot")
    publish_texts(sales.workspace, MAPPED)
    for _ in range(2):
        WORKFLOW.handlers["revision.published"](sales.workspace, None)
    assert sales.path(deal) == [("", "pilot", 1), ("pilot", "proposal", 1)]
