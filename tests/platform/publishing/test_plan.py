"""A plan says what a publish would do to the records that are there, before anything is done."""

from __future__ import annotations

from typing import Any

import pytest

from looseleaf_metadata.loader import read_documents
from looseleaf_platform import publishing
from looseleaf_platform.context import SYSTEM
from looseleaf_platform.errors import Refused
from looseleaf_platform.publishing import Plan
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace
from support.workspaces import publish_texts

DEAL = """
object: deal
label: {zh: 商机, en: Deal}
title: name
owner: none
fields:
  name: {type: text, max_length: 40}
  amount: {type: decimal}
  close_date: {type: date}
  stage: {type: select, options: {open: 进行中, won: 赢单, lost: 输单}}
  labels: {type: multi_select, options: {a: A, b: B}}
  partner: {type: lookup, to: deal}
---
view: open_deals
object: deal
where: "stage == 'open'"
sort: [-amount]
columns: [name, amount, close_date]
"""


@pytest.fixture
def deals(workspace: Workspace) -> list[int]:
    """Five deals: some without an amount, two of one name."""
    publish_texts(workspace, DEAL)
    rows: list[dict[str, Any]] = [
        {"name": "一期产线", "amount": 100, "stage": "open", "labels": ["a"]},
        {"name": "二期产线", "amount": -5, "stage": "lost", "labels": ["a", "b"]},
        {"name": "二期产线", "stage": "won", "close_date": "2026-01-31"},
        {"name": "a very long name for a deal indeed", "stage": "lost"},
        {"amount": 7},
    ]
    outcome = write(workspace.context(SYSTEM), [Change("create", "deal", values=row) for row in rows])
    return [one.id for one in outcome.written if one.id]


def plan_of(workspace: Workspace, *texts: str) -> Plan:
    """The plan of publishing these texts."""
    documents, problems = read_documents([(f"document{number}.yaml", text) for number, text in enumerate(texts, 1)])
    assert not problems
    return publishing.plan(workspace, documents)


def breaches(plan: Plan) -> dict[str, tuple[str, int, bool]]:
    """What is broken, by address."""
    return {one.address: (one.kind, one.count, one.blocking) for one in plan.breaches}


def test_a_plan_changes_nothing_and_names_additions_and_statements(workspace: Workspace, deals: list[int]) -> None:
    plan = plan_of(workspace, DEAL.replace("  partner:", "  source: {type: text}\n  partner:"))
    assert plan.can_publish
    assert [(change.what, change.address) for change in plan.changes] == [("added", "object:deal/field:source")]
    assert [(step.kind, step.table, step.name) for step in plan.steps] == [("add_column", "o_deal", "f_source")]
    assert workspace.refresh().revision == 2
    assert "f_source" in plan.as_text("en")


def test_a_plan_of_the_same_is_empty(workspace: Workspace, deals: list[int]) -> None:
    plan = plan_of(workspace, DEAL)
    assert plan.is_empty
    assert plan.as_text("zh") == "没有变化"


def test_a_new_rule_is_counted_on_existing_records_with_samples(workspace: Workspace, deals: list[int]) -> None:
    rule = 'rules: [{rule: positive, check: "amount is None or amount > 0", message: {zh: 金额必须为正, en: Amounts are positive}}]\n---\nview: open'
    plan = plan_of(workspace, DEAL.replace("---\nview: open", rule))
    (breach,) = plan.breaches
    assert (breach.address, breach.count, breach.blocking) == ("object:deal/rule:positive", 1, False)
    assert [(sample.id, sample.title) for sample in breach.samples] == [(deals[1], "二期产线")]
    said = plan.as_text("zh")
    assert "金额必须为正" in said
    assert encode(deals[1]) in said
    assert plan.can_publish


