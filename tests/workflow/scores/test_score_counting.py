"""The arithmetic of scores: tables of what a criterion gives, and properties that hold of every score and every record."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looseleaf_metadata.expressions.check import check_expression
from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.labels import Label
from looseleaf_metadata.problems import Place
from looseleaf_workflow.scores.counting import Seen, count, grade_of, points_of, reach
from looseleaf_workflow.scores.definition import Criterion, Grade, Group, Score

LABEL = Label.of("x")
ASKED = check_expression("True", None, {}, place=Place())
assert isinstance(ASKED, Expression)


def criterion(**values: Any) -> Criterion:
    """A criterion with a condition."""
    return Criterion("one", LABEL, **{"when": ASKED, "fixed": 10, **values})


@pytest.mark.parametrize(
    ("one", "seen", "points"),
    [
        (criterion(), Seen(), 10),
        (criterion(), Seen(holds=False), 0),
        (criterion(by_option={"web": 7}, otherwise=2), Seen(value="web"), 7),
        (criterion(by_option={"web": 7}, otherwise=2), Seen(value="fair"), 2),
        (criterion(by_option={"web": 7}, otherwise=2), Seen(value=None), 2),
        (criterion(by_option={"web": 7}), Seen(holds=False, value="web"), 0),
        (criterion(value=ASKED), Seen(value=13), 13),
        (criterion(value=ASKED), Seen(value=None), 0),
        (criterion(fades=10), Seen(age=0), 10),
        (criterion(fades=10), Seen(age=3), 7),
        (criterion(fades=10), Seen(age=10), 0),
        (criterion(fades=10), Seen(age=400), 0),
        (criterion(fades=10), Seen(age=-5), 10),
        (criterion(fades=10), Seen(age=None), 0),
        (criterion(fades=4), Seen(age=1), 7),
        (criterion(fixed=-10, fades=4), Seen(age=1), -7),
    ],
)
def test_what_a_criterion_gives(one: Criterion, seen: Seen, points: int) -> None:
    assert points_of(one, seen) == points


@pytest.mark.parametrize(("total", "grade"), [(100, "a"), (70, "a"), (69, "b"), (0, "b"), (-1, None)])
def test_a_total_is_called_by_the_best_grade_that_it_reaches(total: int, grade: str | None) -> None:
    assert grade_of((Grade("a", 70), Grade("b", 0)), total) == grade


def test_a_group_gives_no_more_than_its_cap_and_the_total_stays_within_its_bounds() -> None:
    criteria = (criterion(group="g"), criterion(group="g", fixed=25), criterion(fixed=90))
    score = Score("s", "s", LABEL, "lead", "points", "", criteria, (Group("g", LABEL, 30),), highest=100)
    found = count(score, [Seen(), Seen(), Seen()])
    assert (found.points, dict(found.capped), found.bounded, found.total) == ((10, 25, 90), {"g": -5}, -20, 100)


small = st.integers(-50, 50)
criteria = st.builds(
    Criterion,
    name=st.just("one"),
    label=st.just(LABEL),
    when=st.sampled_from([None, ASKED]),
    fixed=small,
    value=st.sampled_from([None, ASKED]),
    by_option=st.none() | st.dictionaries(st.sampled_from(["web", "fair"]), small, min_size=1),
    otherwise=small,
    fades=st.sampled_from([0, 1, 7, 30]),
    group=st.sampled_from(["", "g", "h"]),
)
bounds = st.none() | small
scores = st.builds(
    Score,
    id=st.just("s"),
    name=st.just("s"),
    label=st.just(LABEL),
    object=st.just("lead"),
    field=st.just("points"),
    grade=st.just("grade"),
    criteria=st.lists(criteria, min_size=1, max_size=6).map(tuple),
    groups=st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda most: (Group("g", LABEL, most[0]), Group("h", LABEL, most[1]))),
    grades=st.just((Grade("a", 20), Grade("b", 0))),
    lowest=bounds,
    highest=bounds,
).filter(lambda score: score.lowest is None or score.highest is None or score.lowest < score.highest)


@st.composite
def records(draw: st.DrawFn) -> tuple[Score, list[Seen]]:
    """A score, and a record for it."""
    score = draw(scores)
    return score, [draw(seen_for(one)) for one in score.criteria]


def seen_for(one: Criterion) -> st.SearchStrategy[Seen]:
    """What may be so of a record for a criterion: one without a condition always holds."""
    holds = st.booleans() if one.when is not None else st.just(True)
    value = st.sampled_from(["web", "fair", "else"]) if one.by_option is not None else small
    return st.builds(Seen, holds, st.none() | value, st.none() | st.integers(-5, 60))


@given(records())
def test_what_is_explained_always_sums_to_the_total(record: tuple[Score, list[Seen]]) -> None:
    score, seen = record
    found = count(score, seen)
    assert sum(found.points) + sum(found.capped.values()) + found.bounded == found.total


@given(records())
def test_a_total_is_never_beyond_what_the_checker_says_can_be_reached(record: tuple[Score, list[Seen]]) -> None:
    score, seen = record
    least, most = reach(score)
    total = count(score, seen).total
    assert least is None or least <= total
    assert most is None or total <= most


@given(records(), st.integers(0, 40), st.integers(0, 40))
def test_what_fades_never_grows_again(record: tuple[Score, list[Seen]], days: int, more: int) -> None:
    one = record[0].criteria[0]
    value = record[1][0].value
    earlier, later = (abs(points_of(one, Seen(True, value, age))) for age in (days, days + more))
    assert later <= earlier
