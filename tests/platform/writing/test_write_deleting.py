"""The recycle bin: what goes along, what comes back, what stands in the way, and what is gone for good."""

from __future__ import annotations

from pathlib import Path

import pytest

from looseleaf_platform.errors import NotAllowed, NotThere, Refused
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from support.workspaces import as_user


@pytest.fixture
def account(create) -> int:
    """An account."""
    return create("account", name="恒拓")


def test_a_deleted_record_is_in_the_bin_and_can_come_back(system, account, rows, clock):
    clock.advance(hours=1)
    written = write(system, [Change("delete", "account", account)]).written[0]
    assert (written.outcome, written.version) == ("deleted", 2)
    with pytest.raises(NotThere):
        read.get(system, "account", account)
    assert rows("account")[0]["deleted_at"] == clock()
    with pytest.raises(NotThere):
        write(system, [Change("update", "account", account, {"name": "x"})])
    written = write(system, [Change("restore", "account", account)]).written[0]
    assert (written.outcome, written.version) == ("restored", 3)
    assert read.get(system, "account", account).values["name"] == "恒拓"
    assert [row["kind"] for row in rows("change", record_id=account)] == ["create", "delete", "restore"]


def test_records_that_refer_to_it_stand_in_the_way_and_are_counted(system, account, create):
    for number in range(3):
        create("deal", name=f"d{number}", account=account)
    create("account", name="daughter", parent=account)
    with pytest.raises(Refused) as refused:
        write(system, [Change("delete", "account", account)])
    assert {fault.say("zh") for fault in refused.value.faults} == {"有 3 条商机引用了它", "有 1 条客户引用了它"}
    assert {fault.code for fault in refused.value.faults} == {"restricted"}


def test_of_records_that_the_actor_can_not_see_it_is_told_only_that_there_are_some(crm, create):
    rep = as_user(crm, ["rep"], name="Lin")
    mine = create("account", by=rep, name="mine")
    create("deal", name="theirs", account=mine)
    with pytest.raises(Refused) as refused:
        write(rep, [Change("delete", "account", mine)])
    assert [fault.say("en") for fault in refused.value.faults] == ["Other records refer to it, which you may not see"]


def test_what_stands_in_the_way_may_go_in_the_same_set(system, account, create):
    deal = create("deal", name="d", account=account)
    outcome = write(system, [Change("delete", "account", account), Change("delete", "deal", deal)])
    assert [one.outcome for one in outcome.written] == ["deleted", "deleted"]


def test_a_cascade_takes_children_along_and_brings_them_back(system, account, create, rows):
    contact = create("contact", name="Chen", account=account)
    gone_before = create("contact", name="Wu", account=account)
    write(system, [Change("delete", "contact", gone_before)])
    outcome = write(system, [Change("delete", "account", account)])
    assert {(row["object_id"], row["record_id"]) for row in rows("change", operation_id=outcome.operation)} == {
        ("account", account),
        ("contact", contact),
    }
    write(system, [Change("restore", "account", account)])
    assert read.get(system, "contact", contact).values["name"] == "Chen"
    with pytest.raises(NotThere):
        read.get(system, "contact", gone_before)


def test_a_bulk_deletion_does_not_come_back_as_a_whole(system, create):
    first, second = create("account", name="a"), create("account", name="b")
    theirs = create("contact", name="x", account=second)
    write(system, [Change("delete", "account", first), Change("delete", "account", second)])
    write(system, [Change("restore", "account", first)])
    with pytest.raises(NotThere):
        read.get(system, "contact", theirs)
    write(system, [Change("restore", "account", second)])
    assert read.get(system, "contact", theirs).version == 3


def test_lines_and_tasks_go_with_their_deal_and_the_sums_follow(system, account, create, rows):
    deal = create("deal", name="d", account=account, amount=100, lines=[{"price": 7}])
    create("task", subject="call", deal=deal)
    assert read.get(system, "account", account).values["deals"] == 1
    write(system, [Change("delete", "deal", deal)])
    assert [row["deleted_at"] is None for name in ("deal_line", "task") for row in rows(name)] == [False, False]
    assert read.get(system, "account", account).values["deals"] == 0
    write(system, [Change("restore", "deal", deal)])
    assert read.get(system, "deal", deal).values["line_count"] == 1
    assert read.get(system, "deal", deal).values["tasks"] == 1
    assert read.get(system, "account", account).values["deals"] == 1


def test_a_look_up_that_is_to_be_cleared_is_cleared_with_a_change_of_its_own(system, account, create, rows):
    contact = create("contact", name="Chen")
    deal = create("deal", name="d", account=account, contact=contact)
    write(system, [Change("delete", "contact", contact)])
    record = read.get(system, "deal", deal)
    assert (record.values["contact"], record.version) == (None, 2)
    assert rows("change", record_id=deal)[-1]["payload"]["contact"][1] is None


def test_a_child_does_not_come_back_without_its_parent(system, account, create, faults_of):
    contact = create("contact", name="Chen", account=account)
    write(system, [Change("delete", "account", account)])
    assert faults_of(system, Change("restore", "contact", contact)) == [("", "deleted-target")]


def test_only_what_is_in_the_bin_is_restored_or_purged(system, account):
    for kind in ("restore", "purge"):
        with pytest.raises(NotThere):
            write(system, [Change(kind, "account", account)])


def test_a_purged_record_leaves_nothing_but_the_commitments_of_its_changes(system, account, create, rows):
    rival = create("competitor", name="r")
    deal = create("deal", name="二期产线", account=account, rivals=[rival], lines=[{"price": 1}])
    write(system, [Change("delete", "deal", deal)])
    outcome = write(system, [Change("purge", "deal", deal)])
    assert outcome.written[0].outcome == "purged"
    assert rows("deal") == rows("deal_line") == []
    said = rows("change", record_id=deal)
    assert [row["kind"] for row in said] == ["create", "delete", "purge"]
    assert all(row["payload"] in (None, {}) and len(row["commitment"]) == 32 for row in said)
    write(system, [Change("delete", "competitor", rival)])
    write(system, [Change("purge", "competitor", rival)])


def test_a_purge_lets_go_of_other_deleted_records(system, create, rows):
    contact = create("contact", name="Chen")
    account = create("account", name="a")
    deal = create("deal", name="d", account=account, contact=contact)
    write(system, [Change("delete", "deal", deal)])
    write(system, [Change("delete", "contact", contact)])
    write(system, [Change("purge", "contact", contact)])
    assert rows("deal")[0]["f_contact"] is None


def test_nobody_purges_without_the_ability(crm, create):
    manager = as_user(crm, ["manager"], name="Zhou")
    mine = create("account", by=manager, name="a")
    write(manager, [Change("delete", "account", mine)])
    with pytest.raises(NotAllowed):
        write(manager, [Change("purge", "account", mine)])


def test_a_role_may_be_given_the_ability_to_purge(crm, create):
    from support.workspaces import publish_texts

    text = Path(__file__).with_name("crm.yaml").read_text("utf-8")
    publish_texts(crm, text.replace("abilities: [transfer, share]", "abilities: [transfer, share, purge]"))
    manager = as_user(crm, ["manager"], name="Zhou")
    mine = create("account", by=manager, name="a")
    write(manager, [Change("delete", "account", mine)])
    assert write(manager, [Change("purge", "account", mine)]).written[0].outcome == "purged"
