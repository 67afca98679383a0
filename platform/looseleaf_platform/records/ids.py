"""Ids of records: 64-bit, time-ordered, made in the application, shown as 13 characters. Knows no database.

Layout of the 63 bits used: 38 bits of time in steps of 8 ms since 2024 (until 2093), 16 bits that name the process,
9 bits that count within a step. One process never makes the same id twice nor a smaller one after a greater one, also when its
clock is set back. Two processes that draw the same 16 bits could meet in the same step; the primary key would refuse the second.
"""

from __future__ import annotations

import os
import threading
import time
from functools import lru_cache

STEP_MILLISECONDS = 8
EPOCH_MILLISECONDS = 1_704_067_200_000  # 2024-01-01T00:00:00Z
PROCESS_BITS = 16
COUNT_BITS = 9
TEXT_LENGTH = 13
LARGEST = 2**63 - 1

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = tuple(first + second for first in ALPHABET for second in ALPHABET)
_DIGITS = {character: value for value, character in enumerate(ALPHABET)}
_DIGITS.update({character.lower(): value for character, value in _DIGITS.items()})
_DIGITS.update({"O": 0, "o": 0, "I": 1, "i": 1, "L": 1, "l": 1})


class IdMaker:
    """Makes the ids of one process. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._step = 0
        self._count = 0
        self._process = int.from_bytes(os.urandom(2), "big")

    def one(self) -> int:
        """The next id."""
        return self.many(1)[0]

    def many(self, count: int) -> list[int]:
        """The next `count` ids, ascending."""
        made: list[int] = []
        with self._lock:
            step = (time.time_ns() // 1_000_000 - EPOCH_MILLISECONDS) // STEP_MILLISECONDS
            if step > self._step:
                self._step, self._count = step, 0
            while len(made) < count:
                if self._count >> COUNT_BITS:  # this step is used up: borrow from the next
                    self._step, self._count = self._step + 1, 0
                made.append((self._step << PROCESS_BITS | self._process) << COUNT_BITS | self._count)
                self._count += 1
        return made


_maker = IdMaker()


def _renew() -> None:
    """A forked process is another process: it needs its own bits, and a lock that nobody holds."""
    global _maker
    _maker = IdMaker()


os.register_at_fork(after_in_child=_renew)


def new_id() -> int:
    """A new id, greater than all that this process made before."""
    return _maker.one()


def new_ids(count: int) -> list[int]:
    """`count` new ids, ascending."""
    return _maker.many(count)


@lru_cache(maxsize=16_384)
def encode(id: int) -> str:
    """An id as 13 characters of Crockford's base 32; their order is the ids' order."""
    if not 0 <= id <= LARGEST:
        raise ValueError(f"{id} is no id")
    return (
        ALPHABET[id >> 60]
        + _PAIRS[id >> 50 & 1023]
        + _PAIRS[id >> 40 & 1023]
        + _PAIRS[id >> 30 & 1023]
        + _PAIRS[id >> 20 & 1023]
        + _PAIRS[id >> 10 & 1023]
        + _PAIRS[id & 1023]
    )


def decode(text: str) -> int:
    """The id that `text` shows; takes lower case, and O, I, L for 0, 1, 1. Raises ValueError for anything else."""
    if not isinstance(text, str) or len(text) != TEXT_LENGTH:
        raise ValueError("an id has 13 characters")
    id = 0
    for character in text:
        value = _DIGITS.get(character)
        if value is None:
            raise ValueError(f"{character!r} does not occur in ids")
        id = id << 5 | value
    if id > LARGEST:
        raise ValueError("too large for an id")
    return id
