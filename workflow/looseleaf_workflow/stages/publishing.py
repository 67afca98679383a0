"""Stages that a publish takes away: it must be said where their records go, and they go there afterwards, batch by batch, with their history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.jobs.outbox import Message
from looseleaf_platform.publishing.breaches import Breach, Sample
from looseleaf_platform.publishing.preparing import Prepared
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Change, Condition, Group, Operation, Query
from looseleaf_platform.records.write import write
from looseleaf_workflow.stages.definition import Pipeline, Stage
from looseleaf_workflow.stages.gate import EXEMPTION

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

BATCH = 200
SAMPLES = 5
TOPIC = "revision.published"


def homeless(workspace: Workspace, prepared: Prepared) -> Iterator[Breach]:
    """Records in stages that the new Model takes away without saying where they go: they stop the publish."""
    before, after = prepared.base.model, prepared.sound.model
    if before is None:
        return
    context = workspace.context(SYSTEM)
    later = {pipeline.id: pipeline for pipeline in after.others.get("pipeline", {}).values()}
    for pipeline in before.others.get("pipeline", {}).values():
        new = later.get(pipeline.id)
        if new is None or pipeline.object not in context.model.objects:
            continue
        kept = {stage.id for stage in new.stages}
        for stage in pipeline.stages:
            if stage.id not in kept and stage.name not in new.moved:
                yield from _breach(context, pipeline, stage)


def _breach(context: Context, pipeline: Pipeline, stage: Stage) -> Iterator[Breach]:
    query = _standing_in(pipeline, stage.name, SAMPLES)
    count, _ = read.count(context, pipeline.object, query)
    if not count:
        return
    records = read.page(context, pipeline.object, query).records
    title = context.model.objects[pipeline.object].title
    samples = tuple(Sample(record.id, str(record.values.get(title) or "")) for record in records)
    yield Breach(
        f"pipeline:{pipeline.name}/stage:{stage.name}",
        pipeline.object,
        context.model.objects[pipeline.object].plural,
        "stage",
        Text("are in the stage “{stage}”, which is to go", stage=stage.label),
        count,
        samples,
        blocking=True,
        fixes=(Text("say where they go: 'moved: {{{name}: …}}' in the pipeline", name=stage.name),),
    )


def _standing_in(pipeline: Pipeline, stage: str, size: int) -> Query:
    """The records of a pipeline that are in a stage."""
    return Query(where=Group("and", (Condition(pipeline.field, "eq", stage),)), expression=pipeline.when, sort=("id",), size=size)


def rehouse(workspace: Workspace, _message: Message) -> None:
    """After a publish: move the records of stages that are no more to where the pipelines say. May run twice."""
    model = workspace.refresh().model
    for pipeline in model.others.get("pipeline", {}).values():
        for gone, target in pipeline.moved.items():
            if model.objects[pipeline.object].fields[pipeline.field].option(gone) is not None:
                _move_all(workspace.context(SYSTEM, "job"), pipeline, gone, target)


def _move_all(context: Context, pipeline: Pipeline, gone: str, target: str) -> None:
    """Batch by batch, until nobody is left or nobody can be moved."""
    operation = Operation("publish", reason=f"{gone} → {target}", exemptions=frozenset({EXEMPTION, "rules", "required"}))
    while True:
        records = read.page(context, pipeline.object, _standing_in(pipeline, gone, BATCH)).records
        changes = [Change("update", pipeline.object, record.id, {pipeline.field: target}) for record in records]
        moved = write(context, changes, operation, collect=True) if changes else None
        if moved is None or not any(one.outcome == "updated" for one in moved.written):
            return
