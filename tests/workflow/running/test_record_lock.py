"""The lock on records that are being decided about, by every door, and what a change of material fields leads to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.errors import Refused
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change, Condition, Group, Operation, Query
from looseleaf_platform.records.write import write
from looseleaf_workflow.approvals import commands as c
from support.approving import DISCOUNT, Approving

Make = Callable[..., Approving]


def refused(do: Callable[[], object]) -> list[tuple[str, str, str]]:
    """Pointer, code and sentence of each fault."""
    with pytest.raises(Refused) as caught:
        do()
    return [(fault.pointer, fault.code, fault.say("en")) for fault in caught.value.faults]


def test_a80_a_locked_field_is_refused_with_instance_and_holder_and_others_pass(firm: Make) -> None:
    office = firm()
    deal, id = office.started()
    ((pointer, code, said),) = refused(lambda: office.change(deal, amount=1))
    assert (pointer, code) == ("/amount", "approval-locked")
    assert encode(id) in said
    assert "何文静" in said
    assert office.change(deal, note="call back").outcome == "updated"


def test_a80_the_system_and_imports_are_refused_as_well(firm: Make) -> None:
    office = firm()
    deal, _ = office.started()
    system = office.workspace.context(SYSTEM, "import")
    outcome = write(system, [Change("update", "deal", deal, {"amount": 1})], Operation("import"), collect=True)
    assert outcome.written[0].outcome == "refused"
    assert office.get(deal)["amount"] == 200


def test_a80_the_lock_ends_with_the_instance(firm: Make) -> None:
    office = firm()
    deal, id = office.started()
    office.do(id, office.lin, c.Withdraw("a mistake"))
    assert office.change(deal, amount=1).outcome == "updated"


def test_a81_the_holder_may_edit_what_the_step_says_and_nobody_else(firm: Make) -> None:
    office = firm()
    deal, id = office.started()
    office.agree(id, office.boss)
    assert office.change(deal, office.zhou, discount="0.1").outcome == "updated"
    assert [code for _, code, _ in refused(lambda: office.change(deal, office.zhou, amount=7))] == ["approval-locked"]
    assert [code for _, code, _ in refused(lambda: office.change(deal, office.lin, discount="0.3"))] == ["approval-locked"]
    changed = [row["data"]["body"] for row in office.rows("approval_event") if row["data"]["body"]["type"] == "changed"]
    assert [(list(one["before"]), list(one["values"])) for one in changed] == [(["discount"], ["discount"])]


def test_a82_an_administrator_passes_the_lock_only_with_a_reason_and_it_is_flagged(firm: Make) -> None:
    office = firm()
    deal, id = office.started()
    office.agree(id, office.boss)
    found = refused(lambda: office.change(deal, office.admin, exempt="approval_lock", amount=9))
    assert [code for _, code, _ in found] == ["approval-reason"]
    found = refused(lambda: office.change(deal, office.zhou, exempt="approval_lock", reason="now", amount=9))
    assert [code for _, code, _ in found] == ["approval-locked"]
    office.change(deal, office.admin, exempt="approval_lock", reason="a typing error", amount=9)
    changed = [row["data"]["body"] for row in office.rows("approval_event") if row["data"]["body"]["type"] == "changed"]
    assert [one["bypass"] for one in changed] == ["a typing error"]


def test_a83_lines_that_the_lock_includes_are_neither_added_changed_nor_deleted(firm: Make) -> None:
    office = firm()
    system = office.workspace.context(SYSTEM)
    deal = office.deal()
    line = write(system, [Change("create", "deal_line", values={"deal": deal, "product": "P1"})]).written[0].id
    office.submit(deal)
    for change in (
        Change("create", "deal_line", values={"deal": deal, "product": "P2"}),
        Change("update", "deal_line", line, {"product": "P3"}),
        Change("delete", "deal_line", line),
    ):
        assert [code for _, code, _ in refused(lambda change=change: write(system, [change]))] == ["approval-locked"]  # type: ignore[misc]
    other = office.deal()
    assert write(system, [Change("create", "deal_line", values={"deal": other, "product": "P2"})]).written[0].outcome == "created"


def test_a83_lines_are_neither_moved_out_of_what_is_locked_nor_into_it(firm: Make) -> None:
    office = firm()
    system = office.workspace.context(SYSTEM)
    locked, other = office.deal(), office.deal()
    made = [Change("create", "deal_line", values={"deal": deal, "product": "P1"}) for deal in (locked, other)]
    inside, outside = (one.id for one in write(system, made).written)
    office.submit(locked)
    for line, deal in ((inside, other), (outside, locked)):
        change = Change("update", "deal_line", line, {"deal": deal})
        assert [code for _, code, _ in refused(lambda change=change: write(system, [change]))] == ["approval-locked"]  # type: ignore[misc]
    assert [read.get(system, "deal_line", line or 0).values["deal"] for line in (inside, outside)] == [locked, other]


def test_a84_a_material_change_on_the_way_asks_again_who_has_decided(firm: Make) -> None:
    office = firm()
    deal, id = office.started()
    office.agree(id, office.boss)
    office.change(deal, office.zhou, discount="0.05")
    assert office.open(id) == {"何文静"}
    office.agree(id, office.boss)
    office.agree(id, office.zhou)
    assert office.instance(id).state.status == "approved"


def test_a75_a_record_with_a_running_approval_is_not_deleted(firm: Make) -> None:
    office = firm()
    deal, id = office.started()
    ((_, code, said),) = refused(lambda: write(office.lin, [Change("delete", "deal", deal)]))
    assert code == "approval-running"
    assert encode(id) in said


def test_a75_or_its_approval_ends_with_it(firm: Make) -> None:
    office = firm(DISCOUNT + "on_delete: terminate\n")
    deal, id = office.started()
    write(office.again(office.lin), [Change("delete", "deal", deal)])
    assert office.instance(id).state.status == "terminated"
    assert office.rows("approval_offer") == []


def test_i5_tasks_of_somebody_who_leaves_go_on(firm: Make) -> None:
    office = firm()
    _, id = office.started()
    write(office.workspace.context(SYSTEM), [Change("update", "user", office.boss.actor.id, {"state": "gone"})])
    assert office.open(id) == {"@admins"}


def test_a91_so_do_tasks_that_wait_for_somebody_whom_the_leaver_asked(firm: Make) -> None:
    office = firm()
    _, id = office.started()
    office.do(id, office.boss, c.AddSign(office.task(id, office.boss), (office.code(office.zhou),), "before"))
    write(office.workspace.context(SYSTEM), [Change("update", "user", office.boss.actor.id, {"state": "gone"})])
    office.agree(id, office.zhou)
    assert office.open(id) == {"@admins"}


def test_a93_who_changes_team_or_role_keeps_open_tasks_and_later_steps_ask_anew(firm: Make) -> None:
    office = firm(DISCOUNT.replace("who: manager", "who: {role: legal}"))
    _, id = office.started()
    everybody = {"秦管理", "周雨桐", "陈思远"}
    assert office.open(id) == everybody
    system = office.workspace.context(SYSTEM)
    team = write(system, [Change("create", "team", values={"name": "华东"})]).written[0].id
    role = Group("and", (Condition("user", "eq", encode(office.chen.actor.id or 0)),))
    [held] = read.page(system, "role_member", Query(where=role)).records
    write(system, [Change("update", "user", office.zhou.actor.id, {"team": team}), Change("delete", "role_member", held.id)])
    assert office.open(id) == everybody
    for person in (office.admin, office.zhou, office.chen):
        office.agree(id, person)
    assert office.open(id) == {"秦管理", "周雨桐"}
