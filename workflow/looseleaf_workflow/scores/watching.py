"""Which writes make a score be counted again: a message is left with the write, for each score and way that leads from what changed to its records.

A record that is written is looked at by what it changed; what a roll-up gathers by whose roll-ups were brought up to date. Nothing is counted here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from looseleaf_platform.jobs.outbox import put
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_workflow.scores.definition import KIND
from looseleaf_workflow.scores.plans import ScorePlan, Watched, score_plans

TOPIC = "score.changed"
CHUNK = 500
"""Changed records that one message is about."""
LANE = "automation"


def announce(batch: Batch, rows: list[Row]) -> None:
    """Leave messages for the scores that a write may have changed."""
    watched = score_plans(batch.context.runtime).watched
    if not watched:
        return
    changed: defaultdict[Watched, dict[int, None]] = defaultdict(dict)
    for name, id, fields in _touched(rows):
        _mark(changed, watched.get(name, {}).items(), id, fields, _own(batch))
    for (name, field), ids in batch.gathered.items():
        for id in sorted(ids):
            _mark(changed, watched.get(name, {}).items(), id, {field}, _own(batch))
    for (plan, hop), found in changed.items():
        _put(batch, plan, hop, list(found))


def _touched(rows: Iterable[Row]) -> Iterator[tuple[str, int, Collection[str] | None]]:
    """What was written, with the fields that changed; None for all of them."""
    for row in rows:
        if row.kind == "update":
            yield row.plan.name, row.id, row.was.keys() | row.links.keys()
        elif row.kind in ("create", "restore"):
            yield row.plan.name, row.id, None


def _own(batch: Batch) -> str:
    """The score whose write this is, "" for other writes."""
    return batch.operation.reason if batch.operation.kind == KIND else ""


def _mark(
    changed: defaultdict[Watched, dict[int, None]],
    watched: Iterable[tuple[Watched, frozenset[str]]],
    id: int,
    fields: Collection[str] | None,
    own: str,
) -> None:
    for (plan, hop), reads in watched:
        if fields is None:
            if not hop:  # nothing reaches a record that is new by a look-up without being written itself
                changed[plan, hop][id] = None
            continue
        mine = reads.difference(plan.score.outputs) if plan.score.name == own and not hop else reads
        if not mine.isdisjoint(fields):
            changed[plan, hop][id] = None


def _put(batch: Batch, plan: ScorePlan, hop: tuple[str, ...], ids: list[int]) -> None:
    for start in range(0, len(ids), CHUNK):
        some = [encode(id) for id in ids[start : start + CHUNK]]
        said = {"score": plan.score.id, "operation": encode(batch.operation_id), "hop": list(hop), "ids": some}
        put(batch.connection, batch.context.workspace, TOPIC, said, lane=LANE)
