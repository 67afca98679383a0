"""A thin hand on the write path for the demo: creates records in batches and gives their ids back."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from looseleaf_platform.context import Context
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write

BATCH = 500


class Writer:
    """Creates records as the system. `chance` is the seeded source of everything invented."""

    def __init__(self, context: Context, chance: random.Random) -> None:
        self.context = context
        self.chance = chance
        self.today: date = context.today

    def create(self, object_name: str, rows: Sequence[Mapping[str, Any]]) -> list[int]:
        """Create one record per row, in order; returns their ids. Rules hold, except those an old record may break."""
        ids: list[int] = []
        operation = Operation(kind="seed", reason="Demo records", exemptions=frozenset({"rules", "history", "stages"}))
        for start in range(0, len(rows), BATCH):
            changes = [Change("create", object_name, values=row) for row in rows[start : start + BATCH]]
            ids.extend(written.id for written in write(self.context, changes, operation).written if written.id is not None)
        return ids

    def day(self, earliest: int, latest: int) -> str:
        """A day between two offsets from today, as ISO text."""
        return (self.today + timedelta(days=self.chance.randint(earliest, latest))).isoformat()

    def moment(self, earliest: int, latest: int) -> str:
        """A working-hours moment between two offsets from today, as local ISO text."""
        return f"{self.day(earliest, latest)} {self.chance.randint(9, 17):02}:{self.chance.choice((0, 10, 15, 30, 45)):02}:00"
