"""How many records came to each stage, and what of them became. From the history, and from what is kept up to date with it: the two agree.

`recomputed` folds the history alone; `kept` reads the sums; `discrepancies` says where they differ, which must be nowhere.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from looseleaf_platform.context import Context
from looseleaf_workflow.tables import stage_move, stage_now, stage_visit

CHUNK = 5000


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of a funnel. `records` ever came to it, in `visits` visits; `present` are in it now; `seconds` were spent in it by those who left."""

    records: int = 0
    visits: int = 0
    present: int = 0
    seconds: int = 0


Funnel = dict[str, Step]
"""By the stable id of the stage."""


def kept(connection: Connection, pipeline_id: str) -> Funnel:
    """The funnel of a pipeline, from the sums that every move keeps up to date."""
    visited = select(
        stage_visit.c.stage, func.count(), func.sum(stage_visit.c.visits), func.sum(stage_visit.c.seconds)
    ).where(stage_visit.c.pipeline_id == pipeline_id, stage_visit.c.visits > 0)  # fmt: skip
    standing = select(stage_now.c.stage, func.count()).where(stage_now.c.pipeline_id == pipeline_id)
    present = {stage: count for stage, count in connection.execute(standing.group_by(stage_now.c.stage))}
    rows = connection.execute(visited.group_by(stage_visit.c.stage))
    return {stage: Step(records, int(visits), present.get(stage, 0), int(seconds)) for stage, records, visits, seconds in rows}


@dataclass
class _Folded:
    """What a history comes to."""

    visits: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    seconds: Counter[tuple[int, str, str]] = field(default_factory=Counter)
    standing: dict[tuple[int, str], tuple[str, str, int]] = field(default_factory=dict)


def recomputed(connection: Connection, pipeline_id: str) -> Funnel:
    """The same from the history alone."""
    folded = _fold(connection)
    records: Counter[str] = Counter()
    visits: Counter[str] = Counter()
    seconds: Counter[str] = Counter()
    for (_, pipeline, stage), count in folded.visits.items():
        if pipeline == pipeline_id:
            records[stage] += 1
            visits[stage] += count
    for (_, pipeline, stage), spent in folded.seconds.items():
        if pipeline == pipeline_id:
            seconds[stage] += spent
    present = Counter(stage for pipeline, stage, _ in folded.standing.values() if pipeline == pipeline_id)
    return {stage: Step(records[stage], visits[stage], present[stage], seconds[stage]) for stage in records}


def _fold(connection: Connection) -> _Folded:
    """Go through the history once, move by move."""
    folded = _Folded()
    for row in _moves(connection):
        key = (row.record_id, row.field_id)
        before = folded.standing.get(key)
        if before is not None and before[1]:
            folded.seconds[row.record_id, before[0], before[1]] += row.seconds or 0
        if row.to_stage:
            folded.visits[row.record_id, row.pipeline_id, row.to_stage] += 1
        folded.standing[key] = (row.pipeline_id if row.to_stage else "", row.to_stage, row.visit)
    return folded


def _moves(connection: Connection) -> Iterator[Any]:
    last = 0
    while True:
        rows = connection.execute(select(stage_move).where(stage_move.c.id > last).order_by(stage_move.c.id).limit(CHUNK)).all()
        yield from rows
        if len(rows) < CHUNK:
            return
        last = rows[-1].id


def discrepancies(context: Context) -> list[str]:
    """Where what is kept differs from what the history says, in words for the log. Empty unless something is broken."""
    with context.workspace.database.read() as connection:
        folded = _fold(connection)
        stored: defaultdict[tuple[int, str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
        stored |= {
            (row.record_id, row.pipeline_id, row.stage): (row.visits, row.seconds) for row in connection.execute(select(stage_visit))
        }
        keys = {*folded.visits, *stored}
        found = [f"visits {key}" for key in keys if stored[key] != (folded.visits[key], folded.seconds[key])]
        now = {(row.record_id, row.field_id): (row.pipeline_id, row.stage, row.visit) for row in connection.execute(select(stage_now))}
    found += [f"standing {key}" for key in {*now, *folded.standing} if now.get(key) != folded.standing.get(key)]
    return sorted(found)
