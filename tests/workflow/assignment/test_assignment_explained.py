"""Why this owner, and what the rules would have done: answered from stored facts, written nowhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from looseleaf_platform.errors import NotAllowed, NotThere
from looseleaf_workflow.assignment.explaining import why_owner
from looseleaf_workflow.assignment.simulating import simulate
from support.leads import CHEN, LIN, ZHOU, Leads

Firm = Callable[..., Leads]
RULES = """
assignment: web
object: lead
rules:
  - {id: like, to: {same: [mobile]}}
  - {id: turns, to: {round_robin: rep}}
"""


def said(leads: Leads, id: int, locale: str = "en") -> list[str]:
    """What is told of the newest decision."""
    return [reason.translate(locale) for reason in why_owner(leads.boss, "lead", id)[0].reasons]


def test_the_reason_is_told_from_what_was_known_then(firm: Firm) -> None:
    leads = firm(RULES)
    leads.set_state(leads.people[0], "on_leave")
    id = leads.make()
    leads.set_state(leads.people[0], "active")
    assert said(leads, id) == ["Rule “like” found nobody", "林若溪 was passed over: absent", "Rule “turns”: turn 1 among 3 people"]
    assert said(leads, id, "zh") == ["规则“like”没有找到人", "跳过了 林若溪：不在岗", "规则“turns”：3 人轮流，第 1 轮"]


def test_who_may_not_see_the_record_is_told_nothing(firm: Firm) -> None:
    leads = firm(RULES)
    id = leads.make()
    with pytest.raises(NotThere):
        why_owner(leads.people[1], "lead", id)


def test_g08_a_simulation_shows_the_distribution_and_writes_nothing(firm: Firm) -> None:
    leads = firm()
    start = leads.clock()
    for number in range(7):
        leads.clock.advance(hours=1)
        leads.make(mobile="139" if number in (0, 6) else None, owner=leads.boss.actor.id)
    leads.publish(RULES)
    before = {table: leads.rows(table) for table in ("assign_cursor", "assign_decision")}
    found = simulate(leads.again(leads.system), "web", start, leads.clock() + timedelta(hours=1))
    assert [leads.names[one.owner or 0] for one in found.records] == [LIN, CHEN, ZHOU, LIN, CHEN, ZHOU, LIN]
    assert [one.rule for one in found.records] == ["turns"] * 6 + ["like"]
    assert {leads.names[user or 0]: count for user, count in found.by_owner.items()} == {LIN: 3, CHEN: 2, ZHOU: 2}
    assert {one.was for one in found.records} == {leads.boss.actor.id}
    assert {table: leads.rows(table) for table in before} == before
    assert leads.given() == LIN


def test_g08_a_simulation_goes_by_the_time_asked_for(firm: Firm) -> None:
    leads = firm(RULES)
    leads.make()
    leads.clock.advance(days=40)
    start = leads.clock()
    leads.make()
    assert len(simulate(leads.system, "web", start, start + timedelta(days=1)).records) == 1


def test_g08_least_loaded_counts_the_work_that_lay_there_before(firm: Firm) -> None:
    leads = firm()
    for _ in range(2):
        leads.make(owner=leads.people[0].actor.id)
    leads.clock.advance(days=1)
    start = leads.clock()
    for _ in range(4):
        leads.make(owner=leads.people[0].actor.id)
    leads.publish("assignment: web\nobject: lead\nrules:\n  - {to: {least_loaded: rep}}\n")
    found = simulate(leads.system, "web", start, start + timedelta(days=1))
    assert [leads.names[one.owner or 0] for one in found.records] == [CHEN, ZHOU, CHEN, ZHOU]


def test_only_who_builds_may_simulate(firm: Firm) -> None:
    leads = firm(RULES)
    with pytest.raises(NotAllowed):
        simulate(leads.again(leads.people[0]), "web", leads.clock(), leads.clock())
