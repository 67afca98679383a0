"""Conversion by the API: what would become of a lead, converting, where it went, and faults at their places."""

from __future__ import annotations

from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from looseleaf_platform.context import Context
from looseleaf_platform.identity import tokens
from looseleaf_platform.records.ids import encode
from looseleaf_ui_builder.compose import create_app
from support.converting import Converting

CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)


class Caller:
    """Requests with a token of a person."""

    def __init__(self, firm: Converting) -> None:
        self.firm = firm
        self.client = create_app(firm.workspace, TESTING=True).test_client()

    def __call__(self, method: str, path: str, by: Context | None = None, **more: Any) -> Any:
        secret = tokens.create(self.firm.again(by or self.firm.lin), "test")[1]
        headers = {"Authorization": f"Bearer {secret}", "Accept-Language": "en"}
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **more)


def test_a_preview_shows_what_was_found_and_why_and_writes_nothing(leads: Converting) -> None:
    call = Caller(leads)
    account = encode(leads.make("account", name="恒拓精密"))
    lead = encode(leads.lead(region="east", budget="5 CNY"))
    [seen] = call("POST", "/conversions/lead/preview", json={"records": [{"id": lead}]}).json["data"]
    firm, person, deal = seen["targets"]
    assert (seen["ready"], seen["code"], seen["became"]) == (True, None, None)
    assert (firm["as"], firm["id"], firm["kept"]) == ("take", account, ["name"])
    assert firm["values"] == {"phone": "+8613900010001", "region": "east"}
    assert firm["matches"] == [{"id": account, "title": "恒拓精密", "same": ["name"], "agrees": True, "changeable": True}]
    assert (person["as"], person["id"], person["matches"]) == ("make", None, [])
    assert (deal["as"], deal["values"]["name"]) == ("make", "恒拓精密有限公司 首单")
    assert (len(leads.all("account")), leads.rows("converted_record")) == (1, [])


def test_a_lead_is_converted_and_where_it_went_is_told(small: Converting) -> None:
    call = Caller(small)
    lead = encode(small.lead())
    choices = {"deal": {"as": "make", "values": {"name": "首单", "amount": {"amount": "9", "currency": "CNY"}}}}
    said = call("POST", "/conversions/lead", json={"records": [{"id": lead, "targets": choices}]})
    assert said.status_code == 200
    [done] = said.json["data"]
    assert [(one["target"], one["how"]) for one in done["became"]] == [("account", "made"), ("contact", "made"), ("deal", "made")]
    [told] = call("GET", f"/records/lead/{lead}/conversion").json["data"]
    assert (told["conversion"], told["became"]) == ("lead", done["became"])
    assert [one["name"] for one in small.all("deal")] == ["首单"]
    again = call("POST", "/conversions/lead", json={"records": [{"id": lead}]})
    assert (again.status_code, again.json["errors"][0]["code"], again.json["errors"][0]["pointer"]) == (
        422,
        "already-converted",
        "/records/0",
    )
    assert call("GET", f"/records/lead/{lead}/conversion", by=small.wu).status_code == 404
    helped = call("GET", f"/records/lead/{lead}/conversion", by=small.gu).json["data"]
    assert [one["target"] for one in helped[0]["became"]] == ["account", "contact", "deal"]


def test_the_conversions_of_a_person_are_listed(small: Converting) -> None:
    [listed] = Caller(small)("GET", "/conversions").json["data"]
    assert (listed["name"], listed["label"], listed["object"]) == ("lead", "Convert", "lead")
    assert listed["targets"][2] == {"name": "deal", "object": "deal", "may_skip": True, "ask": ["name", "amount"]}


def test_what_is_asked_wrongly_is_told_where(small: Converting) -> None:
    call = Caller(small)
    lead = encode(small.lead())
    cases: dict[str, Any] = {
        "/records": {},
        "/records/0/id": {"records": [{"id": "x"}]},
        "/records/0": {"records": ["x"]},
        "/records/0/targets/firm": {"records": [{"id": lead, "targets": {"firm": {"as": "make"}}}]},
        "/records/0/targets/deal/as": {"records": [{"id": lead, "targets": {"deal": {"as": "do"}}}]},
        "/records/0/targets/account": {"records": [{"id": lead, "targets": {"account": {"as": "skip"}}}]},
        "/records/0/targets/account/id": {"records": [{"id": lead, "targets": {"account": {"as": "take"}}}]},
        "/records/0/targets/deal/values/stage": {
            "records": [{"id": lead, "targets": {"deal": {"as": "make", "values": {"stage": "won"}}}}]
        },
        "/records/1/id": {"records": [{"id": lead}, {"id": lead}]},
    }
    for pointer, body in cases.items():
        said = call("POST", "/conversions/lead", json=body)
        assert (said.status_code, said.json["errors"][0]["pointer"]) == (422, pointer), said.json
    assert call("POST", "/conversions/leed", json={"records": []}).status_code == 404
    assert small.rows("converted_record") == []


def test_schemathesis_finds_no_fault_in_conversion(small: Converting) -> None:
    lead = encode(small.lead())
    headers = {"Authorization": f"Bearer {tokens.create(small.again(small.lin), 'test')[1]}"}
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", create_app(small.workspace, TESTING=True), headers=headers)
    tried = 0
    for result in schema.include(path_regex="conversion").get_all_operations():

        @settings(max_examples=12, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        def try_it(case: Any) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS)
            if "id" in case.path_parameters:
                case.path_parameters["id"] = lead
                case.call_and_validate(headers=headers, checks=CHECKS)

        given(case=result.ok().as_strategy())(try_it)()
        tried += 1
    assert tried == 4
