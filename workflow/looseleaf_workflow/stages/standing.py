"""Where a record stands, as one reader may see it: its stage, what keeps it there, where it can go, what has been done, how it came.

Asks the very questions that the gate asks, of the record as it is stored. Knows no HTTP and no screens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select

from looseleaf_metadata.labels import Label
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import NotThere
from looseleaf_platform.records import read
from looseleaf_platform.records.writing.plan import Plans
from looseleaf_platform.records.writing.scope import Relations, Scope
from looseleaf_workflow.stages.actions import Done, Log, logs
from looseleaf_workflow.stages.judging import Question, questions, refused_ways
from looseleaf_workflow.stages.moves import stage_name, standings
from looseleaf_workflow.stages.plans import PipelinePlan, StagePlan, StagePlans, stage_plans
from looseleaf_workflow.stages.routes import Route
from looseleaf_workflow.tables import stage_move

HISTORY = (
    select(stage_move)
    .where(stage_move.c.record_id == bindparam("record"), stage_move.c.field_id == bindparam("field"))
    .order_by(stage_move.c.id)
)


@dataclass(frozen=True, slots=True)
class Action:
    """A key action of the present stage. `by_hand`: somebody ticks it; `log`: when and by whom it was, None if nobody noted it."""

    id: str
    label: Label
    done: bool
    by_hand: bool
    optional: bool
    log: Done | None


@dataclass(frozen=True, slots=True)
class Target:
    """A stage of the pipeline, seen from where the record stands.

    `state`: "passed", "current" or "ahead"; `closed`: "", "won" or "lost". `unmet`: all that speaks against going there now;
    `needs`: names of fields to fill in for it; `needs_reason`: it is a way back of which somebody must say why;
    `approval`: the approval whose leave it needs, "" for none.
    """

    id: str
    name: str
    label: Label
    hue: str
    closed: str
    state: str
    unmet: tuple[Text, ...] = ()
    needs: tuple[str, ...] = ()
    needs_reason: bool = False
    approval: str = ""

    @property
    def reachable(self) -> bool:
        """Whether the record could go there now, once the needed fields and the reason are given."""
        return self.state != "current" and not self.unmet


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the history. `source`/`target`: labels of the stages, None for none; `seconds` in the stage left, None where unknown."""

    at: datetime
    source: Label | None
    target: Label | None
    visit: int
    seconds: int | None
    work_seconds: int | None
    actor: int | None
    cause: str
    reason: str


@dataclass(frozen=True, slots=True)
class Standing:
    """All of it, for one field that holds stages. `stage` is None outside of the pipeline; `entered_at` where nobody noted it.

    `movable`: the reader may change the field. `criteria`: what must hold to go on from here, each with whether it does.
    """

    field: str
    pipeline: str
    label: Label
    stage: Target | None
    visit: int
    entered_at: datetime | None
    movable: bool
    targets: tuple[Target, ...]
    criteria: tuple[tuple[Text | Label, bool], ...]
    actions: tuple[Action, ...]
    history: tuple[Entry, ...]


def standing_of(context: Context, object_name: str, id: int) -> tuple[Standing, ...]:
    """Where a record stands in each of its object's pipelines. Raises NotThere for one that the reader may not see."""
    record = read.get(context, object_name, id, ("id",))
    readable = context.profile.readable(object_name)
    changeable = id in read.reachable(context, object_name, (id,), "update")
    found = [plans for plans in stage_plans(context.runtime, object_name) if plans.field.name in readable]
    with context.workspace.database.read() as connection:
        scope = scope_of(context, connection, object_name, record.id)
        if scope is None:
            raise NotThere
        told = [_standing(context, connection, plans, scope, id, changeable) for plans in found]
    return tuple(one for one in told if one is not None)


def scope_of(context: Context, connection: Connection, object_name: str, id: int) -> Scope | None:
    """A stored record as expressions see it."""
    ambient = {"@me": context.actor.id, "@now": context.now, "@today": context.today, "@timezone": context.actor.timezone}
    return Relations(connection, Plans.of(context.runtime), ambient, lambda _object, _id: None).scope(object_name, id)


def pipeline_for(plans: StagePlans, scope: Scope) -> PipelinePlan | None:
    """The pipeline that takes a record."""
    return next((one for one in plans.pipelines if one.when is None or one.when.evaluate(scope)), None)


def _standing(context: Context, connection: Connection, plans: StagePlans, scope: Scope, id: int, changeable: bool) -> Standing | None:
    pipeline = pipeline_for(plans, scope)
    if pipeline is None:
        return None
    now = standings(connection, plans.field.id, [id]).get(id)
    log = logs(connection, plans.field.id, [id]).get(id, {})
    teller = _Teller(context, plans, pipeline, scope, now, log)
    object_name = plans.object.name
    return Standing(
        field=plans.field.name,
        pipeline=pipeline.pipeline.name,
        label=pipeline.pipeline.label,
        stage=next((target for target in teller.targets if target.state == "current"), None),
        visit=now.visit if now is not None else 1,
        entered_at=now.entered_at if now is not None else None,
        movable=changeable and plans.field.name in context.profile.writable(object_name),
        targets=teller.targets,
        criteria=teller.criteria,
        actions=teller.actions,
        history=_history(connection, plans, id),
    )


