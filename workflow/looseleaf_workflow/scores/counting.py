"""The arithmetic of scores: from what is so of a record to points, total and grade. Pure: knows no database, no reader and no clock.

What is explained is what is counted: the points of the criteria, what the caps of groups and the bounds of the total take away or add,
come to the total, always.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from looseleaf_workflow.scores.definition import Criterion, Grade, Score


@dataclass(frozen=True, slots=True)
class Seen:
    """What is so of a record for one criterion: whether its condition holds, its value, the days passed. None where nobody knows."""

    holds: bool = True
    value: Any = None
    age: int | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """What a score comes to. `points`: of each criterion in order; `capped`: by group, what its cap takes away; `bounded`: what the
    bounds of the total add or take away. They sum to `total`."""

    points: tuple[int, ...]
    capped: Mapping[str, int]
    bounded: int
    total: int
    grade: str | None


def count(score: Score, seen: Sequence[Seen]) -> Tally:
    """The points, total and grade of a record, from what is so of it for each criterion."""
    points = tuple(points_of(criterion, one) for criterion, one in zip(score.criteria, seen, strict=True))
    capped = {}
    for group in score.groups:
        together = sum(given for criterion, given in zip(score.criteria, points, strict=True) if criterion.group == group.name)
        if together > group.most:
            capped[group.name] = group.most - together
    plain = sum(points) + sum(capped.values())
    total = bounded(score, plain)
    return Tally(points, capped, total - plain, total, grade_of(score.grades, total))


def points_of(criterion: Criterion, seen: Seen) -> int:
    """What a criterion gives. Of what fades, the part that is left of its days, cut to whole points."""
    if not seen.holds:
        return 0
    full = _full(criterion, seen)
    if not criterion.fades:
        return full
    if seen.age is None:
        return 0
    left = min(max(criterion.fades - seen.age, 0), criterion.fades)
    return full * left // criterion.fades if full >= 0 else -(-full * left // criterion.fades)


def _full(criterion: Criterion, seen: Seen) -> int:
    if criterion.by_option is not None:
        return criterion.by_option.get(seen.value, criterion.otherwise) if seen.value is not None else criterion.otherwise
    if criterion.value is not None:
        return int(seen.value) if seen.value is not None else 0
    return criterion.fixed


def bounded(score: Score, total: int) -> int:
    """A total within the bounds."""
    if score.lowest is not None and total < score.lowest:
        return score.lowest
    return score.highest if score.highest is not None and total > score.highest else total


def grade_of(grades: Iterable[Grade], total: int) -> str | None:
    """What a total is called; None below the last grade. The best grade comes first."""
    return next((grade.option for grade in grades if total >= grade.least), None)


# --- what can come of it, for those who check what is written

Reach = tuple[int | None, int | None]
"""The least and the most that can come; None where there is no bound."""


def reach_of(criterion: Criterion) -> Reach:
    """What a criterion may give."""
    if criterion.value is not None and criterion.by_option is None:
        return None, None
    values = {criterion.otherwise, *criterion.by_option.values()} if criterion.by_option is not None else {criterion.fixed}
    if criterion.when is not None or criterion.fades:
        values.add(0)
    return min(values), max(values)


def reach(score: Score) -> Reach:
    """What the total may be, at the widest."""
    least: int | None = 0
    most: int | None = 0
    for members, cap in _parts(score):
        lows, highs = zip(*(reach_of(one) for one in members), strict=True)
        low = None if None in lows else sum(lows)
        high = cap if None in highs else min(sum(highs), cap) if cap is not None else sum(highs)
        low = low if low is None or cap is None else min(low, cap)
        least = None if least is None or low is None else least + low
        most = None if most is None or high is None else most + high
    return _bound(score, least, score.lowest), _bound(score, most, score.highest)


def _bound(score: Score, value: int | None, where_open: int | None) -> int | None:
    return where_open if value is None else bounded(score, value)


def _parts(score: Score) -> Iterable[tuple[list[Criterion], int | None]]:
    """Criteria that are counted together, with their cap."""
    for group in score.groups:
        members = [one for one in score.criteria if one.group == group.name]
        if members:
            yield members, group.most
    for one in score.criteria:
        if not one.group:
            yield [one], None
