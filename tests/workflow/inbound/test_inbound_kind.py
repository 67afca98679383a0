"""What is told of sources of events, and of rules that listen to them, where they can't be right; what a signature proves. No database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from looseleaf_metadata.compile import compile_documents
from looseleaf_metadata.loader import read_documents
from looseleaf_workflow.automations.sending import signature
from looseleaf_workflow.receiving.signing import Unsigned, verify
from looseleaf_workflow.vocabulary import workflow_vocabulary
from support.inbound import ASSETS, RULE, SOURCE

CASES = {
    ("event_id: alarm", "event_id: alarms"): "'alarms' is no field of this event",
    ("event_id: alarm", "event_id: heat"): "the id of an event is a text or a whole number, 'heat' is decimal",
    ("{type: text, required: true, max_length: 40}", "{type: text}"): "every event has its id: say 'required: true' of 'alarm'",
    ("{type: datetime}", "{type: lookup, to: asset}"): "lookup",
    ("{type: datetime}", "{type: datetime, att: /x}"): "att",
    ("/device/serial", "device.serial"): "device.serial",
    ("event: device_alarm", "event: device_alarms"): "did you mean 'device_alarm'",
    ("serial_number: event.serial", "serial_nummer: event.serial"): "unknown field 'serial_nummer' of asset",
    ("serial_number: event.serial", "created_by: event.serial"): "no record is found by 'created_by'",
    ("serial_number: event.serial", "serial_number: event.seriel"): "'event' is not known here",
    ("serial_number: event.serial", "serial_number: name"): "'name' is not known here",
    ("serial_number: event.serial", "heat: event.serial"): "text",
    ("event.severity == 'critical'", "event.severity == 'critcal'"): "critcal",
    ("event.heat > 80", "event.cold > 80"): "event",
    ("{{ event.severity }} {{ event.heat }}", "{{ event.severity }} {{ event.haet }}"): "event",
    ("match: {serial_number: event.serial}", "missing: tell"): "say by which fields the record is found",
    ("event.serial}}", "event.serial}, missing: create}"): "'missing: create' and 'values' stand together",
    ("event.serial}}", "event.serial}, values: {name: x}}"): "'missing: create' and 'values' stand together",
    ("event.serial}}", "event.serial}, missing: create, values: {name: '{{ name }}'}}"): "'name' is not known here",
    ("event.serial}}", "event.serial}, missing: ignore, tell: {role: desk}}"): "nobody is told where 'missing' says something else",
    ("event.serial}}", "event.serial}, tell: owner}"): "owner",
    ("when: ", "sources: [api]\nwhen: "): "no change of a record sets this off",
    ("when: ", "run_as: trigger_user\nwhen: "): "the source of the event acts as nobody",
}


def problems(*texts: str) -> list[str]:
    """What is told of metadata."""
    task = "object: task\ntitle: subject\nowner: optional\nfields: {subject: {type: text}}"
    documents, found = read_documents([(f"document{number}.yaml", text) for number, text in enumerate((ASSETS, task, *texts), 1)])
    return [problem.as_text() for problem in (*found, *compile_documents(documents, workflow_vocabulary()).problems)]


def test_the_source_and_the_rule_that_the_cases_spoil_are_right() -> None:
    assert problems(SOURCE, RULE) == []


@pytest.mark.parametrize("change", CASES, ids=lambda change: change[1][:50])
def test_what_can_not_be_right_is_told(change: tuple[str, str]) -> None:
    both = SOURCE + "---" + RULE
    spoilt = both.replace(*change, 1)
    assert spoilt != both
    told = problems(spoilt)
    assert any(CASES[change] in one for one in told), told


def test_t11_a_signature_holds_for_its_body_its_moment_and_its_secret() -> None:
    now, window, body = datetime(2026, 3, 2, tzinfo=UTC), timedelta(minutes=5), b'{"a": 1}'
    stamp = int(now.timestamp())
    good = signature("geheim", stamp, body)
    verify(good, body, ["neu", "geheim"], now + window, window)
    verify(f"t={stamp},v1=00,{good.partition(',')[2]}", body, ["geheim"], now - window, window)
    for said, sent, secrets in (
        (good, b'{"a": 2}', ["geheim"]),
        (good, body, ["other"]),
        (good, body, []),
        (good.replace(f"t={stamp}", f"t={stamp + 1}"), body, ["geheim"]),
        (f"t={stamp},{good}", body, ["geheim"]),
        (good.replace("t=", "t=x"), body, ["geheim"]),
        (f"t={'9' * 30},v1=00", body, ["geheim"]),
        (",".join(["v1=00"] * 9 + [good]), body, ["geheim"]),
    ):
        with pytest.raises(Unsigned, match="missing or wrong"):
            verify(said, sent, secrets, now, window)
    with pytest.raises(Unsigned, match="too far"):
        verify(good, body, ["geheim"], now + window + timedelta(seconds=1), window)
