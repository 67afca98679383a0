"""The description of the API for programs, held against what is answered."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from looseleaf_platform.identity import tokens
from looseleaf_platform.records.ids import encode
from support.inbound import alarm

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)


@pytest.mark.filterwarnings("ignore")
def test_answers_are_as_the_description_says_they_are(small):
    small.begin()
    small.send()
    small.send(alarm(alarm="A-2", device={"serial": "SN-9"}))
    small.settle()
    admin = small.workspace.context(small.admin.actor, "api")
    headers = {"Authorization": f"Bearer {tokens.create(admin, 'test')[1]}"}
    app = small.client.application
    described = small.client.get("/api/v1/openapi.json", headers=headers).json
    described["paths"] = {path: item for path, item in described["paths"].items() if "/inbound" in path}
    assert len(described["paths"]) == 6
    body = described["paths"]["/api/v1/inbound/device_alarm"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["device"]["properties"]["serial"]["type"] == ["string", "null"]
    assert "critical" in body["properties"]["severity"]["enum"]
    schema = schemathesis.openapi.from_dict(described)
    schema.app = app
    ids = [encode(row["id"]) for row in small.rows("inbound_event")]
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(
            max_examples=10, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def check(case):
            if "id" in case.path_parameters and len(case.path_parameters["id"]) % 2:
                case.path_parameters["id"] = ids[-1]
            case.call_and_validate(app=app, headers=headers, checks=CHECKS)

        check()


def test_who_does_not_look_after_automations_is_told_of_no_source(small):
    small.begin()
    headers = {"Authorization": f"Bearer {tokens.create(small.workspace.context(small.lin.actor, 'api'), 'test')[1]}"}
    assert not [path for path in small.client.get("/api/v1/openapi.json", headers=headers).json["paths"] if "inbound" in path]
