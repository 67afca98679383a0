"""The history of stages: a row for each move, written with it, never changed; and what follows from it, kept up to date move by move.

`stage_now` and `stage_visit` can be computed anew from `stage_move` at any time: see funnel.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from looseleaf_platform.records.ids import new_id
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_workflow.stages.actions import logs
from looseleaf_workflow.stages.moves import CHUNK, Move, choose, moves_of, staged, standings
from looseleaf_workflow.stages.plans import StagePlans, stage_plans
from looseleaf_workflow.stages.spent import work_seconds
from looseleaf_workflow.tables import stage_action, stage_move, stage_now, stage_visit

INSERT_MOVE, INSERT_NOW, INSERT_VISIT, INSERT_ACTION = insert(stage_move), insert(stage_now), insert(stage_visit), insert(stage_action)
SET_NOW = (
    update(stage_now)
    .where(stage_now.c.record_id == bindparam("_record"), stage_now.c.field_id == bindparam("_field"))
    .values(
        {name: bindparam(name) for name in ("pipeline_id", "stage", "visit", "entered_at", "came_from", "kept_probability", "pending_exit")}
    )
)
SET_VISIT = (
    update(stage_visit)
    .where(*(stage_visit.c[name] == bindparam(f"_{name}") for name in ("record_id", "field_id", "pipeline_id", "stage")))
    .values(visits=bindparam("visits"), seconds=bindparam("seconds"))
)
VISITS = select(stage_visit).where(
    stage_visit.c.record_id.in_(bindparam("ids", expanding=True)), stage_visit.c.field_id == bindparam("field")
)

Key = tuple[int, str, str, str]
"""Record id, field id, pipeline id, stage id."""


class _Visits:
    """How often and how long records were in stages: as stored, and as they come to be."""

    def __init__(self) -> None:
        self.stored: set[Key] = set()
        self.known: dict[Key, tuple[int, int]] = {}
        self.changed: set[Key] = set()

    def read(self, batch: Batch, field_id: str, ids: Sequence[int]) -> None:
        for start in range(0, len(ids), CHUNK):
            for row in batch.connection.execute(VISITS, {"ids": list(ids[start : start + CHUNK]), "field": field_id}):
                key = (row.record_id, row.field_id, row.pipeline_id, row.stage)
                self.stored.add(key)
                self.known[key] = (row.visits, row.seconds)

    def add(self, key: Key, visits: int, seconds: int) -> int:
        """Add to what is known; the number of visits now."""
        before = self.known.get(key, (0, 0))
        self.known[key] = (before[0] + visits, before[1] + seconds)
        self.changed.add(key)
        return self.known[key][0]

    def store(self, batch: Batch) -> None:
        new = [key for key in self.changed if key not in self.stored]
        names = ("record_id", "field_id", "pipeline_id", "stage")
        rows = [dict(zip(names, key, strict=True)) | dict(zip(("visits", "seconds"), self.known[key], strict=True)) for key in new]
        _insert(batch, INSERT_VISIT, stage_visit, rows)
        old = [key for key in self.changed if key in self.stored]
        if old:
            rows = [{f"_{name}": part for name, part in zip(names, key, strict=True)} for key in old]
            for row, key in zip(rows, old, strict=True):
                row["visits"], row["seconds"] = self.known[key]
            batch.connection.execute(SET_VISIT, rows)


def record(batch: Batch, rows: list[Row]) -> None:
    """Write the history of the moves that were stored."""
    stored = set(map(id, rows))
    moves = [move for move in moves_of(batch) if id(move.row) in stored and _counts(move)]
    visits = _Visits()
    for plans in dict.fromkeys(move.plans for move in moves):
        visits.read(batch, plans.field.id, [move.row.id for move in moves if move.plans is plans and move.row.kind == "update"])
    history: list[dict[str, Any]] = []
    now: list[dict[str, Any]] = []
    for move in moves:
        now.append(_note(batch, move, visits, history))
    _insert(batch, INSERT_MOVE, stage_move, history)
    _store_now(batch, moves, now)
    visits.store(batch)
    batch.notes["standing"] = {(row["record_id"], row["field_id"]): row for row in now}
    _forget_purged(batch, rows)


def _counts(move: Move) -> bool:
    """Whether a move changes where the record stands. Records that no pipeline takes and none took have no history."""
    if move.pipeline is None and move.standing is None:
        return False
    before = move.standing.pipeline_id if move.standing is not None else move.pipeline.id if move.pipeline is not None else ""
    after = move.pipeline.id if move.pipeline is not None else ""
    return move.source != move.target or before != after


def _note(batch: Batch, move: Move, visits: _Visits, history: list[dict[str, Any]]) -> dict[str, Any]:
    """Add a move's rows to the history; where the record stands then."""
    standing, pipeline = move.standing, move.pipeline
    record, field = move.row.id, move.field.id
    was = (standing.pipeline_id, standing.stage) if standing is not None else ("", "")
    unnoted = pipeline.stages.get(move.source or "") if standing is None and pipeline is not None else None
    if pipeline is not None and unnoted is not None:  # it was there before there was a history
        was = (pipeline.id, unnoted.stage.id)
        history.append(_entry(batch, move, "", was, visits.add((record, field, *was), 1, 0), cause="adopted"))
    seconds = max(0, int((batch.now - standing.entered_at).total_seconds())) if standing is not None else None
    if was[1]:
        visits.add((record, field, *was), 0, seconds or 0)
    to = move.to.stage.id if move.to is not None else ""
    now = (pipeline.id if pipeline is not None and to else "", to)
    visit = visits.add((record, field, *now), 1, 0) if to else 0
    entry = _entry(batch, move, was[1], (now[0] or was[0], to), visit)
    entry["seconds"] = seconds
    if standing is not None:
        entry["work_seconds"] = _worked(batch, move, standing)
    history.append(entry)
    kept = move.kept or (standing.kept_probability if standing is not None else "")
    return {
        "record_id": record,
        "field_id": field,
        "object_id": move.row.plan.id,
        "pipeline_id": now[0],
        "stage": to,
        "visit": visit,
        "entered_at": batch.now,
        "came_from": _came_from(move, was[1]),
        "kept_probability": kept,
        "pending_exit": "",
    }


