"""Turns: who comes next in a rotation. Pure.

Everybody has as many places on a circle as their weight, spread evenly; a cursor says where on the circle the last turn was. So each full
circle is exact, people who join or leave change nobody else's order, and whoever is passed over keeps their places.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from looseleaf_workflow.members import Member

Place = tuple[Fraction, int]
"""A place on the circle: how far round, and whose it is."""


@dataclass
class Cursor:
    """Where a rotation stands. `place`: of the last turn, None before the first; `turn`: how many there were; `last`: each one's last turn."""

    turn: int = 0
    place: Place | None = None
    last: dict[int, int] = field(default_factory=dict)

    def give(self, user: int, place: Place | None = None) -> None:
        """Note that somebody had a turn."""
        self.turn += 1
        self.last[user] = self.turn
        self.place = place or self.place

    def to_json(self) -> dict[str, Any]:
        """As it is stored; the number of turns has a column of its own."""
        place = None if self.place is None else [self.place[0].numerator, self.place[0].denominator, str(self.place[1])]
        return {"place": place, "last": {str(user): turn for user, turn in self.last.items()}}

    @classmethod
    def from_json(cls, turn: int, state: Any) -> Cursor:
        """From what is stored."""
        state = state or {}
        place = state.get("place")
        last = {int(user): number for user, number in state.get("last", {}).items()}
        return cls(turn, None if place is None else (Fraction(place[0], place[1]), int(place[2])), last)


def places(members: Collection[Member]) -> list[Place]:
    """All places on the circle, in order. Somebody of weight 3 has one in the middle of each third of it."""
    return sorted((Fraction(2 * number + 1, 2 * one.weight), one.id) for one in members for number in range(one.weight))


def next_turn(members: Sequence[Member], cursor: Cursor, passed_over: Collection[int]) -> Place | None:
    """The first place after the cursor whose owner is not passed over; None if all are."""
    circle = places(members)
    start = cursor.place
    ahead = [place for place in circle if start is None or place > start]
    return next((place for place in (*ahead, *circle) if place[1] not in passed_over), None)


def lightest(members: Sequence[Member], loads: dict[int, Decimal], cursor: Cursor, passed_over: Collection[int]) -> int | None:
    """Who has the least load; of several, whoever has waited longest for a turn; None if all are passed over."""
    free = [one.id for one in members if one.id not in passed_over]
    return min(free, key=lambda id: (loads.get(id, Decimal(0)), cursor.last.get(id, 0), id), default=None)
