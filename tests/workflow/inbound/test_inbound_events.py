"""Events from outside: what is believed, stored and done of them, each once. T11."""

from __future__ import annotations

import json
import threading

import pytest

from looseleaf_platform.jobs import outbox
from looseleaf_workflow.extension import WORKFLOW
from looseleaf_workflow.inbound.reading import LARGEST
from looseleaf_workflow.receiving.taking import TOPIC
from support.inbound import RULE, SOURCE, alarm


def test_t11_an_event_opens_a_ticket_on_the_asset_that_it_names(presses):
    presses.begin()
    answer = presses.send()
    assert answer.status_code == 202
    assert presses.events() == [("A-1", "stored")], "it is stored, with its message, before its sender hears of it"
    presses.settle()
    (ticket,) = presses.all("ticket")
    assert (ticket["subject"], ticket["asset"], ticket["priority"]) == ("压力机: critical 91.5", presses.press, "high")
    assert str(presses.get(presses.press, "asset")["heat"]) == "91.5"
    assert (presses.events(), presses.states()) == ([("A-1", "done")], [("open_ticket", "done")])


def test_t11_the_same_event_sent_again_gets_the_same_answer_and_one_run(presses):
    presses.begin()
    first = presses.send()
    again = presses.send(seconds_ago=30)
    presses.settle()
    late = presses.send(seconds_ago=-5)
    presses.settle()
    assert {(one.status_code, one.json["event"]) for one in (first, again, late)} == {(202, first.json["event"])}
    assert (len(presses.all("ticket")), len(presses.runs())) == (1, 1)
    other = presses.send(alarm(heat=12))
    assert (other.status_code, other.json["reason"]) == (409, "event-id-taken")


def test_t11_two_deliveries_at_the_same_moment_are_one_event(presses):
    presses.begin()
    barrier, answers = threading.Barrier(4), []

    def deliver() -> None:
        body = json.dumps(alarm()).encode()
        headers = presses.signed(body)
        client = presses.client.application.test_client()
        barrier.wait()
        answers.append(client.post("/api/v1/inbound/device_alarm", data=body, headers=headers, content_type="application/json"))

    threads = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    presses.settle()
    assert {(one.status_code, one.json["event"]) for one in answers} == {(202, answers[0].json["event"])}
    assert len(answers) == 4
    assert (presses.events(), len(presses.all("ticket"))) == ([("A-1", "done")], 1)


def test_t11_a_message_that_is_handled_twice_does_nothing_twice(presses):
    presses.begin()
    presses.send()
    message = outbox.Message(1, TOPIC, {"event": presses.send().json["event"]}, 1, presses.clock(), "")
    for _ in range(2):
        WORKFLOW.handlers[TOPIC](presses.workspace, message)
    presses.settle()
    assert (len(presses.runs()), len(presses.all("ticket"))) == (1, 1)


REFUSED = {
    "no signature": ({"headers": {"Looseleaf-Signature": ""}}, 401, "/problems/bad-signature"),
    "half a signature": ({"headers": {"Looseleaf-Signature": "t=1,v1="}}, 401, "/problems/bad-signature"),
    "of another secret": ({"secret": "lli_other"}, 401, "/problems/bad-signature"),
    "of six minutes ago": ({"seconds_ago": 360}, 401, "/problems/stale"),
    "of six minutes from now": ({"seconds_ago": -360}, 401, "/problems/stale"),
    "of an unknown source": ({"name": "nobody"}, 404, "/problems/not-there"),
    "no JSON": ({"said": b"{"}, 422, "/problems/refused"),
    "no UTF-8": ({"said": b'"\xff"'}, 422, "/problems/refused"),
    "deeper than anything": ({"said": b"[" * 30_000}, 422, "/problems/refused"),
    "a number that is none": ({"said": b'{"heat": NaN}'}, 422, "/problems/refused"),
    "no object": ({"said": []}, 422, "/problems/refused"),
    "too large": ({"said": b" " * (LARGEST + 1)}, 413, "/problems/request-entity-too-large"),
}


def test_t11_what_is_not_signed_fresh_small_and_well_formed_is_not_stored(small):
    small.begin()
    for name, (how, status, kind) in REFUSED.items():
        answer = small.send(**how)
        assert (answer.status_code, answer.json["type"]) == (status, kind), name
    assert small.events() == []
    assert small.rows("automation_run") == []


def test_t11_every_fault_of_the_shape_is_told_at_its_place(small):
    small.begin()
    answer = small.send({"alarm": " ", "device": {}, "severity": "loud", "heat": [1], "seen_at": "gestern"})
    assert answer.status_code == 422
    assert [(one["pointer"], one["code"]) for one in answer.json["errors"]] == [
        ("/alarm", "required"), ("/device/serial", "required"), ("/severity", "unknown-option"), ("/heat", "wrong-type"), ("/seen_at", "not-a-date"),
    ]  # fmt: skip


def test_a_secret_replaced_is_good_for_a_while_beside_the_new_one_and_shown_once(presses):
    presses.begin()
    made = presses.call("POST", "/inbound/device_alarm/secret", by=presses.admin, json={"overlap_hours": 2})
    assert (made.status_code, made.json["secret"].startswith("lli_")) == (201, True)
    new = made.json["secret"]
    assert [presses.send(secret=one).status_code for one in (presses.secret, new)] == [202, 202]
    presses.clock.advance(hours=3)
    assert [presses.send(secret=one).status_code for one in (presses.secret, new)] == [401, 202]
    presses.call("POST", "/inbound/device_alarm/secret", by=presses.admin, json={"overlap_hours": 0})
    assert presses.send(secret=new).status_code == 401
    said = presses.call("GET", "/inbound", by=presses.admin)
    assert new not in said.text
    assert said.json["data"][0]["secret"]["before_until"] is None
    first, *_ = presses.rows("inbound_secret")
    assert first["secret"] == "", "of one that is over only who made it stays"


def test_the_id_of_an_event_may_stand_in_a_header(small):
    small.begin(SOURCE.replace("event_id: alarm", "event_id: {header: X-Event-Id}\nsignature: {header: X-Signed, window: 1 hours}"), RULE)
    body = json.dumps(alarm()).encode()
    headers = {"X-Signed": small.signed(body, seconds_ago=3000)["Looseleaf-Signature"]}
    assert small.send(body, headers=headers).status_code == 422
    assert small.send(body, headers={**headers, "X-EVENT-ID": "n-1"}).status_code == 202
    assert small.events() == [("n-1", "stored")]


@pytest.mark.parametrize("tell", ["", ", tell: {role: desk}"])
def test_an_unknown_serial_number_is_kept_and_somebody_is_told(presses, tell):
    presses.begin(SOURCE, RULE.replace("event.serial}", f"event.serial}}{tell}"))
    desk = presses.desk()
    presses.send(alarm(device={"serial": "SN-9"}))
    presses.settle()
    assert (presses.events(), presses.runs()) == ([("A-1", "unmatched")], [])
    assert presses.problems() == ["No record was found by 序列号 SN-9"]
    assert presses.told() == [(desk if tell else presses.ops.actor.id, "Device alarm: nothing was found among “Asset” by 序列号 SN-9")]
    presses.asset("新机", "SN-9")
    assert presses.again().status_code == 200
    presses.settle()
    assert (presses.events(), len(presses.all("ticket"))) == ([("A-1", "done")], 1)
