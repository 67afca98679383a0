"""The stages of one record, bound to its reader: the path on its page, and what somebody is asked before a move."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from looseleaf_platform.context import Context
from looseleaf_platform.errors import Fault, NotThere
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write
from looseleaf_ui_builder.screens.painting import Filled
from looseleaf_ui_builder.screens.slots import Slot, bind_slots
from looseleaf_workflow.stages.definition import pipelines_of
from looseleaf_workflow.stages.gate import EXEMPTION
from looseleaf_workflow.stages.standing import Standing, Target, standing_of

A_DAY = 24 * 3600


@dataclass(frozen=True, slots=True)
class BoundPath:
    """A stage path as one reader sees it. `days`: the how-many-eth day in the present stage, None where nobody noted the entry."""

    standing: Standing
    days: int | None

    @property
    def onward(self) -> Target | None:
        """The next stage: the first one after the present that is not lost."""
        targets = self.standing.targets
        here = next((place for place, target in enumerate(targets) if target.state == "current"), -1)
        return next((target for target in targets[here + 1 :] if target.closed != "lost"), None) if self.is_open else None

    @property
    def is_open(self) -> bool:
        """Whether the record goes on from here."""
        return self.standing.stage is None or not self.standing.stage.closed


@dataclass(frozen=True, slots=True)
class BoundMove:
    """What is asked before a move. `slots`: the fields to fill in; `may_override`: the reader may let it pass with a recorded reason."""

    standing: Standing
    target: Target
    slots: tuple[Slot, ...]
    filled: Filled
    may_override: bool


def bind_paths(context: Context, object_name: str, id: int) -> tuple[BoundPath, ...]:
    """The stage paths of a record; none for an object without a pipeline, which costs no query."""
    if not pipelines_of(context.model, object_name):
        return ()
    found = []
    for standing in standing_of(context, object_name, id):
        entered = standing.entered_at
        days = None if entered is None else int((context.now - entered).total_seconds() // A_DAY) + 1
        found.append(BoundPath(standing, days))
    return tuple(found)


def bind_move(context: Context, object_name: str, id: int, field: str, stage: str, filled: Filled | None = None) -> BoundMove:
    """What is asked before a record goes to a stage. Raises NotThere for what is no stage of it."""
    if not pipelines_of(context.model, object_name):
        raise NotThere
    standing = next((one for one in standing_of(context, object_name, id) if one.field == field), None)
    target = next((one for one in standing.targets if one.name == stage), None) if standing is not None else None
    if standing is None or target is None:
        raise NotThere
    slots = tuple(slot for slot in bind_slots(context, object_name, target.needs) if slot.editable)
    exempt = context.profile.everything or context.profile.has("exemptions")
    return BoundMove(standing, target, slots, filled or Filled(), exempt and bool(target.unmet))


def move(
    context: Context, object_name: str, id: int, bound: BoundMove, values: dict[str, object], version: int, reason: str, override: bool
) -> None:
    """Make the move. Raises Refused, Conflict, NotAllowed."""
    operation = Operation("edit", reason=reason, exemptions=frozenset({EXEMPTION}) if override else frozenset())
    change = Change("update", object_name, id, {**values, bound.standing.field: bound.target.name}, version=version)
    write(context, [change], operation)


def without_place(faults: Sequence[Fault], slots: Sequence[Slot]) -> tuple[Fault, ...]:
    """The faults that belong to none of the fields asked for."""
    names = {f"/{slot.name}" for slot in slots}
    return tuple(fault for fault in faults if fault.pointer not in names)
