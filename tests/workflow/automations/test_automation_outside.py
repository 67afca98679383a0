"""Effects outside: signed, bounded, with one key, tried again where it helps; and what is told when a step is checked."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta

import pytest

from looseleaf_metadata.problems import MetadataError
from looseleaf_platform.records.ids import encode
from looseleaf_workflow.automations import running, sending, switches
from looseleaf_workflow.automations.retrying import LONGEST, backoff
from support.automations import rule_of as rule

HOOK = "  - {webhook: erp, url: %s, signed_with: erp, body: {id: '{{ id }}', total: '{{ total }}', said: '{{ name }}!'}%s}"


def test_t24_t31_a_webhook_is_signed_has_a_stable_key_and_leaves_a_receipt(firm, sink, monkeypatch):
    monkeypatch.setenv("LOOSELEAF_SECRET_ERP", "geheim")
    firm.publish(rule(HOOK % (sink.url, "")))
    deal = firm.deal(total="12.5")
    firm.settle()
    ((headers, body),) = sink.received
    assert json.loads(body) == {"id": deal, "total": "12.50", "said": "二期!"}
    stamp, mac = (part.split("=", 1)[1] for part in headers[sending.SIGNATURE].split(","))
    assert mac == hmac.new(b"geheim", stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    (run,) = firm.runs()
    (note,) = firm.rows("automation_step", run_id=run["id"])
    assert headers[sending.KEY] == f"{encode(run['id'])}-erp"
    assert headers[sending.CHAIN] == run["chain"]
    assert (note["state"], note["output"]["status"], note["output"]["sha256"]) == ("done", 200, hashlib.sha256(body).hexdigest())


def test_t25_transient_failures_are_tried_again_with_the_same_key_after_growing_pauses(firm, sink, monkeypatch):
    monkeypatch.setenv("LOOSELEAF_SECRET_ERP", "geheim")
    sink.answers = [503, 429, 200]
    firm.publish(rule(HOOK % (sink.url, "")))
    firm.deal()
    firm.settle()
    assert (firm.runs()[0]["state"], len(sink.received)) == ("sleeping", 1)
    for _ in range(2):
        firm.later(minutes=2)
    assert (firm.runs()[0]["state"], firm.rows("automation_step")[0]["attempts"]) == ("done", 3)
    assert len({headers[sending.KEY] for headers, _ in sink.received}) == 1
    assert len({body for _, body in sink.received}) == 1


@pytest.mark.parametrize(("status", "attempts"), [(400, 1), (404, 1), (408, 3), (500, 3)])
def test_t25_what_the_receiver_refuses_is_never_tried_again_and_the_rest_only_so_often(firm, sink, monkeypatch, status, attempts):
    monkeypatch.setenv("LOOSELEAF_SECRET_ERP", "geheim")
    sink.answers = [status]
    firm.publish(rule(HOOK % (sink.url, ", retry: {max: 3}")))
    firm.deal()
    firm.settle()
    for _ in range(5):
        firm.later(hours=2)
    assert (firm.states(), len(sink.received)) == ([("rule", "failed")], attempts)


@pytest.mark.parametrize(("policy", "state", "sent"), [("park", "parked", 1), ("retry", "done", 2)])
def test_t24_where_nobody_knows_whether_it_arrived_the_rule_says_what_then(firm, sink, monkeypatch, policy, state, sent):
    monkeypatch.setenv("LOOSELEAF_SECRET_ERP", "geheim")
    sink.answers = [0, 200]
    firm.publish(rule(HOOK % (sink.url, f", retry: {{on_unknown: {policy}}}")))
    firm.deal()
    firm.settle()
    firm.later(hours=2)
    assert (firm.states(), len(sink.received)) == ([("rule", state)], sent)


def test_e02_a_worker_killed_after_sending_sends_again_with_the_same_key(firm, sink, monkeypatch):
    monkeypatch.setenv("LOOSELEAF_SECRET_ERP", "geheim")
    firm.publish(rule(HOOK % (sink.url, "")))
    real = running._note_receipt

    def dies(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "_note_receipt", dies)
    firm.deal()
    with pytest.raises(KeyboardInterrupt):
        firm.settle()
    monkeypatch.setattr(running, "_note_receipt", real)
    firm.later(minutes=6)
    assert firm.states() == [("rule", "done")]
    assert [headers[sending.KEY] for headers, _ in sink.received] == [sink.received[0][0][sending.KEY]] * 2


def test_t34_a_call_that_is_under_way_when_its_run_is_cancelled_is_finished_and_noted(firm, sink, monkeypatch):
    monkeypatch.setenv("LOOSELEAF_SECRET_ERP", "geheim")
    firm.publish(rule(HOOK % (sink.url, "") + "\n  - {update: mark, values: {note: wrong}}"))

    def cancel():
        with firm.workspace.database.write() as connection:
            switches.cancel_all(connection, firm.system, [firm.runs()[0]["id"]])

    sink.meanwhile = cancel
    deal = firm.deal()
    firm.settle()
    assert (firm.states(), firm.steps(), firm.get(deal)["note"]) == ([("rule", "cancelled")], {"erp": "done"}, None)
    assert firm.rows("automation_step")[0]["output"]["status"] == 200


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "https://10.0.0.8/",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://localhost/",
    ],
)
def test_t31_addresses_of_private_networks_are_refused_once_their_names_are_resolved(url):
    receipt = sending.post({"url": url, "body": {}}, "key", {})
    assert (receipt.state, "private network" in receipt.error) == ("failed", True)


def test_t31_bodies_are_bounded_and_outside_of_the_own_networks_only_encrypted_addresses_are_called():
    large = {"url": "https://example.org/", "body": {"x": "y" * sending.LARGEST_BODY}}
    assert sending.post(large, "key", {}).state == "failed"
    assert "encrypted" in sending.post({"url": "http://8.8.8.8/", "body": {}}, "key", {}).error


def test_t31_secrets_stay_names_in_the_history(firm, sink, monkeypatch):
    monkeypatch.setenv("LOOSELEAF_SECRET_ERP", sink.url)
    firm.publish(rule("  - {webhook: erp, url_secret: erp}"))
    firm.deal()
    firm.settle()
    (note,) = firm.rows("automation_step")
    assert (note["state"], note["input"]["url_secret"], sink.url in json.dumps(note["input"])) == ("done", "erp", False)


def test_t25_pauses_grow_to_an_hour_and_part_those_who_failed_together():
    pauses = [backoff(attempt, "a") for attempt in range(1, 12)]
    assert pauses[:6] == sorted(pauses[:6])
    assert timedelta(seconds=5) <= pauses[0] < timedelta(seconds=7)
    assert LONGEST <= pauses[-1] <= LONGEST * 1.25
    assert len({backoff(1, str(key)) for key in range(50)}) > 40


# --- what can't be written


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("  - {update: a, values: {nothing: 1}}", "nothing"),
        ("  - {update: a, values: {status: gone}}", "not an option"),
        ("  - {update: a, values: {note: '{{ totl }}'}}", "totl"),
        ("  - {update: a, values: {note: x}}\n  - {tag: a, add: [x]}", "already"),
        ("  - {tag: a}", "add or to remove"),
        ("  - {wait: a, until_when: total > 1}", "at_most"),
        ("  - {wait: a}", "say how long"),
        ("  - {wait: a, until: name}", "a date is needed"),
        ("  - {move_stage: a, to: nowhere}", "nowhere"),
        ("  - {each: a, of: {records: task}, flow: [{tag: b, field: marks, add: [x]}]}", "say which"),
        ("  - {each: a, of: {lines: name}, flow: [{update: b, values: {note: x}}]}", "one value"),
        ("  - {webhook: a, url: 'ftp://x'}", "begins with https"),
        ("  - {webhook: a}", "url_secret"),
        ("  - {email: a, subject: x, body: y}", "to whom"),
        ("  - {task: a, who: {role: nobody}, subject: x}", "nobody"),
        ("  - {fly: a}", "fly"),
    ],
)  # fmt: skip
def test_a_step_that_could_not_work_is_told_when_it_is_checked(firm, steps, said):
    with pytest.raises(MetadataError, match=said):
        firm.publish(rule(steps))


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').getcwd()",
        "open('/etc/passwd')",
        "name.__class__",
        "[x for x in name]",
        "1" + " + 1" * 5000,
        "(" * 500 + "1" + ")" * 500,
    ],
)
def test_t30_an_expression_reaches_nothing_outside_and_has_a_bound(firm, expression):
    with pytest.raises(MetadataError):
        firm.publish(rule(f'  - {{update: a, values: {{note: "{{{{ {expression} }}}}"}}}}'))
