"""Two people, one record: merged where they changed different fields, asked where they changed the same."""

from __future__ import annotations

import threading

import pytest

from looseleaf_platform.errors import Conflict
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from support.workspaces import as_user


def test_a_program_with_an_old_version_is_told_so(system, create):
    id = create("account", name="a")
    write(system, [Change("update", "account", id, {"employees": 1}, version=1)])
    with pytest.raises(Conflict) as conflict:
        write(system, [Change("update", "account", id, {"name": "b"}, version=1)])
    assert conflict.value.version == 2
    with pytest.raises(Conflict):
        write(system, [Change("delete", "account", id, version=1)])
    assert write(system, [Change("delete", "account", id, version=2)]).written[0].outcome == "deleted"


def test_changes_of_different_fields_merge(crm, system, create):
    id = create("account", name="a", employees=5)
    base = {"name": "a", "employees": "5", "tier": None}
    write(system, [Change("update", "account", id, {"employees": 9, "name": "a"}, version=1, base=base)])
    written = write(system, [Change("update", "account", id, {"name": "b", "employees": 5}, version=1, base=base)]).written[0]
    assert (written.outcome, written.version, written.merged) == ("updated", 3, ("employees",))
    assert {name: read.get(system, "account", id).values[name] for name in ("name", "employees")} == {"name": "b", "employees": 9}


def test_the_same_field_changed_by_both_is_shown_to_the_second(crm, system, create):
    manager = as_user(crm, ["manager"], name="Zhou")
    id = create("account", name="a", employees=5, secret="x")
    base = {"name": "a", "employees": 5, "secret": "x"}
    write(manager, [Change("update", "account", id, {"name": "theirs"}, version=1, base=base)])
    with pytest.raises(Conflict) as conflict:
        write(system, [Change("update", "account", id, {"name": "mine", "employees": 6}, version=1, base=base)])
    found = conflict.value.fields[0]
    assert (found.field, found.base, found.theirs, found.yours) == ("name", "a", "theirs", "mine")
    assert conflict.value.changed_by == manager.actor.id
    assert read.get(system, "account", id).values["employees"] == 5


def test_both_wrote_the_same_is_no_conflict(system, create):
    id = create("account", name="a")
    base = {"name": "a"}
    write(system, [Change("update", "account", id, {"name": "b"}, version=1, base=base)])
    assert write(system, [Change("update", "account", id, {"name": "b"}, version=1, base=base)]).written[0].outcome == "same"


def test_links_added_by_both_are_all_kept(system, create):
    account = create("account", name="a")
    one, two, three = (create("competitor", name=name) for name in "xyz")
    deal = create("deal", name="d", account=account, rivals=[one])
    base = {"rivals": [encode(one)]}
    write(system, [Change("update", "deal", deal, {"rivals": [one, two]}, version=1, base=base)])
    write(system, [Change("update", "deal", deal, {"rivals": [three]}, version=1, base=base)])
    assert read.get(system, "deal", deal).values["rivals"] == (two, three)


def test_a_line_that_somebody_else_added_stays(system, create, rows):
    account = create("account", name="a")
    deal = create("deal", name="d", account=account, lines=[{"description": "one"}])
    (first,) = (row["id"] for row in rows("deal_line"))
    base = {"lines": [{"id": encode(first), "description": "one"}]}
    write(system, [Change("update", "deal", deal, {"lines": [{"id": encode(first)}, {"description": "theirs"}]}, version=1, base=base)])
    write(system, [Change("update", "deal", deal, {"lines": [{"id": encode(first), "description": "mine"}]}, version=1, base=base)])
    assert sorted(row["f_description"] for row in rows("deal_line", deleted_at=None)) == ["mine", "theirs"]


def test_a_line_that_both_changed_is_shown_as_the_list_at_its_record(crm, system, create, rows):
    deal = create("deal", name="d", account=create("account", name="a"), lines=[{"description": "one", "price": 1}])
    (line,) = (encode(row["id"]) for row in rows("deal_line"))
    base = {"lines": [{"id": line, "description": "one", "price": {"amount": "1", "currency": "CNY"}}]}
    write(system, [Change("update", "deal", deal, {"lines": [{"id": line, "price": 2}]}, version=1, base=base)])
    with pytest.raises(Conflict) as conflict:
        write(system, [Change("update", "deal", deal, {"lines": [{"id": line, "price": 3}]}, version=1, base=base)])
    (found,) = conflict.value.fields
    assert (conflict.value.object_name, conflict.value.id, conflict.value.version, found.field) == ("deal", deal, 2, "lines")
    assert [row["price"]["amount"] for row in found.theirs] == ["2.00"]


def test_of_many_who_save_the_same_field_at_once_one_wins_and_all_others_are_told(system, create):
    id = create("account", name="start")
    outcomes: list[str] = []

    def save(number: int) -> None:
        try:
            write(system, [Change("update", "account", id, {"name": f"writer {number}"}, version=1, base={"name": "start"})])
            outcomes.append("stored")
        except Conflict as conflict:
            outcomes.append(conflict.fields[0].field)

    threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["name"] * 7 + ["stored"]
    assert read.get(system, "account", id).version == 2


def test_many_who_save_different_fields_at_once_all_succeed(system, create):
    id = create("account", name="a")
    names = {"code": "C", "phone": "13800138000", "tier": "b", "secret": "s", "notes": "n", "employees": 3}
    base = dict.fromkeys(names)
    failures: list[BaseException] = []

    def save(name: str) -> None:
        try:
            write(system, [Change("update", "account", id, {name: names[name]}, version=1, base=base)])
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=save, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    record = read.get(system, "account", id)
    assert record.version == 1 + len(names)
    assert all(record.values[name] is not None for name in names)


def test_a_conflict_shows_no_field_that_the_loser_may_not_read(crm, system, create):
    rep = as_user(crm, ["rep"], name="Lin")
    id = create("account", by=rep, name="a")
    write(system, [Change("update", "account", id, {"secret": "hidden", "name": "theirs"})])
    with pytest.raises(Conflict) as conflict:
        write(rep, [Change("update", "account", id, {"name": "mine"}, version=1, base={"name": "a", "secret": None})])
    assert [found.field for found in conflict.value.fields] == ["name"]
