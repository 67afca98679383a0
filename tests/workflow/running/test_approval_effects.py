"""What follows from a decision: the actions that a flow declares, exactly once, and leave to go to another stage (S05)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import datetime

import pytest
from sqlalchemy import Connection

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.errors import Decided, NotThere, Refused, TooMany
from looseleaf_platform.jobs.outbox import drain
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Change, Operation, Query
from looseleaf_platform.records.write import write
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.notifications.telling import About, tell
from looseleaf_workflow.running import performing
from looseleaf_workflow.running.looking import seen_instance
from support.approving import DISCOUNT, Approving
from support.workspaces import as_user

Make = Callable[..., Approving]
CALLER = """
approval: outer
object: deal
order: 5
start_when: "note == 'outer'"
flow: [{call: inner, approval: leave, on_reject: end}]
"""


def done(office: Approving, what: str) -> list[tuple[str, str]]:
    """What became of effects of a word."""
    return [(row["state"], row["error"]) for row in office.rows("approval_effect") if row["what"] == what]


def leaving(office: Approving) -> tuple[int, int]:
    """A deal that waits for leave to go from proposal to contract."""
    deal = office.deal(margin=20)
    return deal, office.submit(deal, leave_to="contract")


def pending(office: Approving, deal: int) -> str:
    (row,) = office.rows("stage_now", record_id=deal)
    return str(row["pending_exit"])


def test_the_actions_of_an_approval_are_done_once_with_its_last_decision(firm: Make) -> None:
    office = firm()
    deal, id = office.started()
    office.agree(id, office.boss)
    assert office.get(deal)["agreed"] is None or office.get(deal)["agreed"] is False
    office.agree(id, office.zhou, "once")
    assert office.get(deal)["agreed"] is True
    assert done(office, "update") == [("done", "")]
    texts = [row["text"] for row in office.rows("wf_notification", user_id=office.lin.actor.id)]
    assert texts == ["已通过：折扣审批", "It is yours"]


def test_an_action_that_is_refused_is_told_and_the_decision_stands(firm: Make) -> None:
    office = firm(DISCOUNT.replace("{update: self, values: {agreed: true}}", "{update: self, values: {agreed: perhaps}}"))
    deal, id = office.started()
    office.agree(id, office.boss)
    office.agree(id, office.zhou)
    assert office.instance(id).state.status == "approved"
    ((state, error),) = done(office, "update")
    assert state == "failed"
    assert error
    assert not office.get(deal)["agreed"]
    assert done(office, "notify") == [("done", "")]


def test_a_rejection_does_what_is_declared_for_it(firm: Make) -> None:
    office = firm(DISCOUNT + "on_rejected: [{update: self, values: {note: refused}}]\n")
    deal, id = office.started()
    office.reject(id, office.boss)
    assert office.get(deal)["note"] == "refused"
    assert done(office, "update") == [("done", "")]


TASKS = """
---
object: task
title: subject
owner: required
fields:
  subject: {type: text, required: true, max_length: 200}
  due_on:  {type: date}
  deal:    {type: lookup, to: deal}
---
automation: hand_over
object: deal
trigger: manual
steps: [{update: note, values: {note: "handed over {{ name }}"}}]
---
"""
ACTIONS = """
approval: everything
object: deal
order: 3
label: {zh: 全部动作, en: Everything}
start_when: "note == 'all'"
readers: [{who: {role: legal}, at: pass}]
flow: [{approve: manager, who: manager}]
on_approved:
  - {update: self, values: {seal_no: "S-{{ amount }}", margin: "{{ 10 + 1 }}"}}
  - {create: deal_line, values: {deal: "{{ id }}", product: "For {{ name }}"}}
  - {task: submitter, subject: "Hand {{ name }} over", due: 2 days}
  - {email: [submitter, {role: legal}], subject: "Agreed: {{ name }}", body: "{{ amount }}"}
  - {assign: {manager: submitter}}
  - {notify: owner, text: "{{ name }} is yours"}
  - {webhook: "https://127.0.0.1:9/hook", body: {deal: "{{ name }}"}}
  - {start: hand_over}
  - {update: self, values: {margin: "{{ name }}"}}
