"""What automations do, and how often: T20 to T32, T34, T35, E01, E02, E06, E10."""

from __future__ import annotations

import pytest

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.database.system_tables import mail
from looseleaf_workflow.automations import running, switches
from support.automations import rule_of as rule

# --- effects in the database


def test_t20_a_condition_is_asked_again_of_the_live_record_where_the_rule_wants_it(firm):
    mark = "  - {update: mark, values: {note: ran}}"
    firm.publish(rule(mark, more="when: total > 10\nrecheck: true"))
    deal = firm.deal(total=11)
    firm.change(deal, total=1)
    firm.settle()
    assert (firm.states(), firm.get(deal)["note"]) == ([("rule", "done")], None)
    assert firm.runs()[0]["error"] == "the condition did not hold any more"


def test_t21_writing_values_that_are_there_already_is_no_write_and_no_event(firm):
    firm.publish(
        rule("  - {update: mark, values: {note: same}}"), "automation: echo\nobject: deal\ntrigger: updated\nsteps: [{tag: t, add: [x]}]"
    )
    firm.deal(note="same")
    firm.settle()
    assert firm.states() == [("rule", "done")]
    assert firm.rows("automation_step")[0]["output"]["outcome"] == "same"


def test_t21_a_write_that_is_refused_fails_visibly_and_leaves_nothing_behind(firm):
    firm.publish(rule("  - {update: mark, values: {note: ran}}\n  - {create: bad, object: line, values: {name: x}}"))
    deal = firm.deal()
    firm.settle()
    (run,) = firm.runs()
    assert run["state"] == "failed"
    assert "bad: /deal" in run["error"]
    assert firm.steps() == {"mark": "done", "bad": "failed"}
    assert firm.get(deal)["note"] == "ran"


@pytest.mark.parametrize(
    ("who", "told"),
    [
        ("{role: rep}", {"何文静", "林若溪"}),
        ("{role: ops}", set()),
        ("{user: he@firm.example}", {"何文静"}),
        ("{manager_chain: {of: owner, until: {role: rep}}}", {"何文静"}),
        ("{expr: submitter}", {"林若溪"}),
        ("{dept_head: {of: owner}}", set()),
        ("[owner, {user: he@firm.example}, {role: rep}]", {"何文静", "林若溪"}),
    ],
)
def test_people_are_told_by_role_by_address_and_by_who_leads_them(firm, who, told):
    firm.publish(rule(f"  - {{notify: tell, who: {who}, text: x}}"))
    firm.deal()
    firm.settle()
    names = {firm.boss.actor.id: "何文静", firm.lin.actor.id: "林若溪"}
    assert sorted(names[row["user_id"]] for row in firm.rows("wf_notification")) == sorted(told)
    assert [state for _, state in firm.states()] == ["done"]


def test_t23_t22_effects_in_the_database_happen_once_however_often_a_run_is_taken_up(firm, monkeypatch):
    steps = """
  - {create: copy, object: line, values: {deal: "{{ id }}", name: "{{ name }}/1", margin: "{{ total / 3 }}"}}
  - {task: call, who: owner, subject: "跟进 {{ name }}", due: 1 workdays}
  - {notify: tell, who: {manager: {of: owner}}, text: "{{ total }}"}
  - {tag: warm, add: [已跟进]}
  - {assign: over, who: {manager: {of: owner}}}
  - {move_stage: ahead, to: won}
  - {email: write, who: owner, subject: "{{ name }}", body: "总额 {{ total }}"}
"""
    firm.publish(rule(steps))
    noted, real = [0], running._note

    def dies_every_second_time(*args, **more):
        real(*args, **more)
        noted[0] += 1
        if noted[0] % 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(running, "_note", dies_every_second_time)
    deal = firm.deal(total=100)
    for _ in range(40):
        try:
            firm.settle()
        except KeyboardInterrupt:
            firm.clock.advance(minutes=6)
    assert firm.states() == [("rule", "done")]
    assert [(row["name"], str(row["margin"])) for row in firm.all("line")] == [("二期/1", "33.33")]
    (task,) = firm.all("task")
    assert (task["subject"], task["deal"], task["owner"], str(task["due_on"])) == ("跟进 二期", deal, firm.lin.actor.id, "2026-03-03")
    assert [(row["user_id"], row["text"]) for row in firm.rows("wf_notification")] == [(firm.boss.actor.id, "100.00")]
    values = firm.get(deal)
    assert (values["marks"], values["owner"], values["stage"]) == (("已跟进",), firm.boss.actor.id, "won")
    with firm.workspace.database.read() as connection:
        assert [(row.recipient, row.subject, row.body) for row in connection.execute(mail.select())] == [
            ("he@firm.example", "二期", "总额 100.00")
        ]


