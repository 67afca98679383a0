"""Stages by the API: the move is an ordinary PATCH; beside it, where a record stands and ticking a key action."""

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

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)


@pytest.fixture
def call(sales):
    """call("GET", "/records/…", by=context): a request with a token of a person."""
    client = create_app(sales.workspace, TESTING=True).test_client()

    def request(method: str, path: str, by: Any = None, **more: Any) -> Any:
        secret = tokens.create(sales.again(by or sales.lin), "test")[1]
        headers = {"Authorization": f"Bearer {secret}", "Accept-Language": more.pop("language", "en"), **more.pop("headers", {})}
        return client.open(f"/api/v1{path}", method=method, headers=headers, **more)

    return request


def test_s01_a_refused_patch_names_each_unmet_criterion_at_the_stage(sales, call):
    deal = encode(sales.deal())
    said = call("PATCH", f"/records/deal/{deal}", json={"stage": "needs"}, headers={"If-Match": "*"})
    assert said.status_code == 422
    assert said.json["errors"] == [
        {"pointer": "/stage", "code": "stage-enter", "message": "To enter “Needs confirmed”: Budget is more than 0"}
    ]
    moved = call("PATCH", f"/records/deal/{deal}", json={"stage": "needs", "budget": 1}, headers={"If-Match": "*"})
    assert (moved.status_code, moved.json["outcome"]) == (200, "updated")


def test_s02_the_reason_of_a_way_back_comes_in_the_address(sales, call):
    id = sales.placed("proposal")
    path, star = f"/records/deal/{encode(id)}", {"If-Match": "*"}
    assert call("PATCH", path, json={"stage": "needs"}, headers=star).status_code == 422
    assert call("PATCH", f"{path}?reason=需求变了", json={"stage": "needs"}, headers=star).status_code == 200
    assert sales.rows("stage_move", id)[-1]["reason"] == "需求变了"


def test_s01_an_exemption_is_asked_for_by_name(sales, call):
    path, star = f"/records/deal/{encode(sales.deal())}", {"If-Match": "*"}
    assert call("PATCH", f"{path}?exempt=gravity&reason=x", json={"stage": "needs"}, headers=star, by=sales.boss).status_code == 400
    assert call("PATCH", f"{path}?exempt=stages&reason=x", json={"stage": "needs"}, headers=star).status_code == 403
    assert call("PATCH", f"{path}?exempt=stages&reason=x", json={"stage": "needs"}, headers=star, by=sales.boss).status_code == 200


def test_where_a_record_stands_is_told_with_all_that_keeps_it(sales, call):
    (found,) = call("GET", f"/records/deal/{encode(sales.placed('needs'))}/stages", language="zh").json["data"]
    assert (found["field"], found["pipeline"], found["stage"], found["visit"], found["movable"]) == ("stage", "b2b", "needs", 1, True)
    assert found["criteria"] == [{"text": "已填写客户 · 行业", "met": True}]
    assert [(one["action"], one["done"], one["by_hand"]) for one in found["actions"]] == [
        ("首次拜访", False, True), ("decision_maker", False, False), ("dinner", False, True),
    ]  # fmt: skip
    assert [(one["from"], one["to"]) for one in found["history"]] == [(None, "需求确认")]


def test_s10_a_key_action_is_ticked_and_unticked(sales, call):
    deal = encode(sales.placed("needs"))
    (found,) = call("POST", f"/records/deal/{deal}/stages", json={"action": "首次拜访"}).json["data"]
    assert (found["actions"][0]["done"], found["actions"][0]["actor"]) == (True, encode(sales.lin.actor.id))
    (found,) = call("POST", f"/records/deal/{deal}/stages", json={"action": "首次拜访", "done": False}).json["data"]
    assert found["actions"][0]["done"] is False
    assert call("POST", f"/records/deal/{deal}/stages", json={"action": 7, "loud": 1}).json["errors"] == [
        {"pointer": "/loud", "code": "unknown-field", "message": "There is no field 'loud'"},
        {"pointer": "/action", "code": "wrong-type", "message": "expected a text"},
    ]


def test_an_object_without_a_pipeline_has_no_stages(sales, call):
    assert call("GET", f"/records/account/{encode(sales.account)}/stages").status_code == 404
    assert call("GET", "/records/deal/0000000000000/stages").status_code == 404
    described = call("GET", "/openapi.json").json["paths"]
    assert "/api/v1/records/deal/{id}/stages" in described
    assert "/api/v1/records/account/{id}/stages" not in described


def test_schemathesis_finds_no_fault_in_stages(sales):
    deal = encode(sales.placed("needs"))
    headers = {"Authorization": f"Bearer {tokens.create(sales.again(sales.lin), 'test')[1]}"}
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", create_app(sales.workspace, TESTING=True), headers=headers)
    tried = 0
    for result in schema.include(path_regex="stages$").get_all_operations():

        @settings(max_examples=15, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        def try_it(case: Any) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS)
            case.path_parameters["id"] = deal
            case.call_and_validate(headers=headers, checks=CHECKS)

        given(case=result.ok().as_strategy())(try_it)()
        tried += 1
    assert tried == 2
