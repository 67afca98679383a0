"""Rules for clocks as part of the Model: an SLA policy's clocks and the stall limits of stages, said in the same words. Knows no rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as part
from typing import Any, Literal

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.frozen import FrozenMap, freeze
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Model
from looseleaf_metadata.problems import Place
from looseleaf_workflow.arrivals import Arrival
from looseleaf_workflow.automations.definition import Automation
from looseleaf_workflow.calendars.clocks import Reopening
from looseleaf_workflow.stages.definition import Pipeline, Stage, Stall

WARNED, BREACHED, MET, STALLED, MOVING = "sla_warned", "sla_breached", "sla_met", "stalled", "moving"
"""What clocks tell; all but the last are words of triggers."""
Flow = tuple[Mapping[str, Any], ...]
NOTHING: Mapping[str, Any] = FrozenMap()


@dataclass(frozen=True, slots=True)
class Target:
    """How long it may take, where `when` holds. `after`: a duration as written."""

    after: str
    when: Expression | None = None


@dataclass(frozen=True, slots=True)
class CalendarChoice:
    """The calendar that counts where `when` holds; "" for one that is always open."""

    calendar: str
    when: Expression | None = None


@dataclass(frozen=True, slots=True)
class ClockRule:
    """One clock of every record of `object` for which `when` holds and that stands in the stage `stage` (stable id `stage_id`) of a pipeline, if one is named.

    `id`: stable; `kind`: "sla" or "stall"; `owner` and `name`: of the policy and the clock, or the pipeline and the stage.
    `start`: from when it runs: None for at once, a condition, or an arrival; `stop`: what keeps the promise; `pause_when`: while it stands.
    `activity`: arrivals that set a stall limit back; `edits`: so does a person's change of the record.
    `flows`: steps by what is told, warnings as "sla_warned:50"; `flag`: a date field that holds since when the target is missed, "" for none.
    `written`: what it was made of, for its fingerprint.
    """

    id: str
    kind: Literal["sla", "stall"]
    owner: str
    name: str
    label: Label
    owner_label: Label
    object: str
    targets: tuple[Target, ...]
    calendars: tuple[CalendarChoice, ...]
    when: Expression | None = None
    pipeline: str = ""
    stage: str = ""
    stage_id: str = ""
    start: Expression | Arrival | None = None
    stop: Expression | Arrival | None = None
    pause_when: Expression | None = None
    warnings: tuple[int, ...] = ()
    rearm: bool = False
    reopen: Reopening = "continue"
    activity: tuple[Arrival, ...] = ()
    edits: bool = False
    flows: Mapping[str, Flow] = NOTHING
    flag: str = ""
    written: Mapping[str, Any] = part(default=NOTHING, compare=False)

    def automation(self, word: str, percent: int = 0) -> Automation | None:
        """The steps for something that is told, as an automation of their own; None for none."""
        key = f"{WARNED}:{percent}" if word == WARNED else word
        steps = self.flows.get(key, ())
        if not steps:
            return None
        options = {word: self.owner, ("stage" if self.kind == "stall" else "clock"): self.name}
        data: dict[str, Any] = {"object": self.object, "trigger": options, "steps": steps}
        calendar = next((one.calendar for one in self.calendars if one.calendar), "")
        if calendar:
            data["calendar"] = calendar
        return Automation(
            id=f"{self.id}:{key}",
            name=self.owner,
            label=self.label,
            object=self.object,
            trigger=word,
            options=freeze(options),
            data=freeze(data),
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """An SLA policy: the clocks of an object's records."""

    id: str
    name: str
    label: Label
    object: str
    clocks: tuple[ClockRule, ...]
    app: str = ""
    place: Place = part(default=Place(), compare=False)


def rules_of(model: Model, object_name: str) -> tuple[ClockRule, ...]:
    """The clocks that records of an object may have."""
    policies = [one for one in model.others.get("sla", {}).values() if one.object == object_name]
    pipelines = [one for one in model.others.get("pipeline", {}).values() if one.object == object_name]
    promises = [clock for policy in sorted(policies, key=lambda one: one.name) for clock in policy.clocks]
    return (*promises, *(rule for one in sorted(pipelines, key=lambda it: it.name) for rule in _stalls(model, one)))


def _stalls(model: Model, pipeline: Pipeline) -> Iterator[ClockRule]:
    """The stall limits of a pipeline's stages."""
    for stage in pipeline.stages:
        if stage.stall is not None and not stage.closed:
            yield _stall(model, pipeline, stage, stage.stall)


def _stall(model: Model, pipeline: Pipeline, stage: Stage, limit: Stall) -> ClockRule:
    rests = limit.since == "last_activity"
    written = {"after": limit.after, "since": limit.since, "then": limit.then, "calendar": pipeline.calendar}
    counted = [(one.object, one.by, one.where.source if one.where is not None else "") for one in limit.counts]
    return ClockRule(
        id=f"stall:{pipeline.id}.{stage.id}",
        kind="stall",
        owner=pipeline.name,
        name=stage.name,
        label=stage.label,
        owner_label=pipeline.label,
        object=pipeline.object,
        targets=(Target(limit.after),),
        calendars=(CalendarChoice(pipeline.calendar),),
        pipeline=pipeline.name,
        stage=stage.name,
        stage_id=stage.id,
        activity=(limit.counts or _all_arrivals(model, pipeline.object)) if rests else (),
        edits=rests and not limit.counts,
        flows=freeze({STALLED: limit.then}) if limit.then else NOTHING,
        flag=pipeline.stalled_at,
        written=freeze({**written, "counts": counted}),
    )


def _all_arrivals(model: Model, object_name: str) -> tuple[Arrival, ...]:
    """Any record that points to one of the object."""
    fields = [(one.name, field.name) for one in model.objects.values() if not one.retired for field in one.live_fields if field.type == "lookup" and field.target == object_name]  # fmt: skip
    return tuple(Arrival(name, field, human=True) for name, field in fields)
