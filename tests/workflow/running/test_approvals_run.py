"""The command path of approvals: one transaction, exactly once, whoever comes at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import delete, update

from looseleaf_platform.errors import Decided, LooseleafError, NotAllowed, Refused
from looseleaf_platform.records.ids import encode
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.decide import Decision, decide
from looseleaf_workflow.approvals.state import State
from looseleaf_workflow.frozen_json import load
from looseleaf_workflow.running import command
from looseleaf_workflow.running.checking import check
from looseleaf_workflow.running.stored import read_events
from looseleaf_workflow.running.tables import approval_event, approval_version
from support.approving import DISCOUNT, Approving

Make = Callable[..., Approving]
ALL_OF_LEGAL = DISCOUNT.replace("mode: any", "mode: all")


def together(*calls: Callable[[], object]) -> list[object]:
    """Call everything at once; results, and what was raised."""

    def one(call: Callable[[], object]) -> object:
        try:
            return call()
        except LooseleafError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def test_a01_a_matching_record_starts_one_pinned_instance_with_tasks_and_timers_in_one_commit(firm: Make) -> None:
    office = firm()
    _, id = office.started()
    found = office.instance(id)
    assert found.state.status == "running"
    assert found.definition.sha256 == office.workspace.runtime.model.others["approval"]["discount"].definition.sha256
    assert found.choice == {"reason": "only_match", "matched": ["discount"]}
    assert office.open(id) == {"何文静"}
    assert [row["state"] for row in office.rows("wf_timer", owner_id=id)] == ["waiting"]
    assert len(office.rows("approval_command")) == 1


def test_a_record_that_no_flow_fits_is_not_submitted(firm: Make) -> None:
    office = firm()
    with pytest.raises(Refused) as caught:
        office.submit(office.deal(amount=5))
    assert caught.value.faults[0].code == "no-match"
    assert office.rows("approval_instance") == []


def test_a04_two_simultaneous_submits_start_one_instance_and_name_it_to_the_other(firm: Make) -> None:
    office = firm()
    deal = office.deal()
    found = together(lambda: office.submit(deal), lambda: office.submit(deal, office.boss))
    (started,) = [one for one in found if isinstance(one, int)]
    (refused,) = [one for one in found if isinstance(one, Decided)]
    assert refused.code == "running"
    assert encode(started) in str(refused)
    assert len(office.rows("approval_instance")) == 1


def test_a28_of_two_who_decide_for_a_pool_at_once_one_decides_and_the_other_is_told_who(firm: Make) -> None:
    office = firm()
    deal, id = office.started()
    office.agree(id, office.boss)
    tasks = [(who, office.task(id, who)) for who in (office.zhou, office.chen)]
    found = together(*(lambda who=who, task=task: office.do(id, who, c.Agree(task)) for who, task in tasks))
    assert len([one for one in found if isinstance(one, Decided)]) == 1, found
    assert office.instance(id).state.status == "approved"
    assert office.get(deal)["agreed"] is True
    assert len([row for row in office.rows("approval_effect") if row["what"] == "update"]) == 1


def test_a29_the_last_two_votes_at_once_are_both_stored_and_the_step_passes_once(firm: Make) -> None:
    office = firm(ALL_OF_LEGAL)
    _, id = office.started()
    office.agree(id, office.boss)
    office.agree(id, office.admin)
    tasks = [(who, office.task(id, who)) for who in (office.zhou, office.chen)]
    found = together(*(lambda who=who, task=task: office.do(id, who, c.Agree(task)) for who, task in tasks))
    assert not [one for one in found if isinstance(one, Exception)]
    kinds = [row["data"]["body"]["type"] for row in office.rows("approval_event", instance_id=id)]
    assert kinds.count("voted") == 4
    assert kinds.count("ended") == 1


def test_a30_the_same_key_gives_the_same_answer_and_another_decision_under_it_is_refused(firm: Make) -> None:
    office = firm()
    deal = office.deal()
    id = office.submit(deal, key="one")
    assert office.submit(deal, key="one") == id
    task = office.task(id, office.boss)
    first = office.do(id, office.boss, c.Agree(task), "two")
    again = office.do(id, office.boss, c.Agree(task), "two")
    assert (again.first, again.last, again.repeated) == (first.first, first.last, True)
    with pytest.raises(Decided) as caught:
        office.do(id, office.boss, c.Reject(task), "two")
    assert caught.value.code == "another-request"


def test_e03_a_retry_of_two_at_once_under_one_key_is_carried_out_once(firm: Make) -> None:
    office = firm()
    deal = office.deal()
    first, second = together(lambda: office.submit(deal, key="same"), lambda: office.submit(deal, key="same"))
    assert first == second
    assert len(office.rows("approval_command")) == 1


def test_e03_what_breaks_midway_leaves_nothing(firm: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    office = firm()
    deal = office.deal()

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the process dies")

    with monkeypatch.context() as patch:
        patch.setattr(command, "store_changes", broken)
        with pytest.raises(RuntimeError):
            office.submit(deal, key="one")
    assert [office.rows(name) for name in ("approval_instance", "approval_event", "approval_command", "approval_version")] == [[]] * 4
    assert office.submit(deal, key="one")


def test_nobody_decides_for_others(firm: Make) -> None:
    office = firm()
    _, id = office.started()
    with pytest.raises(NotAllowed):
        office.do(id, office.zhou, c.Agree(office.task(id, office.boss)))


def test_a96_instances_keep_their_version_when_the_flow_changes_and_new_ones_take_the_new(firm: Make) -> None:
    office = firm()
    _, old = office.started()
    office.publish(ALL_OF_LEGAL)
    _, new = office.started()
    assert office.instance(old).definition.step("legal").mode.kind == "any"
    assert office.instance(new).definition.step("legal").mode.kind == "all"
    office.agree(old, office.boss)
    office.agree(old, office.zhou)
    assert office.instance(old).state.status == "approved"
    assert len(office.rows("approval_version")) == 2


def test_a96_an_instance_goes_on_when_its_flow_is_gone(firm: Make) -> None:
    office = firm()
    deal, id = office.started()
    office.publish()
    with pytest.raises(Refused):
        office.change(deal, amount=300)
    office.agree(id, office.boss)
    assert office.open(id) == {"周雨桐", "陈思远", "秦管理"}


def test_e15_a_changed_or_missing_event_and_a_changed_version_are_detected(firm: Make) -> None:
    office = firm()
    _, id = office.started()
    database = office.workspace.database
    row = office.rows("approval_event", instance_id=id)[1]
    where = (approval_event.c.instance_id == id, approval_event.c.number == 2)
    for spoil, mend in (
        (update(approval_event).where(*where).values(data={**row["data"], "actor": "somebody"}), row["data"]),
        (
            delete(approval_event).where(approval_event.c.instance_id == id, approval_event.c.number == len(office.rows("approval_event"))),
            None,
        ),
    ):
        kept = office.rows("approval_event", instance_id=id)
        with database.write() as connection:
            connection.execute(spoil)
        assert any("E15" in said for said in check(office.workspace)), mend
        with database.write() as connection:
            connection.execute(delete(approval_event))
            connection.execute(approval_event.insert(), kept)
    assert check(office.workspace) == []


def test_i9_a_changed_version_is_detected(firm: Make) -> None:
    office = firm()
    office.started()
    (kept,) = office.rows("approval_version")
    with office.workspace.database.write() as connection:
        connection.execute(update(approval_version).values(data={**kept["data"], "max_rounds": 3}))
    office.publish(DISCOUNT, "object: other\ntitle: name\nfields: {name: {type: text}}\n")
    assert any("I9" in said for said in check(office.workspace))
    with office.workspace.database.write() as connection:
        connection.execute(update(approval_version).values(data=kept["data"]))


def test_stored_commands_and_facts_give_the_very_same_events_again(firm: Make) -> None:
    office = firm()
    _, id = office.started()
    office.agree(id, office.boss)
    office.agree(id, office.zhou)
    definition, state, events = office.instance(id).definition, State(), []
    for row in sorted(office.rows("approval_command"), key=lambda row: row["first"]):
        actor = c.Actor(row["actor"])
        body = load(c.Submit | c.Agree, row["body"])
        decision = decide(definition, state, c.Command(row["key"], actor, body), q.Facts.of_data(row["facts"]))
        assert isinstance(decision, Decision)
        events, state = [*events, *decision.events], decision.state
    with office.workspace.database.read() as connection:
        assert tuple(events) == read_events(connection, id)


def test_a_due_task_is_told_by_its_timer_and_a_moved_one_is_not(firm: Make) -> None:
    from looseleaf_workflow.extension import TIMERS
    from looseleaf_workflow.timers import fire_due

    office = firm(DISCOUNT.replace("due: 8 hours", "due: {in: 8 hours, then: auto_agree}"))
    _, id = office.started()
    office.clock.advance(hours=7)
    assert fire_due(office.workspace, TIMERS) == 0
    office.clock.advance(hours=2)
    assert fire_due(office.workspace, TIMERS) == 1
    assert fire_due(office.workspace, TIMERS) == 0
    assert office.open(id) == {"周雨桐", "陈思远", "秦管理"}


def test_a05_a_list_of_lines_that_is_required_must_not_be_empty(firm: Make) -> None:
    office = firm(DISCOUNT.replace("order: 1", "order: 1\nrequire: [lines]"))
    bare = office.deal()
    with pytest.raises(Refused) as refused:
        office.submit(bare)
    assert "lines" in refused.value.faults[0].message.translate("en")
    assert office.submit(office.deal(lines=[{"product": "press"}]))
