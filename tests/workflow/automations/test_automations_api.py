"""Automations by the API: what there is, what ran and why not, trying again, switching; for those with the ability only."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from looseleaf_platform.identity import tokens
from looseleaf_platform.records.ids import encode
from looseleaf_ui_builder.compose import create_app
from support.workspaces import as_user

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
RULES = (
    "automation: mark\nlabel: {zh: 打标, en: Mark}\nobject: deal\ntrigger: {field_changed: status}\nwhen: total > 5\n"
    "steps: [{tag: t, add: [x]}, {assign: up, who: {manager: {of: owner}}}]\n",
    "automation: by_hand\nobject: deal\ntrigger: manual\nsteps: [{wait: w, for: 1 days}]\n",
)


@pytest.fixture
def ops(firm):
    """Somebody who looks after automations, and reads deals."""
    firm.publish(*RULES)
    return as_user(firm.workspace, ["ops"])


@pytest.fixture
def call(firm, ops):
    """call("GET", "/automations", by=context): a request with a token of a person."""
    client = create_app(firm.workspace, TESTING=True).test_client()

    def request(method: str, path: str, by: Any = None, **more: Any) -> Any:
        person = firm.workspace.context(firm.workspace.actor((by or ops).actor.id), "api")
        headers = {"Authorization": f"Bearer {tokens.create(person, 'test')[1]}", "Accept-Language": more.pop("language", "en")}
        return client.open(f"/api/v1{path}", method=method, headers=headers, **more)

    return request


def fail(firm):
    deal = firm.deal(by=firm.boss, owner=firm.boss.actor.id, total=9, status="draft")
    firm.change(deal, status="sent")
    firm.settle()
    return deal


def test_the_list_says_what_there_is_whether_it_is_on_and_how_its_runs_went(firm, call):
    fail(firm)
    said = call("GET", "/automations", language="zh").json["data"]
    assert said[1] == {
        "name": "mark", "label": "打标", "object": "deal", "trigger": "field_changed", "on": True, "order": 100, "runs": {"failed": 1},
    }  # fmt: skip


def test_t49_runs_and_their_steps_are_told(firm, call):
    deal = fail(firm)
    (listed,) = call("GET", f"/automations/mark/runs?state=failed&record={encode(deal)}").json["data"]
    run = call("GET", f"/runs/{listed['id']}").json
    assert [(step["path"], step["state"]) for step in run["steps"]] == [("t", "done"), ("up", "failed")]
    assert (run["record"], run["event"]["changed"], run["actor"]) == (encode(deal), ["status"], encode(firm.lin.actor.id))
    assert run["error"] == "up: There is nobody to give the record to"


def test_t33_t34_runs_are_tried_again_and_cancelled(firm, call):
    fail(firm)
    (listed,) = call("GET", "/automations/mark/runs").json["data"]
    again = call("POST", f"/runs/{listed['id']}/retry", json={"from": "start", "version": "current"})
    assert (again.status_code, again.json["run"] != listed["id"]) == (200, True)
    assert call("POST", f"/runs/{listed['id']}/retry", json={"from": "middle"}).status_code == 422
    started = call("POST", "/automations/by_hand/runs", json={"record": encode(firm.deal())}).json["run"]
    firm.settle()
    assert call("POST", f"/runs/{started}/cancel").status_code == 200
    assert call("GET", f"/runs/{started}").json["state"] == "cancelled"
    assert call("POST", f"/runs/{started}/cancel").status_code == 403


def test_t47_t50_dry_runs_and_explanations(firm, call):
    deal = encode(firm.deal(total=1, status="draft"))
    firm.settle()
    dry = call("POST", "/automations/mark/dry-run", json={"record": deal, "values": {"status": "sent", "total": "9"}}).json
    assert (dry["would_run"], [step["path"] for step in dry["steps"]]) == (True, ["t", "up"])
    why = call("GET", f"/automations/mark/why/{deal}", language="zh").json
    assert (why["reason"], why["run"]) == ({"code": "trigger", "text": "字段没有发生这样的变化"}, None)


def test_t51_switches(firm, call):
    assert call("POST", "/automations/mark/switch", json={"on": False, "reason": "x"}).json == {"on": False, "runs": 0}
    assert [one["on"] for one in call("GET", "/automations").json["data"]] == [True, False]
    call("POST", "/automations/switch", json={"on": False})
    assert [one["on"] for one in call("GET", "/automations").json["data"]] == [False, False]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/automations"), ("GET", "/automations/mark/runs"), ("POST", "/automations/mark/switch"), ("GET", "/runs/0000000000001"),
        ("POST", "/runs/0000000000001/retry"), ("POST", "/automations/mark/dry-run"), ("GET", "/automations/mark/why/0000000000001"),
    ],
)  # fmt: skip
def test_nobody_else_learns_anything(firm, call, method, path):
    assert call(method, path, by=firm.lin, **({"json": {}} if method == "POST" else {})).status_code == 403


@pytest.mark.filterwarnings("ignore")
def test_answers_are_as_the_description_says_they_are(firm, ops, call):
    fail(firm)
    firm.deal(status="sent")
    firm.settle()
    context = firm.workspace.context(ops.actor, "api")
    app = create_app(firm.workspace, TESTING=True)
    headers = {"Authorization": f"Bearer {tokens.create(context, 'test')[1]}"}
    described = app.test_client().get("/api/v1/openapi.json", headers=headers).json
    described["paths"] = {path: item for path, item in described["paths"].items() if "/automations" in path or "/runs/" in path}
    assert len(described["paths"]) == 10
    schema = schemathesis.openapi.from_dict(described)
    schema.app = app
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=12, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def check(case):
            if "id" in case.path_parameters and len(case.path_parameters["id"]) != 13:
                case.path_parameters["id"] = encode(firm.runs()[0]["id"])
            case.call_and_validate(app=app, headers=headers, checks=CHECKS)

        check()