def test_e06_a_run_delivered_by_two_at_once_does_each_step_once(firm):
    firm.publish(rule("  - {create: copy, object: line, values: {deal: '{{ id }}', name: x}}"))
    firm.deal()
    firm.settle()
    (run,) = firm.runs()
    for _ in range(3):
        running.advance(firm.workspace, run["id"])
    assert len(firm.all("line")) == 1


def test_t29_an_automation_acts_with_the_rights_of_whom_it_runs_as(firm):
    steps = "  - {update: mark, values: {note: seen}}\n  - {create: own, object: account, values: {name: 新客户}}"
    firm.publish(rule(steps, more="run_as: trigger_user"))
    deal = firm.deal()
    firm.settle()
    assert firm.states() == [("rule", "failed")]  # 林 may change deals, and create no accounts
    assert firm.get(deal)["updated_by"] == firm.lin.actor.id
    firm.publish(rule(steps, more="run_as: system"))
    firm.deal()
    firm.settle()
    assert firm.states()[-1] == ("rule", "done")


def test_t32_steps_before_a_failure_stay_and_the_steps_for_failures_run(firm):
    steps = "  - {update: mark, values: {note: stays}}\n  - {assign: nobody, who: {manager: {of: owner}}}"
    firm.publish(rule(steps, more="on_failure: [{notify: alarm, who: owner, text: 'look at {{ name }}'}]"))
    deal = firm.deal(by=firm.boss, owner=firm.boss.actor.id)
    firm.settle()
    assert (firm.states(), firm.get(deal)["note"]) == ([("rule", "failed")], "stays")
    assert firm.runs()[0]["error"] == "nobody: There is nobody to give the record to"
    assert [row["user_id"] for row in firm.rows("wf_notification")] == [firm.boss.actor.id]


# --- waiting


def test_t26_a_wait_in_working_time_survives_a_restart_and_ends_at_its_moment(firm):
    firm.publish(rule("  - {wait: three, for: 3 workdays}\n  - {update: mark, values: {note: late}}"))
    deal = firm.deal()  # Monday 9:30
    firm.settle()
    assert firm.runs()[0]["state"] == "sleeping"
    firm.workspace.close()
    firm.workspace = type(firm.workspace).open(
        str(firm.url), firm.workspace.vocabulary, clock=firm.clock, extensions=firm.workspace.extensions
    )
    firm.later(days=2, hours=23, minutes=59)
    assert firm.get(deal)["note"] is None
    firm.later(minutes=1)
    assert firm.get(deal)["note"] == "late"


def test_t26_a_wait_until_a_date_of_the_record_ends_as_that_day_begins_where_the_firm_is(firm):
    firm.publish(rule("  - {wait: day, until: close_date}\n  - {update: mark, values: {note: now}}"))
    deal = firm.deal(close_date="2026-03-05")
    firm.later(days=2, hours=14, minutes=29)  # 23:59 on the 4th
    assert firm.get(deal)["note"] is None
    firm.later(minutes=1)
    assert firm.get(deal)["note"] == "now"


@pytest.mark.parametrize(("signed", "note"), [(True, "signed"), (False, "too late")])
def test_t26_a_wait_for_a_condition_ends_when_it_holds_or_its_time_is_over(firm, signed, note):
    steps = """
  - {wait: signing, until_when: "status == 'accepted'", at_most: 5 days}
  - branch: how
    cases: [{when: "status == 'accepted'", flow: [{update: good, values: {note: signed}}]}]
    else: [{update: bad, values: {note: too late}}]
"""
    firm.publish(rule(steps))
    deal = firm.deal()
    firm.settle()
    firm.later(days=1)
    if signed:
        firm.change(deal, status="accepted")
        firm.settle()
    else:
        firm.later(days=4)
    assert firm.get(deal)["note"] == note


def test_t26_a_waiting_run_ends_where_the_rule_says_stop(firm):
    firm.publish(rule("  - {wait: three, for: 3 days, stop_when: \"status == 'lost'\"}\n  - {update: mark, values: {note: nudged}}"))
    deal = firm.deal()
    firm.settle()
    firm.change(deal, status="lost")
    firm.later(days=4)
    assert (firm.states(), firm.get(deal)["note"]) == ([("rule", "done")], None)


