"""What is wrong in a policy is told where it stands."""

from __future__ import annotations

import pytest

from looseleaf_metadata.compile import compile_documents
from looseleaf_metadata.loader import read_documents
from looseleaf_workflow.vocabulary import workflow_vocabulary
from support.service import DESK, OFFICE

CLOCK = "sla: care\nobject: ticket\nclocks: [{clock: first, stop: \"status == 'resolved'\", target: 4 hours%s}]"


def problems(text: str) -> list[tuple[str, str]]:
    """Codes and pointers of what is wrong with a policy at the desk."""
    documents, faults = read_documents([("desk.yaml", f"{DESK}\n---\n{OFFICE}\n---\n{text}")])
    return [(one.code, one.path) for one in compile_documents(documents, workflow_vocabulary(), faults=faults).problems]


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        (CLOCK.replace("4 hours", "4 workhours") % "", "missing-key", "/clocks/0/target"),
        (CLOCK.replace("ticket", "tickets") % "", "unknown-object", "/object"),
        (CLOCK % ", start: \"opened\"", "unknown-name", "/clocks/0/start"),
        (CLOCK % ", start: {from: message.body}", "wrong-type", "/clocks/0/start/from"),
        (CLOCK % ", start: {from: message.ticket}, reopen: restart", "no-effect", "/clocks/0/reopen"),
        (CLOCK % ", pause_when: \"late > now()\"", "no-effect", "/clocks/0/pause_when"),
        (CLOCK % ", warn: [100%]", "bad-value", "/clocks/0/warn/0"),
        (CLOCK % ", warn: [50%, 50%]", "duplicate-name", "/clocks/0/warn/1"),
        (CLOCK % ", breach: [{notify: submitter}]", "unknown-person", "/clocks/0/breach/0/notify"),
        (CLOCK % ", breach: [{notify: {role: nobody}}]", "unknown-role", "/clocks/0/breach/0/notify/role"),
        (CLOCK % ", breach: [{update: self, values: {nothing: 1}}]", "unknown-field", "/clocks/0/breach/0/values/nothing"),
        (CLOCK % ", missed_at: subject", "wrong-type", "/clocks/0/missed_at"),
        (CLOCK.replace("4 hours", "[{in: 4 hours}, {when: \"priority == 'high'\", in: 1 hours}]") % "", "no-effect", "/clocks/0/target/0"),
        (CLOCK.replace("clocks:", "calendar: nowhere\nclocks:") % "", "unknown-calendar", "/calendar"),
        (CLOCK.replace("stop: \"status == 'resolved'\"", "stop: created") % "", "no-effect", "/clocks/0/stop"),
        (CLOCK % "" + "\n---\nautomation: a\nobject: ticket\ntrigger: {sla_met: cares}\nsteps: [{notify: n, who: owner, text: x}]", "unknown-sla", "/trigger/sla_met"),
        (CLOCK % "" + "\n---\nautomation: a\nobject: ticket\ntrigger: {sla_met: care, clock: fist}\nsteps: [{notify: n, who: owner, text: x}]", "unknown-clock", "/trigger/clock"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_where_it_stands(text: str, code: str, path: str) -> None:
    assert (code, path) in problems(text)


def test_a_policy_says_what_it_means_in_few_words() -> None:
    assert (
        problems(CLOCK % ", warn: [50%], breach: [{notify: [owner, manager]}, {assign: {role: lead}}, {wait: a_while, for: 1 hours}]") == []
    )