class _Teller:
    """Asks the gate's questions of one stored record."""

    def __init__(self, context: Context, plans: StagePlans, pipeline: PipelinePlan, scope: Scope, now: Any, log: Log) -> None:
        self.context, self.plans, self.pipeline, self.scope, self.now, self.log = context, plans, pipeline, scope, now, log
        self.source: str | None = scope[plans.field.name]
        self.came_from = stage_name(plans.object, plans.field, now.came_from) if now is not None and now.came_from else None
        self.targets = tuple(self._target(stage) for stage in pipeline.stages.values())
        self.actions = self._actions()

    @property
    def here(self) -> StagePlan | None:
        """The stage that the record is in."""
        return self.pipeline.stages.get(self.source or "")

    @property
    def criteria(self) -> tuple[tuple[Text | Label, bool], ...]:
        """What the present stage demands of who goes on, key actions apart."""
        if self.here is None:
            return ()
        asked = (Question("stage-exit", self.here, criterion) for criterion in self.here.exit)
        return tuple((question.said(self.context), self.holds(question)) for question in asked)

    def holds(self, question: Question) -> bool:
        """Whether something demanded holds of the record."""
        if question.action is not None and self._logged(question.stage, question.action.action.id) is not None:
            return True
        if question.criterion is None:
            return False
        try:
            return bool(question.criterion.condition.evaluate(self.scope))
        except OverflowError:
            return False

    def _logged(self, stage: StagePlan, action: str) -> Done | None:
        visit = self.now.visit if self.now is not None else 1
        if stage is self.here:
            return self.log.get((self.pipeline.id, stage.stage.id, visit, action))
        named = (done for (pipeline, name, _, one), done in self.log.items() if (pipeline, name, one) == (self.pipeline.id, stage.stage.id, action))  # fmt: skip
        return next(named, None) if stage.stage.name == self.came_from else None

    def _target(self, plan: StagePlan) -> Target:
        stage, stages = plan.stage, self.pipeline.pipeline.stages
        tell: Callable[..., Target] = lambda **more: Target(stage.id, stage.name, stage.label, stage.hue, stage.closed, **more)  # noqa: E731
        here = self.here
        if plan is here:
            return tell(state="current")
        passed = here is not None and not stage.closed and stages.index(stage) < stages.index(here.stage)
        way = self.pipeline.way(self.source, stage.name, self.came_from)
        return tell(
            state="passed" if passed else "ahead",
            unmet=self._unmet(way),
            needs=tuple(name for name in stage.needed if self.scope[name] in (None, ())),
            needs_reason=way.turns_back is not None and way.turns_back.back == "reason",
            approval=self._gate(way),
        )

    def _unmet(self, way: Route) -> tuple[Text, ...]:
        refused = [message for _, message in refused_ways(self.pipeline, way, "given")]
        unmet = [question.message(self.context) for question in questions(self.pipeline, way) if not self.holds(question)]
        approval = self._gate(way)
        if approval and way.leaves is not None:
            said = Text("The approval “{approval}” must agree before it leaves “{stage}”", approval=approval, stage=way.leaves.label)
            unmet.append(said)
        return (*refused, *unmet)

    def _gate(self, way: Route) -> str:
        """The approval that must agree before the record leaves its stage, "" for none."""
        left = way.leaves
        if left is None or left.gate is None:
            return ""
        gate = self.pipeline.stages[left.name].gate
        return left.gate.approval if gate is None or gate.evaluate(self.scope) else ""

    def _actions(self) -> tuple[Action, ...]:
        here = self.here
        if here is None:
            return ()
        found = []
        for plan in here.actions:
            done = self.holds(Question("stage-action", here, plan.evidence, plan))
            logged = self._logged(here, plan.action.id)
            found.append(Action(plan.action.id, plan.action.label, done, plan.evidence is None, plan.action.optional, logged))
        return tuple(found)


def _history(connection: Connection, plans: StagePlans, id: int) -> tuple[Entry, ...]:
    labels = {option.id: option.label for option in plans.object.object.fields[plans.field.name].options}

    def label(stage: str) -> Label | None:
        return None if not stage else labels.get(stage) or Label.of(stage)

    rows = connection.execute(HISTORY, {"record": id, "field": plans.field.id})
    return tuple(
        Entry(
            row.at, label(row.from_stage), label(row.to_stage), row.visit, row.seconds, row.work_seconds, row.actor, row.cause, row.reason
        )
        for row in rows
    )
