"""When votes make a group of people pass or fail: all, any, in sequence, at least so many, a part, weights. Exact, never floats."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from looseleaf_workflow.approvals.definition import Mode

Outcome = Literal["passed", "failed", "pending"]


@dataclass(frozen=True, slots=True)
class Ballot:
    """One slot as far as counting goes. `outcome` passed means agreed, failed means rejected."""

    outcome: Outcome = "pending"
    weight: Decimal = Decimal(1)


def outcome(mode: Mode, ballots: Iterable[Ballot]) -> Outcome:
    """What the votes so far come to. A group without anybody has passed: nobody is left who could object."""
    cast = tuple(ballots)
    agreed = sum(1 for ballot in cast if ballot.outcome == "passed")
    rejected = sum(1 for ballot in cast if ballot.outcome == "failed")
    if not cast:
        return "passed"
    if mode.kind in ("all", "sequence"):
        return "failed" if rejected else "passed" if agreed == len(cast) else "pending"
    if mode.kind == "any":
        if rejected == len(cast) or (rejected and mode.any_reject == "fails"):
            return "failed"
        return "passed" if agreed else "pending"
    return _quota(mode, cast)


def _quota(mode: Mode, cast: tuple[Ballot, ...]) -> Outcome:
    """Passes as soon as the quota is reached, fails as soon as it can't be reached; with `wait_for_all` when everyone has voted."""
    needed = threshold(mode, len(cast))
    agreed = sum((_size(mode, ballot) for ballot in cast if ballot.outcome == "passed"), Fraction(0))
    open_ = sum((_size(mode, ballot) for ballot in cast if ballot.outcome == "pending"), Fraction(0))
    if mode.wait_for_all and any(ballot.outcome == "pending" for ballot in cast):
        return "pending"
    if agreed >= needed:
        return "passed"
    return "failed" if agreed + open_ < needed else "pending"


def _size(mode: Mode, ballot: Ballot) -> Fraction:
    return Fraction(ballot.weight) if mode.kind == "weights" else Fraction(1)


def threshold(mode: Mode, count: int) -> Fraction:
    """How many agrees (or what sum of weights) `count` people need; a percentage is rounded up to whole people, at least one."""
    if mode.kind == "percent":
        return Fraction(max(1, -((-Fraction(mode.needed) * count / 100) // 1)))
    return Fraction(mode.needed)


def reachable(mode: Mode, ballots: Iterable[Ballot]) -> bool:
    """Whether the quota of a mode can be met at all, were everyone to agree."""
    return outcome(mode, (Ballot("passed", ballot.weight) for ballot in ballots)) == "passed"
