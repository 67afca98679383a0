"""What brings a record back, what keeps it, and that nobody loses one without having been warned. Time is moved by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.errors import NotAllowed, Refused
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_workflow.extension import TIMERS
from looseleaf_workflow.pools.acting import claim, extend, give_back, pool_named
from looseleaf_workflow.pools.adopting import adopt
from looseleaf_workflow.timers import fire_due
from support.leads import Leads

Firm = Callable[..., Leads]
POOL = """
pool: lake
object: lead
members: [rep]
managers: [boss]
"""
IDLE = POOL + "return: {any: [{rule: no_followup, after: 10 days, from: activity.lead, where: \"kind == 'call'\"}]}\n"
WARNED = IDLE.replace("}]}", "}], warn: [3 days, 1 days]}")
OFFICE = 'calendar: office\ntimezone: Asia/Shanghai\nhours: {mon-fri: ["09:00-12:00", "13:30-18:00"]}\n'


def owned(leads: Leads, **values: object) -> int:
    """A lead that 林 has claimed."""
    id = leads.make(**values)
    context = leads.again(leads.people[0])
    assert [one.code for one in claim(context, pool_named(context, "lake"), [id])] == [""]
    return id


def pass_days(leads: Leads, days: float) -> None:
    """Time goes by, and what is due happens, hour by hour."""
    for _ in range(round(days * 4)):
        leads.clock.advance(hours=6)
        fire_due(leads.workspace, TIMERS)


def story(leads: Leads, id: int) -> list[str]:
    """What happened to a record."""
    return [row["kind"] for row in leads.rows("pool_event", record_id=id)][2:]


def at(leads: Leads, id: int, kind: str) -> list[datetime]:
    """When something happened to a record."""
    return [row["at"] for row in leads.rows("pool_event", record_id=id, kind=kind)]


def test_p08_without_a_counted_follow_up_it_comes_back(firm: Firm) -> None:
    leads = firm(IDLE)
    id = owned(leads)
    leads.make(object="activity", lead=id, kind="note")
    pass_days(leads, 9.75)
    assert leads.owner(id) != ""
    pass_days(leads, 0.25)
    assert leads.owner(id) == ""
    assert story(leads, id) == ["recycled"]
    assert leads.rows("pool_event", record_id=id)[-1]["reason"] == "no_followup"


def test_p08_a_counted_follow_up_sets_the_clock_back(firm: Firm) -> None:
    leads = firm(IDLE)
    id = owned(leads)
    pass_days(leads, 6)
    leads.make(object="activity", lead=id, kind="call")
    pass_days(leads, 9.75)
    assert leads.owner(id) != ""
    pass_days(leads, 0.25)
    assert leads.owner(id) == ""


def test_p08_all_rules_together_wait_for_the_last(firm: Firm) -> None:
    leads = firm(
        POOL
        + "return: {all: [{rule: no_followup, after: 5 days, from: activity.lead}, {rule: no_deal, after: 8 days, from: activity.lead, where: \"kind == 'note'\"}]}\n"
    )
    id = owned(leads)
    pass_days(leads, 7.75)
    assert leads.owner(id) != ""
    pass_days(leads, 0.25)
    assert leads.owner(id) == ""


def test_p08_a_declared_business_clock_counts_only_working_days(firm: Firm) -> None:
    leads = firm(OFFICE, IDLE.replace("10 days", "5 workdays") + "calendar: office\n")
    id = owned(leads)  # a Monday
    pass_days(leads, 6.75)
    assert leads.owner(id) != ""
    pass_days(leads, 0.25)
    assert leads.owner(id) == ""


def test_p07_nothing_takes_back_what_is_protected_and_extensions_are_limited(firm: Firm) -> None:
    leads = firm(IDLE + "protect: {for: 15 days, max_extensions: 1}\n")
    id = owned(leads)
    pass_days(leads, 14.75)
    assert leads.owner(id) != ""
    boss = leads.again(leads.boss)
    extend(boss, pool_named(boss, "lake"), id, "客户休假")
    with pytest.raises(Refused, match="extended 1 times"):
        extend(boss, pool_named(boss, "lake"), id, "再来")
    pass_days(leads, 15)
    assert leads.owner(id) != ""
    pass_days(leads, 0.25)
    assert leads.owner(id) == ""
    assert story(leads, id) == ["extended", "recycled"]
    assert leads.rows("pool_event", record_id=id, kind="extended")[0]["reason"] == "客户休假"


def test_p07_only_managers_extend(firm: Firm) -> None:
    leads = firm(IDLE + "protect: {for: 15 days, max_extensions: 1}\n")
    id, context = owned(leads), leads.again(leads.people[0])
    with pytest.raises(NotAllowed):
        extend(context, pool_named(context, "lake"), id, "")


def test_p09_each_warning_is_given_once_for_one_moment_of_return(firm: Firm) -> None:
    leads = firm(WARNED)
    id, start = owned(leads), leads.clock()
    pass_days(leads, 10)
    assert at(leads, id, "warned") == [start + timedelta(days=7), start + timedelta(days=9)]
    assert at(leads, id, "recycled") == [start + timedelta(days=10)]


def test_p09_a_follow_up_after_the_warning_cancels_the_return_and_warns_anew(firm: Firm) -> None:
    leads = firm(WARNED)
    id, start = owned(leads), leads.clock()
    pass_days(leads, 8)
    leads.make(object="activity", lead=id, kind="call")
    pass_days(leads, 10)
    assert at(leads, id, "warned") == [start + timedelta(days=days) for days in (7, 15, 17)]
    assert at(leads, id, "recycled") == [start + timedelta(days=18)]


def test_p09_a_follow_up_in_the_very_moment_of_return_keeps_the_record(firm: Firm) -> None:
    leads = firm(IDLE)
    id = owned(leads)
    leads.clock.advance(days=10)
    leads.make(object="activity", lead=id, kind="call")
    fire_due(leads.workspace, TIMERS)
    assert leads.owner(id) != ""


def test_p10_what_is_exempt_does_not_come_back_until_it_is_no_more_and_is_warned_of_first(firm: Firm) -> None:
    leads = firm(WARNED.replace("1 days]}", '1 days], exempt: "coalesce(locked, false)"}').replace("false", "False"))
    id, start = owned(leads, locked=True), leads.clock()
    pass_days(leads, 20)
    assert (leads.owner(id) != "", at(leads, id, "warned")) == (True, [])
    leads.change(id, locked=False)
    pass_days(leads, 3)
    assert leads.owner(id) == ""
    [back] = at(leads, id, "recycled")
    assert back - at(leads, id, "warned")[-1] >= timedelta(days=1)
    assert back > start + timedelta(days=20)


def test_p12_a_stricter_rule_takes_nothing_without_the_declared_warning(firm: Firm) -> None:
    leads = firm(WARNED)
    id, start = owned(leads), leads.clock()
    pass_days(leads, 5)
    leads.publish(WARNED.replace("10 days", "4 days"))
    adopt(leads.workspace, None)  # type: ignore[arg-type]
    pass_days(leads, 0.25)
    assert leads.owner(id) != ""
    pass_days(leads, 2)
    assert leads.owner(id) == ""
    assert at(leads, id, "warned")[0] >= start + timedelta(days=5)
    assert at(leads, id, "recycled")[0] - at(leads, id, "warned")[0] >= timedelta(days=1)


def test_p12_switching_the_rules_off_and_on_resets_nobodys_clock(firm: Firm) -> None:
    leads = firm(IDLE)
    id = owned(leads)
    pass_days(leads, 6)
    leads.publish(POOL)
    adopt(leads.workspace, None)  # type: ignore[arg-type]
    pass_days(leads, 3)
    leads.publish(IDLE)
    adopt(leads.workspace, None)  # type: ignore[arg-type]
    pass_days(leads, 1)
    assert leads.owner(id) == ""


def test_p12_records_that_were_there_before_the_pool_get_their_clocks_from_its_first_day(firm: Firm) -> None:
    leads = firm()
    id = leads.make(owner=leads.people[0].actor.id)
    leads.clock.advance(days=100)
    leads.publish(IDLE)
    adopt(leads.workspace, None)  # type: ignore[arg-type]
    adopt(leads.workspace, None)  # type: ignore[arg-type]
    pass_days(leads, 9.75)
    assert leads.owner(id) != ""
    pass_days(leads, 0.25)
    assert leads.owner(id) == ""


def test_p13_a_transfer_starts_the_clock_of_the_new_owner(firm: Firm) -> None:
    leads = firm(IDLE)
    id = owned(leads)
    pass_days(leads, 6)
    leads.change(id, leads.boss, owner=leads.people[1].actor.id)
    pass_days(leads, 9.75)
    assert leads.owner(id) != ""
    pass_days(leads, 0.25)
    assert leads.owner(id) == ""


def test_p11_what_lies_in_the_pool_or_the_bin_has_no_timer(firm: Firm) -> None:
    leads = firm(IDLE)
    returned, deleted = owned(leads), owned(leads)
    context = leads.again(leads.people[0])
    give_back(context, pool_named(context, "lake"), [returned])
    write(leads.workspace.context(SYSTEM), [Change("delete", "lead", deleted)])
    assert leads.rows("wf_timer", owner_kind="pool", state="waiting") == []


def test_p18_a_round_of_returns_that_is_run_again_does_nothing_twice(firm: Firm) -> None:
    leads = firm(IDLE)
    ids = [owned(leads) for _ in range(6)]
    leads.clock.advance(days=10)
    assert fire_due(leads.workspace, TIMERS, limit=2) == 2
    assert sum(leads.owner(id) == "" for id in ids) == 2
    fire_due(leads.workspace, TIMERS)
    fire_due(leads.workspace, TIMERS)
    assert [story(leads, id) for id in ids] == [["recycled"]] * 6