def _came_from(move: Move, was: str) -> str:
    """The open stage that a record was in before a closed one; "" in an open one."""
    if move.to is None or not move.to.stage.closed:
        return ""
    source = move.pipeline.stages.get(move.source or "") if move.pipeline is not None else None
    if source is not None and source.stage.closed:
        return move.standing.came_from if move.standing is not None else ""
    return was


def _worked(batch: Batch, move: Move, standing: Any) -> int | None:
    """The working time that a record spent in the stage it leaves, by the calendar of the pipeline it was in."""
    left = move.plans.by_id(standing.pipeline_id)
    if left is None or not left.pipeline.calendar:
        return None
    return work_seconds(batch.context.model, left.pipeline.calendar, standing.entered_at, batch.now)


def _entry(batch: Batch, move: Move, source: str, to: tuple[str, str], visit: int, cause: str = "") -> dict[str, Any]:
    return {
        "id": new_id(),
        "object_id": move.row.plan.id,
        "record_id": move.row.id,
        "field_id": move.field.id,
        "pipeline_id": to[0],
        "from_stage": source,
        "to_stage": to[1],
        "visit": visit,
        "at": batch.now,
        "seconds": None,
        "work_seconds": None,
        "actor": batch.context.actor.id,
        "operation": batch.operation_id,
        "cause": cause or batch.context.source,
        "reason": batch.operation.reason,
    }


def _store_now(batch: Batch, moves: list[Move], now: list[dict[str, Any]]) -> None:
    new = [row for move, row in zip(moves, now, strict=True) if move.standing is None]
    old = [row for move, row in zip(moves, now, strict=True) if move.standing is not None]
    _insert(batch, INSERT_NOW, stage_now, new)
    if old:
        apart = ("record_id", "field_id", "object_id")
        rows = [{key: value for key, value in row.items() if key not in apart} for row in old]
        keyed = [row | {"_record": one["record_id"], "_field": one["field_id"]} for row, one in zip(rows, old, strict=True)]
        batch.connection.execute(SET_NOW, keyed)


def _insert(batch: Batch, statement: Any, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        batch.plans.insert(batch.connection, statement, table.c.keys()).run_many(batch.connection, rows)


def _forget_purged(batch: Batch, rows: list[Row]) -> None:
    """What was said of records that are erased is erased with them."""
    ids = [row.id for row in rows if row.kind == "purge" and stage_plans(batch.context.runtime, row.plan.name)]
    for start in range(0, len(ids), CHUNK):
        for table in (stage_move, stage_now, stage_visit, stage_action):
            batch.connection.execute(delete(table).where(table.c.record_id.in_(ids[start : start + CHUNK])))


# --- evidence that is kept


def keep_evidence(batch: Batch, rows: list[Row]) -> None:
    """Log the key actions whose evidence is there now, where they stay done once it was."""
    logged: list[dict[str, Any]] = []
    for plans, group in staged(batch, rows):
        keeping = [one for one in plans.pipelines if any(stage.keeps_evidence for stage in one.stages.values())]
        if keeping:
            logged += _evidence(batch, plans, group)
    _insert(batch, INSERT_ACTION, stage_action, logged)


def _evidence(batch: Batch, plans: StagePlans, rows: list[Row]) -> Iterable[dict[str, Any]]:
    """New rows of the log."""
    moved = batch.notes.get("standing", {})
    fresh = {row.id: moved[row.id, plans.field.id] for row in rows if (row.id, plans.field.id) in moved}
    others = [row.id for row in rows if row.id not in fresh and row.kind == "update"]
    stood = standings(batch.connection, plans.field.id, others)
    visits: defaultdict[int, int] = defaultdict(lambda: 1)
    visits |= {id: row["visit"] for id, row in fresh.items()} | {id: row.visit for id, row in stood.items()}
    known = logs(batch.connection, plans.field.id, [row.id for row in rows if row.kind == "update"])
    for row, pipeline in zip(rows, choose(batch, plans, rows), strict=True):
        stage = pipeline.stages.get(row.current(plans.field.name) or "") if pipeline is not None else None
        if stage is None or pipeline is None:
            continue
        for action in stage.actions:
            key = (pipeline.id, stage.stage.id, visits[row.id], action.action.id)
            criterion = action.evidence
            if not action.action.sticky or criterion is None or key in known.get(row.id, {}):
                continue
            batch.relations.prefetch([batch.scope(row)], criterion.condition.hops)
            if criterion.condition.evaluate(batch.scope(row)):
                yield logged_row(batch, row.id, plans.field.id, key, how="evidence", done=True)


def logged_row(batch: Batch, record: int, field: str, key: tuple[str, str, int, str], *, how: str, done: bool) -> dict[str, Any]:
    """A row of the log of key actions. `key`: pipeline id, stage id, visit, action."""
    named = dict(zip(("pipeline_id", "stage", "visit", "action"), key, strict=True))
    at = {"id": new_id(), "record_id": record, "field_id": field, "at": batch.now, "actor": batch.context.actor.id}
    return named | at | {"how": how, "done": done}