"""


def test_actions_are_the_steps_of_automations_with_their_expressions(firm: Make) -> None:
    office = firm(TASKS + ACTIONS)
    deal, id = office.started(note="all")
    office.agree(id, office.boss)
    states = {row["what"]: (row["state"], row["error"]) for row in office.rows("approval_effect", kind="action")}
    assert all(state == ("done", "") for what, state in states.items() if what != "update"), states
    assert sorted(state for state, _ in done(office, "update")) == ["done", "failed"]
    values = office.get(deal)
    assert (values["seal_no"], values["margin"], values["owner"]) == ("S-200.00", 11, office.boss.actor.id)
    system = office.workspace.context(SYSTEM)
    (line,) = read.page(system, "deal_line", Query()).records
    assert (line.values["deal"], line.values["product"]) == (deal, "For 二期产线")
    (task,) = read.page(system, "task", Query()).records
    assert (task.values["subject"], task.values["owner"], task.values["deal"]) == ("Hand 二期产线 over", office.lin.actor.id, deal)
    assert str(task.values["due_on"]) == "2026-03-04"
    texts = [row["text"] for row in office.rows("wf_notification", user_id=office.boss.actor.id)]
    assert "二期产线 is yours" in texts
    runs = {row["automation_id"]: row["state"] for row in office.rows("automation_run")}
    assert runs == {"approval:everything": "waiting", "hand_over": "waiting"}
    handlers = {topic: handler for extension in office.workspace.extensions for topic, handler in extension.handlers.items()}
    drain(office.workspace, handlers)
    assert office.get(deal)["note"] == "handed over 二期产线"
    (call,) = office.rows("automation_step", kind="webhook")
    assert call["input"]["body"] == {"deal": "二期产线"}


def test_a56_a_message_to_readers_that_fails_is_noted_and_the_flow_goes_on(firm: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    office = firm(DISCOUNT.replace("  - approve: legal", "  - {cc: note, who: {role: legal}}\n  - approve: legal"))
    _, id = office.started()

    def fails(connection: Connection, now: datetime, texts: Mapping[int, str], about: About) -> None:
        if any(text.startswith("供你查阅") for text in texts.values()):
            raise TooMany(60)
        tell(connection, now, texts, about)

    monkeypatch.setattr(performing, "tell", fails)
    office.agree(id, office.boss)
    assert [state for state, _ in done(office, "copy")] == ["failed"]
    assert office.open(id) == {"秦管理", "周雨桐", "陈思远"}


def test_readers_are_told_and_may_look_and_nobody_else(firm: Make) -> None:
    office = firm((TASKS + ACTIONS).replace("on_approved:", "on_withdrawn:"))
    stranger = as_user(office.workspace, [], name="路人")
    deal, id = office.started(note="all")
    for person in (office.zhou, stranger):
        with pytest.raises(NotThere) if person is stranger else nullcontext():
            seen_instance(office.again(person), id)
    reader = as_user(office.workspace, [], name="读者")
    write(office.workspace.context(SYSTEM), [Change("create", "role_member", values={"user": reader.actor.id, "role": "legal"})])
    office.agree(id, office.boss)
    assert done(office, "pass") == [("done", "")]
    texts = [row["text"] for row in office.rows("wf_notification", user_id=reader.actor.id)]
    assert texts == ["供你查阅：全部动作"]
    assert seen_instance(office.workspace.context(reader.actor), id).state.status == "approved"
    with pytest.raises(NotThere):
        seen_instance(office.workspace.context(stranger.actor), id)
    assert deal


def test_s05_a_gated_stage_is_left_once_when_the_approval_agrees_and_shows_that_it_waits(firm: Make) -> None:
    office = firm()
    deal, id = leaving(office)
    assert (office.get(deal)["stage"], pending(office, deal)) == ("proposal", "contract")
    office.agree(id, office.boss)
    assert (office.get(deal)["stage"], pending(office, deal)) == ("contract", "")
    moves = [(row["from_stage"], row["to_stage"]) for row in office.rows("stage_move", record_id=deal)]
    assert moves == [("", "proposal"), ("proposal", "contract")]
    assert done(office, "contract") == [("done", "")]


def test_s05_a_rejection_leaves_the_record_where_it_is(firm: Make) -> None:
    office = firm()
    deal, id = leaving(office)
    office.reject(id, office.boss)
    assert (office.get(deal)["stage"], pending(office, deal)) == ("proposal", "")


def test_s05_a_withdrawal_leaves_it_too_and_one_may_ask_again(firm: Make) -> None:
    office = firm()
    deal, id = leaving(office)
    with pytest.raises(Decided):
        office.submit(deal, leave_to="contract")
    office.do(id, office.lin, c.Withdraw())
    assert pending(office, deal) == ""
    assert office.submit(deal, leave_to="contract") != id


def test_s05_criteria_are_asked_again_when_it_is_agreed_and_what_is_unmet_is_told(firm: Make) -> None:
    office = firm()
    deal, id = leaving(office)
    write(office.workspace.context(SYSTEM), [Change("update", "deal", deal, {"margin": 1})], Operation())
    office.agree(id, office.boss)
    assert office.instance(id).state.status == "approved"
    assert (office.get(deal)["stage"], pending(office, deal)) == ("proposal", "")
    ((state, error),) = done(office, "contract")
    assert state == "failed"
    assert "10" in error


def test_s05_nobody_asks_for_leave_that_criteria_refuse_or_that_needs_none(firm: Make) -> None:
    office = firm()
    with pytest.raises(Refused) as unmet:
        office.submit(office.deal(margin=1), leave_to="contract")
    assert unmet.value.faults[0].code == "stage-unmet"
    deal, id = leaving(office)
    office.agree(id, office.boss)
    with pytest.raises(Refused) as free:
        office.submit(deal, leave_to="won")
    assert free.value.faults[0].code == "no-gate"
    assert office.rows("approval_instance", status="running") == []


def test_a_called_flow_runs_on_the_same_record_and_its_end_goes_on_in_the_caller(firm: Make) -> None:
    office = firm(CALLER)
    deal = office.deal(note="outer")
    outer = office.submit(deal)
    (inner,) = [row["id"] for row in office.rows("approval_instance", parent=outer)]
    assert office.instance(outer).state.status == "running"
    office.agree(inner, office.boss)
    assert office.instance(inner).state.status == "approved"
    assert office.instance(outer).state.status == "approved"


def test_a_called_flow_ends_with_the_one_that_called_it(firm: Make) -> None:
    office = firm(CALLER)
    outer = office.submit(office.deal(note="outer"))
    (inner,) = [row["id"] for row in office.rows("approval_instance", parent=outer)]
    office.do(outer, office.admin, c.Terminate("no more"))
    assert office.instance(inner).state.status == "terminated"
