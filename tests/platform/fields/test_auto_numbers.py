"""Formats of automatic numbers: what they render to, and when their sequence starts again."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looseleaf_platform.fields.auto_number import DEFAULT_FORMAT, BadFormat, parts_of, period, render

TODAY = date(2026, 3, 2)


def test_a_number_is_made_of_text_date_and_sequence() -> None:
    assert render("SJ-{yyyy}{mm}-{seq:4}", TODAY, 12) == "SJ-202603-0012"
    assert render("{yy}.{mm}.{dd}/{seq}", TODAY, 7) == "26.03.02/7"
    assert render(DEFAULT_FORMAT, TODAY, 7) == "000007"
    assert render("合同{seq:3}号", TODAY, 1234) == "合同1234号"


def test_the_sequence_starts_again_with_the_smallest_date_part() -> None:
    assert period("{seq}", TODAY) == ""
    assert period("{yyyy}-{seq}", TODAY) == "2026"
    assert period("{yy}{mm}{seq}", TODAY) == "2026-03"
    assert period("{dd}.{mm}.{yyyy}-{seq}", TODAY) == "2026-03-02"


def test_a_format_that_can_not_be_read_says_why() -> None:
    with pytest.raises(BadFormat, match="unknown part"):
        parts_of("{week}{seq}")


@given(
    days=st.lists(st.dates(date(2001, 1, 1), date(2099, 12, 31)), min_size=2, max_size=2),
    numbers=st.tuples(st.integers(1, 10**7), st.integers(1, 10**7)),
)
@pytest.mark.parametrize("format", ["SJ-{yyyy}{mm}-{seq:4}", "{seq:2}{yy}", "{yy}{mm}{dd}{seq}", "{seq}"])
def test_a_number_never_repeats(format: str, days: list[date], numbers: tuple[int, int]) -> None:
    first, second = (render(format, day, n) for day, n in zip(days, numbers, strict=True))
    if (period(format, days[0]), numbers[0]) != (period(format, days[1]), numbers[1]):
        assert first != second
