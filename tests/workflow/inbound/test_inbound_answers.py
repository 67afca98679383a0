"""What comes of events: as whom rules act, what they make, why nothing came, asking once more, forgetting."""

from __future__ import annotations

import pytest

from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change
from looseleaf_workflow.automations import managing
from looseleaf_workflow.automations.dry_run import dry_run
from looseleaf_workflow.automations.testing import try_step
from looseleaf_workflow.inbound.clearing import KEPT, clear
from support.inbound import ASSETS, RULE, SOURCE, alarm
from support.workspaces import as_user

ACTING = SOURCE + "acts_as: gateway@firm.example\n"
MAKING = """
automation: know_device
object: asset
order: 1
trigger: {event: device_alarm, match: {serial_number: event.serial}, missing: create, values: {name: "设备 {{ event.serial }}", serial_number: "{{ event.serial }}"}}
steps: [{update: note, values: {heat: "{{ event.heat }}"}}]
"""


@pytest.mark.parametrize(
    ("role", "event", "run", "tickets"), [("desk", "done", "failed", 1), ("keeper", "done", "failed", 0), ("rep", "unmatched", "", 0)]
)
def test_a_source_acts_with_the_rights_of_its_user(small, role, event, run, tickets):
    small.begin(ACTING, RULE)
    as_user(small.workspace, [role], name="网关", email="gateway@firm.example")
    small.send()
    small.settle()
    assert small.events() == [("A-1", event)]
    assert [state for _, state in small.states()] == ([run] if run else [])
    assert len(small.all("ticket")) == tickets


def test_a_rule_that_says_so_acts_as_the_system_all_the_same(small):
    small.begin(ACTING, RULE + "run_as: system\n")
    as_user(small.workspace, ["desk"], name="网关", email="gateway@firm.example")
    small.send()
    small.settle()
    assert small.states() == [("open_ticket", "done")]


def test_where_the_user_of_a_source_has_left_the_event_fails_is_told_once_and_handled_again(presses):
    presses.begin(ACTING, RULE)
    presses.send()
    presses.send(alarm(alarm="A-2"))
    presses.settle()
    assert (presses.events(), presses.runs()) == ([("A-1", "failed"), ("A-2", "failed")], [])
    assert presses.problems() == ["There is nobody to act as"] * 2
    assert presses.told() == [(presses.ops.actor.id, "An event of “Device alarm” could not be handled")]
    as_user(presses.workspace, ["desk", "keeper"], name="网关", email="gateway@firm.example")
    assert presses.again().status_code == 200
    presses.settle()
    assert presses.events() == [("A-1", "failed"), ("A-2", "done")]
    assert presses.again().status_code == 403, "what went well is not done again"


def test_an_unknown_device_may_be_made_once_and_is_found_from_then_on(presses):
    presses.begin(SOURCE, MAKING)
    for number in (1, 2):
        presses.send(alarm(alarm=f"A-{number}", device={"serial": "SN-9"}, heat=number))
        presses.settle()
    made = presses.all("asset")[-1]
    assert (len(presses.all("asset")), made["name"], str(made["heat"])) == (2, "设备 SN-9", "2.0")
    assert [state for _, state in presses.states()] == ["done", "done"]


def test_what_breaks_a_rule_is_not_made_and_the_event_says_why(small):
    small.begin(SOURCE, MAKING.replace('name: "设备 {{ event.serial }}", ', ""), RULE)
    small.send(alarm(device={"serial": "SN-9"}))
    small.settle()
    assert (small.events(), small.runs(), len(small.all("asset"))) == ([("A-1", "failed")], [], 1)
    assert "/name" in small.problems()[0]


def test_two_records_that_fit_are_no_match(small):
    small.begin()
    small.asset("压力机二", "SN-7")
    small.send()
    small.settle()
    assert (small.events(), small.problems()) == ([("A-1", "failed")], ["More than one record was found by 序列号 SN-7"])


