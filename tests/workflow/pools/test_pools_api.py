"""Pools and assignment by the API: what there is, acts with an answer for each record, what keeps a record and when it returns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from looseleaf_platform.context import Context
from looseleaf_platform.identity import tokens
from looseleaf_platform.records.ids import encode
from looseleaf_ui_builder.compose import create_app
from support.leads import LIN, Leads

Firm = Callable[..., Leads]
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
POOL = """
pool: lake
label: {zh: 线索公海, en: Lead pool}
object: lead
members: [rep]
managers: [boss]
claim: {per_day: 2, new_wait: 1 hours}
protect: {for: 5 days, max_extensions: 1}
return: {any: [{rule: no_followup, after: 10 days, from: activity.lead}], warn: [3 days], exempt: "coalesce(locked, False)"}
hide_in_pool: [mobile]
"""
RULES = "assignment: web\nobject: lead\nwhen: \"region == 'east'\"\nrules:\n  - {to: {round_robin: rep}}\n"


class Caller:
    """Requests with a token of a person."""

    def __init__(self, leads: Leads) -> None:
        self.leads = leads
        self.client = create_app(leads.workspace, TESTING=True).test_client()

    def __call__(self, method: str, path: str, by: Context | None = None, language: str = "en", **more: Any) -> Any:
        secret = tokens.create(self.leads.again(by or self.leads.people[0]), "test")[1]
        headers = {"Authorization": f"Bearer {secret}", "Accept-Language": language}
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **more)


def test_pools_are_listed_with_what_lies_in_them_and_what_one_holds(firm: Firm) -> None:
    leads = firm(POOL)
    call = Caller(leads)
    ids = [leads.make() for _ in range(3)]
    leads.clock.advance(hours=1)
    call("POST", "/pools/lake/claims", json={"ids": [encode(ids[0])]})
    assert call("GET", "/pools", language="zh").json["data"] == [
        {
            "name": "lake",
            "label": "线索公海",
            "object": "lead",
            "count": 2,
            "held": 1,
            "manager": False,
            "per_day": 2,
            "hold_max": None,
            "ask": [],
        }
    ]


def test_p17_a_claim_of_several_answers_for_each(firm: Firm) -> None:
    leads = firm(POOL)
    call = Caller(leads)
    ids = [leads.make() for _ in range(3)]
    leads.clock.advance(hours=1)
    said = call("POST", "/pools/lake/claims", json={"ids": [encode(id) for id in ids]})
    assert (said.status_code, [one["done"] for one in said.json["data"]]) == (200, [True, True, False])
    assert said.json["data"][2]["message"] == "2 a day may be claimed here: that is reached today"
    assert [leads.owner(id) for id in ids] == [LIN, LIN, ""]


def test_what_keeps_a_record_and_when_it_returns_is_told(firm: Firm) -> None:
    leads = firm(POOL)
    call = Caller(leads)
    id = leads.make()
    path = f"/records/lead/{encode(id)}/pool"
    lying = call("GET", path).json["data"]
    assert (lying["state"], lying["claimable_from"], lying["returns_at"]) == ("in_pool", "2026-03-02T02:30:00Z", None)
    leads.clock.advance(hours=1)
    call("POST", "/pools/lake/claims", json={"ids": [encode(id)]})
    owned = call("GET", path).json["data"]
    assert (owned["state"], owned["protected_until"], owned["returns_at"]) == ("owned", "2026-03-07T02:30:00Z", "2026-03-12T02:30:00Z")
    assert owned["warnings"] == [{"at": "2026-03-09T02:30:00Z", "before": "3 days"}]
    assert owned["stops"] == ["a new record: Activity (No follow-up, 10 days)"]
    assert [one["event"] for one in owned["history"]] == ["claimed", "entered"]
    leads.change(id, locked=True)
    assert (call("GET", path).json["data"]["exempt"], call("GET", path).json["data"]["returns_at"]) == (True, None)


def test_p07_a_manager_extends_the_protection_over_http(firm: Firm) -> None:
    leads = firm(POOL)
    call = Caller(leads)
    id = leads.make(owner=leads.people[0].actor.id)
    path = f"/records/lead/{encode(id)}/pool"
    assert call("POST", path, json={}).status_code == 403
    assert call("POST", path, json={"reason": "休假"}, by=leads.boss).json["data"]["protected_until"] == "2026-03-12T01:30:00Z"
    assert call("POST", path, json={}, by=leads.boss).status_code == 422


def test_p16_a_manager_assigns_and_pulls_back_over_http(firm: Firm) -> None:
    leads = firm(POOL)
    call = Caller(leads)
    id = leads.make()
    body = {"ids": [encode(id)], "user": encode(leads.people[0].actor.id or 0)}
    assert call("POST", "/pools/lake/assignments", json=body).status_code == 403
    assert call("POST", "/pools/lake/assignments", json=body, by=leads.boss).json["data"][0]["done"]
    assert leads.owner(id) == LIN
    assert call("POST", "/pools/lake/returns", json={"ids": [encode(id)]}, by=leads.boss).json["data"][0]["done"]
    assert leads.owner(id) == ""


def test_what_is_asked_wrongly_is_told_where(firm: Firm) -> None:
    leads = firm(POOL)
    call = Caller(leads)
    assert call("POST", "/pools/lake/claims", json={"ids": ["x"]}).json["errors"][0]["pointer"] == "/ids/0"
    assert call("POST", "/pools/lake/claims", json={}).json["errors"][0]["pointer"] == "/ids"
    assert call("POST", "/pools/sea/claims", json={"ids": []}).status_code == 404
    assert call("GET", "/pools?x=1").status_code == 400


def test_why_this_owner_and_a_simulation_are_answered(firm: Firm) -> None:
    leads = firm(POOL, RULES)
    call = Caller(leads)
    id = leads.make(region="east")
    [told] = call("GET", f"/records/lead/{encode(id)}/assignment").json["data"]
    assert (told["outcome"], told["owner"]) == ("assigned", encode(leads.people[0].actor.id or 0))
    assert told["reasons"] == ["Rule “rule_1”: turn 1 among 3 people"]
    window = {"since": leads.clock().isoformat(), "until": (leads.clock() + timedelta(hours=1)).isoformat()}
    assert call("GET", "/assignments/web/simulation", query_string=window).status_code == 403
    assert call("GET", "/assignments/web/simulation", query_string={"since": "x"}, by=leads.boss).status_code in (400, 403)


def test_schemathesis_finds_no_fault_in_pools_and_assignment(firm: Firm) -> None:
    leads = firm(POOL, RULES)
    lead = encode(leads.make())
    headers = {"Authorization": f"Bearer {tokens.create(leads.again(leads.boss), 'test')[1]}"}
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", create_app(leads.workspace, TESTING=True), headers=headers)
    tried = 0
    for result in schema.include(path_regex="(pools.*|pool|assignment|simulation)$").get_all_operations():

        @settings(max_examples=12, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        def try_it(case: Any) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS)
            if "id" in case.path_parameters:
                case.path_parameters["id"] = lead
                case.call_and_validate(headers=headers, checks=CHECKS)

        given(case=result.ok().as_strategy())(try_it)()
        tried += 1
    assert tried == 8
