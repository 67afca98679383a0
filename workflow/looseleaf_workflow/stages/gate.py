"""The gate in the write path: a record comes into a stage only if what the pipeline demands holds of it as it will be.

Set-wise, and the same by every door. Every unmet criterion is a fault of its own, in words, at the field that holds the stage.
"""

from __future__ import annotations

from collections.abc import Iterable

from looseleaf_metadata.texts import Text
from looseleaf_platform.records.runtime import Runtime
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_platform.records.writing.plan import ObjectPlan
from looseleaf_platform.records.writing.reads import Steps
from looseleaf_platform.records.writing.rules import bring_gathered
from looseleaf_workflow.stages.actions import Log, logs
from looseleaf_workflow.stages.judging import Question, questions, refused_ways
from looseleaf_workflow.stages.moves import Move, moves_of
from looseleaf_workflow.stages.plans import StagePlan, stage_plans
from looseleaf_workflow.stages.routes import Route

EXEMPTION = "stages"
"""The recorded exemption by which a record may pass the gate, where the pipeline allows that."""
AGREED = "approved:{approval}"
"""The exemption that an approval gives itself when it has agreed and moves the record: only its own gate opens, criteria are asked again.

Where it is taken back, the way back to the stage that it let the record leave is open to it."""
UNCOMPUTABLE = Text("A number on the way to this criterion's answer is too large")


def check(batch: Batch) -> None:
    """Check all moves of a wave, but for criteria about roll-ups that the same write may still change."""
    moves = [move for move in moves_of(batch) if _is_asked(move)]
    _fetch(batch, moves)
    done = _done(batch, moves)
    for move in moves:
        move.done = done.get(move.row.id, {})
        _check(batch, move)


def _is_asked(move: Move) -> bool:
    """Whether a record comes to another stage, or with the one it has into a pipeline that doesn't know it."""
    way = move.way
    return way is not None and (move.source != move.target or way.kind == "foreign")


def check_late(batch: Batch, rows: list[Row]) -> None:
    """Ask what had to wait for roll-ups, which are stored by now."""
    stored = set(map(id, rows))
    waiting = [move for move in moves_of(batch) if move.waits and id(move.row) in stored and not move.row.faults]
    for plan, group in batch.by_plan(move.row for move in waiting):
        bring_gathered(batch, plan, group)
    for move in waiting:
        found = [question for question in move.waits if not _holds(batch, move, question)]
        _refuse(batch, move, found)


def concerns(runtime: Runtime, names: frozenset[str]) -> bool:
    """Whether writes to these objects may be refused only after storing."""
    return any(pipeline.has_late for name in names for plans in stage_plans(runtime, name) for pipeline in plans.pipelines)


def _check(batch: Batch, move: Move) -> None:
    pipeline, way = move.pipeline, move.way
    if pipeline is None or way is None:
        return
    refusals = [] if _is_taken_back(batch, way) else list(refused_ways(pipeline, way, batch.operation.reason))
    unmet: list[Question] = []
    for question in questions(pipeline, way):
        if question.criterion is not None and question.criterion.late:
            move.waits.append(question)
        elif not _holds(batch, move, question):
            unmet.append(question)
    gate = way.leaves is not None and _needs_approval(batch, move, pipeline.stages[way.leaves.name])
    if way.kind != "foreign" and move.to is not None:
        _check_needed(batch, move, move.to)
    if refusals or unmet or gate or move.row.faults:
        unmet += [question for question in move.waits if not _holds(batch, move, question)]
        move.waits.clear()
    if gate and way.leaves is not None and way.leaves.gate is not None:
        said = Text("The approval “{approval}” must agree before it leaves “{stage}”", approval=way.leaves.gate.approval, stage=way.leaves.label)  # fmt: skip
        refusals.append(("stage-approval", said))
    _refuse(batch, move, unmet, refusals)


def _is_taken_back(batch: Batch, way: Route) -> bool:
    """Whether an approval that is taken back leads the record back to the stage that it let it leave."""
    gate = way.to.gate if way.kind == "back" and way.to is not None else None
    return gate is not None and batch.exempt(AGREED.format(approval=gate.approval))


