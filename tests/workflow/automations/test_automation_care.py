"""Looking after automations: loops that stop, order, trying again, dry runs, histories, switches: T25, T33, T40 to T43, T46, T47, T49 to T51."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.database.system_tables import SYSTEM as SYSTEM_TABLES
from looseleaf_platform.database.system_tables import operation
from looseleaf_platform.errors import NotAllowed, NotThere, Refused
from looseleaf_platform.identity import tokens
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_ui_builder.compose import create_app
from looseleaf_workflow.automations import managing, telling, testing
from looseleaf_workflow.automations.chains import knows_chain
from looseleaf_workflow.automations.dry_run import dry_run
from looseleaf_workflow.notifications import inbox
from looseleaf_workflow.tables import TABLES
from support.workspaces import as_user


def rule(steps, trigger="updated", name="rule", more=""):
    return f"automation: {name}\nobject: deal\ntrigger: {trigger}\n{more}\nsteps: [{steps}]\n"


COUNT = "{update: mark, values: {total: '{{ total + 1 if total is not None else 1 }}'}}"


def system(firm):
    return firm.workspace.context(SYSTEM)


# --- loops and order


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
    assert [knows_chain(system(firm), said) for said in (chain, "0000000000001", "", "x" * 500)] == [True, False, False, False]
    firm.clock.advance(hours=1, seconds=1)
    assert not knows_chain(system(firm), chain)


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
    assert [run["name"] for run in telling.told(system(firm), stopped["id"]).chain] == ["ping", "pong", "ping"]
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
    (listed,) = telling.listed(system(firm))
    assert (listed.on, listed.switch.by, "2 times" in listed.switch.reason) == (False, None, True)
    assert told_of(firm, ops) == ["自动化“乒乓”已被停用：它对同一条记录反复运行"]
    assert telling.explain(system(firm), "rule", deal).reason.code == "off"


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
    managing.switch(system(firm), "rule", True)
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


# --- trying again


@pytest.fixture
def failing(firm):
    """A rule whose second step fails, as the owner has no manager."""
    firm.publish(rule(f"{COUNT}, {{assign: up, who: {{manager: {{of: owner}}}}}}, {{tag: t, add: [x]}}", "created"))
    deal = firm.deal(by=firm.boss, owner=firm.boss.actor.id)
    firm.settle()
    return deal


def heal(firm):
    by = firm.workspace.context(SYSTEM)
    firm.write(Change("update", "user", firm.boss.actor.id, {"manager": firm.lin.actor.id}), by=by)


def test_t33_a_run_is_tried_again_from_the_step_that_failed_and_what_was_done_stays_done_once(firm, failing):
    (run,) = firm.runs()
    assert run["state"] == "failed"
    heal(firm)
    managing.retry(system(firm), run["id"], "step", "original")
    firm.settle()
    values = firm.get(failing)
    assert (firm.states(), values["total"], values["owner"], values["marks"]) == ([("rule", "done")], 1, firm.lin.actor.id, ("x",))
    assert firm.runs()[0]["event"]["retries"][0] | {"at": ""} == {"by": None, "at": "", "whence": "step", "version": run["version"]}


def test_t33_a_run_is_tried_again_from_the_start_as_a_new_run_with_what_set_it_off(firm, failing):
    (run,) = firm.runs()
    heal(firm)
    again = managing.retry(system(firm), run["id"], "start", "original")
    firm.settle()
    assert firm.states() == [("rule", "failed"), ("rule", "done")]
    assert (firm.runs()[1]["retry_of"], firm.runs()[1]["id"]) == (run["id"], again)
    assert firm.runs()[1]["event"]["after"] == run["event"]["after"]
    assert firm.get(failing)["total"] == 2


def test_t33_the_version_is_chosen_and_kept(firm, failing):
    (run,) = firm.runs()
    firm.publish(rule(f"{COUNT}, {{update: up, values: {{note: fixed}}}}, {{tag: t, add: [y]}}", "created"))
    managing.retry(system(firm), run["id"], "step", "current")
    firm.settle()
    values, (now,) = firm.get(failing), firm.runs()
    assert (now["state"], values["note"], values["total"], values["marks"]) == ("done", "fixed", 1, ("y",))
    assert now["version"] != run["version"]


def test_t33_only_a_run_that_did_not_end_well_is_tried_again(firm):
    firm.publish(rule(COUNT, "created"))
    firm.deal()
    firm.settle()
    with pytest.raises(NotAllowed):
        managing.retry(system(firm), firm.runs()[0]["id"], "step", "original")


def test_a_manual_automation_is_started_on_a_record(firm):
    firm.publish(rule("{update: a, values: {note: '{{ name }} by hand'}}", "manual"))
    deal = firm.deal()
    firm.settle()
    assert firm.runs() == []
    managing.start(system(firm), "rule", deal)
    firm.settle()
    assert firm.get(deal)["note"] == "二期 by hand"


# --- dry runs


def counts(firm):
    tables = [*SYSTEM_TABLES.sorted_tables, *TABLES.sorted_tables]
    tables += [entry.table for entry in firm.workspace.runtime.objects.values()]
    with firm.workspace.database.read() as connection:
        return {table.name: connection.scalar(select(func.count()).select_from(table)) for table in tables}


def test_t47_a_dry_run_shows_what_would_happen_and_writes_and_sends_nothing(firm, sink):
    steps = f"""{{create: copy, object: line, values: {{deal: '{{{{ id }}}}', name: '{{{{ name }}}}'}}}},
      {{wait: long, for: 3 days}}, {{webhook: erp, url: {sink.url}, body: {{n: '{{{{ total }}}}'}}}},
      {{branch: size, cases: [{{when: total > 10, flow: [{{task: t, who: owner, subject: 'big {{{{ name }}}}'}}]}}],
        else: [{{notify: n, who: owner, text: x}}]}},
      {{each: all, of: {{lines: lines}}, flow: [{{update: u, values: {{checked: true}}}}]}}, {{email: m, who: owner, subject: s, body: b}}"""
    firm.publish(rule(steps, "{field_changed: total}", more="when: total > 5"))
    deal = firm.deal(total=1, lines=[{"name": "l"}])
    firm.settle()
    before = counts(firm)
    shown = dry_run(system(firm), "rule", deal, {"total": "12"})
    assert (counts(firm), sink.received) == (before, [])
    assert shown.reason is None
    assert [(step.path, step.error) for step in shown.steps if "all/" not in step.path] == [
        ("copy", ""), ("long", ""), ("erp", ""), ("size", ""), ("size/0/t", ""), ("all", ""), ("m", ""),
    ]  # fmt: skip
    by_path = {step.path: step.plan for step in shown.steps}
    assert by_path["erp"]["body"] == {"n": "12.00"}
    assert by_path["size/0/t"]["values"]["subject"] == "big 二期"
    assert dry_run(system(firm), "rule", deal, {"total": "2"}).reason.code == "condition"
    assert dry_run(system(firm), "rule", deal, {"note": "z"}).reason.code == "trigger"


# --- histories and explanations


def test_t49_the_history_tells_event_version_steps_and_times_and_survives_the_rule(firm):
    firm.publish(rule("{update: mark, values: {note: '{{ total }}'}}", "created"))
    firm.deal(total=4)
    firm.settle()
    (run,) = firm.runs()
    firm.publish()
    told = telling.told(system(firm), run["id"])
    (step,) = told.steps
    assert (told.run["state"], told.run["event"]["after"]["total"], told.run["version"]) == ("done", "4.00", run["version"])
    assert (step["path"], step["input"]["values"], step["output"]["outcome"]) == ("mark", {"note": "4.00"}, "updated")
    assert step["finished_at"] is not None


def test_t49_readers_of_the_history_see_no_more_of_a_record_than_of_the_record_itself(firm):
    firm.publish(
        rule("{update: mark, values: {note: '{{ total }}'}}, {notify: n, who: owner, text: 'total {{ total }}'}", "created"),
        "role: half\nabilities: [automations]\nobjects: {deal: {read: all}}\nfields: {deal.total: hidden, deal.note: hidden}\n",
    )
    firm.deal(total=4, status="sent")
    firm.settle()
    half = as_user(firm.workspace, ["half"])
    told = telling.told(half, firm.runs()[0]["id"])
    assert told.run["event"]["after"].get("status") == "sent"
    assert "total" not in told.run["event"]["after"]
    assert "4.00" not in str([step["input"] for step in told.steps])
    with pytest.raises(NotAllowed):
        telling.told(firm.workspace.context(firm.lin.actor), firm.runs()[0]["id"])


@pytest.mark.parametrize(
    ("more", "change", "code"),
    [
        ("when: total > 5", {"status": "sent", "total": 1}, "condition"),
        ("sources: [screen]", {"status": "sent"}, "source"),
        ("", {"note": "x"}, "trigger"),
        ("when: total > 5\nonce: on_becoming_true", {"status": "sent"}, "held-before"),
    ],
)
def test_t50_why_a_rule_did_not_run_for_a_record_is_told(firm, more, change, code):
    firm.publish(rule("{tag: t, add: [x]}", "{field_changed: status}", more=more))
    deal = firm.deal(status="draft", total=9)
    firm.settle()
    firm.change(deal, **change)
    firm.settle()
    assert firm.runs() == []
    found = telling.explain(system(firm), "rule", deal)
    assert (found.reason.code, found.run) == (code, None)


def test_t50_of_a_rule_that_ran_its_run_is_told(firm):
    firm.publish(rule("{notify: t, who: owner, text: x}", "{field_changed: status}"))
    deal = firm.deal()
    firm.change(deal, status="sent")
    firm.settle()
    found = telling.explain(system(firm), "rule", deal)
    assert (found.reason, found.run) == (None, firm.runs()[0]["id"])
    with pytest.raises(NotThere):
        telling.explain(system(firm), "other", deal)


def test_what_is_kept_of_an_erased_record_is_erased_with_it(firm):
    firm.publish(rule("{update: mark, values: {note: '{{ total }}'}}, {notify: n, who: owner, text: 'total {{ total }}'}", "created"))
    deal = firm.deal(total=4711)
    firm.settle()
    for kind in ("delete", "purge"):
        firm.write(Change(kind, "deal", deal), by=system(firm))
    firm.settle()
    kept = [firm.rows(table) for table in ("automation_run", "automation_step", "wf_notification")]
    assert (len(kept[0]), "4711" in str(kept)) == (1, False)
    assert telling.told(system(firm), firm.runs()[0]["id"]).run["state"] == "done"


def test_t15_a_write_that_leaves_automations_out_sets_none_off_keeps_that_and_takes_the_ability(firm):
    firm.publish(rule(COUNT))
    deal = firm.deal()
    firm.settle()
    quiet = Operation(exemptions=frozenset({"automations"}))
    with pytest.raises(NotAllowed):
        firm.write(Change("update", "deal", deal, {"note": "x"}), operation=quiet)
    firm.write(Change("update", "deal", deal, {"note": "x"}), by=system(firm), operation=quiet)
    firm.settle()
    assert (firm.states(), telling.explain(system(firm), "rule", deal).reason.code) == ([], "exempt")
    firm.change(deal, note="y")
    firm.settle()
    assert firm.states() == [("rule", "done")]


STEPS = "{branch: b, cases: [{when: total > 5, flow: [{update: big, values: {note: '{{ name }}: {{ total }}'}}]}]}, {wait: w, for: 1 days}"


def test_t48_one_step_is_done_with_sample_data_and_marked_as_a_test_in_the_history(firm):
    firm.publish(rule(STEPS, "created", more="when: total > 100"))
    deal = firm.deal(total=1)
    firm.settle()
    run = testing.try_step(system(firm), "rule", deal, "big", {"name": "样品", "total": "7"})
    firm.settle()
    assert (firm.get(deal)["note"], firm.get(deal)["name"]) == ("样品: 7.00", "二期")
    told = telling.told(system(firm), run)
    assert (told.run["state"], told.run["source"], [step["path"] for step in told.steps]) == ("done", "test", ["big"])
    for step in ("w", "b", "nothing"):
        with pytest.raises(Refused):
            testing.try_step(system(firm), "rule", deal, step)


def test_a_value_of_two_expressions_is_text_and_not_one_expression(firm):
    firm.publish(rule("{update: s, values: {note: '{{ name }}{{ total }}'}}", "created"))
    deal = firm.deal(total=7)
    firm.settle()
    assert firm.get(deal)["note"] == "二期7.00"


def test_t48_only_those_who_write_automations_may_test_a_step(firm):
    firm.publish(rule(STEPS, "created"))
    ops = as_user(firm.workspace, ["ops"])
    with pytest.raises(NotAllowed):
        testing.try_step(firm.workspace.context(ops.actor), "rule", firm.deal(total=1), "big")


# --- switches


@pytest.mark.parametrize("name", ["rule", ""])
def test_t51_an_automation_that_is_off_starts_no_runs_and_holds_those_under_way_until_it_is_on(firm, name):
    firm.publish(rule("{wait: w, for: 1 hours}, {tag: t, add: [x]}", "created"))
    under_way = firm.deal()
    firm.settle()
    managing.switch(system(firm), name, False, reason="wrong prices")
    missed = firm.deal()
    firm.later(hours=2)
    assert firm.states() == [("rule", "held")]
    assert telling.listed(system(firm))[0].on is False
    assert telling.explain(system(firm), "rule", missed).reason.code == "off"
    managing.switch(system(firm), name, True)
    firm.settle()
    assert (firm.states(), firm.get(under_way)["marks"], firm.get(missed)["marks"]) == ([("rule", "done")], ("x",), None)


def test_t51_what_is_under_way_can_be_dropped_instead(firm):
    firm.publish(rule("{wait: w, for: 1 hours}, {tag: t, add: [x]}", "created"))
    deal = firm.deal()
    firm.settle()
    assert managing.switch(system(firm), "rule", False, drop=True) == 1
    managing.switch(system(firm), "rule", True)
    firm.later(hours=2)
    assert (firm.states(), firm.get(deal)["marks"]) == ([("rule", "cancelled")], None)


def test_only_who_looks_after_automations_may_switch_them(firm):
    firm.publish(rule("{tag: t, add: [x]}"))
    with pytest.raises(NotAllowed):
        managing.switch(firm.workspace.context(firm.lin.actor), "rule", False)
    ops = as_user(firm.workspace, ["ops"])
    managing.switch(ops, "rule", False)
    assert telling.listed(ops)[0].on is False
