"""What automations did, would do, and why they did not: T15, T47 to T50."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from looseleaf_platform.database.system_tables import SYSTEM as SYSTEM_TABLES
from looseleaf_platform.errors import NotAllowed, NotThere, Refused
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_workflow.automations import telling, testing
from looseleaf_workflow.automations.dry_run import dry_run
from looseleaf_workflow.tables import TABLES
from support.automations import COUNT
from support.automations import bare_rule as rule
from support.workspaces import as_user


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
    shown = dry_run(firm.system, "rule", deal, {"total": "12"})
    assert (counts(firm), sink.received) == (before, [])
    assert shown.reason is None
    assert [(step.path, step.error) for step in shown.steps if "all/" not in step.path] == [
        ("copy", ""), ("long", ""), ("erp", ""), ("size", ""), ("size/0/t", ""), ("all", ""), ("m", ""),
    ]  # fmt: skip
    by_path = {step.path: step.plan for step in shown.steps}
    assert by_path["erp"]["body"] == {"n": "12.00"}
    assert by_path["size/0/t"]["values"]["subject"] == "big 二期"
    assert dry_run(firm.system, "rule", deal, {"total": "2"}).reason.code == "condition"
    assert dry_run(firm.system, "rule", deal, {"note": "z"}).reason.code == "trigger"


# --- histories and explanations


def test_t49_the_history_tells_event_version_steps_and_times_and_survives_the_rule(firm):
    firm.publish(rule("{update: mark, values: {note: '{{ total }}'}}", "created"))
    firm.deal(total=4)
    firm.settle()
    (run,) = firm.runs()
    firm.publish()
    told = telling.told(firm.system, run["id"])
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
    found = telling.explain(firm.system, "rule", deal)
    assert (found.reason.code, found.run) == (code, None)


def test_t50_of_a_rule_that_ran_its_run_is_told(firm):
    firm.publish(rule("{notify: t, who: owner, text: x}", "{field_changed: status}"))
    deal = firm.deal()
    firm.change(deal, status="sent")
    firm.settle()
    found = telling.explain(firm.system, "rule", deal)
    assert (found.reason, found.run) == (None, firm.runs()[0]["id"])
    with pytest.raises(NotThere):
        telling.explain(firm.system, "other", deal)


def test_what_is_kept_of_an_erased_record_is_erased_with_it(firm):
    firm.publish(rule("{update: mark, values: {note: '{{ total }}'}}, {notify: n, who: owner, text: 'total {{ total }}'}", "created"))
    deal = firm.deal(total=4711)
    firm.settle()
    for kind in ("delete", "purge"):
        firm.write(Change(kind, "deal", deal), by=firm.system)
    firm.settle()
    kept = [firm.rows(table) for table in ("automation_run", "automation_step", "wf_notification")]
    assert (len(kept[0]), "4711" in str(kept)) == (1, False)
    assert telling.told(firm.system, firm.runs()[0]["id"]).run["state"] == "done"


def test_t15_a_write_that_leaves_automations_out_sets_none_off_keeps_that_and_takes_the_ability(firm):
    firm.publish(rule(COUNT))
    deal = firm.deal()
    firm.settle()
    quiet = Operation(exemptions=frozenset({"automations"}))
    with pytest.raises(NotAllowed):
        firm.write(Change("update", "deal", deal, {"note": "x"}), operation=quiet)
    firm.write(Change("update", "deal", deal, {"note": "x"}), by=firm.system, operation=quiet)
    firm.settle()
    assert (firm.states(), telling.explain(firm.system, "rule", deal).reason.code) == ([], "exempt")
    firm.change(deal, note="y")
    firm.settle()
    assert firm.states() == [("rule", "done")]


STEPS = "{branch: b, cases: [{when: total > 5, flow: [{update: big, values: {note: '{{ name }}: {{ total }}'}}]}]}, {wait: w, for: 1 days}"


def test_t48_one_step_is_done_with_sample_data_and_marked_as_a_test_in_the_history(firm):
    firm.publish(rule(STEPS, "created", more="when: total > 100"))
    deal = firm.deal(total=1)
    firm.settle()
    run = testing.try_step(firm.system, "rule", deal, "big", {"name": "样品", "total": "7"})
    firm.settle()
    assert (firm.get(deal)["note"], firm.get(deal)["name"]) == ("样品: 7.00", "二期")
    told = telling.told(firm.system, run)
    assert (told.run["state"], told.run["source"], [step["path"] for step in told.steps]) == ("done", "test", ["big"])
    for step in ("w", "b", "nothing"):
        with pytest.raises(Refused):
            testing.try_step(firm.system, "rule", deal, step)


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
