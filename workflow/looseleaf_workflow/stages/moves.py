"""The moves of a batch: which records change their stage, in which pipeline, from where. Found once a wave, set-wise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as part
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select

from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_platform.records.writing.plan import FieldPlan, ObjectPlan
from looseleaf_workflow.stages.plans import PipelinePlan, StagePlan, StagePlans, stage_plans
from looseleaf_workflow.stages.routes import Route
from looseleaf_workflow.tables import stage_now

CHUNK = 1000
NOTES = "stages"
STANDING = select(stage_now).where(stage_now.c.record_id.in_(bindparam("ids", expanding=True)), stage_now.c.field_id == bindparam("field"))


@dataclass(slots=True)
class Move:
    """One record on its way. `source`/`target`: names of stages, None for none; `standing`: its row in stage_now, None where it has none.

    `pipeline`: the one that it is in from now on, None where none takes it; `kept`: the probability that the pipeline gave it, as text;
    `waits`: criteria that can be asked only once roll-ups are known; `done`: the log of its key actions, where it was read.
    """

    row: Row
    plans: StagePlans
    pipeline: PipelinePlan | None
    source: str | None
    target: str | None
    standing: Any
    kept: str = ""
    waits: list[Any] = part(default_factory=list)
    done: Any = None

    @property
    def field(self) -> FieldPlan:
        """The field that holds the stage."""
        return self.plans.field

    @property
    def came_from(self) -> str | None:
        """The open stage that the record was in before a closed one, by name."""
        if self.standing is None or not self.standing.came_from:
            return None
        return stage_name(self.plans.object, self.field, self.standing.came_from)

    @property
    def way(self) -> Route | None:
        """The way through the pipeline."""
        return None if self.pipeline is None else self.pipeline.way(self.source, self.target, self.came_from)

    @property
    def to(self) -> StagePlan | None:
        """The stage that it comes to."""
        return None if self.pipeline is None or self.target is None else self.pipeline.stages.get(self.target)


def staged(batch: Batch, rows: Iterable[Row]) -> Iterator[tuple[StagePlans, list[Row]]]:
    """Created and updated rows of objects that have stages, by the field that holds them."""
    wanted = (row for row in rows if row.kind in ("create", "update"))
    for plan, group in batch.by_plan(wanted):
        for plans in stage_plans(batch.context.runtime, plan.name):
            yield plans, group


def find_moves(batch: Batch) -> list[Move]:
    """The moves among a batch's rows that have no fault at the stage; remembered for the later stages of the write."""
    found: list[Move] = []
    for plans, rows in staged(batch, batch.rows):
        moving = [row for row in rows if _moves(row, plans) and plans.field.name not in row.bad]
        known = standings(batch.connection, plans.field.id, [row.id for row in moving if row.kind == "update"])
        pipelines = choose(batch, plans, moving)
        for row, pipeline in zip(moving, pipelines, strict=True):
            found.append(Move(row, plans, pipeline, row.before(plans.field.name), row.current(plans.field.name), known.get(row.id)))
    batch.notes[NOTES] = found
    return found


def moves_of(batch: Batch) -> list[Move]:
    """The moves that were found in this wave."""
    found: list[Move] = batch.notes.get(NOTES, [])
    return found


def _moves(row: Row, plans: StagePlans) -> bool:
    """Whether a row comes to another stage, or perhaps into another pipeline."""
    return row.kind == "create" or plans.field.name in row.values or not plans.chosen_by.isdisjoint(row.values)


def choose(batch: Batch, plans: StagePlans, rows: Sequence[Row]) -> list[PipelinePlan | None]:
    """The pipeline of each row, as it will be: the first whose condition holds."""
    for pipeline in plans.pipelines:
        if pipeline.when is not None and pipeline.when.hops:
            batch.relations.prefetch([batch.scope(row) for row in rows], pipeline.when.hops)
    return [next((one for one in plans.pipelines if _takes(batch, one, row)), None) for row in rows]


def _takes(batch: Batch, pipeline: PipelinePlan, row: Row) -> bool:
    if pipeline.when is None:
        return True
    return not (row.bad & pipeline.when.reads) and bool(pipeline.when.evaluate(batch.scope(row)))


def standings(connection: Connection, field_id: str, ids: Sequence[int]) -> dict[int, Any]:
    """Where records stand, by their ids: rows of stage_now. Records that never moved have none."""
    return by_record(connection, STANDING, ids, field=field_id)


def by_record(connection: Connection, statement: Select[Any], ids: Sequence[int], **values: Any) -> dict[int, Any]:
    """Rows of a statement over `:ids`, by their record; the last one where a record has several."""
    found: dict[int, Any] = {}
    for start in range(0, len(ids), CHUNK):
        parameters = {"ids": list(ids[start : start + CHUNK]), **values}
        found.update({row.record_id: row for row in connection.execute(statement, parameters)})
    return found


def put(row: Row, field: FieldPlan, value: Any) -> None:
    """Give a row a value that nobody sent, unless it holds it already."""
    before = row.before(field.name)
    if row.kind == "update" and before == value:
        row.values.pop(field.name, None)
        row.was.pop(field.name, None)
    else:
        if row.kind == "update":
            row.was[field.name] = before
        row.values[field.name] = value
    row.scope = None


def stage_id(plan: ObjectPlan, field: FieldPlan, name: str | None) -> str:
    """The stable id of a stage, "" for none. What is no option any more goes by its name."""
    if name is None:
        return ""
    option = plan.object.fields[field.name].option(name)
    return option.id if option is not None else name


def stage_name(plan: ObjectPlan, field: FieldPlan, id: str) -> str | None:
    """The present name of a stage by its stable id; None for "" and for one that is not there any more."""
    return next((option.name for option in plan.object.fields[field.name].options if option.id == id), None)
