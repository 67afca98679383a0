"""Stores a batch of a file's lines, each line whole or not at all: a line that is refused leaves none of its records behind.

So a file of rejects, put right and imported again, doubles nothing, not even records without a key. Knows nothing of files.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection

from looseleaf_platform.context import Context
from looseleaf_platform.importing.rows import Batch
from looseleaf_platform.records.requests import Operation, Outcome, Written
from looseleaf_platform.records.write import insist, write_within

STORED = ("created", "updated")
Told = Callable[[Connection, Outcome], None]
"""Hears within the transaction what became of a batch."""


def store(context: Context, batch: Batch, operation: Operation, told: Told) -> Outcome:
    """Write a batch in one transaction. Raises what `write` raises, but for faults of single records: those are in the outcome.

    `told` is called at the end of the transaction; again where the transaction is done again.
    """

    def once() -> Outcome:
        with context.workspace.writing(context) as (connection, bound):
            outcome = _whole_lines(connection, bound, batch, operation)
            told(connection, outcome)
            return outcome

    return insist(context, once)


def foretell(context: Context, batch: Batch, operation: Operation, told: Told) -> Outcome:
    """What would become of the batch: written, looked at, undone."""
    outcomes: list[Outcome] = []
    try:
        with context.workspace.writing(context) as (connection, bound):
            outcomes.append(_whole_lines(connection, bound, batch, operation))
            told(connection, outcomes[0])
            raise _Undo
    except _Undo:
        return outcomes[0]


def _whole_lines(connection: Connection, context: Context, batch: Batch, operation: Operation) -> Outcome:
    """Write; where a record was stored that only refused lines speak of, undo and write again without it."""
    left_out: set[int] = set()
    while True:
        places = [place for place in range(len(batch.changes)) if place not in left_out]
        savepoint = connection.begin_nested()
        outcome = write_within(connection, context, [batch.changes[place] for place in places], operation, collect=True)
        written = dict(zip(places, outcome.written, strict=True))
        refused = set(batch.faults)
        for place, change in written.items():
            if change.outcome == "refused":
                refused.update(batch.lines_of[place])
        for place in left_out:
            refused.update(batch.lines_of[place])
        widowed = {place for place, change in written.items() if change.outcome in STORED and refused.issuperset(batch.lines_of[place])}
        if not widowed:
            savepoint.commit()
            return Outcome(outcome.operation, tuple(written.get(place) or _left_out(batch, place) for place in range(len(batch.changes))))
        savepoint.rollback()
        left_out |= widowed


def _left_out(batch: Batch, place: int) -> Written:
    return Written("refused", batch.changes[place].object)


class _Undo(Exception):
    """Ends the transaction of a dry run."""
