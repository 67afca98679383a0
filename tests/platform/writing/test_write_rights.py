"""Nobody writes what their roles don't let them, by whichever door; and what they may not see looks as if it weren't there."""

from __future__ import annotations

import pytest

from looseleaf_platform.errors import NotAllowed, NotThere, Refused
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write
from support.workspaces import as_user


@pytest.fixture
def rep(crm):
    """A sales person."""
    return as_user(crm, ["rep"], name="Lin")


@pytest.mark.parametrize("source", ["screen", "api", "import", "job", "command", "seed"])
def test_no_door_lets_anybody_past_their_rights(crm, rep, create, source):
    by = rep.by(source)
    theirs = create("deal", name="theirs", account=create("account", name="a"))
    with pytest.raises(NotThere):
        write(by, [Change("update", "deal", theirs, {"name": "mine"})])
    with pytest.raises(NotThere):
        write(by, [Change("delete", "deal", theirs)])
    with pytest.raises(NotAllowed):
        write(by, [Change("create", "product", values={"name": "p"})])


def test_what_may_be_read_but_not_changed_is_not_allowed(crm, rep, create):
    product = create("product", name="p")
    with pytest.raises(NotAllowed):
        write(rep, [Change("update", "product", product, {"name": "q"})])


def test_an_object_out_of_reach_is_not_there(crm, create):
    nobody = as_user(crm, [], name="nobody")
    with pytest.raises(NotThere):
        write(nobody, [Change("create", "account", values={"name": "a"})])


def test_a_hidden_field_is_as_unknown_as_one_that_does_not_exist(crm, rep, create):
    with pytest.raises(Refused) as refused:
        write(rep, [Change("create", "account", values={"name": "a", "secret": "s", "sekret": "s"})])
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [("/secret", "unknown-field"), ("/sekret", "unknown-field")]
    assert {fault.say("en") for fault in refused.value.faults} == {"There is no field “secret”", "There is no field “sekret”"}


def test_a_field_that_may_only_be_read_is_not_written(crm, rep, faults_of):
    assert faults_of(rep, Change("create", "account", values={"name": "a", "code": "C"})) == [("/code", "read-only")]


def test_nobody_refers_to_a_record_that_they_can_not_see(crm, rep, create, faults_of):
    unseen = create("account", name="unseen")
    seen = create("account", by=rep, name="seen")
    values = {"name": "d", "account": encode(unseen)}
    assert faults_of(rep, Change("create", "deal", values=values)) == [("/account", "no-such-record")]
    assert faults_of(rep, Change("create", "deal", values=values | {"account": {"$key": {"name": "unseen"}}})) == [
        ("/account", "no-such-record")
    ]
    deal = create("deal", name="d", account=unseen, owner=rep.actor.id)
    assert write(rep, [Change("update", "deal", deal, {"name": "e", "account": encode(unseen)})]).written[0].outcome == "updated"
    assert write(rep, [Change("update", "deal", deal, {"account": encode(seen)})]).written[0].outcome == "updated"


def test_a_key_that_is_hidden_finds_nothing(crm, rep, create, faults_of):
    create("account", by=as_user(crm, ["manager"], name="Z"), name="a", secret="s", owner=rep.actor.id)
    change = Change("create", "deal", values={"name": "d", "account": {"$key": {"secret": "s"}}})
    assert faults_of(rep, change) == [("/account", "unknown-key")]


def test_what_is_withheld_finds_nothing_by_any_key(crm, rep, create, faults_of):
    from looseleaf_platform.records.duplicates import find_duplicates

    create("contact", name="Chen", mobile="13800138000")
    account = create("account", by=rep, name="a")
    change = Change("create", "deal", values={"name": "d", "account": account, "contact": {"$key": {"mobile": "13800138000"}}})
    assert faults_of(rep, change) == [("/contact", "unknown-key")]
    assert faults_of(rep, Change("upsert", "contact", values={"mobile": "13800138000", "name": "x"}, key="mobile")) == [("", "unknown-key")]
    assert find_duplicates(rep, "contact", {"mobile": "13800138000"}) == ()


def test_exemptions_need_an_ability(crm, rep):
    with pytest.raises(NotAllowed):
        write(rep, [Change("create", "account", values={"name": "a"})], Operation(exemptions=frozenset({"rules"})))


def test_the_number_of_a_record_is_not_given_by_people(crm, rep, create, faults_of):
    account = create("account", by=rep, name="a")
    change = Change("create", "deal", values={"name": "d", "account": account, "number": "D-202603-9999"})
    assert faults_of(rep, change) == [("/number", "read-only")]


def test_only_files_of_ones_own_are_attached(crm, system, rep, create, rows, faults_of):
    from datetime import UTC, datetime

    from looseleaf_platform.database.system_tables import file
    from looseleaf_platform.records.ids import new_id

    mine, theirs = new_id(), new_id()
    with crm.database.write() as connection:
        for id, by in ((mine, rep.actor.id), (theirs, None)):
            values = {"id": id, "name": f"{id}.pdf", "mime": "application/pdf", "size": 9, "sha256": "", "storage": "", "by": by}
            connection.execute(file.insert(), values | {"at": datetime.now(UTC)})
    assert faults_of(rep, Change("create", "account", values={"name": "a", "papers": [encode(theirs)]})) == [("/papers", "no-such-file")]
    account = create("account", by=rep, name="a", papers=[{"id": encode(mine), "name": "forged.exe"}])
    (held,) = read.get(rep, "account", account).values["papers"]
    assert (held.name, held.size) == (f"{mine}.pdf", 9)
    assert rows("file", id=mine)[0]["record_id"] == account
    assert write(rep, [Change("update", "account", account, {"papers": [encode(mine)]})]).written[0].outcome == "same"
    other = create("account", by=rep, name="b")
    assert faults_of(rep, Change("update", "account", other, {"papers": [encode(mine)]})) == [("/papers", "no-such-file")]


def test_nobody_hands_on_a_role_that_they_do_not_have(crm, create, faults_of):
    clerk = as_user(crm, ["clerk"], name="Gu")
    somebody = encode(create("user", name="new"))
    assert faults_of(clerk, Change("create", "role_member", values={"user": somebody, "role": "manager"})) == [("/role", "not-yours")]
    assert faults_of(clerk, Change("create", "role_member", values={"user": encode(clerk.actor.id), "role": "keeper"})) == [
        ("/role", "not-yours")
    ]
    own = create("role_member", by=clerk, user=somebody, role="clerk")
    assert faults_of(clerk, Change("update", "role_member", own, {"role": "manager"})) == [("/role", "not-yours")]
    keeper = as_user(crm, ["keeper"], name="Zhou")
    create("role_member", by=keeper, user=somebody, role="manager")


def test_nobody_gets_a_role_that_there_is_not(crm, system, create, faults_of):
    values = {"user": encode(create("user", name="new")), "role": "pope"}
    assert faults_of(system, Change("create", "role_member", values=values)) == [("/role", "unknown-role")]
