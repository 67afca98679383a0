"""Clocks of promises: targets, pauses, warnings, breaches, reopening, other targets and other calendars."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looseleaf_workflow.calendars import Duration, add, between, parse_duration
from looseleaf_workflow.calendars.calendar import Calendar, MissingYear
from looseleaf_workflow.calendars.clocks import (
    Alarm,
    Clock,
    crossing,
    due,
    elapsed,
    hand_over,
    next_alarm,
    pause,
    progress,
    recalculate,
    remaining,
    reopen,
    resume,
    retarget,
    ring,
    start,
    stop,
)
from looseleaf_workflow.calendars.holidays import read_notices
from support.calendars import at, calendar, cn_office, local

OFFICE = calendar()
CHINA = cn_office()
BERLIN = calendar({"mon-fri": ["09:00-17:00"]}, "Europe/Berlin", name="berlin")
HOUR = timedelta(hours=1)
MONDAY = at("2026-03-02 09:00")


def started(target: str = "6 workhours", begin: datetime = MONDAY, *, warnings: tuple[int, ...] = (), rearm: bool = False) -> Clock:
    return start(OFFICE, begin, parse_duration(target), warnings=warnings, rearm=rearm)


def due_at(clock: Clock, worked: Calendar = OFFICE) -> str | None:
    found = due(clock, worked)
    return local(found.at) if found else None


@pytest.mark.parametrize(
    ("target", "when"),
    [
        ("6 workhours", "2026-03-02 16:30"),
        ("10 workhours", "2026-03-03 11:30"),
        ("2 workdays", "2026-03-03 18:00"),
        ("30 minutes", "2026-03-02 09:30"),
        ("20 hours", "2026-03-03 05:00"),
        ("3 days", "2026-03-05 09:00"),
        ("1 month", "2026-04-02 09:00"),
    ],
)
def test_a_clock_is_due_when_its_target_has_passed(target: str, when: str) -> None:
    clock = started(target)
    assert due_at(clock) == when
    assert remaining(clock, OFFICE, at(when)) == timedelta()
    assert remaining(clock, OFFICE, MONDAY) == clock.budget
    assert remaining(clock, OFFICE, at(when) + timedelta(days=3)) < timedelta()


def test_a_target_takes_some_time() -> None:
    with pytest.raises(ValueError, match="takes some time"):
        start(OFFICE, MONDAY, Duration(0, "workhours"))
    with pytest.raises(ValueError, match="takes some time"):
        retarget(started(), OFFICE, MONDAY, Duration(-1, "days"))


def test_l07_a_standing_clock_has_no_due_moment_and_what_is_left_stays_left() -> None:
    waiting = pause(started(), at("2026-03-02 11:00"))
    assert due(waiting, OFFICE) is None
    assert next_alarm(waiting, OFFICE) is None
    for later in ("2026-03-02 11:00", "2026-03-02 17:00", "2026-03-31 09:00"):
        assert remaining(waiting, OFFICE, at(later)) == 4 * HOUR


@pytest.mark.parametrize(
    ("from_", "until", "credited", "when"),
    [
        ("2026-03-02 11:00", "2026-03-02 11:30", 0.5, "2026-03-02 17:00"),
        ("2026-03-02 11:00", "2026-03-02 14:30", 2, "2026-03-03 09:30"),  # lunch is not credited
        ("2026-03-02 12:00", "2026-03-02 13:30", 0, "2026-03-02 16:30"),  # a lunch break alone credits nothing
        ("2026-03-02 16:00", "2026-03-03 10:00", 3, "2026-03-03 10:30"),  # nor does the night
        ("2026-03-02 10:00", "2026-03-09 10:00", 37.5, "2026-03-09 16:30"),  # nor the weekend: five working days
    ],
)
def test_l07_a_pause_credits_only_its_working_overlap(from_: str, until: str, credited: float, when: str) -> None:
    clock = resume(pause(started(), at(from_)), at(until))
    assert due_at(clock) == when
    assert between(OFFICE, at("2026-03-02 16:30"), at(when)) == credited * HOUR == between(OFFICE, at(from_), at(until))


def test_l07_a_pause_of_a_clock_in_real_time_credits_all_of_it() -> None:
    clock = resume(pause(started("20 hours"), at("2026-03-02 17:00")), at("2026-03-03 09:00"))
    assert due_at(clock) == "2026-03-03 21:00"


def test_l07_pausing_twice_and_resuming_twice_change_nothing() -> None:
    once = pause(started(), at("2026-03-02 10:00"))
    assert pause(once, at("2026-03-02 11:00")) == once
    again = resume(once, at("2026-03-02 14:00"))
    assert resume(again, at("2026-03-02 15:00")) == again


def test_l07_a_pause_after_the_breach_does_not_undo_it() -> None:
    clock = pause(started(), at("2026-03-02 17:00"))
    assert due_at(clock) == "2026-03-02 16:30"
    clock, alarms = ring(clock, OFFICE, at("2026-03-02 17:01"))
    assert alarms == (Alarm(100, at("2026-03-02 16:30")),)
    assert due_at(resume(clock, at("2026-03-03 09:00"))) == "2026-03-02 16:30"


def test_l08_reopened_to_continue_it_counts_on_with_what_had_passed() -> None:
    clock, alarms = stop(started(), OFFICE, at("2026-03-02 14:00"))
    assert (alarms, clock.stopped, remaining(clock, OFFICE, at("2026-03-05 09:00"))) == ((), at("2026-03-02 14:00"), 2.5 * HOUR)
    assert due(clock, OFFICE) is None
    clock = reopen(clock, OFFICE, at("2026-03-04 09:00"), "continue")
    assert due_at(clock) == "2026-03-04 11:30"
    assert (clock.round, clock.breached, clock.stopped) == (1, False, None)


def test_l08_reopened_to_restart_it_has_its_whole_target_again_and_may_be_missed_a_second_time() -> None:
    clock, alarms = stop(started(warnings=(50,)), OFFICE, at("2026-03-02 17:00"))
    assert [alarm.percent for alarm in alarms] == [50, 100]
    assert clock.breaches == (at("2026-03-02 16:30"),)
    clock = reopen(clock, OFFICE, at("2026-03-04 09:00"), "restart")
    assert due_at(clock) == "2026-03-04 16:30"
    assert (clock.round, clock.breached, clock.breaches) == (2, False, (at("2026-03-02 16:30"),))
    clock, alarms = ring(clock, OFFICE, at("2026-03-05 09:00"))
    assert [alarm.percent for alarm in alarms] == [50, 100]
    assert clock.breaches == (at("2026-03-02 16:30"), at("2026-03-04 16:30"))


def test_l08_a_breach_once_recorded_stays_recorded_and_is_not_recorded_twice() -> None:
    clock, _ = stop(started(), OFFICE, at("2026-03-02 17:00"))
    clock = reopen(clock, OFFICE, at("2026-03-03 09:00"), "continue")
    assert due_at(clock) == "2026-03-02 16:30"
    assert ring(clock, OFFICE, at("2026-03-03 18:00")) == (clock, ())
    clock = retarget(clock, OFFICE, at("2026-03-03 18:00"), parse_duration("40 workhours"))
    assert clock.breaches == (at("2026-03-02 16:30"),)
    clock, alarms = stop(clock, OFFICE, at("2026-03-03 18:00"))
    assert (alarms, clock.breaches) == ((), (at("2026-03-02 16:30"),))


def test_l08_stopping_at_the_due_moment_is_late_and_just_before_is_not() -> None:
    assert stop(started(), OFFICE, at("2026-03-02 16:30"))[0].breached
    assert not stop(started(), OFFICE, at("2026-03-02 16:30") - timedelta(microseconds=1))[0].breached


def test_a_stopped_clock_stays_stopped() -> None:
    clock, _ = stop(started(), OFFICE, at("2026-03-02 10:00"))
    assert resume(clock, at("2026-03-02 11:00")) == clock
    assert pause(clock, at("2026-03-02 11:00")) == clock
    assert stop(clock, OFFICE, at("2026-03-09 11:00")) == (clock, ())
    assert ring(clock, OFFICE, at("2026-03-09 11:00")) == (clock, ())
    assert reopen(started(), OFFICE, at("2026-03-02 10:00"), "restart") == started()


@pytest.mark.parametrize(
    ("target", "when", "left"),
    [
        ("12 workhours", "2026-03-03 17:00", 10),  # later: two hours have passed, two were waited
        ("4 workhours", "2026-03-02 16:30", 2),
        ("2 workhours", "2026-03-02 11:00", 0),  # already over: due when it was
        ("1 workdays", "2026-03-03 11:00", 5.5),
        ("30 minutes", "2026-03-02 09:30", -1.5),  # another measure: real time from the original start
    ],
)
def test_l10_another_target_counts_from_the_original_start_with_what_has_passed_kept(target: str, when: str, left: float) -> None:
    waited = resume(pause(started(), at("2026-03-02 11:00")), at("2026-03-02 14:30"))
    changed = retarget(waited, OFFICE, at("2026-03-02 14:30"), parse_duration(target))
    assert changed.started == MONDAY
    assert due_at(changed) == when
    assert remaining(changed, OFFICE, at("2026-03-02 14:30")) == left * HOUR


def test_l11_each_warning_is_told_once() -> None:
    clock = started(warnings=(75, 50))
    assert next_alarm(clock, OFFICE) == Alarm(50, at("2026-03-02 12:00"))
    assert ring(clock, OFFICE, at("2026-03-02 11:59")) == (clock, ())
    clock, alarms = ring(clock, OFFICE, at("2026-03-02 12:00"))
    assert alarms == (Alarm(50, at("2026-03-02 12:00")),)
    assert ring(clock, OFFICE, at("2026-03-02 14:00")) == (clock, ())
    assert next_alarm(clock, OFFICE) == Alarm(75, at("2026-03-02 15:00"))
    clock, alarms = ring(clock, OFFICE, at("2026-03-09 09:00"))
    assert alarms == (Alarm(75, at("2026-03-02 15:00")), Alarm(100, at("2026-03-02 16:30")))
    assert next_alarm(clock, OFFICE) is None
    assert clock.breached


@pytest.mark.parametrize(("rearm", "again"), [(False, [75, 100]), (True, [50, 75, 100])])
def test_l11_a_target_moved_later_does_not_repeat_a_warning_unless_it_is_to_rearm(rearm: bool, again: list[int]) -> None:
    clock, _ = ring(started(warnings=(50, 75), rearm=rearm), OFFICE, at("2026-03-02 14:00"))
    clock = retarget(clock, OFFICE, at("2026-03-02 14:00"), parse_duration("12 workhours"))
    _, alarms = ring(clock, OFFICE, at("2026-03-06 09:00"))
    assert [alarm.percent for alarm in alarms] == again


def test_l11_rearming_repeats_nothing_that_stays_crossed() -> None:
    clock, _ = ring(started(warnings=(50, 75), rearm=True), OFFICE, at("2026-03-02 15:00"))
    clock = retarget(clock, OFFICE, at("2026-03-02 15:00"), parse_duration("7 workhours"))  # 4.5 of 7 hours: 64 %
    assert clock.sent == {50}


def test_l11_warnings_are_percentages_below_the_target() -> None:
    for percent in (0, 100, 120):
        with pytest.raises(ValueError, match="percentages"):
            started(warnings=(percent,))
    assert started(warnings=(99, 1, 1)).warnings == (1, 99)


def test_l11_a_clock_repeats_no_warning_unless_it_is_told_to() -> None:
    assert not start(OFFICE, MONDAY, parse_duration("6 workhours")).rearm


def test_l06_handed_to_another_calendar_the_rest_is_counted_there_and_what_passed_is_kept() -> None:
    clock = started("8 workhours")
    moved = at("2026-03-02 14:30")  # four hours in Shanghai
    handed = hand_over(clock, OFFICE, moved)
    assert elapsed(handed, BERLIN, moved) == 4 * HOUR
    assert remaining(handed, BERLIN, moved) == 4 * HOUR
    found = due(handed, BERLIN)
    assert found == add(BERLIN, moved, parse_duration("4 workhours"))
    assert local(found.at, "Europe/Berlin") == "2026-03-02 13:00"  # Berlin opens at nine, after half past seven


def test_l06_handed_over_while_it_stands_it_stands_on() -> None:
    handed = hand_over(pause(started("8 workhours"), at("2026-03-02 11:00")), OFFICE, at("2026-03-02 18:00"))
    assert due(handed, BERLIN) is None
    assert remaining(handed, BERLIN, at("2026-03-09 09:00")) == 6 * HOUR
    running = resume(handed, at("2026-03-03 16:00"))  # nine in the morning in Berlin
    found = due(running, BERLIN)
    assert found is not None
    assert local(found.at, "Europe/Berlin") == "2026-03-03 15:00"


def test_l06_a_breach_that_nobody_told_before_the_hand_over_is_told_after_it() -> None:
    for clock in (started("1 workhours"), pause(started("1 workhours"), at("2026-03-02 11:00"))):
        handed = hand_over(clock, OFFICE, at("2026-03-02 12:00"))
        assert ring(handed, BERLIN, at("2026-03-02 12:00"))[1] == (Alarm(100, at("2026-03-02 12:00")),)


def test_l04_a_clock_that_runs_into_an_unknown_year_is_provisional_until_the_year_is_known() -> None:
    clock = start(CHINA, at("2026-12-31 09:00"), parse_duration("10 workhours"), warnings=(50,))
    assert due(clock, CHINA) is not None
    assert (due_at(clock, CHINA), due(clock, CHINA).provisional) == ("2027-01-01 11:30", True)  # type: ignore[union-attr]
    assert next_alarm(clock, CHINA) == Alarm(50, at("2026-12-31 15:30"), False)
    years, _ = read_notices("2027.yaml", "holidays: cn_2027\nbase: CN\nyear: 2027\nclosed: {new_year: 01-01..01-03}\n")
    known = CHINA.with_years(years)
    clock = recalculate(clock, known, at("2026-12-31 10:00"))
    assert (due_at(clock, known), due(clock, known).provisional) == ("2027-01-04 11:30", False)  # type: ignore[union-attr]


def test_l04_a_clock_of_a_calendar_that_refuses_to_guess_is_refused_where_it_would_have_to() -> None:
    strict = cn_office(holidays={"base": "CN", "year_missing": "refuse"})
    clock = start(strict, at("2026-12-31 09:00"), parse_duration("10 workhours"))
    with pytest.raises(MissingYear):
        due(clock, strict)
    with pytest.raises(MissingYear):
        start(strict, at("2026-12-31 09:00"), parse_duration("3 workdays"))


def test_an_edited_calendar_moves_what_is_due_and_not_what_is_recorded() -> None:
    clock, _ = ring(started("2 workdays", warnings=(50,)), OFFICE, at("2026-03-03 09:00"))
    closed = calendar(overrides={"2026-03-03": "closed"})
    changed = recalculate(clock, closed, at("2026-03-03 09:00"))
    assert due_at(changed, closed) == "2026-03-04 18:00"
    assert changed.sent == {50}
    assert changed.runs == clock.runs


def test_l12_a_clock_across_a_change_of_clocks_keeps_utc_and_counts_real_working_time() -> None:
    night = calendar({"mon-sun": ["00:00-06:00"]}, "Europe/Berlin")
    clock = start(night, at("2026-03-29 00:00", "Europe/Berlin"), parse_duration("6 workhours"))
    found = due(clock, night)
    assert found is not None
    assert local(found.at, "Europe/Berlin") == "2026-03-30 01:00"
    assert str(found.at.tzinfo) == "UTC"


def test_a_clock_that_is_put_back_undoes_nothing() -> None:
    waiting = pause(started(), at("2026-03-02 11:00"))
    again = resume(waiting, at("2026-03-02 10:00"))
    assert again.runs[-1].start == at("2026-03-02 11:00")
    assert elapsed(again, OFFICE, at("2026-03-02 10:00")) == 2 * HOUR


def test_progress_is_the_part_that_has_passed() -> None:
    assert progress(started(), OFFICE, at("2026-03-02 10:30")) == Fraction(1, 4)
    assert progress(started(), OFFICE, at("2026-03-02 18:00")) == Fraction(5, 4)


# Properties

OFFSETS = st.lists(st.integers(1, 30 * 24 * 60), min_size=1, max_size=8, unique=True).map(sorted)
TARGETS = st.builds(Duration, st.integers(1, 60), st.sampled_from(["workhours", "hours"])) | st.builds(
    Duration, st.integers(1, 8), st.sampled_from(["workdays", "days"])
)
BEGINNINGS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 9, 30)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001


def lived(begin: datetime, target: Duration, offsets: list[int]) -> tuple[Clock, list[datetime]]:
    """A clock that is paused and resumed in turn, so many minutes after its start."""
    clock = start(CHINA, begin, target, warnings=(50, 75))
    moments = [begin + timedelta(minutes=offset) for offset in offsets]
    for index, moment in enumerate(moments):
        clock = resume(clock, moment) if index % 2 else pause(clock, moment)
    return clock, moments


@given(BEGINNINGS, TARGETS, OFFSETS)
def test_l07_pauses_never_credit_more_than_their_working_overlap(begin: datetime, target: Duration, offsets: list[int]) -> None:
    offsets = offsets if len(offsets) % 2 == 0 else [*offsets, offsets[-1] + 60]
    clock, moments = lived(begin, target, offsets)
    found, planned = due(clock, CHINA), due(start(CHINA, begin, target), CHINA)
    assert found is not None
    assert planned is not None
    pauses = list(zip(moments[::2], moments[1::2], strict=True))
    before = [(first, last) for first, last in pauses if first < found.at]
    if target.working:
        credit = between(CHINA, planned.at, found.at)
        assert credit == sum((between(CHINA, first, last) for first, last in before), timedelta())
    else:
        assert found.at - planned.at == sum((last - first for first, last in before), timedelta())


@given(BEGINNINGS, TARGETS, OFFSETS)
def test_what_is_left_at_the_due_moment_is_nothing(begin: datetime, target: Duration, offsets: list[int]) -> None:
    clock, moments = lived(begin, target, offsets)
    found = due(clock, CHINA)
    if found is None:
        assert not clock.running
        assert remaining(clock, CHINA, moments[-1]) > timedelta()
    elif found.at >= moments[-1]:
        assert remaining(clock, CHINA, found.at) == timedelta()
    percents = [crossing(clock, CHINA, percent) for percent in (25, 50, 75, 100)]
    known = [moment.at for moment in percents if moment]
    assert known == sorted(known)
    assert percents == sorted(percents, key=lambda moment: moment is None)


SHORT_DAYS = cn_office(overrides={f"2026-{month:02}-{day:02}": ["10:15-11:45"] for month in range(1, 13) for day in (4, 11, 12, 20)})


@given(BEGINNINGS, TARGETS, st.sampled_from([OFFICE, CHINA, SHORT_DAYS, BERLIN]))
def test_a_clock_that_never_stands_is_due_when_add_says(begin: datetime, target: Duration, worked: Calendar) -> None:
    assert due(start(worked, begin, target), worked) == add(worked, begin, target)


@given(BEGINNINGS, TARGETS, OFFSETS, st.booleans())
def test_a_clock_reads_as_it_was_written(begin: datetime, target: Duration, offsets: list[int], late: bool) -> None:
    clock, moments = lived(begin, target, offsets)
    if late:
        clock, _ = ring(clock, CHINA, moments[-1])
        clock = hand_over(clock, CHINA, moments[-1])
    stopped, _ = stop(clock, CHINA, moments[-1])
    for one in (clock, stopped, reopen(stopped, CHINA, moments[-1], "restart")):
        assert Clock.from_json(json.loads(json.dumps(one.to_json()))) == one


@given(BEGINNINGS, TARGETS, OFFSETS, st.lists(st.integers(0, 60 * 24 * 60), max_size=6))
def test_l11_no_alarm_is_ever_told_twice_nor_before_its_time(
    begin: datetime, target: Duration, offsets: list[int], questions: list[int]
) -> None:
    clock, _ = lived(begin, target, offsets)
    told: list[int] = []
    for offset in sorted(questions):
        now = begin + timedelta(minutes=offset)
        clock, alarms = ring(clock, CHINA, now)
        assert all(alarm.at <= now for alarm in alarms)
        told += [alarm.percent for alarm in alarms]
        following = next_alarm(clock, CHINA)
        assert following is None or following.at > now
    assert told == sorted(set(told))
