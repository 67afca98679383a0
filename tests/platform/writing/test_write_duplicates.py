"""Records that are likely the same are found by what they normalise to; of those out of sight only that there is one."""

from __future__ import annotations

from pathlib import Path

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.records.duplicates import find_duplicates
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from support.workspaces import as_user


def test_a_company_is_found_by_another_way_of_writing_its_name(system, create):
    known = create("account", name="恒拓精密机械（苏州）有限公司")
    found = find_duplicates(system, "account", {"name": "恒拓精密机械(苏州) 有限责任公司"})
    assert [(one.id, one.then, one.fields) for one in found] == [(known, "warn", ("name",))]
    assert find_duplicates(system, "account", {"name": "恒拓精密"}) == ()


def test_a_telephone_number_is_found_however_it_is_written(system, create):
    known = create("account", name="a", phone="+86 138-0013-8000")
    assert [one.id for one in find_duplicates(system, "account", {"name": "b", "phone": "13800138000"})] == [known]
    assert find_duplicates(system, "account", {"name": "b", "phone": "not a number"}) == ()
    assert find_duplicates(system, "account", {"name": "a", "phone": "13800138000"}, but=known) == ()


def test_keys_follow_changes_and_the_bin(system, create):
    known = create("account", name="old name")
    write(system, [Change("update", "account", known, {"name": "new name"})])
    assert find_duplicates(system, "account", {"name": "Old Name"}) == ()
    assert len(find_duplicates(system, "account", {"name": "NEW NAME"})) == 1
    write(system, [Change("delete", "account", known)])
    assert find_duplicates(system, "account", {"name": "new name"}) == ()
    write(system, [Change("restore", "account", known)])
    assert len(find_duplicates(system, "account", {"name": "new name"})) == 1


def test_of_a_record_out_of_sight_no_more_is_told_than_that_there_is_one(crm, create):
    rep = as_user(crm, ["rep"], name="Lin")
    create("account", name="Their Ltd")
    assert [one.id for one in find_duplicates(rep, "account", {"name": "their"})] == [None]


def test_a_rule_may_refuse_and_looks_back_only_so_far(system, create, clock, faults_of):
    deal = create("deal", name="d", account=create("account", name="a"))
    create("task", subject="Call back", deal=deal)
    again = Change("create", "task", values={"subject": "call  BACK", "deal": deal})
    assert faults_of(system, again) == [("", "duplicate")]
    assert faults_of(system, *(Change("create", "task", values={"subject": "same", "deal": deal}) for _ in range(2))) == [
        ("/1", "duplicate")
    ]
    clock.advance(days=31)
    assert write(system, [again]).written[0].outcome == "created"


def test_nothing_is_compared_where_a_part_has_no_value(system, create):
    create("task", subject="Call back")
    assert create("task", subject="Call back")


def test_a_rule_that_is_published_later_finds_records_that_were_there(crm, system, create):
    from support.workspaces import publish_texts

    known = create("product", name="x", category="Acme Steel Co., Ltd.")
    text = (Path(__file__).with_name("crm.yaml")).read_text("utf-8")
    publish_texts(crm, text.replace("key: name\nowner: none\n", "key: name\nowner: none\nduplicates:\n  - {match: [category]}\n", 1))
    bound = crm.context(SYSTEM)
    assert [one.id for one in find_duplicates(bound, "product", {"category": "ACME Steel"})] == [known]
