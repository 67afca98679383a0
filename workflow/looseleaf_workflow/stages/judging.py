"""Whether a move may be made: everything that speaks against it, each in words. Asked by the write path and by the screen alike.

`ask` says whether a criterion holds: True, False, or None where that can't be told yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from looseleaf_metadata.labels import Label
from looseleaf_metadata.texts import Text
from looseleaf_platform.records.tables import target_of
from looseleaf_workflow.stages.plans import ActionPlan, CriterionPlan, PipelinePlan, StagePlan
from looseleaf_workflow.stages.routes import Route

if TYPE_CHECKING:
    from looseleaf_platform.context import Context

HIDDEN = Text("a condition on something that you may not see")


@dataclass(frozen=True, slots=True)
class Question:
    """Something that must hold for a move. `code`: of the fault; `stage`: whose demand it is; `words`: what is told of it.

    `criterion`: what is asked; None where `action` is: a key action done by hand.
    """

    code: str
    stage: StagePlan
    criterion: CriterionPlan | None = None
    action: ActionPlan | None = None

    def said(self, context: Context) -> Text | Label:
        """What is demanded, as far as its reader may know."""
        if self.action is not None:
            return self.action.action.label
        return HIDDEN if self.criterion is None or not may_know(context, self.criterion) else self.criterion.words

    def message(self, context: Context) -> Text:
        """What is missing, and for what."""
        said = self.said(context)
        if self.action is not None:
            return Text("Still to do in “{stage}”: {action}", stage=self.stage.stage.label, action=said)
        if self.code == "stage-enter":
            return Text("To enter “{stage}”: {criterion}", stage=self.stage.stage.label, criterion=said)
        return Text("To leave “{stage}”: {criterion}", stage=self.stage.stage.label, criterion=said)


def questions(pipeline: PipelinePlan, way: Route) -> tuple[Question, ...]:
    """All criteria and key actions that a way of the pipeline (`PipelinePlan.way`) meets, in the order of its stages."""
    found: tuple[Question, ...] | None = pipeline.asked.get(id(way))
    return found if found is not None else pipeline.asked.setdefault(id(way), tuple(_questions(pipeline, way)))


def _questions(pipeline: PipelinePlan, way: Route) -> Iterator[Question]:
    if way.to is None or way.kind not in ("forward", "lose") or (way.turns_back is not None and way.turns_back.back == "never"):
        return
    if way.leaves is not None:
        yield from _leaving(pipeline.stages[way.leaves.name], by_hand=True)
    for skipped in way.skipped:
        yield from _leaving(pipeline.stages[skipped.name], by_hand=False)
    to = pipeline.stages[way.to.name]
    yield from (Question("stage-enter", to, criterion) for criterion in to.enter)


def _leaving(stage: StagePlan, by_hand: bool) -> Iterator[Question]:
    """What a stage demands of who leaves it. Nobody could tick the actions of a stage that is passed over: only evidence counts there."""
    yield from (Question("stage-exit", stage, criterion) for criterion in stage.exit)
    for action in stage.actions:
        if not action.action.optional and (by_hand or action.evidence is not None):
            yield Question("stage-action", stage, action.evidence, action)


def refused_ways(pipeline: PipelinePlan, way: Route, reason: str) -> Iterator[tuple[str, Text]]:
    """What of the way itself is not allowed: codes and sentences."""
    if way.kind == "foreign":
        names = ", ".join(stage.name for stage in pipeline.pipeline.stages)
        yield "stage-foreign", Text("This is no stage of “{pipeline}”: {stages}", pipeline=pipeline.pipeline.label, stages=names)
    closed = way.turns_back
    if closed is not None and closed.back == "never":
        yield "stage-back", Text("There is no way back from “{stage}”", stage=closed.label)
        return
    for skipped in way.skipped:
        if not skipped.skip:
            yield "stage-skip", Text("“{stage}” can't be skipped", stage=skipped.label)
    if closed is not None and closed.back == "reason" and not reason.strip():
        yield "stage-reason", Text("Say why it goes back from “{stage}”", stage=closed.label)


def may_know(context: Context, criterion: CriterionPlan) -> bool:
    """Whether the words of a criterion tell their reader nothing of fields that are hidden from him."""
    return criterion.spoken or all(may_read(context, criterion.expression.object, path) for path in criterion.expression.reads)


def may_read(context: Context, object_name: str, path: str) -> bool:
    """Whether a reader may see what a path from a record leads to."""
    for name in path.split("."):
        if name not in context.profile.readable(object_name):
            return False
        object_name = target_of(context.model.objects[object_name].fields[name])
    return True
