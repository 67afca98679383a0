"""Scores of stored records: counted again when anything that they read changes, and when days pass; written by the one write path."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from looseleaf_platform.database.system_tables import change, operation
from looseleaf_platform.errors import NotAllowed, Refused
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_workflow.running.submitting import Request, submit
from looseleaf_workflow.scores import keeping
from looseleaf_workflow.scores.timing import OWNER_KIND, WORKSPACE
from looseleaf_workflow.timers import cancel_timer, waiting_timers
from support.queries import counted
from support.scores import SCORE, Scored

Firm = Callable[..., Scored]
WORTH = """
score: worth
object: customer
field: worth
criteria:
  - {criterion: paid, points: "paid * 10"}
  - {criterion: best, points: "best", group: leads}
groups: [{group: leads, most: 50}]
"""


def test_a_record_is_scored_when_it_is_written_and_whenever_what_the_score_reads_changes(firm: Firm) -> None:
    at = firm(SCORE)
    one = at.make(source="friend", seen_on=at.clock().date() - timedelta(days=3))
    other = at.make()
    assert at.score(one) == (30 + 14, "b")
    assert at.score(other) == (0, "c")
    at.change(one, interest=5, mobile="139")  # the group's cap: 45 of 60
    assert at.score(one) == (30 + 14 + 45, "a")
    at.change(one, source="cold", interest=None)
    assert at.score(one) == (-5 + 14 + 20, "c")
    at.change(one, closed=True)
    at.change(one, source="friend")
    assert at.score(one)[0] == 29  # a score that is not about a record any more leaves it as it was


def test_a_score_follows_look_ups_formulas_and_roll_ups(firm: Firm) -> None:
    at = firm(SCORE, WORTH)
    gold, plain = at.make("customer", level="gold"), at.make("customer", level="plain")
    lead = at.make(customer=plain)
    assert at.score(lead)[0] == 0
    at.change(plain, "customer", level="gold")
    assert at.score(lead)[0] == 25
    assert at.get(plain, "customer")["worth"] == 25  # by way of the roll-up over leads: a score counted from another
    at.change(plain, "customer", level="plain")
    at.change(lead, customer=gold, mobile="139")
    assert [at.get(id, "customer")["worth"] for id in (gold, plain)] == [45, 0]
    bill = at.make("bill", customer=gold)
    assert at.get(gold, "customer")["worth"] == 45
    at.change(bill, "bill", settled=True)
    assert at.get(gold, "customer")["worth"] == 55
    at.change(bill, "bill", customer=plain)
    assert [at.get(id, "customer")["worth"] for id in (gold, plain)] == [45, 10]


def test_a_score_is_written_by_the_system_with_its_reason_and_sets_itself_off_no_more(firm: Firm) -> None:
    at = firm(SCORE)
    id = at.make(source="web")
    assert at.messages() == 1
    write(at.system, [Change("update", "lead", id, {"name": "李敏"})])
    assert at.messages() == 0
    write(at.system, [Change("update", "lead", id, {"mobile": "139"})])
    assert at.messages() == 1
    statement = select(operation.c.kind, operation.c.reason, operation.c.actor, change.c.payload).join(
        change, change.c.operation_id == operation.c.id
    )
    with at.workspace.database.read() as connection:
        rows = connection.execute(statement.where(change.c.record_id == id).order_by(change.c.id)).all()
    assert [(row.kind, row.reason, row.actor) for row in rows] == [
        ("edit", "", None), ("score", "lead_score", None), ("edit", "", None), ("edit", "", None), ("score", "lead_score", None),
    ]  # fmt: skip
    assert sorted(map(str, rows[-1].payload.values())) == ["['c', 'b']", "[15, 35]"]


def test_people_can_not_write_a_score_and_what_the_system_writes_there_is_put_right(firm: Firm) -> None:
    at = firm(SCORE)
    id = at.make(source="web")
    at.settle()
    with pytest.raises((NotAllowed, Refused)):
        write(at.by(at.boss), [Change("update", "lead", id, {"points": 99})])
    at.change(id, points=99)
    assert at.score(id) == (15, "c")


def test_what_changes_between_counting_and_writing_is_what_counts(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    at = firm(SCORE)
    id = at.make(source="web")
    plain = keeping.locked

    def late(*arguments: Any) -> Any:
        monkeypatch.setattr(keeping, "locked", plain)
        found = plain(*arguments)
        assert [one.tally.total for one in found] == [30]
        return found

    def overtaken(*arguments: Any) -> None:
        monkeypatch.setattr(keeping, "_write", write_page)
        write(at.system, [Change("update", "lead", id, {"source": "friend"})])
        write_page(*arguments)

    write_page = keeping._write
    monkeypatch.setattr(keeping, "locked", late)
    monkeypatch.setattr(keeping, "_write", overtaken)
    assert at.score(id) == (30, "b")


def test_a_record_that_is_being_decided_about_is_scored_all_the_same(firm: Firm) -> None:
    at = firm(SCORE, "approval: deal\nobject: lead\nlock: {fields: [source, points, grade]}\nflow: [{approve: one, who: {role: boss}}]")
    id = at.make(source="web")
    assert at.score(id)[0] == 15
    submit(at.by(at.boss), Request("lead", id), "")
    with pytest.raises(Refused):
        at.change(id, source="friend")
    at.change(id, mobile="139")
    assert at.score(id) == (35, "b")


def test_what_depends_on_the_day_is_counted_again_every_night(firm: Firm) -> None:
    at = firm(SCORE)
    id = at.make(seen_on=at.clock().date())
    assert at.score(id) == (20, "c")
    for left in (18, 16):
        at.clock.advance(days=1)
        assert at.score(id)[0] == left
    at.clock.advance(days=30)
    assert at.score(id)[0] == 0
    with at.workspace.database.write() as connection:  # a timer that was lost is set again by the next count
        cancel_timer(connection, OWNER_KIND, WORKSPACE, "lead_score")
    at.change(id, source="web")
    with at.workspace.database.read() as connection:
        assert set(waiting_timers(connection, OWNER_KIND, WORKSPACE)) == {"lead_score"}
    at.publish(SCORE.replace("fades: {since: seen_on, days: 10}", 'when: "seen_on is not None"'))
    with at.workspace.database.read() as connection:
        assert waiting_timers(connection, OWNER_KIND, WORKSPACE) == {}


def test_a_new_or_edited_score_is_brought_to_all_records_page_by_page(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PAGE", 3)
    at = firm()
    ids = [at.make(source="web") for _ in range(7)]
    assert [at.score(id)[0] for id in ids] == [None] * 7
    at.publish(SCORE)
    assert [at.score(id) for id in ids] == [(15, "c")] * 7
    at.publish(SCORE.replace("web: 15", "web: 31"))
    assert [at.score(id) for id in ids] == [(31, "b")] * 7
    at.publish(SCORE.replace("web: 15", "web: 31"))
    assert at.messages() == 0  # what is as it was is not counted again


def test_everything_that_points_to_a_changed_record_is_counted_again_page_by_page(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "PAGE", 3)
    at = firm(SCORE)
    plain, other = at.make("customer", level="plain"), at.make("customer", level="plain")
    ids = [at.make(customer=plain) for _ in range(7)]
    apart = at.make(customer=other)
    at.settle()
    write(at.system, [Change("update", "customer", plain, {"level": "gold"})])
    assert at.messages() == 3
    assert [at.score(id)[0] for id in ids] == [25] * 7
    assert at.score(apart)[0] == 0


def test_a_page_of_records_costs_the_same_statements_whatever_their_number(firm: Firm) -> None:
    at = firm(SCORE)
    costs = []
    for number in (2, 40):
        write(at.system, [Change("create", "lead", values={"name": f"{one}", "source": "web"}) for one in range(number)])
        with counted() as statements:
            assert at.messages() == 1
        costs.append(len(statements))
    assert costs[0] == costs[1]
