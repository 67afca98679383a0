"""Running automations again, and switching them off and on: T33, T51."""

from __future__ import annotations

import pytest

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.errors import NotAllowed
from looseleaf_platform.records.requests import Change
from looseleaf_workflow.automations import managing, telling
from support.automations import COUNT
from support.automations import bare_rule as rule
from support.workspaces import as_user


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
    managing.retry(firm.system, run["id"], "step", "original")
    firm.settle()
    values = firm.get(failing)
    assert (firm.states(), values["total"], values["owner"], values["marks"]) == ([("rule", "done")], 1, firm.lin.actor.id, ("x",))
    assert firm.runs()[0]["event"]["retries"][0] | {"at": ""} == {"by": None, "at": "", "whence": "step", "version": run["version"]}


def test_t33_a_run_is_tried_again_from_the_start_as_a_new_run_with_what_set_it_off(firm, failing):
    (run,) = firm.runs()
    heal(firm)
    again = managing.retry(firm.system, run["id"], "start", "original")
    firm.settle()
    assert firm.states() == [("rule", "failed"), ("rule", "done")]
    assert (firm.runs()[1]["retry_of"], firm.runs()[1]["id"]) == (run["id"], again)
    assert firm.runs()[1]["event"]["after"] == run["event"]["after"]
    assert firm.get(failing)["total"] == 2


def test_t33_the_version_is_chosen_and_kept(firm, failing):
    (run,) = firm.runs()
    firm.publish(rule(f"{COUNT}, {{update: up, values: {{note: fixed}}}}, {{tag: t, add: [y]}}", "created"))
    managing.retry(firm.system, run["id"], "step", "current")
    firm.settle()
    values, (now,) = firm.get(failing), firm.runs()
    assert (now["state"], values["note"], values["total"], values["marks"]) == ("done", "fixed", 1, ("y",))
    assert now["version"] != run["version"]


def test_t33_only_a_run_that_did_not_end_well_is_tried_again(firm):
    firm.publish(rule(COUNT, "created"))
    firm.deal()
    firm.settle()
    with pytest.raises(NotAllowed):
        managing.retry(firm.system, firm.runs()[0]["id"], "step", "original")


def test_a_manual_automation_is_started_on_a_record(firm):
    firm.publish(rule("{update: a, values: {note: '{{ name }} by hand'}}", "manual"))
    deal = firm.deal()
    firm.settle()
    assert firm.runs() == []
    managing.start(firm.system, "rule", deal)
    firm.settle()
    assert firm.get(deal)["note"] == "二期 by hand"


@pytest.mark.parametrize("name", ["rule", ""])
def test_t51_an_automation_that_is_off_starts_no_runs_and_holds_those_under_way_until_it_is_on(firm, name):
    firm.publish(rule("{wait: w, for: 1 hours}, {tag: t, add: [x]}", "created"))
    under_way = firm.deal()
    firm.settle()
    managing.switch(firm.system, name, False, reason="wrong prices")
    missed = firm.deal()
    firm.later(hours=2)
    assert firm.states() == [("rule", "held")]
    assert telling.listed(firm.system)[0].on is False
    assert telling.explain(firm.system, "rule", missed).reason.code == "off"
    managing.switch(firm.system, name, True)
    firm.settle()
    assert (firm.states(), firm.get(under_way)["marks"], firm.get(missed)["marks"]) == ([("rule", "done")], ("x",), None)


def test_t51_what_is_under_way_can_be_dropped_instead(firm):
    firm.publish(rule("{wait: w, for: 1 hours}, {tag: t, add: [x]}", "created"))
    deal = firm.deal()
    firm.settle()
    assert managing.switch(firm.system, "rule", False, drop=True) == 1
    managing.switch(firm.system, "rule", True)
    firm.later(hours=2)
    assert (firm.states(), firm.get(deal)["marks"]) == ([("rule", "cancelled")], None)


def test_only_who_looks_after_automations_may_switch_them(firm):
    firm.publish(rule("{tag: t, add: [x]}"))
    with pytest.raises(NotAllowed):
        managing.switch(firm.workspace.context(firm.lin.actor), "rule", False)
    ops = as_user(firm.workspace, ["ops"])
    managing.switch(ops, "rule", False)
    assert telling.listed(ops)[0].on is False
