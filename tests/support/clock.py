"""A clock that stands still until a test moves it. Passed to `Workspace.open(…, clock=clock)`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class FrozenClock:
    """Callable like every clock of Looseleaf: returns an aware datetime in UTC."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)) -> None:  # a Monday, 9:30 in Shanghai
        self.time = start

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **by: float) -> datetime:
        """Move on by a timedelta's arguments (days=1, minutes=5, …) and return the new time."""
        self.time += timedelta(**by)
        return self.time

    def set(self, time: datetime) -> None:
        """Move to an aware datetime."""
        self.time = time.astimezone(UTC)
