"""Events about tasks and votes: what happened to the slots of one step. Part of events.py, which tells of them all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_workflow.approvals.questions import NOTHING
from looseleaf_workflow.approvals.state import Group, Slot, Timer, Vote
from looseleaf_workflow.frozen_json import Tagged


@dataclass(frozen=True, slots=True)
class TaskOpened(Tagged):
    """A slot's task is open for its holder. `via`: delegations followed; `notes`: delegations not followed, and why."""

    node: str
    visit: int
    slot: str
    generation: int
    holder: str
    via: tuple[str, ...] = ()
    due: datetime | None = None
    timers: tuple[Timer, ...] = ()
    notes: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Voted(Tagged):
    """A decision. `edits`: fields changed together with it."""

    node: str
    visit: int
    slot: str
    vote: Vote
    edits: FrozenMap[str, Any] = NOTHING


@dataclass(frozen=True, slots=True)
class SlotsCancelled(Tagged):
    """Slots that are asked no more: superseded, removed."""

    node: str
    visit: int
    slots: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Way:
    """Where the flow goes on after a step back: nodes that are void, lanes that run again and where, blocks that are active again."""

    voided: tuple[str, ...] = ()
    lanes: tuple[tuple[str, ...], ...] = ()  # block, lane, node entered last, node to enter
    blocks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Transferred(Tagged):
    """A task went to somebody else. `why`: transfer, reassign, leave, escalation, timeout, take_over."""

    node: str
    visit: int
    slot: str
    generation: int
    person: str
    holder: str
    why: str
    reason: str = ""
    via: tuple[str, ...] = ()
    timers: tuple[Timer, ...] = ()
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class SignAdded(Tagged):
    """More people decide. `group` is None where they decide together with those who are there."""

    node: str
    visit: int
    owner: str
    position: Literal["before", "after", "together"]
    slots: tuple[Slot, ...]
    group: Group | None = None
    comment: str = ""


@dataclass(frozen=True, slots=True)
class OpinionAsked(Tagged):
    """A task waits for somebody's opinion."""

    node: str
    visit: int
    slot: str
    generation: int
    person: str
    question: str = ""


@dataclass(frozen=True, slots=True)
class OpinionGiven(Tagged):
    """The task is back. `by` is who answered, or who called it back."""

    node: str
    visit: int
    slot: str
    generation: int
    by: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Claimed(Tagged):
    """Somebody took an offered task, until the lease ends if there is one."""

    node: str
    visit: int
    slot: str
    generation: int
    holder: str
    timers: tuple[Timer, ...] = ()


@dataclass(frozen=True, slots=True)
class Released(Tagged):
    """A claimed task is offered again. `why`: unclaim, lease, leave."""

    node: str
    visit: int
    slot: str
    generation: int
    why: str
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Urged(Tagged):
    """The holder of a task was asked to hurry."""

    node: str
    visit: int
    slot: str
    holder: str


@dataclass(frozen=True, slots=True)
class TakenBack(Tagged):
    """Somebody took their agree back: `reopened` slots are open again, `waiting` ones wait again."""

    node: str
    visit: int
    slot: str
    reopened: tuple[str, ...]
    waiting: tuple[str, ...]
    way: Way


@dataclass(frozen=True, slots=True)
class Reasked(Tagged):
    """Decisions were about other values: these slots are open again."""

    node: str
    visit: int
    slots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Restored(Tagged):
    """The values are again what somebody had decided about: the decision counts again."""

    node: str
    visit: int
    slot: str
    vote: Vote