def test_t26_a_waiting_run_is_cancelled_with_its_record(firm):
    firm.publish(rule("  - {wait: three, for: 3 days}\n  - {notify: tell, who: owner, text: x}"))
    deal = firm.deal()
    firm.settle()
    firm.delete(deal)
    firm.later(days=4)
    assert (firm.states(), firm.rows("wf_notification")) == ([("rule", "cancelled")], [])


def test_t35_several_waits_in_a_row_all_end(firm):
    waits = "\n".join(
        f"  - {{wait: w{number}, for: 1 hours}}\n  - {{update: u{number}, values: {{note: after {number}}}}}" for number in range(4)
    )
    firm.publish(rule(waits))
    deal = firm.deal()
    for number in range(4):
        firm.later(hours=1) if number else firm.settle() or firm.later(hours=1)
        assert firm.get(deal)["note"] == f"after {number}"
    assert firm.states() == [("rule", "done")]


def test_t34_a_cancelled_run_does_no_further_step(firm):
    firm.publish(rule("  - {wait: one, for: 1 days}\n  - {update: mark, values: {note: wrong}}"))
    deal = firm.deal()
    firm.settle()
    with firm.workspace.database.write() as connection:
        switches.cancel_all(connection, firm.system, [firm.runs()[0]["id"]])
    firm.later(days=2)
    assert (firm.states(), firm.get(deal)["note"]) == ([("rule", "cancelled")], None)


# --- branches and many records

SIMPLE = """
  - each: lines
    of: {lines: lines, where: "margin < 0.1"}
    max: %s
    on_item_error: %s
    flow:
      - {update: check, values: {checked: true%s}}
  - {update: after, values: {note: through}}
"""


def lines(*margins):
    return [{"name": f"l{number}", "margin": margin} for number, margin in enumerate(margins)]


def test_t27_each_goes_through_the_records_that_there_were_when_it_began(firm):
    firm.publish(rule(SIMPLE % (10, "stop", "")))
    deal = firm.deal(lines=lines("0.05", "0.5", "0.01"))
    firm.settle()
    assert [row["checked"] or False for row in firm.all("line")] == [True, False, True]
    (run,) = firm.runs()
    (note,) = firm.rows("automation_step", run_id=run["id"], path="lines")
    assert (len(note["output"]["items"]), note["state"], firm.get(deal)["note"]) == (2, "done", "through")


@pytest.mark.parametrize(("policy", "state", "note", "checked"), [("stop", "failed", None, 1), ("continue", "done", "through", 2)])
def test_t27_an_item_that_fails_stops_the_run_or_only_itself(firm, policy, state, note, checked):
    firm.publish(rule(SIMPLE % (10, policy, ", margin: '{{ 1000 / (margin - 0.02) * 10000000000000000 * (margin - 0.02) if margin == 0.02 else margin }}', name: '{{ None if margin == 0.02 else name }}'")))  # fmt: skip
    deal = firm.deal(lines=lines("0.05", "0.02", "0.01"))
    firm.settle()
    assert (firm.runs()[0]["state"], firm.get(deal)["note"]) == (state, note)
    assert sum(bool(row["checked"]) for row in firm.all("line")) == checked


def test_t28_more_records_than_the_limit_are_refused_with_their_number(firm):
    firm.publish(rule(SIMPLE % (2, "continue", "")))
    firm.deal(lines=lines("0", "0", "0"))
    firm.settle()
    assert firm.runs()[0]["error"] == "lines: 3 records, and at most 2 are gone through"
    assert not any(row["checked"] for row in firm.all("line"))


def test_records_that_refer_to_the_record_can_be_gone_through_too(firm):
    steps = "  - {each: open, of: {records: deal, by: account, where: \"status == 'sent'\"}, flow: [{update: mark, values: {note: '{{ account.name }}'}}]}"
    firm.publish(f"automation: rule\nobject: account\ntrigger: updated\nsteps:\n{steps}\n")
    account = firm.write(*[_account()], by=firm.boss.workspace.context(SYSTEM))[0]
    deals = [firm.deal(account=account, status=status) for status in ("sent", "lost", "sent")]
    firm.deal(status="sent")
    firm.write(_account("update", account, level="A"), by=firm.workspace.context(SYSTEM))
    firm.settle()
    assert [firm.get(deal)["note"] for deal in deals] == ["恒拓", None, "恒拓"]


def _account(kind="create", id=None, **values):
    from looseleaf_platform.records.requests import Change

    return Change(kind, "account", id, {"name": "恒拓", **values})
