"""What happened is written down, can be proved, and is told to those who may know."""

from __future__ import annotations

from decimal import Decimal

import orjson
import pytest

from looseleaf_platform.errors import NotThere
from looseleaf_platform.fields.currency import Money
from looseleaf_platform.records.changes import commitment
from looseleaf_platform.records.history import history
from looseleaf_platform.records.ids import decode, encode
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write
from support.workspaces import as_user


def test_a_record_has_a_full_image_at_first_and_differences_afterwards(system, create, rows, clock):
    id = create("account", name="恒拓", employees=5, tier="a")
    clock.advance(minutes=1)
    write(system, [Change("update", "account", id, {"employees": 6, "tier": None})], Operation("edit", reason="counted again"))
    first, second = rows("change", record_id=id)
    assert first["payload"] == {"name": "恒拓", "employees": 5, "tier": "a"}
    assert second["payload"] == {"employees": [5, 6], "tier": ["a", None]}
    assert (first["version"], second["version"]) == (1, 2)
    assert first["revision"] == second["revision"] == system.runtime.revision
    assert (first["object_id"], second["at"]) == ("account", clock())


def test_each_payload_is_committed_to_with_a_salt_of_its_own(system, create, rows):
    create("product", name="p")
    create("product", name="q")
    said = rows("change", object_id="product")
    assert len({row["salt"] for row in said}) == 2
    assert all(row["commitment"] == commitment(row["salt"], orjson.dumps(row["payload"])) for row in said)


def test_an_operation_says_who_why_and_by_which_door(crm, rows):
    rep = as_user(crm, ["rep"], name="Lin")
    outcome = write(rep.by("screen"), [Change("create", "account", values={"name": "a"})], Operation("edit", reason="trade fair"))
    (operation,) = rows("operation", id=outcome.operation)
    assert (operation["kind"], operation["source"], operation["actor"], operation["reason"]) == (
        "edit",
        "screen",
        rep.actor.id,
        "trade fair",
    )


def test_a_write_tells_the_rest_of_the_product_in_one_message(system, rows):
    changes = [
        Change("create", "account", values={"name": "a"}, reference="a"),
        Change("create", "deal", values={"name": "d", "account": {"$ref": "a"}}),
    ]
    outcome = write(system, changes)
    (message,) = rows("outbox", topic="records.written")
    account, deal = (encode(one.id or 0) for one in outcome.written)
    assert message["payload"] == {
        "operation": encode(outcome.operation or 0),
        "records": {"account": {"create": [account]}, "deal": {"create": [deal]}},
    }
    assert decode(message["payload"]["operation"]) == outcome.operation


def test_history_is_told_newest_first_with_values_of_the_fields(crm, system, create, clock):
    rep = as_user(crm, ["rep"], name="Lin")
    account = create("account", by=rep, name="a")
    deal = create("deal", by=rep, name="d", account=account, amount=100)
    clock.advance(days=1)
    write(rep.by("screen"), [Change("update", "deal", deal, {"amount": 200, "close_date": "2026-05-01"})])
    newest, oldest = history(rep, "deal", deal)
    assert (newest.kind, newest.actor, newest.source, newest.version, newest.at) == ("update", rep.actor.id, "screen", 2, clock())
    changes = {change.name: (change.before, change.after) for change in newest.fields}
    assert changes["amount"] == (Money(Decimal("100.00"), "CNY"), Money(Decimal("200.00"), "CNY"))
    assert str(changes["close_date"][1]) == "2026-05-01"
    assert oldest.kind == "create"
    assert {change.name: change.after for change in oldest.fields}["account"] == account


def test_history_holds_no_field_that_its_reader_may_not_see(crm, system, create):
    rep = as_user(crm, ["rep"], name="Lin")
    account = create("account", by=rep, name="a")
    write(system, [Change("update", "account", account, {"secret": "a grudge"})])
    assert [entry.kind for entry in history(rep, "account", account)] == ["create"]
    assert "secret" in {change.name for entry in history(system, "account", account) for change in entry.fields}


def test_history_of_lines_is_part_of_their_records(crm, system, create, rows):
    rep = as_user(crm, ["rep"], name="Lin")
    account = create("account", by=rep, name="a")
    deal = create("deal", by=rep, name="d", account=account, lines=[{"description": "one", "price": 1}])
    (line,) = (row["id"] for row in rows("deal_line"))
    write(system, [Change("update", "deal", deal, {"lines": [{"id": line, "price": 2, "cost": 1}]})])
    entries = [entry for entry in history(rep, "deal", deal) if entry.object == "deal_line"]
    assert [(entry.kind, {change.name for change in entry.fields}) for entry in entries] == [
        ("update", {"price"}),
        ("create", {"deal", "description", "price", "quantity"}),
    ]


def test_history_of_what_can_not_be_seen_is_not_there(crm, create):
    rep = as_user(crm, ["rep"], name="Lin")
    theirs = create("deal", name="d", account=create("account", name="a"))
    for name, id in (("deal", theirs), ("deal", 5), ("unicorn", 5)):
        with pytest.raises(NotThere):
            history(rep, name, id)


def test_people_and_their_roles_have_a_history_too(system, create):
    user = create("user", name="Lin", state="active")
    write(system, [Change("update", "user", user, {"state": "gone"})])
    assert [change.name for change in history(system, "user", user)[0].fields] == ["state"]
    member = create("role_member", user=user, role="rep")
    assert history(system, "role_member", member)[0].kind == "create"


def test_sharing_is_written_down_and_told(crm, system, create):
    from looseleaf_platform.sharing import give, take_back

    zhou, lin = as_user(crm, ["manager"], name="Zhou"), as_user(crm, ["rep"], name="Lin")
    account = create("account", by=zhou, name="a")
    with pytest.raises(NotThere):
        write(lin, [Change("update", "account", account, {"name": "b"})])
    give(zhou, "account", account, "user", lin.actor.id, "update")
    assert write(lin, [Change("update", "account", account, {"name": "b"})]).written[0].outcome == "updated"
    give(zhou, "account", account, "user", lin.actor.id, "update")
    take_back(zhou, "account", account, "user", lin.actor.id)
    told = [(entry.actor, entry.shared) for entry in history(zhou, "account", account) if entry.kind == "share"]
    assert told == [(zhou.actor.id, ("user", lin.actor.id, "update", None)), (zhou.actor.id, ("user", lin.actor.id, None, "update"))]


def test_records_are_handed_over_with_what_belongs_to_them(crm, create):
    from looseleaf_platform.transfer import transfer

    zhou, lin, wu = as_user(crm, ["manager"], name="Zhou"), as_user(crm, ["rep"], name="Lin"), as_user(crm, ["rep"], name="Wu")
    account = create("account", by=lin, name="a")
    theirs, others = create("deal", by=lin, name="d", account=account), create("deal", name="e", account=account, owner=zhou.actor.id)
    assert transfer(zhou, "account", [account], wu.actor.id, ["deals"]) == 2
    (entry,) = [entry for entry in history(zhou, "account", account) if entry.operation_kind == "transfer"]
    assert {change.name: (change.before, change.after) for change in entry.fields} == {"owner": (lin.actor.id, wu.actor.id)}
    assert entry.operation == history(zhou, "deal", theirs)[0].operation
    assert [entry.kind for entry in history(zhou, "deal", others)] == ["create"]
