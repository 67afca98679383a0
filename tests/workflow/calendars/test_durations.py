"""How long: one parser for the whole wing, and what it says of what it can't read."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looseleaf_workflow.calendars import DURATION, BadDuration, Duration, parse_duration
from looseleaf_workflow.calendars.durations import UNITS


@pytest.mark.parametrize(
    ("written", "duration"),
    [
        ("8 workhours", Duration(8, "workhours")),
        ("1 workday", Duration(1, "workdays")),
        ("30 minutes", Duration(30, "minutes")),
        ("2 hours", Duration(2, "hours")),
        ("15 days", Duration(15, "days")),
        ("1 week", Duration(1, "weeks")),
        ("12 months", Duration(12, "months")),
        ("99999 minutes", Duration(99_999, "minutes")),
    ],
)
def test_a_duration_is_a_whole_number_and_a_unit(written: str, duration: Duration) -> None:
    assert parse_duration(written) == duration
    assert re.fullmatch(str(DURATION["pattern"]), written)


@pytest.mark.parametrize(
    ("written", "message", "suggestion"),
    [
        ("8", "'8' is not a duration", "write it as '8 workhours' or '3 days'"),
        ("workhours", "'workhours' is not a duration", "write it as '8 workhours' or '3 days'"),
        ("", "'' is not a duration", "write it as '8 workhours' or '3 days'"),
        ("8 working hours", "'8 working hours' is not a duration", "write it as '8 workhours' or '3 days'"),
        ("8 workhuors", "unknown unit 'workhuors'", "did you mean 'workhours'?"),
        ("3 years", "unknown unit 'years'", "known here: days, hours, minutes, months, weeks, workdays, workhours"),
        ("0 days", "'0' is not a whole number from 1 to 99999", None),
        ("-3 days", "'-3' is not a whole number from 1 to 99999", None),
        ("100000 days", "'100000' is not a whole number from 1 to 99999", None),
        ("1.5 workhours", "'1.5' is not a whole number from 1 to 99999", "say it in a smaller unit"),
    ],
)
def test_what_is_no_duration_is_refused_with_a_reason(written: str, message: str, suggestion: str | None) -> None:
    with pytest.raises(BadDuration) as refused:
        parse_duration(written)
    assert str(refused.value.message) == message
    assert (str(refused.value.suggestion) if refused.value.suggestion else None) == suggestion
    assert not re.fullmatch(str(DURATION["pattern"]), written)


@given(st.builds(Duration, st.integers(1, 99_999), st.sampled_from(UNITS)))
def test_a_duration_reads_as_it_is_written(duration: Duration) -> None:
    assert parse_duration(str(duration)) == duration
    assert re.fullmatch(str(DURATION["pattern"]), str(duration))


def test_only_lengths_that_are_the_same_everywhere_are_exact() -> None:
    assert Duration(90, "minutes").exact == timedelta(minutes=90)
    assert Duration(8, "workhours").exact == timedelta(hours=8)
    assert [Duration(1, unit).exact is None for unit in ("days", "weeks", "months", "workdays")] == [True] * 4


@given(st.text(max_size=20))
def test_no_text_makes_the_parser_fall_over(written: str) -> None:
    with suppress(BadDuration):
        assert parse_duration(written).amount > 0
