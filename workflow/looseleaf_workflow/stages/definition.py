"""A pipeline as part of the Model: frozen values, built by the kind `pipeline`. Knows no rows and decides nothing.

A stage is an option of a select field of the object, so its stable id, its label and its hue are those of the option.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as part
from typing import Any, Literal

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Model
from looseleaf_metadata.problems import Place
from looseleaf_workflow.arrivals import Arrival

Back = Literal["allowed", "reason", "never"]
NOTHING: Mapping[str, str] = FrozenMap()
Closed = Literal["", "won", "lost"]


@dataclass(frozen=True, slots=True)
class Criterion:
    """A sentence that must hold. `label`: how it is told to people, None where it is told from the expression itself."""

    check: Expression
    label: Label | None = None


@dataclass(frozen=True, slots=True)
class KeyAction:
    """Something to be done while in a stage: ticked by hand, or done while `when` holds (`sticky`: once it has held).

    `id` is stable: its name, or its text where it is written as a text. `optional`: it does not keep the record in the stage.
    """

    id: str
    label: Label
    when: Expression | None = None
    sticky: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Stall:
    """How long a record may rest: `after` as written, counted from entry or from the last activity. `then`: the steps that follow.

    `counts`: the records whose coming is an activity; without any it is each that points to the record, and each change by a person.
    """

    after: str
    since: Literal["entry", "last_activity"] = "entry"
    then: tuple[Mapping[str, Any], ...] = ()
    counts: tuple[Arrival, ...] = ()


@dataclass(frozen=True, slots=True)
class ApprovalGate:
    """An approval that must agree before a record leaves forward, always or where `when` holds."""

    approval: str
    when: Expression | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage. `id`: stable, of the option; `name`: of the option, what records hold. `probability`: 0 to 100, None for none.

    `reasons`: the field that says why, needed on entering; `require`: fields needed on entering; `clears`: emptied on leaving.
    """

    id: str
    name: str
    label: Label
    hue: str = ""
    probability: int | None = None
    closed: Closed = ""
    enter_when: tuple[Criterion, ...] = ()
    exit_when: tuple[Criterion, ...] = ()
    require: tuple[str, ...] = ()
    reasons: str = ""
    clears: tuple[str, ...] = ()
    actions: tuple[KeyAction, ...] = ()
    skip: bool = False
    back: Back = "allowed"
    stall: Stall | None = None
    gate: ApprovalGate | None = None

    @property
    def needed(self) -> tuple[str, ...]:
        """The fields that must be filled in to be in this stage."""
        return tuple(dict.fromkeys((*self.require, *((self.reasons,) if self.reasons else ()))))


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The stages that records of `object` go through, kept in their select field `field`.

    `when`: for which records, None for all that no earlier pipeline of the field takes; `order`: the lowest is asked first.
    `probability`, `entered_at` and `stalled_at`: fields that the pipeline keeps, "" for none. `moved`: stages that are no more, and where their
    records go, by name. `override`: whether a recorded exemption may pass.
    """

    id: str
    name: str
    label: Label
    object: str
    field: str
    stages: tuple[Stage, ...]
    when: Expression | None = None
    order: int = 100
    probability: str = ""
    entered_at: str = ""
    stalled_at: str = ""
    calendar: str = ""
    moved: Mapping[str, str] = NOTHING
    override: bool = True
    app: str = ""
    place: Place = part(default=Place(), compare=False)

    def stage(self, name: str | None) -> Stage | None:
        """The stage of that name, or the one that took its place; None where there is neither."""
        return next((stage for stage in self.stages if stage.name in (name, self.moved.get(name or ""))), None)

    def position(self, stage: Stage) -> int:
        """How far along a stage is: 0 for the first."""
        return self.stages.index(stage)

    @property
    def open_stages(self) -> tuple[Stage, ...]:
        """The stages before the closed ones."""
        return tuple(stage for stage in self.stages if not stage.closed)


def pipelines_of(model: Model, object_name: str) -> tuple[Pipeline, ...]:
    """The pipelines of an object, in the order in which they are asked."""
    found = [one for one in model.others.get("pipeline", {}).values() if one.object == object_name]
    return tuple(sorted(found, key=lambda one: (one.order, one.when is None)))
