"""Clocks by the API: what is left, what would stop it, what was told; and what publishing changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jsonschema import Draft202012Validator

from looseleaf_platform.context import Context
from looseleaf_platform.identity import tokens
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change
from looseleaf_ui_builder.compose import create_app
from support.service import OFFICE, Desk

Make = Callable[..., Desk]
POLICY = """
sla: care
label: {zh: 服务承诺, en: Service promise}
object: ticket
calendar: office
clocks:
  - clock: first
    label: {zh: 首次响应, en: First response}
    stop: {from: message.ticket, where: sent}
    target: 4 workhours
    warn: [50%]
  - clock: solved
    stop: "status == 'resolved'"
    pause_when: "secret is not None"
    target: 1 workdays
"""


class Caller:
    """Requests with a token of a person."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.client = create_app(desk.workspace, TESTING=True).test_client()

    def __call__(self, path: str, by: Context, language: str = "en") -> Any:
        secret = tokens.create(self.desk.by(by), "test")[1]
        return self.client.get(f"/api/v1{path}", headers={"Authorization": f"Bearer {secret}", "Accept-Language": language})


def test_whoever_sees_a_record_sees_what_is_promised_of_it_and_what_is_left(desk: Make) -> None:
    at = desk(OFFICE, POLICY)
    call, id = Caller(at), at.ticket()
    path = f"/records/ticket/{encode(id)}/clocks"
    at.later(hours=3)  # 12:30, half an hour into the break
    at.write(Change("update", "ticket", id, {"secret": "x"}), by=at.boss)
    first, solved = call(path, at.lin).json["data"]
    assert first == {
        "kind": "sla", "policy": "care", "policy_label": "Service promise", "clock": "first", "label": "First response",
        "state": "running", "target": "4 workhours", "working_time": True, "started_at": "2026-03-02T01:30:00Z",
        "elapsed": 9000, "remaining": 5400, "percent": 62, "due_at": "2026-03-02T07:00:00Z", "provisional": False,
        "missed": False, "missed_at": None, "warnings": [50], "stops": ["a new record: Message (Sent is set)"], "waits": None,
        "history": [{"event": "sla_warned", "percent": 50, "at": "2026-03-02T03:30:00Z"}],
    }  # fmt: skip
    assert call(path, at.lin, "zh").json["data"][0]["label"] == "首次响应"
    assert (solved["state"], solved["due_at"]) == ("paused", None)
    assert solved["waits"] == "a condition on something that you may not see"
    assert "Secret" in call(path, at.boss).json["data"][1]["waits"]


def test_the_description_says_what_is_answered(desk: Make) -> None:
    at = desk(OFFICE, POLICY)
    call, id = Caller(at), at.ticket()
    described = call("/openapi.json", at.boss).json
    for path, answered in (
        ("/api/v1/records/ticket/{id}/clocks", call(f"/records/ticket/{encode(id)}/clocks", at.boss).json),
        ("/api/v1/clock-adoptions", call("/clock-adoptions", at.boss).json),
    ):
        schema = described["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        Draft202012Validator({**schema, "components": described["components"]}).validate(answered)
        assert answered["data"]
    assert call("/clock-adoptions", at.lin).status_code == 403
    assert "/api/v1/clock-adoptions" not in call("/openapi.json", at.lin).json["paths"]
    assert call(f"/records/ticket/{encode(id + 1)}/clocks", at.lin).status_code == 404
    assert call(f"/records/ticket/{encode(id)}/clocks?x=1", at.lin).status_code == 400
