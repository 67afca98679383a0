"""What happened to an instance: the truth, of which the state is only the sum. Numbered from 1 without gaps, never changed.

Events carry everything that was found out on the way (people, conditions with their inputs, due times), so that reading them again
asks nobody. `place` is the block and the lane that a node stands in. One `decide` may give many events: a vote, the step that it passes, the step that is entered next.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_workflow import frozen_json
from looseleaf_workflow.approvals.commands import NO_MAPPING, NO_PICKS
from looseleaf_workflow.approvals.proposals import Proposal
from looseleaf_workflow.approvals.questions import NOTHING
from looseleaf_workflow.approvals.state import NO_NODES, Group, NodeState, Slot, Timer
from looseleaf_workflow.approvals.task_events import (
    Claimed,
    OpinionAsked,
    OpinionGiven,
    Reasked,
    Released,
    Restored,
    SignAdded,
    SlotsCancelled,
    TakenBack,
    TaskOpened,
    Transferred,
    Urged,
    Voted,
    Way,
)
from looseleaf_workflow.frozen_json import Tagged

__all__ = [
    "BlockEntered",
    "Body",
    "Broke",
    "Cancelled",
    "Changed",
    "ChildFinished",
    "ChildStarted",
    "Claimed",
    "Commented",
    "Copied",
    "Ended",
    "Event",
    "LaneEnded",
    "Migrated",
    "NodeFailed",
    "NodePassed",
    "OpinionAsked",
    "OpinionGiven",
    "Reasked",
    "Released",
    "Restored",
    "Resubmitted",
    "Retried",
    "Returned",
    "Reversed",
    "Rewound",
    "SignAdded",
    "SlotsCancelled",
    "StepEntered",
    "Submitted",
    "TakenBack",
    "TaskOpened",
    "TimerFired",
    "TimerIgnored",
    "TimersSet",
    "Transferred",
    "Urged",
    "Voted",
    "Way",
    "WithdrawalAnswered",
    "WithdrawalAsked",
]


@dataclass(frozen=True, slots=True)
class Submitted(Tagged):
    """The instance began, pinned to a version. `proposal`: what a change request asks for."""

    definition: str
    submitter: str
    values: FrozenMap[str, Any] = NOTHING
    digest: str = ""
    picks: FrozenMap[str, tuple[str, ...]] = NO_PICKS
    previous: str = ""
    depth: int = 0
    proposal: Proposal | None = None


@dataclass(frozen=True, slots=True)
class BlockEntered(Tagged):
    """A branch or a parallel started these lanes. `inputs`: what the conditions read, by lane."""

    node: str
    visit: int
    place: tuple[str, ...]
    lanes: tuple[str, ...]
    inputs: FrozenMap[str, Any] = NOTHING


@dataclass(frozen=True, slots=True)
class StepEntered(Tagged):
    """A step was entered, and these are the people that it asks. `notes`: who was left out or replaced, and why."""

    node: str
    visit: int
    place: tuple[str, ...]
    slots: tuple[Slot, ...]
    group: Group
    notes: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class NodePassed(Tagged):
    """A node is done. `how`: "" by votes, else why nobody had to decide."""

    node: str
    visit: int
    how: str = ""


@dataclass(frozen=True, slots=True)
class NodeFailed(Tagged):
    """A step was rejected, or a block can't be done any more. `then`: end, to_submitter, previous, step:<id>."""

    node: str
    visit: int
    then: str = "end"


@dataclass(frozen=True, slots=True)
class LaneEnded(Tagged):
    """A way through a block came to its end."""

    node: str
    lane: str
    outcome: Literal["done", "rejected"]