def test_an_event_that_no_rule_wants_says_why(small):
    small.begin()
    small.send(alarm(severity="warning", heat=None))
    managing.switch(small.workspace.context(small.admin.actor), "open_ticket", False)
    small.send(alarm(alarm="A-2"))
    small.settle()
    assert small.events() == [("A-1", "quiet"), ("A-2", "quiet")]
    assert small.problems() == ["It is switched off"] * 2
    managing.switch(small.workspace.context(small.admin.actor), "open_ticket", True)
    small.send(alarm(alarm="A-3", severity="warning", heat=None))
    small.settle()
    assert small.problems()[-1].startswith("The condition did not hold")


def test_t13_an_event_meets_the_rules_that_were_in_force_when_it_came(presses):
    presses.begin()
    presses.send()
    presses.publish(
        ASSETS,
        SOURCE.replace("  heat:     {type: decimal, scale: 1}\n", ""),
        RULE.replace("event.heat", "1").replace("name }}", "serial_number }}"),
    )
    presses.send(alarm(alarm="A-2"))
    presses.settle()
    assert [one["subject"] for one in presses.all("ticket")] == ["压力机: critical 91.5", "SN-7: critical 1"]


def test_t42_a_chain_that_comes_back_in_an_event_is_continued(small, monkeypatch):
    small.begin()
    small.send()
    small.settle()
    (run,) = small.runs()
    monkeypatch.setattr("looseleaf_workflow.receiving.taking.knows_chain", lambda _context, chain: chain == run["chain"])
    for number, chain in ((2, run["chain"]), (3, "another")):
        small.send(alarm(alarm=f"A-{number}"), headers={"Looseleaf-Chain": chain})
        small.settle()
    assert [state for _, state in small.states()] == ["done", "loop_stopped", "done"]


def test_t47_t48_a_rule_is_tried_out_with_the_last_event_of_its_source(small):
    small.begin()
    ops = small.workspace.context(small.admin.actor)
    assert dry_run(ops, "open_ticket", small.press).reason.code == "condition"
    small.send()
    shown = dry_run(ops, "open_ticket", small.press)
    assert (shown.reason, shown.steps[0].plan["values"]["subject"]) == (None, "压力机: critical 91.5")
    assert (small.runs(), small.all("ticket")) == ([], [])
    try_step(ops, "open_ticket", small.press, "open")
    small.settle()
    assert {one["subject"] for one in small.all("ticket")} == {"压力机: critical 91.5"}


def test_what_an_event_said_goes_with_the_record_that_it_was_about_and_with_time(presses):
    presses.begin()
    presses.send()
    presses.settle()
    for kind in ("delete", "purge"):
        presses.write(Change(kind, "asset", presses.press), by=presses.system)
    (row,) = presses.rows("inbound_event")
    assert (row["key"], row["body"], row["data"]) == ("A-1", "", None)
    assert presses.runs()[0]["event"] is None
    presses.clock.advance(days=KEPT.days, hours=1)
    presses.send(alarm(alarm="A-2"))
    clear(presses.workspace)
    assert presses.events() == [("A-2", "stored")]


def test_who_looks_after_automations_sees_what_came_and_administrators_what_it_said(small):
    small.begin()
    small.send()
    small.settle()
    listed = small.call("GET", "/inbound/device_alarm/events", language="zh").json["data"]
    assert [(one["key"], one["state"], one["problems"], len(one["runs"])) for one in listed] == [("A-1", "done", [], 1)]
    path = f"/inbound/device_alarm/events/{listed[0]['id']}"
    assert [small.call("GET", path, by=by).json["values"] for by in (small.ops, small.admin)] == [
        None, {"alarm": "A-1", "serial": "SN-7", "severity": "critical", "heat": "91.5"},
    ]  # fmt: skip
    assert "SN-7" not in small.call("GET", f"/runs/{listed[0]['runs'][0]}").text
    for method, door in (("GET", ""), ("GET", "/device_alarm/events"), ("GET", path.removeprefix("/inbound")), ("POST", f"{path.removeprefix('/inbound')}/retry")):  # fmt: skip
        assert small.call(method, f"/inbound{door}", by=small.lin).status_code == 403
    assert small.call("POST", "/inbound/device_alarm/secret", json={}).status_code == 403
    assert small.call("GET", f"/inbound/device_alarm/events/{encode(1)}").status_code == 404
