"""Records over HTTP: what goes in comes out, and everything that can go wrong has its status and its words."""

from __future__ import annotations

import json
from typing import Any

import pytest


def make(seller: Any, **values: Any) -> str:
    """A new account's id."""
    response = seller("POST", "/records/account", json={"name": "恒拓精密", **values})
    assert response.status_code == 201, response.json
    return str(response.json["id"])


def test_a_record_is_created_read_changed_and_deleted(seller: Any) -> None:
    id = make(seller, size=320, founded="2001-03-05", tier="a")
    response = seller("GET", f"/records/account/{id}")
    assert response.headers["ETag"] == '"1"'
    assert (response.json["name"], response.json["size"], response.json["founded"], response.json["tier"]) == (
        "恒拓精密",
        320,
        "2001-03-05",
        "a",
    )
    changed = seller("PATCH", f"/records/account/{id}", json={"size": 321}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json["version"]) == (200, 2)
    assert seller("DELETE", f"/records/account/{id}").status_code == 204
    assert seller("GET", f"/records/account/{id}").status_code == 404


def test_a_list_is_filtered_sorted_counted_and_paged(seller: Any) -> None:
    for number in range(7):
        make(seller, name=f"Firm {number}", size=number)
    where = json.dumps({"or": [{"field": "size", "op": "ge", "value": 5}, {"field": "name", "op": "eq", "value": "Firm 0"}]})
    first = seller(
        "GET", "/records/account", query_string={"filter": where, "sort": "-size", "page[size]": 2, "count": "true", "fields": "name"}
    )
    assert [row["name"] for row in first.json["data"]] == ["Firm 6", "Firm 5"]
    assert first.json["count"] == {"value": 3, "capped": False}
    assert set(first.json["data"][0]) == {"id", "version", "name"}
    second = seller("GET", "/records/account", query_string={"filter": where, "sort": "-size", "page[size]": 2, "fields": "name", "page[after]": first.json["page"]["next"]})  # fmt: skip
    assert [row["name"] for row in second.json["data"]] == ["Firm 0"]


def test_a_list_of_records_is_created_all_or_nothing(seller: Any) -> None:
    response = seller("POST", "/records/account", json=[{"name": "One"}, {"name": None}, {"nam": "Three"}])
    assert response.status_code == 422
    assert {error["pointer"] for error in response.json["errors"]} >= {"/1/name", "/2/nam"}
    assert seller("GET", "/records/account").json["data"] == []


def test_the_same_request_with_the_same_key_is_done_once(seller: Any) -> None:
    headers = {"Idempotency-Key": "order-17"}
    first = seller("POST", "/records/account", json={"name": "Once"}, headers=headers)
    again = seller("POST", "/records/account", json={"name": "Once"}, headers=headers)
    assert first.json["id"] == again.json["id"]
    assert len(seller("GET", "/records/account").json["data"]) == 1
    assert seller("POST", "/records/account", json={"name": "Other"}, headers=headers).status_code == 422


def test_a_stale_version_is_a_conflict(seller: Any) -> None:
    id = make(seller)
    seller("PATCH", f"/records/account/{id}", json={"size": 1}, headers={"If-Match": '"1"'})
    response = seller("PATCH", f"/records/account/{id}", json={"size": 2}, headers={"If-Match": '"1"'})
    assert (response.status_code, response.json["type"], response.json["version"]) == (412, "/problems/conflict", 2)
    assert seller("PATCH", f"/records/account/{id}", json={"size": 2}).status_code == 428


def test_a_broken_rule_is_told_with_its_pointer_in_the_readers_language(seller: Any) -> None:
    response = seller("POST", "/records/account", json={"name": "Big", "size": 2_000_000}, headers={"Accept-Language": "zh"})
    assert response.status_code == 422
    assert response.mimetype == "application/problem+json"
    assert response.json["errors"] == [{"pointer": "/size", "code": "rule", "message": "人数太多"}]


