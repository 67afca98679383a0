"""The OpenAPI description keeps what it promises: Schemathesis tries every operation with made-up and with broken requests."""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
EXAMPLES = 15


def test_schemathesis_finds_no_fault(app: Any, seller: Any) -> None:
    seller("POST", "/records/account", json={"name": "恒拓精密", "size": 320})
    headers = {"Authorization": f"Bearer {seller.secret}"}
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, headers=headers)
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()

        @settings(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        def try_it(case: Any) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS)

        given(case=operation.as_strategy())(try_it)()
        tried += 1
    assert tried >= 9
