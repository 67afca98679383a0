"""What a pipeline itself puts into a record that moves: the first stage, its probability, the moment of entry, and what a closed stage leaves behind.

Runs before rules are checked, so that they judge the record as it will be.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from looseleaf_platform.records.writing.batch import Batch
from looseleaf_platform.records.writing.plan import FieldPlan
from looseleaf_workflow.stages.definition import Stage
from looseleaf_workflow.stages.moves import Move, find_moves, put


def fill(batch: Batch) -> None:
    """Find the moves of a wave and complete them."""
    for move in find_moves(batch):
        if move.pipeline is None:
            continue
        if move.row.kind == "create":
            _begin(move)
        if move.source != move.target:
            _clear(move)
            _weigh(move)
            _stamp(batch, move)


def _begin(move: Move) -> None:
    """A new record of which nothing is said begins at the beginning, whatever the field's default is."""
    pipeline, name = move.pipeline, move.field.name
    if pipeline is None or move.target in pipeline.stages or move.row.raw.get(name) is not None:
        return
    put(move.row, move.field, pipeline.pipeline.stages[0].name)
    move.target = pipeline.pipeline.stages[0].name


def _clear(move: Move) -> None:
    """Empty the fields that belong to the stage which is left, unless they are given anew."""
    left = move.pipeline.stages.get(move.source or "") if move.pipeline is not None else None
    for name in left.stage.clears if left is not None else ():
        field = move.row.plan.given.get(name)
        if field is not None and not field.many and name not in move.row.values and move.row.before(name) is not None:
            put(move.row, field, None)


def _weigh(move: Move) -> None:
    """The stage's probability, unless somebody has set another by hand. A closed deal is won or lost: no hand changes that."""
    pipeline = move.pipeline
    stage = move.to.stage if move.to is not None else None
    field = move.row.plan.fields.get(pipeline.pipeline.probability) if pipeline is not None and pipeline.pipeline.probability else None
    if field is None or stage is None or stage.probability is None:
        return
    value = probability_value(field, stage.probability)
    if stage.closed or not _set_by_hand(move, field, value):
        put(move.row, field, value)
        move.kept = str(value)


def probability_value(field: FieldPlan, percent: int) -> Any:
    """A stage's probability as the field holds it: 20 of a hundred is 0.2 in a field of percent."""
    if field.field.type != "percent":
        return Decimal(percent) if field.field.expression_type.scale else percent
    value = Decimal(percent) / 100
    scale = field.field.expression_type.scale
    return value.quantize(Decimal(1).scaleb(-scale)) if scale >= 2 else value


def _set_by_hand(move: Move, field: FieldPlan, usual: Any) -> bool:
    """Whether the probability is somebody's own: sent now, and not the stage's; or changed since the pipeline last set it."""
    row = move.row
    sent = row.raw.get(field.name) is not None if row.kind == "create" else field.name in row.values
    if sent:
        return bool(row.values.get(field.name) != usual)
    if row.kind == "create":
        return False
    before = row.before(field.name)
    if before is None:
        return False
    if move.standing is not None:
        return Decimal(before) != Decimal(move.standing.kept_probability or "-1")
    return not _is_default(move, field, before)


def _is_default(move: Move, field: FieldPlan, value: Any) -> bool:
    """Whether a probability of which nobody knows who set it is that of its stage."""
    found = move.pipeline.stages.get(move.source or "") if move.pipeline is not None else None
    stage: Stage | None = found.stage if found is not None else None
    return stage is not None and stage.probability is not None and Decimal(value) == Decimal(probability_value(field, stage.probability))


def _stamp(batch: Batch, move: Move) -> None:
    pipeline = move.pipeline
    field = move.row.plan.fields.get(pipeline.pipeline.entered_at) if pipeline is not None and pipeline.pipeline.entered_at else None
    if field is not None:
        put(move.row, field, batch.now)
