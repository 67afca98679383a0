"""Single records: created, changed, left alone, and everything that can be wrong with their values."""

from __future__ import annotations

from decimal import Decimal

import pytest

from looseleaf_platform.errors import NotThere, Refused
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode, new_id
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import MOST_CHANGES, write
from support.workspaces import as_user


def test_a_new_record_has_its_values_its_owner_and_the_first_version(crm, create):
    rep = as_user(crm, ["rep"], name="Lin")
    id = create("account", by=rep, name="恒拓精密", employees="1,200")
    record = read.get(rep, "account", id)
    assert record.version == 1
    assert record.values["name"] == "恒拓精密"
    assert record.values["employees"] == 1200
    assert record.values["owner"] == rep.actor.id
    assert record.values["created_by"] == record.values["updated_by"] == rep.actor.id
    assert record.values["created_at"] == crm.clock()


def test_the_team_of_a_new_record_is_its_owners(crm, system, create):
    team = create("team", name="East")
    rep = as_user(crm, ["rep"], team=team)
    other = as_user(crm, ["rep"], name="other")
    mine = create("account", by=rep, name="one")
    theirs = create("account", by=rep, name="two", owner=encode(other.actor.id))
    assert read.get(system, "account", mine).values["team"] == team
    assert read.get(system, "account", theirs).values["team"] is None


def test_an_update_changes_what_differs_and_says_who(crm, system, create, clock):
    id = create("account", name="恒拓", employees=10)
    clock.advance(hours=1)
    written = write(system, [Change("update", "account", id, {"employees": 11, "name": "恒拓"})]).written[0]
    assert (written.outcome, written.version) == ("updated", 2)
    record = read.get(system, "account", id)
    assert record.values["employees"] == 11
    assert record.values["updated_at"] == clock()


def test_an_update_that_changes_nothing_stores_nothing(system, create, rows):
    id = create("account", name="恒拓", phone="13800138000", tier="a")
    before = len(rows("change")), len(rows("operation")), len(rows("outbox"))
    outcome = write(system, [Change("update", "account", id, {"name": " 恒拓 ", "phone": "+86 138 0013 8000", "tier": "A"})])
    assert outcome.operation is None
    assert [(one.outcome, one.version) for one in outcome.written] == [("same", 1)]
    assert (len(rows("change")), len(rows("operation")), len(rows("outbox"))) == before


def test_all_faults_are_told_at_once_each_at_its_place(system, faults_of):
    changes = [
        Change("create", "account", values={"name": "x" * 121, "employees": "many", "phone": "12"}),
        Change("create", "account", values={"nmae": "typo", "tier": "z"}),
    ]
    found = faults_of(system, *changes)
    assert set(found) == {
        ("/0/name", "too-long"),
        ("/0/employees", "not-a-number"),
        ("/0/phone", "not-a-phone"),
        ("/1/nmae", "unknown-field"),
        ("/1/tier", "unknown-option"),
        ("/1/name", "required"),
    }


def test_pointers_of_a_single_change_have_no_index(system, faults_of):
    assert faults_of(system, Change("create", "account", values={"name": ""})) == [("/name", "required")]


def test_an_unknown_field_is_told_with_what_may_be_meant(system):
    with pytest.raises(Refused) as refused:
        write(system, [Change("create", "account", values={"name": "x", "employes": 3})])
    assert refused.value.faults[0].say("en") == "There is no field “employes”; did you mean “employees”?"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"name": "a\x00b"}, "nul-character"),
        ({"name": "x", "employees": 2**63}, "too-large"),
        ({"name": "x", "employees": "1e400"}, "not-a-number"),
        ({"name": ["x"]}, "not-text"),
        ({"name": "x", "notes": "字" * 2_000_000}, "too-long"),
        ({"name": "x", "parent": 2**70}, "not-an-id"),
        ({"name": "x", "parent": {"a": 1}}, "not-an-id"),
        ({"name": "x", "owner": "nobody"}, "not-an-id"),
        ({"name": "x", "version": 7}, "read-only"),
        ({"name": "x", "won": 7}, "read-only"),
        ({"name": "x", "big": True}, "read-only"),
        ({"name": "x", "created_at": "2020-01-01"}, "read-only"),
        ({"name": "x", 7: 8}, "unknown-field"),
    ],
)
def test_bad_input_is_refused_with_a_code(system, faults_of, values, code):
    assert [found for _, found in faults_of(system, Change("create", "account", values=values))] == [code]


