"""Pipelines compiled for one revision: criteria as functions and as words, kept with the runtime so that a write builds nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as part
from typing import Any

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.labels import Label
from looseleaf_platform.records.runtime import Runtime
from looseleaf_platform.records.writing.conditions import Condition
from looseleaf_platform.records.writing.plan import FieldPlan, ObjectPlan, Plans
from looseleaf_workflow.stages.definition import KeyAction, Pipeline, Stage, pipelines_of
from looseleaf_workflow.stages.routes import Route, route
from looseleaf_workflow.stages.wording import words


@dataclass(frozen=True, slots=True, eq=False)
class CriterionPlan:
    """A criterion, ready to be asked. `late`: it reads roll-ups. `spoken`: it has a label, so its words give no field away."""

    expression: Expression
    condition: Condition
    words: Label
    late: bool
    spoken: bool


@dataclass(frozen=True, slots=True, eq=False)
class ActionPlan:
    """A key action; `evidence` is what shows that it is done, None where it is ticked by hand."""

    action: KeyAction
    evidence: CriterionPlan | None


@dataclass(frozen=True, slots=True, eq=False)
class StagePlan:
    """A stage with its criteria compiled. `gate`: when its approval is needed, None for always or for no gate."""

    stage: Stage
    enter: tuple[CriterionPlan, ...]
    exit: tuple[CriterionPlan, ...]
    actions: tuple[ActionPlan, ...]
    gate: Condition | None

    @property
    def keeps_evidence(self) -> bool:
        """Whether some action stays done once its evidence was there."""
        return any(one.action.sticky for one in self.actions)


@dataclass(frozen=True, slots=True, eq=False)
class PipelinePlan:
    """A pipeline with everything compiled. `stages`: by name; `ways`: those worked out so far; `asked`: what judging.py asks on each."""

    pipeline: Pipeline
    field: FieldPlan
    when: Condition | None
    stages: Mapping[str, StagePlan]
    ways: dict[tuple[str | None, str | None, str | None], Route] = part(default_factory=dict)
    asked: dict[int, Any] = part(default_factory=dict)

    def way(self, source: str | None, target: str | None, came_from: str | None = None) -> Route:
        """The way from one stage to another, worked out once: see routes.py."""
        key = (source, target, came_from)
        found = self.ways.get(key)
        return found if found is not None else self.ways.setdefault(key, route(self.pipeline, source, target, came_from))

    @property
    def id(self) -> str:
        """The pipeline's stable id."""
        return self.pipeline.id

    @property
    def has_late(self) -> bool:
        """Whether some criterion reads roll-ups."""
        criteria = (one for stage in self.stages.values() for one in (*stage.enter, *stage.exit))
        evidence = (one.evidence for stage in self.stages.values() for one in stage.actions)
        return any(one.late for one in (*criteria, *(found for found in evidence if found is not None)))


@dataclass(frozen=True, slots=True, eq=False)
class StagePlans:
    """The pipelines of one object's stage field, in the order in which they are asked. `chosen_by`: fields that decide which."""

    object: ObjectPlan
    field: FieldPlan
    pipelines: tuple[PipelinePlan, ...]
    chosen_by: frozenset[str]

    def by_id(self, id: str) -> PipelinePlan | None:
        """The pipeline with that stable id, or None."""
        return next((one for one in self.pipelines if one.id == id), None)


def stage_plans(runtime: Runtime, object_name: str) -> tuple[StagePlans, ...]:
    """What an object has of stages: one entry for each field that holds some. Made at first use."""
    made: dict[str, tuple[StagePlans, ...]] = runtime.memo.setdefault("stages", {})
    found = made.get(object_name)
    return found if found is not None else made.setdefault(object_name, _plans(runtime, object_name))


def _plans(runtime: Runtime, object_name: str) -> tuple[StagePlans, ...]:
    pipelines = pipelines_of(runtime.model, object_name)
    if not pipelines:
        return ()
    plan = Plans.of(runtime)[object_name]
    found = []
    for name in dict.fromkeys(pipeline.field for pipeline in pipelines):
        compiled = tuple(_pipeline(plan, pipeline) for pipeline in pipelines if pipeline.field == name)
        chosen_by = frozenset().union(*(one.when.reads for one in compiled if one.when is not None))
        found.append(StagePlans(plan, plan.fields[name], compiled, chosen_by))
    return tuple(found)


def _pipeline(plan: ObjectPlan, pipeline: Pipeline) -> PipelinePlan:
    stages = {stage.name: _stage(plan, stage) for stage in pipeline.stages}
    return PipelinePlan(pipeline, plan.fields[pipeline.field], plan.condition(pipeline.when), stages)


def _stage(plan: ObjectPlan, stage: Stage) -> StagePlan:
    actions = (ActionPlan(action, None if action.when is None else _criterion(plan, action.when, action.label)) for action in stage.actions)
    return StagePlan(
        stage,
        tuple(_criterion(plan, one.check, one.label) for one in stage.enter_when),
        tuple(_criterion(plan, one.check, one.label) for one in stage.exit_when),
        tuple(actions),
        plan.condition(stage.gate.when) if stage.gate is not None else None,
    )


def _criterion(plan: ObjectPlan, expression: Expression, label: Label | None) -> CriterionPlan:
    condition = plan.condition(expression)
    if condition is None:
        raise AssertionError("an expression compiles to a condition")
    gathered = {rollup.name for rollup in plan.rollups}
    late = not gathered.isdisjoint(condition.reads)
    return CriterionPlan(expression, condition, label or words(expression, plan.plans.objects), late, label is not None)