@dataclass(frozen=True, slots=True)
class Cancelled(Tagged):
    """Nodes that were at work and are not needed any more, and the lanes that stopped with them (block, lane)."""

    nodes: tuple[str, ...]
    lanes: tuple[tuple[str, ...], ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Copied(Tagged):
    """Readers were shown the instance; `skipped` can't be shown anything (inactive)."""

    node: str
    visit: int
    place: tuple[str, ...]
    readers: tuple[str, ...]
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rewound(Tagged):
    """The flow goes back to `target` ("" for its beginning). `keeps_votes`: people are asked again, their votes are remembered."""

    node: str
    target: str
    way: Way
    reason: str
    keeps_votes: bool = False


@dataclass(frozen=True, slots=True)
class Returned(Tagged):
    """The instance is with its submitter (or `holder` in their place) again."""

    node: str
    holder: str
    digest: str
    cancelled: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Resubmitted(Tagged):
    """A new round. `reason`: why it began from the start although the flow would go on where it was rejected."""

    round: int
    target: str
    way: Way
    reason: str = ""
    comment: str = ""
    picks: FrozenMap[str, tuple[str, ...]] = NO_PICKS
    proposal: Proposal | None = None


@dataclass(frozen=True, slots=True)
class Ended(Tagged):
    """The instance ended. `told`: people who had voted and are told."""

    status: Literal["approved", "rejected", "withdrawn", "terminated"]
    reason: str = ""
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reversed(Tagged):
    """What was approved is not any more. `told`: people who had voted and are told."""

    reason: str
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Broke(Tagged):
    """Something could not be found out: an administrator can mend it and try again."""

    node: str
    visit: int
    place: tuple[str, ...]
    expression: str
    message: str
    inputs: FrozenMap[str, Any] = NOTHING


@dataclass(frozen=True, slots=True)
class Retried(Tagged):
    """Nodes that broke are entered again."""

    nodes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Commented(Tagged):
    """Somebody said something."""

    text: str
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TimersSet(Tagged):
    """Timers of the instance, or the next level of a task's."""

    timers: tuple[Timer, ...]


@dataclass(frozen=True, slots=True)
class TimerFired(Tagged):
    """A timer came due and did this. `also`: timers that came due with it and are not worth a message of their own."""

    timer: str
    generation: int
    action: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TimerIgnored(Tagged):
    """A timer came that nobody waits for any more."""

    timer: str
    generation: int


@dataclass(frozen=True, slots=True)
class WithdrawalAsked(Tagged):
    """The submitter wants to withdraw; these people must consent."""

    number: int
    people: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WithdrawalAnswered(Tagged):
    """Somebody consented or refused. A refusal ends the request."""

    number: int
    person: str
    consent: bool


@dataclass(frozen=True, slots=True)
class Changed(Tagged):
    """Material fields changed. `before` and `values`: only those that differ. `bypass`: past the lock, for this reason."""

    values: FrozenMap[str, Any]
    before: FrozenMap[str, Any]
    digest: str
    policy: str
    bypass: str = ""


@dataclass(frozen=True, slots=True)
class ChildStarted(Tagged):
    """A called flow starts, pinned to its version, on a record ("" for the same)."""

    node: str
    visit: int
    place: tuple[str, ...]
    approval: str
    version: str
    record: str
    depth: int


@dataclass(frozen=True, slots=True)
class ChildFinished(Tagged):
    """A called flow ended."""

    node: str
    visit: int
    outcome: str


@dataclass(frozen=True, slots=True)
class Migrated(Tagged):
    """The instance goes on under another version; its nodes are what they are now called, `dropped` those
    that it has no place for. `mapping`: old id → new id where they differ. `undone`: back to the one before."""

    before: str
    definition: str
    nodes: FrozenMap[str, NodeState]
    timers: FrozenMap[str, Timer]
    mapping: FrozenMap[str, str] = NO_MAPPING
    dropped: FrozenMap[str, NodeState] = NO_NODES
    undone: bool = False


Body = (
    Submitted
    | BlockEntered
    | StepEntered
    | TaskOpened
    | Voted
    | SlotsCancelled
    | NodePassed
    | NodeFailed
    | LaneEnded
    | Cancelled
    | Copied
    | Rewound
    | Returned
    | Resubmitted
    | Ended
    | Reversed
    | Broke
    | Retried
    | Transferred
    | SignAdded
    | OpinionAsked
    | OpinionGiven
    | Claimed
    | Released
    | Urged
    | Commented
    | TimersSet
    | TimerFired
    | TimerIgnored
    | WithdrawalAsked
    | WithdrawalAnswered
    | TakenBack
    | Changed
    | Reasked
    | Restored
    | ChildStarted
    | ChildFinished
    | Migrated
)


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `actor` acted, `on_behalf_of` whom ("" for themselves); `command` is the key of its cause; `request` its fingerprint."""

    number: int
    at: datetime
    actor: str
    command: str
    request: str
    body: Body
    on_behalf_of: str = ""

    def as_data(self) -> Any:
        """The event as JSON."""
        return frozen_json.to_data(self)

    @classmethod
    def of_data(cls, data: Any) -> Event:
        """An event from its JSON."""
        return frozen_json.from_data(cls, data)
