"""Automations that could run away: loops, chains, bounds, alarms, and the order of events: T25, T40 to T43, T46."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from looseleaf_platform.database.system_tables import operation
from looseleaf_platform.identity import tokens
from looseleaf_platform.records.ids import encode
from looseleaf_ui_builder.compose import create_app
from looseleaf_workflow.automations import managing, telling
from looseleaf_workflow.automations.chains import knows_chain
from looseleaf_workflow.notifications import inbox
from support.automations import COUNT
from support.automations import bare_rule as rule
from support.workspaces import as_user


@pytest.mark.parametrize("hands_back", [True, False])
def test_t42_a_loop_through_another_system_ends_where_it_hands_the_chain_back(firm, sink, hands_back):
    firm.publish(rule(f"{{webhook: out, url: '{sink.url}'}}", "{field_changed: note}", more="loop: {per_hour: 3}"))
    deal = firm.deal(by=firm.boss)
    firm.settle()
    client, secret = create_app(firm.workspace, TESTING=True).test_client(), tokens.create(firm.boss, "other system")[1]

    def write_back() -> None:
        chain = {"Looseleaf-Chain": sink.received[-1][0]["Looseleaf-Chain"]} if hands_back else {}
        headers = {"Authorization": f"Bearer {secret}", "If-Match": "*", **chain}
        answer = client.patch(f"/api/v1/records/deal/{encode(deal)}", json={"note": str(len(sink.received))}, headers=headers)
        assert answer.status_code == 200

    sink.meanwhile = write_back
    firm.change(deal, note="begin")
    firm.settle()
    rounds = 1 if hands_back else 3
    assert ([state for _, state in firm.states()], len(sink.received)) == ([*["done"] * rounds, "loop_stopped"], rounds)
    assert len({run["chain"] for run in firm.runs()}) == (1 if hands_back else 4)


def test_t42_a_chain_that_was_never_sent_or_long_ago_is_not_believed(firm, sink):
    firm.publish(rule(f"{{webhook: out, url: '{sink.url}'}}", "{field_changed: note}"))
    firm.change(firm.deal(), note="begin")
    firm.settle()
    chain = sink.received[0][0]["Looseleaf-Chain"]
    assert [knows_chain(firm.system, said) for said in (chain, "0000000000001", "", "x" * 500)] == [True, False, False, False]
    firm.clock.advance(hours=1, seconds=1)
    assert not knows_chain(firm.system, chain)


def test_t43_what_an_automation_writes_does_not_set_it_off_again(firm):
    firm.publish(rule(COUNT))
    deal = firm.deal(total=0)
    firm.settle()
    firm.change(deal, note="x")
    firm.settle()
    assert (firm.states(), firm.get(deal)["total"]) == ([("rule", "done")], 1)


def test_t43_unless_it_says_so_and_then_as_often_as_it_says(firm):
    firm.publish(rule(COUNT, more="loop: {reentrant: true, per_chain: 3}"))
    deal = firm.deal(total=0)
    firm.settle()
    firm.change(deal, note="x")
    firm.settle()
    assert [state for _, state in firm.states()] == ["done", "done", "done", "loop_stopped"]
    assert firm.get(deal)["total"] == 3


def test_t40_two_that_set_each_other_off_are_stopped_with_their_chain_drawn_and_the_save_is_kept(firm):
    firm.publish(
        rule("{update: a, values: {note: '{{ status }}!'}}", "{field_changed: status}", "ping"),
        rule("{update: b, values: {status: \"{{ 'draft' if status == 'sent' else 'sent' }}\"}}", "{field_changed: note}", "pong"),
    )
    deal = firm.deal(status="draft")
    firm.settle()
    firm.change(deal, status="sent")
    firm.settle()
    assert firm.states() == [("ping", "done"), ("pong", "done"), ("ping", "loop_stopped")]
    first, second, stopped = firm.runs()
    assert (first["depth"], second["depth"], stopped["depth"]) == (1, 2, 3)
    assert (second["cause"], stopped["cause"]) == (first["id"], second["id"])
    assert len({run["chain"] for run in firm.runs()}) == 1
    assert [run["name"] for run in telling.told(firm.system, stopped["id"]).chain] == ["ping", "pong", "ping"]
    assert firm.get(deal)["note"] == "sent!"


def test_t40_each_write_of_a_chain_names_the_run_that_caused_it(firm):
    firm.publish(rule(COUNT))
    deal = firm.deal()
    firm.settle()
    firm.change(deal, note="x")
    firm.settle()
    (run,) = firm.runs()
    with firm.workspace.database.read() as connection:
        rows = connection.execute(select(operation).where(operation.c.cause.is_not(None))).all()
    assert [(row.cause, row.chain, row.source, row.kind) for row in rows] == [(run["id"], run["chain"], "automation", "automation")]


def test_t40_a_chain_of_different_automations_is_stopped_when_it_is_too_deep(firm):
    rules = [rule(f"{{update: s{n}, values: {{note: 'n{n + 1}'}}}}", f"{{field_changed: note, to: n{n}}}", f"r{n:02}") for n in range(12)]
    firm.publish(*rules)
    deal = firm.deal(note="begin")
    firm.change(deal, note="n0")
    firm.settle()
    assert [state for _, state in firm.states()] == ["done"] * 8 + ["loop_stopped"]


def told_of(firm, person):
    return [one.text for one in inbox.inbox(firm.workspace.context(firm.workspace.actor(person.actor.id))).notices]


def test_t41_a_rule_that_runs_too_often_for_one_record_is_paused_and_those_who_look_after_it_are_told(firm):
    ops = as_user(firm.workspace, ["ops"], locale="zh")
    firm.publish(rule("{notify: tell, who: owner, text: x}", more="loop: {per_hour: 2}\nlabel: {zh: 乒乓, en: Ping}"))
    deal = firm.deal()
    for number in range(4):
        firm.change(deal, note=str(number))
        firm.settle()
    assert [state for _, state in firm.states()] == ["done", "done", "loop_stopped"]
    (listed,) = telling.listed(firm.system)
    assert (listed.on, listed.switch.by, "2 times" in listed.switch.reason) == (False, None, True)
    assert told_of(firm, ops) == ["自动化“乒乓”已被停用：它对同一条记录反复运行"]
    assert telling.explain(firm.system, "rule", deal).reason.code == "off"


def test_t25_a_rule_that_fails_again_and_again_is_told_of_once_an_hour(firm):
    ops = as_user(firm.workspace, ["ops"], locale="en")
    firm.publish(rule("{assign: up, who: {manager: {of: owner}}}", "created", more="label: {zh: 上报, en: Escalate}"))
    for _ in range(3):
        firm.deal(by=firm.boss, owner=firm.boss.actor.id)
        firm.settle()
    assert (firm.states(), told_of(firm, ops)) == ([("rule", "failed")] * 3, ["The automation “Escalate” has failed"])
    firm.clock.advance(hours=1, seconds=1)
    firm.deal(by=firm.boss, owner=firm.boss.actor.id)
    firm.settle()
    assert told_of(firm, ops) == ["The automation “Escalate” has failed"] * 2


def test_t25_without_anybody_who_looks_after_automations_administrators_are_told(firm):
    chief = as_user(firm.workspace, administrator=True, locale="en")
    firm.publish(rule("{assign: up, who: {manager: {of: owner}}}", "created"))
    firm.deal(by=firm.boss, owner=firm.boss.actor.id)
    firm.settle()
    assert len(told_of(firm, chief)) == 1


def test_the_runs_of_one_record_within_an_hour_are_bounded(firm):
    firm.publish(rule("{notify: tell, who: owner, text: x}", more="loop: {per_hour: 2}"))
    deal = firm.deal()
    for number in range(4):
        firm.change(deal, note=str(number))
        firm.settle()
    assert [state for _, state in firm.states()] == ["done", "done", "loop_stopped"]
    managing.switch(firm.system, "rule", True)
    firm.clock.advance(hours=1, seconds=1)
    firm.change(deal, note="later")
    firm.settle()
    assert firm.states()[-1] == ("rule", "done")


def test_t46_events_of_a_record_are_worked_in_their_order_and_rules_of_one_event_in_theirs(firm):
    step = "{update: a, values: {note: '{{ note }}%s'}}"
    firm.publish(
        rule(step % "b", "{field_changed: total}", "early", "order: 20"), rule(step % "a", "{field_changed: total}", "late", "order: 10")
    )
    deal = firm.deal(note="-")
    for total in (1, 2):
        firm.change(deal, total=total)
    firm.settle()
    assert firm.get(deal)["note"] == "-abab"