@pytest.mark.parametrize(
    ("body", "status"), [(b"{", 400), (b'"text"', 422), (b"[1]", 422), (b"\xff", 400), (b"[" * 2000, 400), (b'{"name": "\\u0000"}', 422)]
)
def test_a_body_that_is_no_record_is_refused(seller: Any, body: bytes, status: int) -> None:
    assert seller("POST", "/records/account", data=body, content_type="application/json").status_code == status


@pytest.mark.parametrize(
    "query",
    [
        {"filter": "{"}, {"filter": '{"field": "nope"}'}, {"filter": '{"field": "size", "op": "near"}'},
        {"filter": '{"field": "size", "op": "eq", "value": "many"}'}, {"sort": "nope"}, {"fields": "nope"}, {"page[size]": "0"},
        {"page[size]": "1e9"}, {"page[after]": "nonsense"}, {"unknown": "1"}, {"count": "perhaps"},
        {"filter": '{"not": ' * 40 + "{}" + "}" * 40},
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_understood_is_a_bad_query(seller: Any, query: dict[str, str]) -> None:
    assert seller("GET", "/records/account", query_string=query).status_code == 400


def test_a_hidden_field_is_nowhere(seller: Any, call_as: Any) -> None:
    id = make(seller)
    assert "revenue" not in seller("GET", f"/records/account/{id}").json
    asked, never = (seller("GET", "/records/account", query_string={"sort": name}) for name in ("revenue", "nonsense"))
    assert asked.status_code == never.status_code == 400
    refused = seller("PATCH", f"/records/account/{id}", json={"revenue": "5"}, headers={"If-Match": "*"})
    unknown = seller("PATCH", f"/records/account/{id}", json={"nonsense": "5"}, headers={"If-Match": "*"})
    assert refused.json["errors"][0]["code"] == unknown.json["errors"][0]["code"]
    assert "revenue" not in json.dumps(seller("GET", "/openapi.json").json)
    assert "revenue" not in json.dumps(seller("GET", "/metadata/objects/account").json)


def test_not_there_and_not_for_you_look_the_same(seller: Any, call_as: Any) -> None:
    id = seller("POST", "/records/deal", json={"name": "Mine"}).json["id"]
    other = call_as("seller", name="other")
    answers = [other("GET", path) for path in (f"/records/deal/{id}", "/records/deal/0000000000000", "/records/deal/x", "/records/nope/x")]
    assert {response.status_code for response in answers} == {404}
    assert len({json.dumps(response.json) for response in answers}) == 1


def test_without_a_valid_token_nothing_is_told(app: Any, seller: Any) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}):
        response = app.test_client().get("/api/v1/records/account", headers=headers)
        assert response.status_code == 401
        assert "WWW-Authenticate" in response.headers


def test_who_may_read_may_not_write(seller: Any, call_as: Any) -> None:
    visitor, id = call_as("visitor", name="visitor"), make(seller)
    assert visitor("GET", f"/records/account/{id}").status_code == 200
    assert visitor("POST", "/records/account", json={"name": "No"}).status_code == 403
    assert visitor("PATCH", f"/records/account/{id}", json={"name": "No"}, headers={"If-Match": "*"}).status_code == 403


def test_a_token_may_do_less_than_its_owner(call_as: Any) -> None:
    limited = call_as("seller", limits=["account:read"])
    assert limited("GET", "/records/account").status_code == 200
    assert limited("POST", "/records/account", json={"name": "No"}).status_code in (403, 404)
    assert limited("GET", "/records/deal").status_code == 404


def test_metadata_says_what_the_caller_may_use(seller: Any) -> None:
    names = [entry["name"] for entry in seller("GET", "/metadata/objects").json["objects"]]
    assert {"account", "deal"} <= set(names)
    fields = {field["name"]: field for field in seller("GET", "/metadata/objects/account").json["fields"]}
    assert fields["tier"]["options"][0]["name"] == "a"


def test_health_readiness_and_metrics_answer(app: Any, seller: Any) -> None:
    client = app.test_client()
    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").text.startswith("ready, revision ")
    seller("GET", "/records/account")
    assert "looseleaf_requests_total" in client.get("/metrics").text
