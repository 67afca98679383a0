"""Owned rows, edited with their record."""

from __future__ import annotations

from decimal import Decimal

import pytest

from looseleaf_platform.errors import NotThere
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode, new_id
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from support.workspaces import as_user


@pytest.fixture
def deal(create) -> int:
    """A deal with two lines."""
    account = create("account", name="a")
    lines = [{"description": "one", "price": 10}, {"description": "two", "price": 20, "quantity": 2}]
    return create("deal", name="d", account=account, lines=lines)


def test_lines_are_stored_with_their_record_and_summed_up(system, deal, rows):
    assert [(row["f_description"], row["f_deal"]) for row in rows("deal_line")] == [("one", deal), ("two", deal)]
    record = read.get(system, "deal", deal)
    assert record.version == 1
    assert (record.values["line_total"], record.values["line_count"]) == (Decimal("50.00"), 2)


def test_the_list_given_is_the_whole_list(system, deal, rows):
    first, second = (row["id"] for row in rows("deal_line"))
    lines = [{"id": encode(second), "price": 30}, {"description": "three", "price": 1}]
    written = write(system, [Change("update", "deal", deal, {"lines": lines})]).written[0]
    assert (written.outcome, written.version) == ("updated", 2)
    live = {row["f_description"]: row for row in rows("deal_line", deleted_at=None)}
    assert live.keys() == {"two", "three"}
    assert live["two"]["version"] == 2
    assert next(row for row in rows("deal_line") if row["id"] == first)["deleted_at"] is not None
    assert read.get(system, "deal", deal).values["line_total"] == Decimal("61.00")


def test_lines_given_as_they_are_change_nothing(system, deal, rows):
    lines = [{"id": encode(row["id"]), "description": row["f_description"]} for row in rows("deal_line")]
    assert write(system, [Change("update", "deal", deal, {"lines": lines, "name": "d"})]).written[0].outcome == "same"


def test_a_change_of_lines_alone_is_a_change_of_their_record(system, deal, rows):
    lines = [{"id": row["id"], "description": "changed"} for row in rows("deal_line")]
    outcome = write(system, [Change("update", "deal", deal, {"lines": lines})])
    assert (outcome.written[0].outcome, outcome.written[0].version) == ("updated", 2)
    said = [(row["object_id"], row["kind"], row["version"], row["payload"]) for row in rows("change", operation_id=outcome.operation)]
    assert said == [
        ("deal", "update", 2, {}),
        ("deal_line", "update", 2, {"description": ["one", "changed"]}),
        ("deal_line", "update", 2, {"description": ["two", "changed"]}),
    ]


def test_faults_of_lines_say_which_line(system, deal, faults_of):
    lines = [{"description": "fine"}, {"price": "-5"}, {"quantity": "lots", "colour": "red"}]
    assert set(faults_of(system, Change("update", "deal", deal, {"lines": lines}))) == {
        ("/lines/1/price", "rule"),
        ("/lines/2/quantity", "not-a-number"),
        ("/lines/2/colour", "unknown-field"),
    }
    changes = [Change("create", "product", values={"name": "p"}), Change("update", "deal", deal, {"lines": [{"price": "x"}]})]
    assert faults_of(system, *changes) == [("/1/lines/0/price", "not-a-number")]


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        ("two rows", ("/lines", "not-lines")),
        ([7], ("/lines", "not-lines")),
        ([{"id": "nonsense"}], ("/lines/0/id", "not-an-id")),
        ([{"id": encode(new_id())}], ("/lines/0/id", "unknown-line")),
    ],
)
def test_lists_that_are_none_are_refused(system, deal, faults_of, lines, fault):
    assert faults_of(system, Change("update", "deal", deal, {"lines": lines})) == [fault]


def test_a_line_of_another_record_is_not_taken_over(system, deal, create, rows, faults_of):
    other = create("deal", name="other", account=rows("account")[0]["id"], lines=[{"description": "theirs"}])
    theirs = next(row["id"] for row in rows("deal_line") if row["f_deal"] == other)
    assert faults_of(system, Change("update", "deal", deal, {"lines": [{"id": theirs}]})) == [("/lines/0/id", "unknown-line")]


def test_lines_go_by_the_rights_to_their_record(crm, create, rows):
    rep = as_user(crm, ["rep"], name="Lin")
    other = as_user(crm, ["rep"], name="other")
    account = create("account", by=rep, name="a")
    deal = create("deal", by=rep, name="d", account=account, lines=[{"description": "one"}])
    (line,) = (row["id"] for row in rows("deal_line"))
    assert write(rep, [Change("update", "deal_line", line, {"price": 5})]).written[0].outcome == "updated"
    for change in (
        Change("update", "deal_line", line, {"price": 6}),
        Change("delete", "deal_line", line),
        Change("update", "deal", deal, {"lines": []}),
    ):
        with pytest.raises(NotThere):
            write(other, [change])


def test_a_field_of_lines_that_is_hidden_can_not_be_written(crm, create, faults_of):
    rep = as_user(crm, ["rep"], name="Lin")
    account = create("account", by=rep, name="a")
    change = Change("create", "deal", values={"name": "d", "account": encode(account), "lines": [{"cost": 5}]})
    assert faults_of(rep, change) == [("/lines/0/cost", "unknown-field")]
