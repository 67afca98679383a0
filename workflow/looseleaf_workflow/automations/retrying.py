"""How long to wait before the next attempt: four times as long each time, up to an hour, with a spread that parts those who failed together."""

from __future__ import annotations

import hashlib
from datetime import timedelta

FIRST = timedelta(seconds=5)
LONGEST = timedelta(hours=1)
SPREAD = 0.25


def backoff(attempt: int, key: str) -> timedelta:
    """The pause after attempt number `attempt`. The spread is the same for the same key and attempt."""
    part = int.from_bytes(hashlib.sha256(f"{key}:{attempt}".encode()).digest()[:4], "big") / 2**32
    pause: timedelta = min(FIRST * int(4 ** min(attempt - 1, 6)), LONGEST)
    return pause * (1 + SPREAD * part)