def test_narrower_fields_are_counted(workspace: Workspace, deals: list[int]) -> None:
    narrower = (
        DEAL.replace("name: {type: text, max_length: 40}", "name: {type: text, max_length: 10, required: true}")
        .replace("amount: {type: decimal}", "amount: {type: decimal, min: 0, required_when: \"stage == 'won'\"}")
        .replace("lost: 输单", "lost: {label: 输单, retired: true}")
        .replace(", b: B}", "}")
    )
    assert {(one.address.removeprefix("object:deal/field:"), one.kind, one.count) for one in plan_of(workspace, narrower).breaches} == {
        ("name", "too-long", 1),
        ("name", "required", 1),
        ("amount", "out-of-range", 1),
        ("amount", "required", 1),
        ("stage/option:lost", "option", 2),
        ("labels/option:b", "option", 1),
    }


def test_a_new_promise_of_uniqueness_stops_a_publish_that_records_break(workspace: Workspace, deals: list[int]) -> None:
    unique = DEAL.replace("---\nview: open", "unique: [{fields: [name]}]\n---\nview: open")
    plan = plan_of(workspace, unique)
    assert breaches(plan) == {"object:deal/unique:name": ("unique", 2, True)}
    assert not plan.can_publish
    with pytest.raises(Refused, match="unique"):
        publish_texts(workspace, unique)
    assert workspace.refresh().revision == 2
    write(workspace.context(SYSTEM), [Change("delete", "deal", id=deals[1])])
    assert publish_texts(workspace, unique) == 3


def test_a_rule_on_a_field_that_is_not_there_yet_is_counted_too(workspace: Workspace, deals: list[int]) -> None:
    more = DEAL.replace(
        "---\nview: open", 'rules: [{rule: sourced, check: "source is not None", message: Name a source}]\n---\nview: open'
    ).replace("  partner:", "  source: {type: text}\n  partner:")
    assert breaches(plan_of(workspace, more))["object:deal/rule:sourced"] == ("rule", 5, False)


def test_retired_fields_tell_how_many_records_hold_something_and_who_used_them(workspace: Workspace, deals: list[int]) -> None:
    without = DEAL.replace("  close_date: {type: date}\n", "").replace(", close_date]", "]")
    plan = plan_of(workspace, without)
    assert [(one.address, one.records) for one in plan.retirements] == [("object:deal/field:close_date", 1)]
    used = {one.address: {source for source, _ in one.sources} for one in plan.dependants}
    assert "view:open_deals" in used["object:deal/field:close_date"]


def test_indexes_follow_the_views_and_say_so(workspace: Workspace, deals: list[int]) -> None:
    plan = plan_of(workspace, DEAL + "---\nview: by_date\nobject: deal\nlabel: By date\nsort: [close_date]\n")
    (index,) = [one for one in plan.indexes if not one.left_out]
    assert [key.column for key in index.spec.keys] == ["f_close_date", "id"]
    assert "By date" in index.why.translate("en")
    views = "".join(f"---\nview: v{number}\nobject: deal\nwhere: \"stage == 'won'\"\nsort: [{path}]\n" for number, path in enumerate(SORTS))
    crowded = plan_of(workspace, DEAL + views)
    made = [one for one in crowded.indexes if not one.left_out]
    assert sum(one.left_out for one in crowded.indexes) == len(SORTS) + 1 - 6
    assert len(made) == 5  # and the one of the view that is in force
    assert "six" in crowded.as_text("en")


SORTS = ("name", "-name", "close_date", "-close_date", "created_at", "-updated_at", "amount")


def test_problems_come_with_their_places_and_nothing_else(workspace: Workspace, deals: list[int]) -> None:
    plan = plan_of(workspace, DEAL.replace("type: decimal", "type: decimel"))
    assert not plan.can_publish
    assert [problem.code for problem in plan.problems] == ["unknown-field-type"]
    assert "did you mean 'decimal'?" in plan.as_text("en")
    assert plan.as_data("zh")["problems"][0]["code"] == "unknown-field-type"


def test_a_plan_is_data_too(workspace: Workspace, deals: list[int]) -> None:
    import orjson

    data = plan_of(workspace, DEAL.replace("max_length: 40", "max_length: 10")).as_data("zh")
    assert orjson.loads(orjson.dumps(data)) == data
    assert data["can_publish"] is True
    assert data["breaches"][0]["count"] == 1
