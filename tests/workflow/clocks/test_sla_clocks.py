"""Promises kept and missed: L04 to L11 on records, T05 for what clocks tell. Time begins on a Monday at 9:30 in Shanghai and is moved by hand."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from looseleaf_platform.records.requests import Change
from support.queries import counted
from support.service import ABROAD, OFFICE, Desk

Make = Callable[..., Desk]
POLICY = """
sla: care
object: ticket
calendar: office
clocks:
"""
FIRST = "  - {clock: first, stop: {from: message.ticket, where: sent}, target: 4 workhours}\n"
SOLVED = "  - {clock: solved, stop: \"status == 'resolved'\", pause_when: \"status == 'waiting'\", target: 1 workdays}\n"
NEXT = "  - {clock: next, start: {from: message.ticket, where: not sent}, stop: {from: message.ticket, where: sent}, target: 2 workhours}\n"


def shanghai(day: int, time: str) -> datetime:
    hours, minutes = time.split(":")
    return datetime(2026, 3, day, int(hours), int(minutes), tzinfo=UTC) - timedelta(hours=8)


def test_l09_first_next_and_resolution_clocks_are_independent(desk: Make) -> None:
    at = desk(OFFICE, POLICY + FIRST + NEXT + SOLVED)
    id = at.ticket()
    assert [row["rule"] for row in at.rows("wf_clock")] == ["sla:care.first", "sla:care.solved"]
    assert (at.due(id), at.due(id, "solved")) == (shanghai(2, "15:00"), shanghai(3, "9:30"))
    at.clock.advance(hours=1)
    at.message(id, sent=True)
    assert (at.due(id), at.due(id, "solved")) == (None, shanghai(3, "9:30"))
    at.message(id, sent=False)
    assert at.due(id, "next") == shanghai(2, "14:00")
    at.clock.advance(hours=1)
    at.message(id, sent=False)
    assert at.due(id, "next") == shanghai(2, "14:00"), "the first question that nobody answered counts"
    at.message(id, sent=True)
    assert (at.due(id, "next"), at.clock_of(id, "solved").running) == (None, True)
    at.message(id, sent=False)
    assert (at.due(id, "next"), at.clock_of(id, "next").round) == (shanghai(2, "15:00"), 2)
    assert at.story(id) == [("sla_met", 0), ("sla_met", 0)]


@pytest.mark.parametrize("source", ["automation", "job", "import"])
def test_l09_only_a_person_answers(desk: Make, source: str) -> None:
    at = desk(OFFICE, POLICY + FIRST)
    id = at.ticket()
    at.message(id, sent=True, source=source)
    at.message(id, sent=False)
    assert at.due(id) == shanghai(2, "15:00")
    at.message(id, sent=True, source="api")
    assert (at.due(id), at.story(id)) == (None, [("sla_met", 0)])


def test_l07_a_pause_moves_what_is_due_by_its_working_time_only(desk: Make) -> None:
    at = desk(OFFICE, POLICY + SOLVED)
    id = at.ticket()
    at.clock.set(shanghai(2, "17:00"))
    at.change(id, status="waiting")
    assert at.due(id, "solved") is None
    at.later(days=3)  # Thursday 17:00: three working days later
    assert at.story(id) == []
    at.clock.set(shanghai(5, "22:00"))
    at.change(id, status="new")
    assert at.due(id, "solved") == shanghai(6, "10:30"), "of a day 6 hours had passed, and 1.5 are left on Friday"


def test_l08_reopened_it_counts_on_and_a_breach_stays_recorded(desk: Make) -> None:
    at = desk(OFFICE, POLICY + SOLVED)
    id = at.ticket()
    at.clock.set(shanghai(2, "11:30"))
    at.change(id, status="resolved")
    at.clock.set(shanghai(4, "9:00"))
    at.change(id, status="new")
    assert at.due(id, "solved") == shanghai(4, "16:00")
    at.clock.set(shanghai(4, "17:00"))
    at.change(id, status="resolved")
    assert at.story(id) == [("sla_met", 0), ("sla_breached", 100)]
    at.change(id, status="new")
    at.later(days=5)
    at.change(id, status="resolved")
    assert at.story(id) == [("sla_met", 0), ("sla_breached", 100)]
    assert at.clock_of(id, "solved").breaches == (shanghai(4, "16:00"),)


def test_l08_restarted_it_may_be_missed_a_second_time(desk: Make) -> None:
    at = desk(OFFICE, POLICY + SOLVED.replace("}\n", ", reopen: restart}\n"))
    id = at.ticket()
    at.later(days=2)
    at.change(id, status="resolved")
    at.change(id, status="new")
    at.later(days=2)
    assert at.story(id) == [("sla_breached", 100), ("sla_breached", 100)]


def test_l10_another_priority_counts_from_the_original_start_with_what_has_passed_kept(desk: Make) -> None:
    targets = "[{when: \"priority == 'high'\", in: 2 workhours}, {in: 4 workhours}]"
    at = desk(OFFICE, POLICY + FIRST.replace("4 workhours", targets))
    id = at.ticket()
    at.clock.advance(hours=1)
    at.change(id, priority="high")
    assert at.due(id) == shanghai(2, "11:30")
    at.change(id, priority="normal")
    assert at.due(id) == shanghai(2, "15:00")
    at.later(hours=4)
    at.change(id, priority="high")
    at.settle()
    assert (at.due(id), at.story(id)) == (shanghai(2, "11:30"), [("sla_breached", 100)])


def test_l11_warnings_and_breach_are_told_once_each_to_whom_it_is_said(desk: Make) -> None:
    more = "warn: [50%, {at: 75%, then: [{notify: manager, text: '{{ subject }} 75'}]}], breach: [{notify: [owner, manager]}, {assign: {role: lead}}]}\n"
    at = desk(OFFICE, POLICY + FIRST.replace("}\n", f", {more}").replace("first,", "first, label: 首响,"))
    id = at.ticket()
    at.later(hours=2)
    assert at.told() == ["异响: 50% of the time have passed (首响)"]
    at.later(hours=2, minutes=30)
    assert at.told()[1:] == ["异响 75"]
    at.later(hours=2)
    people = [row["user_id"] for row in at.rows("wf_notification")]
    assert (people[:2], set(people[2:])) == ([at.lin.actor.id, at.boss.actor.id], {at.lin.actor.id, at.boss.actor.id})
    assert at.get(id)["owner"] == at.boss.actor.id
    at.later(days=9)
    assert (at.story(id), len(at.told())) == ([("sla_warned", 50), ("sla_warned", 75), ("sla_breached", 100)], 4)


def test_t05_what_clocks_tell_starts_automations_once_with_the_envelope_of_any_event(desk: Make) -> None:
    rule = "automation: late\nobject: ticket\ntrigger: {%s: care, clock: first%s}\nwhen: \"priority == '%s'\"\nsteps: [{notify: tell, who: owner, text: '%s'}]\n"
    rules = [
        rule % one
        for one in (("sla_warned", ", percent: 50", "normal", "w"), ("sla_breached", "", "normal", "b"), ("sla_met", "", "high", "m"))
    ]
    rules = [text.replace("automation: late", f"automation: late_{number}") for number, text in enumerate(rules)]
    at = desk(OFFICE, POLICY + FIRST.replace("}\n", ", warn: [{at: 50%, then: [{notify: manager, text: own}]}]}\n") + SOLVED, *rules)
    late, kept = at.ticket(), at.ticket(priority="high")
    at.message(kept, sent=True)
    at.later(days=3)
    assert at.told() == ["m", "own", "w", "b"]
    run = at.rows("automation_run", name="late_1")[0]
    assert (run["record_id"], run["source"], run["state"]) == (late, "clock", "done")
    assert {key: run["event"][key] for key in ("kind", "before", "source", "actor")} == {
        "kind": "sla_breached", "before": run["event"]["after"], "source": "clock", "actor": None,
    }  # fmt: skip
    assert run["event"]["clock"]["name"] == "first"
    met = at.rows("automation_run", name="late_2")[0]
    assert met["actor"] == at.lin.actor.id, "who answered brought it about"


def test_a_missed_target_shows_in_a_field_of_the_record(desk: Make) -> None:
    at = desk(OFFICE, POLICY + SOLVED.replace("}\n", ", missed_at: late}\n"))
    id = at.ticket()
    at.later(days=2)
    at.change(id, status="resolved")
    at.settle()
    assert at.get(id)["late"] == shanghai(3, "9:30")


def test_only_records_that_the_policy_is_about_have_clocks_and_deleted_ones_ring_no_more(desk: Make) -> None:
    at = desk(OFFICE, POLICY.replace("clocks:", "when: \"priority == 'high'\"\nclocks:") + FIRST)
    plain, high, gone = at.ticket(), at.ticket(priority="high"), at.ticket(priority="high")
    at.write(Change("delete", "ticket", gone))
    at.change(high, priority="normal")
    at.later(days=3)
    assert (at.rows("wf_clock", record_id=plain), at.story(high), at.story(gone)) == ([], [], [])
    at.change(high, priority="high")
    assert at.due(high) == shanghai(5, "15:00"), "what had passed before stays passed: nothing of it was working time"


def test_l06_the_calendar_is_chosen_by_declaration_and_another_counts_the_rest(desk: Make) -> None:
    choice = "[{when: \"region == 'de'\", use: abroad}, {use: office}]"
    at = desk(OFFICE, ABROAD, POLICY.replace("calendar: office", f"calendar: {choice}") + FIRST)
    id = at.ticket()
    at.clock.advance(hours=1)
    at.change(id, region="de")
    assert at.due(id) == shanghai(3, "21:00"), "of four hours three are left: two today and one tomorrow"
    assert at.rows("wf_clock", record_id=id)[0]["calendar"] == "abroad"


def test_l05_an_edited_calendar_moves_what_is_due_and_takes_nothing_back(desk: Make) -> None:
    at = desk(OFFICE, POLICY + FIRST.replace("}\n", ", warn: [50%]}\n"))
    early, stopped = at.ticket(), at.ticket()
    at.message(stopped, sent=True)
    at.later(hours=2)
    late = at.ticket()
    at.publish(OFFICE.replace('"13:30-18:00"', '"15:30-18:00"'), POLICY + FIRST.replace("}\n", ", warn: [50%]}\n"))
    assert (at.due(early), at.due(late), at.due(stopped)) == (shanghai(2, "17:00"), shanghai(3, "10:00"), None)
    assert at.story(early) == [("sla_warned", 50)]
    at.later(hours=5)
    assert at.story(early) == [("sla_warned", 50)]
    at.later(minutes=31)
    assert at.story(early) == [("sla_warned", 50), ("sla_breached", 100)]
    assert [(row["started"], row["moved"], row["kept"]) for row in at.rows("wf_clock_adoption")] == [(0, 0, 0), (0, 2, 1)]


def test_l05_a_working_day_is_as_long_as_the_edited_calendar_says(desk: Make) -> None:
    at = desk(OFFICE, POLICY + SOLVED)
    id = at.ticket()
    at.publish(OFFICE.replace('"13:30-18:00"', '"15:30-18:00"'), POLICY + SOLVED)
    assert at.due(id, "solved") == shanghai(3, "9:30")


def test_l05_a_calendar_that_is_published_unchanged_touches_no_clock(desk: Make) -> None:
    at = desk(OFFICE, POLICY + FIRST)
    at.ticket()
    before = at.rows("wf_timer")
    at.publish(OFFICE, POLICY + FIRST, "role: more\n")
    assert (at.rows("wf_timer"), len(at.rows("wf_clock_adoption"))) == (before, 1)


def test_l04_what_rests_on_a_year_that_nobody_knows_is_counted_again_when_it_is_published(desk: Make) -> None:
    office = OFFICE + "holidays: {base: CN}\n"
    at = desk(office, POLICY + FIRST)
    at.clock.set(datetime(2026, 12, 31, 9, 0, tzinfo=UTC))  # Thursday 17:00: an hour is left of the year
    id = at.ticket()
    assert at.due(id) == datetime(2027, 1, 1, 4, 0, tzinfo=UTC)
    notice = "holidays: y2027\nbase: CN\nyear: 2027\nclosed: {new_year: 2027-01-01..2027-01-03}\n"
    at.publish(office, notice, POLICY + FIRST)
    assert at.due(id) == datetime(2027, 1, 4, 4, 0, tzinfo=UTC)


def test_a_policy_that_comes_later_counts_from_its_first_day_for_what_is_open(desk: Make) -> None:
    at = desk(OFFICE)
    id, solved = at.ticket(), at.ticket(status="resolved")
    at.clock.advance(days=1)
    at.publish(OFFICE, POLICY + SOLVED)
    assert (at.due(id, "solved"), at.rows("wf_clock", record_id=solved)) == (shanghai(4, "9:30"), [])
    at.publish(OFFICE)
    at.later(days=5)
    assert at.story(id) == []


def test_of_two_questions_at_once_both_are_stored_and_one_clock_runs(desk: Make) -> None:
    at = desk(OFFICE, POLICY + NEXT)
    id, together = at.ticket(), Barrier(4, timeout=30)

    def ask(_number: int) -> None:
        together.wait()
        at.message(id, sent=False)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(4)))
    assert (len(at.rows("wf_clock", record_id=id)), len(at.rows("wf_timer", owner_kind="clock", state="waiting"))) == (1, 1)


def test_an_edited_pause_counts_for_what_stands_already(desk: Make) -> None:
    at = desk(OFFICE, POLICY + SOLVED)
    id = at.ticket(priority="high")
    at.publish(OFFICE, POLICY + SOLVED.replace("status == 'waiting'", "priority == 'high'"))
    assert at.due(id, "solved") is None


def test_a_write_of_many_records_asks_the_database_as_often_as_one_of_a_few(desk: Make) -> None:
    at = desk(OFFICE, POLICY + FIRST + SOLVED)
    made, paused, answered = [], [], []
    for many in (5, 60):
        with counted() as asked:
            ids = at.write(*(Change("create", "ticket", values={"subject": str(number)}) for number in range(many)))
        made.append(len(asked))
        with counted() as asked:
            at.write(*(Change("update", "ticket", id, {"status": "waiting"}) for id in ids))
        paused.append(len(asked))
        with counted() as asked:
            at.write(*(Change("create", "message", values={"body": "…", "ticket": id, "sent": True}) for id in ids))
        answered.append(len(asked))
        assert len({at.due(id, "solved") for id in ids} | {at.due(id) for id in ids}) == 1
    assert (made[0], paused[0], answered[0]) == (made[1], paused[1], answered[1])
