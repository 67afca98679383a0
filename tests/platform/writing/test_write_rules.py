"""Rules, required fields and promises of uniqueness: when they are asked, and what is said where they don't hold."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest

from looseleaf_platform.errors import Refused
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write


@pytest.fixture
def account(create) -> int:
    """An account for deals."""
    return create("account", name="恒拓", tier="b")


def test_a_rule_speaks_the_readers_language_at_its_field(system, account):
    with pytest.raises(Refused) as refused:
        write(system, [Change("create", "deal", values={"name": "d", "account": account, "close_date": "2026-03-01"})])
    (fault,) = refused.value.faults
    assert (fault.pointer, fault.code) == ("/close_date", "rule")
    assert fault.say("zh") == "预计成交日期不能早于今天"
    assert fault.say("en") == "The expected close date is in the past"


def test_an_old_record_that_time_has_made_break_a_rule_stays_editable(system, account, create, clock, faults_of):
    deal = create("deal", name="d", account=account, close_date="2026-03-03")
    clock.advance(days=30)
    assert write(system, [Change("update", "deal", deal, {"name": "renamed"})]).written[0].outcome == "updated"
    assert faults_of(system, Change("update", "deal", deal, {"close_date": "2026-03-04"})) == [("/close_date", "rule")]


def test_a_rule_is_asked_when_anything_that_it_reads_changes(system, account, create, faults_of):
    deal = create("deal", name="d", account=account)
    assert faults_of(system, Change("update", "deal", deal, {"stage": "won"})) == [("/amount", "rule")]
    assert write(system, [Change("update", "deal", deal, {"stage": "won", "amount": 5})]).written[0].outcome == "updated"
    assert faults_of(system, Change("update", "deal", deal, {"amount": None})) == [("/amount", "rule")]


def test_a_rule_reaches_through_look_ups_also_to_a_record_of_the_same_set(system, create, faults_of):
    best = create("account", name="best", tier="a")
    assert faults_of(system, Change("create", "deal", values={"name": "d", "account": best, "discount": 0.5})) == [("/discount", "rule")]
    changes = [
        Change("create", "account", values={"name": "new", "tier": "a"}, reference="it"),
        Change("create", "deal", values={"name": "d", "account": {"$ref": "it"}, "discount": "50%"}),
    ]
    assert faults_of(system, *changes) == [("/1/discount", "rule")]


def test_a_field_that_is_required_when_something_holds(system, account, create, faults_of):
    deal = create("deal", name="d", account=account)
    assert faults_of(system, Change("update", "deal", deal, {"stage": "lost"})) == [("/lost_reason", "required")]
    write(system, [Change("update", "deal", deal, {"stage": "lost", "lost_reason": "price"})])
    assert faults_of(system, Change("update", "deal", deal, {"lost_reason": ""})) == [("/lost_reason", "required")]
    assert write(system, [Change("update", "deal", deal, {"stage": "open", "lost_reason": None})]).written[0].outcome == "updated"


def test_required_fields_can_not_be_emptied(system, account, faults_of):
    assert faults_of(system, Change("update", "account", account, {"name": None})) == [("/name", "required")]


def test_rules_and_parse_faults_are_told_together(system, account, faults_of):
    values = {"name": "d", "account": account, "stage": "lost", "close_date": "2020-01-01", "discount": "x"}
    assert set(faults_of(system, Change("create", "deal", values=values))) == {
        ("/discount", "not-a-number"),
        ("/close_date", "rule"),
        ("/lost_reason", "required"),
    }


def test_a_rule_about_the_lines_together_is_asked_after_they_are_stored(system, account, create, faults_of, rows):
    lines = [{"quantity": 10, "price": 60000}, {"quantity": 10, "price": 60000}]
    assert faults_of(system, Change("create", "deal", values={"name": "d", "account": account, "lines": lines})) == [("", "rule")]
    assert rows("deal") == []
    deal = create("deal", name="d", account=account, lines=lines[:1])
    assert read.get(system, "deal", deal).values["line_total"] == Decimal("600000.00")
    added = [{"id": rows("deal_line")[0]["id"]}, *lines[1:]]
    assert faults_of(system, Change("update", "deal", deal, {"lines": added})) == [("", "rule")]


def test_a_recorded_exemption_lets_old_data_in(system, account, rows, faults_of):
    values = {"name": "d", "account": account, "close_date": "2020-01-01", "stage": "lost", "created_at": "2020-01-01T00:00:00Z"}
    outcome = write(
        system, [Change("create", "deal", values=values)], Operation("import", exemptions=frozenset({"rules", "required", "history"}))
    )
    (operation,) = rows("operation", id=outcome.operation)
    assert operation["exemptions"] == ["history", "required", "rules"]
    assert read.get(system, "deal", outcome.written[0].id).values["created_at"].year == 2020


def test_a_value_that_must_be_unique_is_refused_in_the_metadatas_words(system, create):
    create("account", name="a", code="C-1")
    with pytest.raises(Refused) as refused:
        write(system, [Change("create", "account", values={"name": "b", "code": " C-1 "})])
    assert [(fault.pointer, fault.code, fault.say("zh")) for fault in refused.value.faults] == [("/code", "unique", "客户编号已存在")]


def test_two_in_one_set_with_the_same_unique_value_are_refused(system, faults_of):
    changes = [Change("create", "product", values={"name": name}) for name in ("x", "y", "x")]
    assert faults_of(system, *changes) == [("/2/name", "unique")]


def test_uniqueness_over_several_fields_counts_empty_values_as_different(system, account, create, faults_of):
    create("deal", name="same", account=account)
    assert faults_of(system, Change("create", "deal", values={"name": "same", "account": account})) == [("", "unique")]
    other = create("account", name="other")
    assert create("deal", name="same", account=other)
    for name in ("n1", "n2"):
        create("account", name=name, code=None)


def test_a_record_in_the_bin_does_not_hold_its_unique_value(system, create, faults_of):
    first = create("account", name="a", code="C")
    write(system, [Change("delete", "account", first)])
    second = create("account", name="b", code="C")
    assert faults_of(system, Change("restore", "account", first)) == [("/code", "unique")]
    write(system, [Change("update", "account", second, {"code": "D"})])
    assert write(system, [Change("restore", "account", first)]).written[0].outcome == "restored"


def test_a_value_is_free_for_another_in_the_same_set_that_deletes_its_holder(system, create):
    first = create("account", name="a", code="C")
    outcome = write(system, [Change("delete", "account", first), Change("create", "account", values={"name": "b", "code": "C"})])
    assert [one.outcome for one in outcome.written] == ["deleted", "created"]


def test_of_many_who_take_the_same_unique_value_at_once_one_has_it(system, rows):
    outcomes: list[str] = []

    def take(number: int) -> None:
        try:
            write(system, [Change("create", "account", values={"name": f"a{number}", "code": "ONE"})])
            outcomes.append("stored")
        except Refused as refused:
            outcomes.append(f"{refused.faults[0].pointer} {refused.faults[0].say('en')}")

    threads = [threading.Thread(target=take, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["/code This customer number is taken"] * 5 + ["stored"]
    assert len(rows("account")) == 1