def _check_needed(batch: Batch, move: Move, to: StagePlan) -> None:
    """Fields that must be filled in to be in the stage: told at the fields themselves."""
    for name in to.stage.needed:
        field = move.row.plan.fields[name]
        empty = move.row.current(name) in (None, ()) if not field.many else not batch.scope(move.row)[name]
        if empty and name not in move.row.bad and not _passes(batch, move):
            readable = name in batch.context.profile.readable(move.row.plan.name)
            message = Text("“{stage}” needs this to be filled in", stage=to.stage.label)
            move.row.fault("required", message, field if readable else move.field)


def _refuse(batch: Batch, move: Move, unmet: Iterable[Question], refusals: Iterable[tuple[str, Text]] = ()) -> None:
    """Remember what speaks against a move, unless a recorded exemption lets it pass."""
    told = [*refusals, *((question.code, question.message(batch.context)) for question in unmet)]
    foreign = any(code == "stage-foreign" for code, _ in told)
    if not told or (_passes(batch, move) and not foreign):
        return
    if not foreign and batch.exempt(EXEMPTION) and move.pipeline is not None and move.pipeline.pipeline.override:
        told = [("stage-reason", Text("Say why what “{pipeline}” demands is not to count", pipeline=move.pipeline.pipeline.label))]
    for code, message in told:
        move.row.fault(code, message, move.field)


def _passes(batch: Batch, move: Move) -> bool:
    """Whether the write has leave to break what the pipeline demands: granted, recorded, and with a reason."""
    allowed = move.pipeline is not None and move.pipeline.pipeline.override
    return allowed and batch.exempt(EXEMPTION) and bool(batch.operation.reason.strip())


def _holds(batch: Batch, move: Move, question: Question) -> bool:
    """Whether something demanded holds of the record as it will be. What a faulty field keeps from being asked is let pass: it is told there."""
    if question.action is not None and is_done(move, question.stage, question.action.action.id):
        return True
    criterion = question.criterion
    if criterion is None:
        return False
    if criterion.condition.reads & move.row.bad:
        return True
    try:
        return bool(criterion.condition.evaluate(batch.scope(move.row)))
    except OverflowError:
        move.row.fault("too-large", UNCOMPUTABLE, move.field)
        return True


def is_done(move: Move, stage: StagePlan, action: str) -> bool:
    """Whether a key action is logged as done: in the present visit of the stage, or in the last one before it was closed."""
    if move.pipeline is None or not move.done:
        return False
    visits = [visit for pipeline, name, visit, done in move.done if (pipeline, name, done) == (move.pipeline.id, stage.stage.id, action)]
    if stage.stage.name == move.source:
        return (move.standing.visit if move.standing is not None else 1) in visits
    return stage.stage.name == move.came_from and bool(visits)


def _needs_approval(batch: Batch, move: Move, stage: StagePlan) -> bool:
    """Whether the stage that is left has an approval that must agree to this record."""
    if stage.stage.gate is None or batch.exempt(AGREED.format(approval=stage.stage.gate.approval)):
        return False
    return stage.gate is None or bool(stage.gate.evaluate(batch.scope(move.row)))


def _fetch(batch: Batch, moves: list[Move]) -> None:
    """Read what criteria reach through look-ups, for all records at once."""
    reached: dict[ObjectPlan, set[Steps]] = {}
    ways = {id(way): (move.row.plan, move.pipeline, way) for move in moves if move.pipeline is not None and (way := move.way) is not None}
    for plan, pipeline, way in ways.values():
        criteria = (question.criterion for question in questions(pipeline, way) if question.criterion is not None)
        reached.setdefault(plan, set()).update(hop for criterion in criteria for hop in criterion.condition.hops)
    for plan, hops in reached.items():
        if hops:
            rows = [move.row for move in moves if move.row.plan is plan and not move.row.bad]
            batch.relations.prefetch([batch.scope(row) for row in rows], hops)


def _done(batch: Batch, moves: list[Move]) -> dict[int, Log]:
    """What is logged as done, of records that leave a stage with key actions."""
    found: dict[int, Log] = {}
    for plans in dict.fromkeys(move.plans for move in moves):
        leaving = [move for move in moves if move.plans is plans and move.row.kind == "update" and _has_actions(move)]
        found |= logs(batch.connection, plans.field.id, [move.row.id for move in leaving])
    return found


def _has_actions(move: Move) -> bool:
    way = move.way
    return way is not None and way.leaves is not None and bool(way.leaves.actions)
