"""Approvals by the API: submitting, looking ahead, one's tasks, deciding, taking back; nothing that a step hides."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from looseleaf_platform.context import Context
from looseleaf_platform.identity import tokens
from looseleaf_platform.records.ids import encode
from looseleaf_ui_builder.compose import create_app
from looseleaf_workflow.approvals.events import Broke
from looseleaf_workflow.running.stored import read_events
from support.approving import DISCOUNT, Approving

Make = Callable[..., Approving]
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)


class Caller:
    """Requests with a token of a person."""

    def __init__(self, office: Approving) -> None:
        self.office = office
        self.app = create_app(office.workspace, TESTING=True)
        self.client = self.app.test_client()
        self.tokens: dict[int | None, str] = {}

    def headers(self, by: Context) -> dict[str, str]:
        """The headers of a person."""
        if by.actor.id not in self.tokens:
            self.tokens[by.actor.id] = tokens.create(self.office.again(by), "test")[1]
        return {"Authorization": f"Bearer {self.tokens[by.actor.id]}", "Accept-Language": "en"}

    def __call__(self, method: str, path: str, by: Context, key: str = "", **more: Any) -> Any:
        keyed = {"Idempotency-Key": key} if key else {}
        return self.client.open(f"/api/v1{path}", method=method, headers=self.headers(by) | keyed, **more)


def test_a_record_is_submitted_decided_and_approved_by_the_api(firm: Make) -> None:
    office = firm()
    call, deal = Caller(office), office.deal()
    path = f"/records/deal/{encode(deal)}/approvals"
    ahead = call("GET", f"{path}/preview", office.lin).json["data"]
    assert (ahead["approval"], ahead["outcome"]) == ("discount", "approved")
    assert next((one["node"], one["people"]) for one in ahead["nodes"]) == ("manager", [office.code(office.boss)])
    assert office.rows("approval_instance") == []
    made = call("POST", path, office.lin, key="k", json={})
    assert made.status_code == 201
    assert made.json["data"]["held_by"] == [office.code(office.boss)]
    again = call("POST", path, office.lin, key="k", json={})
    assert again.json["data"]["id"] == made.json["data"]["id"]
    second = call("POST", path, office.lin, json={})
    assert (second.status_code, second.json["reason"]) == (409, "running")
    (task,) = call("GET", "/tasks", office.boss).json["data"]
    assert (task["label"], task["kind"], task["title"]) == ("Discount", "approve", "二期产线")
    assert call("GET", "/tasks", office.zhou).json["data"] == []
    assert call("POST", f"/tasks/{task['id']}/decision", office.zhou, json={"decision": "agree"}).status_code == 403
    assert call("POST", f"/tasks/{task['id']}/decision", office.boss, json={"decision": "reject"}).status_code == 422
    decided = call("POST", f"/tasks/{task['id']}/decision", office.boss, json={"decision": "agree", "comment": "fine"})
    assert decided.json["data"]["status"] == "running"
    late = call("POST", f"/tasks/{task['id']}/decision", office.boss, json={"decision": "agree"})
    assert (late.status_code, late.json["by"]) == (409, office.code(office.boss))
    (task,) = call("GET", "/tasks", office.zhou).json["data"]
    passed = call("POST", f"/tasks/{task['id']}/decision", office.zhou, json={"decision": "agree"})
    assert passed.json["data"]["status"] == "approved"
    (seen,) = call("GET", path, office.lin).json["data"]
    assert [one["comment"] for one in seen["trail"] if one["event"] == "voted"] == ["fine", None]


def test_a_task_is_handed_on_and_a_request_taken_back(firm: Make) -> None:
    office = firm()
    call = Caller(office)
    _, id = office.started()
    (task,) = call("GET", "/tasks", office.boss).json["data"]
    to = {"decision": "transfer", "user": office.code(office.chen), "comment": "away"}
    assert call("POST", f"/tasks/{task['id']}/decision", office.boss, json=to).status_code == 200
    assert office.open(id) == {"陈思远"}
    assert call("POST", f"/approvals/{encode(id)}/withdrawal", office.boss, json={}).status_code == 403
    taken = call("POST", f"/approvals/{encode(id)}/withdrawal", office.lin, json={"reason": "a mistake"})
    assert taken.json["data"]["status"] == "withdrawn"
    assert call("GET", "/tasks", office.chen).json["data"] == []


def test_a88_what_a_step_hides_is_in_no_answer_to_its_holder(firm: Make) -> None:
    office = firm(DISCOUNT.replace("    due: 8 hours", "    fields: {hide: [name, amount, discount]}"))
    call = Caller(office)
    deal, id = office.started(name="geheim", amount="424242", discount="0.4242")
    office.change(deal, office.admin, exempt="approval_lock", reason="typing error", amount="434343")
    told = call("GET", "/tasks", office.boss)
    assert told.json["data"][0]["hide"] == ["name", "amount", "discount"]
    trail = call("GET", f"/records/deal/{encode(deal)}/approvals", office.boss)
    for answer in (told, trail):
        said = json.dumps(answer.json, ensure_ascii=False)
        assert answer.status_code == 200
        assert not any(secret in said for secret in ("geheim", "4242", "4343")), said
    assert office.open(id) == {"何文静"}


def test_a81_what_a_step_edits_is_stored_with_its_agreement_or_not_at_all(firm: Make) -> None:
    office = firm(
        "approval: sealing\nobject: deal\nlock: {fields: [seal_no, amount]}\n"
        "flow: [{handle: seal, who: {role: legal}, mode: any, fields: {edit: [seal_no], require: [seal_no]}}]\n"
    )
    call = Caller(office)
    deal, id = office.started()
    (task,) = call("GET", "/tasks", office.zhou).json["data"]
    path, done = f"/tasks/{task['id']}/decision", {"decision": "agree"}
    assert call("POST", path, office.zhou, json=done).status_code == 422
    assert call("POST", path, office.zhou, json=done | {"edits": {"amount": 1}}).json["errors"][0]["code"] == "not-editable"
    assert call("POST", path, office.boss, json=done | {"edits": {"seal_no": "S0"}}).status_code in (403, 422)
    assert office.get(deal)["seal_no"] is None
    assert call("POST", path, office.zhou, json=done | {"edits": {"seal_no": "S1"}}).json["data"]["status"] == "approved"
    assert office.get(deal)["seal_no"] == "S1"
    (voted,) = [row["data"]["body"] for row in office.rows("approval_event", instance_id=id) if row["data"]["body"]["type"] == "voted"]
    assert voted["edits"] == {"seal_no": "S1"}


def test_a43_a45_people_are_added_and_taken_out_again(firm: Make) -> None:
    office = firm()
    call = Caller(office)
    deal, id = office.started()
    (task,) = call("GET", "/tasks", office.boss).json["data"]
    path = f"/tasks/{task['id']}/decision"
    more = {"decision": "add_sign", "users": [office.code(office.chen)], "position": "before", "comment": "a look first"}
    assert call("POST", path, office.boss, json=more | {"position": "above"}).status_code == 422
    assert call("POST", path, office.boss, json=more).json["data"]["status"] == "running"
    assert office.open(id) == {"陈思远"}
    (seen,) = call("GET", f"/records/deal/{encode(deal)}/approvals", office.boss).json["data"]
    (added,) = [one for one in seen["trail"] if one["event"] == "sign_added"]
    assert call("POST", f"/approvals/{seen['id']}/removal", office.lin, json={"slot": added["slots"][0]}).status_code == 403
    assert call("POST", f"/approvals/{seen['id']}/removal", office.boss, json={"slot": added["slots"][0]}).status_code == 200
    assert office.open(id) == {"何文静"}


def test_a54_a57_an_opinion_is_asked_for_and_the_holder_is_urged(firm: Make) -> None:
    office = firm()
    call = Caller(office)
    _, id = office.started()
    (task,) = call("GET", "/tasks", office.boss).json["data"]
    path = f"/tasks/{task['id']}/decision"
    assert call("POST", path, office.boss, json={"decision": "urge"}).status_code == 403
    assert call("POST", path, office.lin, json={"decision": "urge"}).status_code == 200
    again = call("POST", path, office.lin, json={"decision": "urge"})
    assert (again.status_code, again.json["reason"]) == (409, "conflict")
    asked = {"decision": "ask", "user": office.code(office.chen), "comment": "too much?"}
    assert call("POST", path, office.boss, json=asked | {"user": office.code(office.boss)}).status_code == 422
    assert call("POST", path, office.boss, json=asked).status_code == 200
    (task,) = call("GET", "/tasks", office.chen).json["data"]
    assert task["kind"] == "opinion"
    said = {"decision": "agree", "comment": "it is fine"}
    assert call("POST", f"/tasks/{task['id']}/decision", office.chen, json=said).status_code == 200
    assert office.open(id) == {"何文静"}


def test_a58_a73_who_sees_it_comments_and_who_agreed_takes_it_back(firm: Make) -> None:
    office = firm()
    call = Caller(office)
    deal, id = office.started()
    path = f"/approvals/{encode(id)}"
    said = {"text": "who knows the customer?", "mentions": [office.code(office.zhou)]}
    assert call("POST", f"{path}/comments", office.chen, json=said).status_code == 200
    assert [row["user_id"] for row in office.rows("wf_notification") if "提到" in row["text"] or "mentioned" in row["text"]] == [
        office.zhou.actor.id
    ]
    assert call("POST", f"{path}/comments", office.chen, json={"text": "x" * 5001}).status_code == 422
    office.agree(id, office.boss)
    (seen,) = call("GET", f"/records/deal/{encode(deal)}/approvals", office.boss).json["data"]
    (voted,) = [one for one in seen["trail"] if one["event"] == "voted"]
    assert call("POST", f"{path}/takeback", office.zhou, json={"slot": voted["slots"][0]}).status_code == 403
    assert call("POST", f"{path}/takeback", office.boss, json={"slot": "nonsense"}).status_code == 422
    assert call("POST", f"{path}/takeback", office.boss, json={"slot": voted["slots"][0]}).status_code == 200
    assert office.open(id) == {"何文静"}


def test_a74_only_administrators_end_what_others_began(firm: Make) -> None:
    office = firm()
    call = Caller(office)
    _, id = office.started()
    path = f"/approvals/{encode(id)}/termination"
    assert call("POST", path, office.boss, json={"reason": "no"}).status_code == 403
    assert call("POST", path, office.admin, json={"reason": " "}).status_code == 422
    assert call("POST", path, office.admin, json={"reason": "the deal is off"}).json["data"]["status"] == "terminated"
    assert call("POST", f"/approvals/{encode(id)}/retry", office.admin, json={}).status_code == 409


def test_a87_what_was_approved_is_taken_back_by_whom_the_flow_lets(firm: Make) -> None:
    more = 'reverse: {who: {role: legal}, unless: "seal_no is not None"}\non_reversed: [{update: self, values: {agreed: false, note: reversed}}]\n'
    office = firm(DISCOUNT + more)
    call = Caller(office)
    deal, id = office.started()
    path = f"/approvals/{encode(id)}/reversal"
    assert call("POST", path, office.zhou, json={"reason": "too early"}).json["reason"] == "conflict"
    office.agree(id, office.boss)
    office.agree(id, office.zhou)
    assert office.get(deal)["agreed"] is True
    assert call("POST", path, office.boss, json={"reason": "no"}).status_code == 403
    assert call("POST", path, office.chen, json={"reason": " "}).status_code == 422
    office.change(deal, seal_no="S1")
    assert call("POST", path, office.chen, json={"reason": "the customer left"}).status_code == 409
    office.change(deal, seal_no=None)
    assert call("POST", path, office.chen, json={"reason": "the customer left"}).json["data"]["status"] == "reversed"
    assert call("POST", path, office.chen, json={"reason": "again"}).json["data"]["status"] == "reversed"
    assert (office.get(deal)["agreed"], office.get(deal)["note"]) == (False, "reversed")
    (seen,) = call("GET", f"/records/deal/{encode(deal)}/approvals", office.lin).json["data"]
    assert [one["event"] for one in seen["trail"]][-1] == "reversed"
    assert "不再有效：折扣审批" in [row["text"] for row in office.rows("wf_notification", user_id=office.lin.actor.id)]
    assert office.submit(deal) != id


def test_a98_a99_an_instance_goes_on_under_the_new_version_and_back(firm: Make) -> None:
    office = firm()
    call = Caller(office)
    _, id = office.started()
    path = f"/approvals/{encode(id)}/migration"
    assert call("POST", path, office.admin, json={}).json["reason"] == "same-version"
    office.publish(DISCOUNT.replace("approve: manager", "approve: boss"))
    assert call("POST", f"{path}/preview", office.boss, json={}).status_code == 403
    lost = call("POST", f"{path}/preview", office.admin, json={}).json["data"]
    assert (lost["possible"], len(lost["reasons"])) == (False, 1)
    mapped = {"mapping": {"manager": "boss"}}
    assert call("POST", f"{path}/preview", office.admin, json=mapped).json["data"]["possible"] is True
    assert call("POST", path, office.admin, json={}).status_code == 409
    assert call("POST", path, office.admin, json=mapped).status_code == 200
    assert office.instance(id).definition.tree.ids() == ("boss", "legal")
    (task,) = call("GET", "/tasks", office.boss).json["data"]
    assert task["step"] is not None
    assert call("POST", f"{path}/undo", office.admin, json={}).status_code == 200
    assert office.instance(id).definition.tree.ids() == ("manager", "legal")
    office.agree(id, office.boss)
    assert call("POST", f"{path}/undo", office.admin, json={}).status_code == 409


def test_a89_of_several_tasks_each_is_decided_by_itself(firm: Make) -> None:
    sealing = (
        "approval: sealing\nobject: deal\norder: 2\nstart_when: \"note == 'seal'\"\n"
        "flow: [{handle: seal, who: manager, fields: {edit: [seal_no], require: [seal_no]}}]\n"
    )
    office = firm(DISCOUNT, sealing)
    call = Caller(office)
    first, second, sealed = office.started()[1], office.started()[1], office.started(note="seal", amount=1)[1]
    tasks = [one["id"] for one in call("GET", "/tasks", office.boss).json["data"]]
    assert len(tasks) == 3
    many = {"tasks": [*tasks, encode(7)], "decision": "agree"}
    told = call("POST", "/tasks/decisions", office.boss, key="many", json=many).json["data"]
    assert [one["done"] for one in told] == [True, True, False, False]
    assert (told[2]["code"], told[3]["code"]) == ("refused", "not-there")
    assert "seal_no" in told[2]["message"]
    assert "何文静" not in office.open(first) | office.open(second)
    assert office.open(sealed) == {"何文静"}
    assert [one["done"] for one in call("POST", "/tasks/decisions", office.boss, key="many", json=many).json["data"]] == [
        True,
        True,
        False,
        False,
    ]
    without = {"tasks": [one["id"] for one in call("GET", "/tasks", office.zhou).json["data"]], "decision": "reject"}
    assert [one["code"] for one in call("POST", "/tasks/decisions", office.zhou, json=without).json["data"]] == ["refused", "refused"]
    assert call("POST", "/tasks/decisions", office.zhou, json=without | {"tasks": []}).status_code == 400
    assert call("POST", "/tasks/decisions", office.zhou, json=without | {"decision": "transfer"}).status_code == 400


def test_every_answer_of_the_approvals_is_described(firm: Make) -> None:
    office = firm()
    call = Caller(office)
    office.started()
    headers = call.headers(office.boss)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", call.app, headers=headers)
    wanted = {
        (method, path): True
        for path, item in schema.raw_schema["paths"].items()
        for method in item
        if "/tasks" in path or "/approvals" in path
    }
    assert len(wanted) == 16
    deal, tried = encode(office.deal()), 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if (operation.method, operation.path) not in wanted:
            continue
        tried += 1

        @given(case=operation.as_strategy())
        @settings(max_examples=5, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
        def try_it(case: Any) -> None:
            case.call_and_validate(headers=headers, checks=CHECKS)
            if "id" in case.path_parameters:
                case.path_parameters["id"] = deal
                case.call_and_validate(headers=headers, checks=CHECKS)

        try_it()
    assert tried == 16


def test_a10_an_expression_that_raises_keeps_what_it_read_and_says_where_it_stands(firm: Make) -> None:
    chosen = "keeper if today() + days(margin) > today() else owner"
    office = firm(DISCOUNT.replace("who: manager", f"who: {{expr: '{chosen}'}}", 1))
    call = Caller(office)
    deal = office.deal(margin=2_000_000_000)
    id = office.submit(deal)
    with office.workspace.database.read() as connection:
        (broke,) = [event.body for event in read_events(connection, id) if isinstance(event.body, Broke)]
    assert (office.instance(id).state.status, broke.inputs["margin"]) == ("error", 2_000_000_000)
    (seen,) = call("GET", f"/records/deal/{encode(deal)}/approvals", office.admin).json["data"]
    (said,) = [one["comment"] for one in seen["trail"] if one["event"] == "broke"]
    assert said == f"{broke.expression}: {broke.message.partition(chr(58))[0]}"
    assert (chosen in said, "2000000000" in said) == (True, False)