def test_a_text_of_a_hundred_thousand_characters_is_kept_where_it_fits(system, create):
    id = create("account", name="long", notes="长" * 100_000)
    assert len(read.get(system, "account", id).values["notes"]) == 100_000


def test_no_more_changes_than_the_bound_are_taken(system):
    with pytest.raises(Refused, match="at most"):
        write(system, [Change("create", "product", values={"name": str(n)}) for n in range(MOST_CHANGES + 1)])


def test_what_is_not_there_is_not_there(system):
    with pytest.raises(NotThere):
        write(system, [Change("update", "account", new_id(), {"name": "x"})])
    with pytest.raises(NotThere):
        write(system, [Change("create", "unicorn", values={"name": "x"})])
    with pytest.raises(NotThere):
        write(system, [Change("delete", "account", new_id())])


def test_an_update_without_an_id_and_an_unknown_kind_are_refused(system, faults_of):
    assert faults_of(system, Change("update", "account", values={"name": "x"})) == [("", "no-id")]
    assert faults_of(system, Change("destroy", "account", 1)) == [("", "unknown-kind")]  # type: ignore[arg-type]


def test_defaults_fill_what_is_not_given_and_may_read_each_other(system, create):
    account = create("account", name="a")
    given = create("deal", name="one", account=account, amount=100)
    deal = read.get(system, "deal", given)
    assert deal.values["stage"] == "open"
    assert deal.values["discount"] == 0
    assert deal.values["tax"].amount == Decimal("13.00")
    none = create("deal", name="two", account=account, amount=100, tax=None)
    assert read.get(system, "deal", none).values["tax"] is None


def test_a_retired_option_stays_on_old_records_and_cant_be_chosen(crm, system, create, faults_of):
    from looseleaf_platform.records.requests import Operation

    assert faults_of(system, Change("create", "account", values={"name": "x", "tier": "old"})) == [("/tier", "retired-option")]
    outcome = write(
        system, [Change("create", "account", values={"name": "x", "tier": "old"})], Operation("import", exemptions=frozenset({"history"}))
    )
    id = outcome.written[0].id
    assert write(system, [Change("update", "account", id, {"name": "y", "tier": "old"})]).written[0].outcome == "updated"
    assert read.get(system, "account", id).values["tier"] == "old"


def test_many_to_many_links_are_added_and_taken_away(system, create, rows):
    account = create("account", name="a")
    first, second, third = (create("competitor", name=name) for name in ("x", "y", "z"))
    deal = create("deal", name="d", account=account, rivals=[first, encode(second)])
    assert read.get(system, "deal", deal).values["rivals"] == (first, second)
    written = write(system, [Change("update", "deal", deal, {"rivals": [second, third]})]).written[0]
    assert (written.outcome, written.version) == ("updated", 2)
    assert read.get(system, "deal", deal).values["rivals"] == (second, third)
    assert write(system, [Change("update", "deal", deal, {"rivals": [third, second]})]).written[0].outcome == "same"
    said = rows("change", record_id=deal)[-1]["payload"]["rivals"]
    assert said == [[encode(first), encode(second)], [encode(second), encode(third)]]


def test_a_failed_write_stores_nothing_of_the_set(system, create, rows):
    with pytest.raises(Refused):
        write(system, [Change("create", "product", values={"name": "good"}), Change("create", "product", values={"name": ""})])
    assert rows("product") == []
    assert rows("outbox", topic="records.written") == []
