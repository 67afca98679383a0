"""What goes by the clock: T06, T07, T09, T10."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from looseleaf_metadata.problems import MetadataError
from looseleaf_workflow.automations import schedule
from looseleaf_workflow.automations.cron import BadCron, between, next_after, parse_cron


def rule(trigger, more=""):
    return f"automation: rule\nobject: deal\ntrigger: {trigger}\n{more}\nsteps: [{{notify: tell, who: owner, text: '{{{{ name }}}}'}}]\n"


def told(firm):
    return [row["text"] for row in firm.rows("wf_notification")]


BEFORE = '{date: close_date, before: 3 days, at: "09:00"}'


def begin(firm, text):
    firm.publish(text)
    firm.settle()  # the first round: from here on time is looked after


def test_t06_a_rule_before_a_date_fires_once_at_its_moment_where_the_firm_is(firm):
    begin(firm, rule(BEFORE))
    firm.deal(close_date="2026-03-06")  # three days before, at 9:00: tomorrow
    firm.later(hours=23, minutes=29)
    assert told(firm) == []
    firm.later(minutes=1)
    assert told(firm) == ["二期"]
    firm.later(days=3)
    assert told(firm) == ["二期"]


def test_t06_where_the_date_moves_the_moment_moves(firm):
    begin(firm, rule(BEFORE))
    deal = firm.deal(close_date="2026-03-06")
    firm.later(hours=1)
    firm.change(deal, close_date="2026-03-10")
    firm.later(days=3)
    assert told(firm) == []
    firm.later(days=2)
    assert told(firm) == ["二期"]
    firm.change(deal, close_date="2026-03-20")
    firm.later(days=12)
    assert told(firm) == ["二期", "二期"]


@pytest.mark.parametrize("how", ["cleared", "deleted"])
def test_t06_without_a_date_or_a_record_nothing_fires(firm, how):
    begin(firm, rule(BEFORE))
    deal = firm.deal(close_date="2026-03-06")
    firm.later(hours=1)
    firm.change(deal, close_date=None) if how == "cleared" else firm.delete(deal)
    firm.later(days=5)
    assert told(firm) == []


@pytest.mark.parametrize(("policy", "count"), [("skip", 0), ("now", 1)])
def test_t06_a_moment_that_is_over_when_the_date_is_given_is_skipped_or_now(firm, policy, count):
    begin(firm, rule(f'{{date: close_date, before: 3 days, at: "09:00", if_past: {policy}}}'))
    deal = firm.deal(close_date="2026-03-03")
    firm.settle()
    assert len(told(firm)) == count
    firm.change(deal, note="x")
    firm.later(days=5)
    assert len(told(firm)) == count


def test_t06_the_condition_is_asked_when_the_moment_comes(firm):
    begin(firm, rule(BEFORE, more="when: status == 'sent'"))
    deals = [firm.deal(close_date="2026-03-06", status="draft", name=name) for name in ("a", "b")]
    firm.change(deals[1], status="sent")
    firm.later(days=2)
    assert told(firm) == ["b"]


def test_t07_no_record_falls_between_two_rounds(firm):
    begin(firm, rule('{date: close_date, at: "09:30"}'))
    for name in ("a", "b"):
        firm.deal(close_date="2026-03-03", name=name)
    firm.clock.advance(days=1, microseconds=-1)
    firm.settle()
    assert told(firm) == []
    firm.clock.advance(microseconds=1)
    schedule.tick(firm.workspace)  # too soon after the last round: nothing is looked at, and nothing is noted as looked at
    firm.later(seconds=6)
    assert told(firm) == ["a", "b"]


def test_rounds_that_find_nothing_write_at_most_once_a_minute(firm):
    begin(firm, rule(BEFORE))
    (before,) = firm.rows("automation_scan")
    firm.later(seconds=30)
    assert firm.rows("automation_scan") == [before]
    firm.later(seconds=31)
    assert firm.rows("automation_scan") != [before]


def test_t10_a_scheduled_moment_is_the_name_of_its_run_so_that_two_schedulers_make_one(firm):
    begin(firm, rule('{cron: "0 10 * * *"}', more="when: status == 'sent'"))
    firm.deal(status="sent")
    firm.deal(status="draft")
    since = firm.clock()
    firm.later(minutes=31)
    context = firm.workspace.context(firm.system.actor, "automation")
    (found,) = context.model.others["automation"].values()
    for _ in range(2):
        schedule._by_cron(context, found, since, firm.clock())
    firm.settle()
    (run,) = firm.runs()
    assert (run["event"]["at"], run["state"], told(firm)) == ("2026-03-02T02:00:00+00:00", "done", ["二期"])


@pytest.mark.parametrize(("policy", "days"), [("none", []), ("last", [5]), ("all", [3, 4, 5])])
def test_t10_missed_moments_are_caught_up_with_as_the_rule_says_each_under_its_own_moment(firm, policy, days):
    begin(firm, rule(f'{{cron: "0 9 * * *", catch_up: {policy}}}'))
    firm.deal()
    firm.later(days=3, hours=2)  # it is Monday 9:30, then Thursday 11:30
    assert [datetime.fromisoformat(run["event"]["at"]).day for run in firm.runs()] == days


def test_t51_what_a_rule_that_is_off_would_have_done_is_not_made_up_for(firm):
    from looseleaf_workflow.automations.switches import switch

    begin(firm, rule('{cron: "0 9 * * *", catch_up: all}'))
    firm.deal()
    switch(firm.system, "rule", False)
    firm.later(days=2)
    switch(firm.system, "rule", True)
    firm.later(days=1)
    assert len(firm.runs()) == 1


# --- schedules alone


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "zone", "after", "expected"),
    [
        ("0 9 * * mon-fri", "Asia/Shanghai", "2026-03-06 01:00", "2026-03-09 01:00"),
        ("*/20 * * * *", "UTC", "2026-03-06 01:05", "2026-03-06 01:20"),
        ("0 0 29 2 *", "UTC", "2026-03-06 00:00", "2028-02-29 00:00"),
        ("0 0 13 * fri", "UTC", "2026-03-07 00:00", "2026-03-13 00:00"),  # either will do
        ("0 12 1 jan,jul *", "UTC", "2026-03-07 00:00", "2026-07-01 12:00"),
        ("0 0 * * 7", "UTC", "2026-03-07 00:00", "2026-03-08 00:00"),
        # the clock of New York jumps from 2:00 to 3:00 on 2026-03-08, and shows 1:00 to 2:00 twice on 2026-11-01
        ("30 2 * * *", "America/New_York", "2026-03-08 00:00", "2026-03-08 07:00"),
        ("30 1 * * *", "America/New_York", "2026-11-01 00:00", "2026-11-01 05:30"),
        ("30 1 * * *", "America/New_York", "2026-11-01 05:30", "2026-11-02 06:30"),
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03 10:00", "2026-10-03 15:30"),  # half an hour's jump
    ],
)
def test_t09_a_schedule_in_its_zone(written, zone, after, expected):
    assert next_after(parse_cron(written), zone, at(after)) == at(expected)


def test_t09_a_time_that_the_clock_jumps_over_runs_once_and_one_that_comes_twice_runs_once():
    half_hours = parse_cron("*/30 1-3 * * *")
    spring = between(half_hours, "America/New_York", at("2026-03-08 05:00"), at("2026-03-08 12:00"))
    assert [moment.strftime("%H:%M") for moment in spring] == ["06:00", "06:30", "07:00", "07:30"]
    autumn = between(half_hours, "America/New_York", at("2026-11-01 04:00"), at("2026-11-01 12:00"))
    assert [moment.strftime("%H:%M") for moment in autumn] == ["05:00", "05:30", "07:00", "07:30", "08:00", "08:30"]


@given(
    minute=some.integers(0, 59), hour=some.integers(0, 23), zone=some.sampled_from(["Asia/Shanghai", "America/New_York", "Europe/Berlin"]),
    start=some.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=some.just(UTC)),  # noqa: DTZ001 - the zone is given beside
)  # fmt: skip
def test_t09_a_daily_schedule_runs_once_on_every_local_day(minute, hour, zone, start):
    start = start.replace(microsecond=0)
    moments = between(parse_cron(f"{minute} {hour} * * *"), zone, start, start + timedelta(days=20))
    days = [moment.astimezone(ZoneInfo(zone)).date() for moment in moments]
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
    assert len(days) >= 19


@pytest.mark.parametrize("written", ["", "* * * *", "60 * * * *", "* * 31 2 *", "a * * * *", "5-1 * * * *", "*/0 * * * *", "* * * * 8"])
def test_what_is_no_schedule_is_refused(written):
    with pytest.raises(BadCron):
        parse_cron(written)


@pytest.mark.parametrize(
    ("trigger", "said"),
    [
        ('{cron: "61 * * * *"}', "no part of a schedule"),
        ('{cron: "0 9 * * *", timezone: Mars/Base}', "unknown time zone"),
        ("{date: name}", "no stored date"),
        ("{date: close_date, before: 3 hours}", "days or weeks"),
        ("{date: close_date, before: 3 days, after: 1 days}", "not both"),
    ],
)
def test_a_clock_that_could_not_work_is_told_when_it_is_checked(firm, trigger, said):
    with pytest.raises(MetadataError, match=said):
        firm.publish(rule(trigger))
