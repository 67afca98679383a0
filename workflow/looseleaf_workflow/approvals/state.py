"""Where an instance stands. Frozen, JSON, and nothing but what its events fold to.

An instance has nodes by id; a node has the visit it is in; a step has slots (one required decision each) in groups; a block has lanes.
The flow itself is the block "" with the lane "flow". Only the current visit of a node is kept: earlier ones are in the events.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_workflow.approvals.commands import NO_PICKS, TaskId
from looseleaf_workflow.approvals.definition import Mode
from looseleaf_workflow.approvals.proposals import Proposal
from looseleaf_workflow.approvals.questions import NOTHING

Status = Literal["draft", "running", "approved", "rejected", "withdrawn", "terminated", "reversed", "error"]
ENDED = ("approved", "rejected", "withdrawn", "terminated", "reversed")
SlotStatus = Literal["waiting", "open", "asked", "paused", "agreed", "rejected", "cancelled"]
UNDECIDED = ("waiting", "open", "asked", "paused")
NodeStatus = Literal["active", "passed", "failed", "cancelled", "void", "error"]
MAIN = "main"


@dataclass(frozen=True, slots=True)
class Vote:
    """One decision. `by` acted, for `person`. `auto`: no human decided (self, dedup, timeout, group). `digest`: of the material fields.

    `via`: how it came, "link" for the link in a mail, "" for the product's own doors.
    """

    by: str
    person: str
    outcome: Literal["agreed", "rejected"]
    at: datetime
    comment: str = ""
    target: str = ""
    digest: str = ""
    auto: str = ""
    via: str = ""


@dataclass(frozen=True, slots=True)
class Timer:
    """A moment that the instance waits for. Fires as FireTimer(id, generation); another generation is a late firing and does nothing.

    `kind`: remind, due (level counts from 1), lease, deadline.
    """

    id: str
    generation: int
    at: datetime
    kind: Literal["remind", "due", "lease", "deadline"]
    node: str = ""
    visit: int = 0
    slot: str = ""
    level: int = 0
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Slot:
    """One required decision of a step.

    `person`: whose decision it is; `holder`: who has the task ("" while unclaimed). `via`: the delegations from person to holder.
    `held`: somebody must be named first. `former`: a vote that a change of material fields made void. `chain`: earlier holders.
    `stopped`: its timers when it was paused.
    """

    key: str
    person: str
    holder: str = ""
    status: SlotStatus = "waiting"
    group: str = MAIN
    weight: Decimal = Decimal(1)
    generation: int = 0
    candidates: tuple[str, ...] = ()
    held: bool = False
    chain: tuple[str, ...] = ()
    via: tuple[str, ...] = ()
    adder: str = ""
    depth: int = 0
    asked: str = ""
    due: datetime | None = None
    paused_at: datetime | None = None
    stopped: tuple[Timer, ...] = ()
    urged_at: datetime | None = None
    vote: Vote | None = None
    former: Vote | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """People who decide together. `owner` is the slot that added them, at a `position` beside its own decision."""

    key: str
    mode: Mode
    owner: str = ""
    position: Literal["main", "before", "after"] = "main"
    binding: bool = True


@dataclass(frozen=True, slots=True)
class LaneState:
    """`at`: the node entered last, "" for none; `enter`: the node to enter next after a rewind."""

    at: str = ""
    enter: str = ""
    status: Literal["running", "done", "rejected", "cancelled"] = "running"


NO_LANES: FrozenMap[str, LaneState] = FrozenMap()


@dataclass(frozen=True, slots=True)
class NodeState:
    """A node in its current visit. `how`: why a step passed without votes. `formers`: votes kept when material fields changed."""

    id: str
    visit: int = 0
    status: NodeStatus = "active"
    how: str = ""
    round: int = 1
    slots: tuple[Slot, ...] = ()
    groups: tuple[Group, ...] = ()
    lanes: FrozenMap[str, LaneState] = NO_LANES
    formers: tuple[Vote, ...] = ()
    readers: tuple[str, ...] = ()

    def slot(self, key: str) -> Slot | None:
        """The slot of a key."""
        return next((slot for slot in self.slots if slot.key == key), None)

    def group(self, key: str) -> Group:
        """The group of a key."""
        return next(group for group in self.groups if group.key == key)

    def members(self, group: str) -> tuple[Slot, ...]:
        """The slots of a group that count: all that were not taken out."""
        return tuple(slot for slot in self.slots if slot.group == group and slot.status != "cancelled")

    def with_slot(self, slot: Slot) -> NodeState:
        """The node with a slot in another state."""
        return replace(self, slots=tuple(slot if one.key == slot.key else one for one in self.slots))

    def with_lane(self, key: str, lane: LaneState) -> NodeState:
        """The block with a lane in another state."""
        return replace(self, lanes=FrozenMap({**self.lanes, key: lane}))

    @property
    def human_votes(self) -> tuple[Vote, ...]:
        """Decisions of people in this visit."""
        return tuple(slot.vote for slot in self.slots if slot.vote is not None and not slot.vote.auto)


@dataclass(frozen=True, slots=True)
class Return:
    """The instance is with its submitter again. `node` rejected; `digest` of the material fields then."""

    node: str
    holder: str
    digest: str
    generation: int = 1


@dataclass(frozen=True, slots=True)
class Consent:
    """A withdrawal that waits for those who have voted."""

    number: int
    waiting: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """A command that was carried out: its fingerprint, and the numbers of its first and last event."""

    request: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Undo:
    """What a migration can be undone to, until the next vote: the version before, the old names, and nodes that it has no place for."""

    definition: str
    mapping: FrozenMap[str, str]
    dropped: FrozenMap[str, NodeState]


NO_NODES: FrozenMap[str, NodeState] = FrozenMap()
NO_TIMERS: FrozenMap[str, Timer] = FrozenMap()
NO_NUMBERS: FrozenMap[str, int] = FrozenMap()
NO_COMMANDS: FrozenMap[str, Seen] = FrozenMap()


@dataclass(frozen=True, slots=True)
class State:
    """One instance. `number` counts events from 1. `digest` is the fingerprint of the material `values`. `proposal`: of a change request."""

    number: int = 0
    status: Status = "draft"
    definition: str = ""
    submitter: str = ""
    round: int = 0
    depth: int = 0
    previous: str = ""
    values: FrozenMap[str, Any] = NOTHING
    digest: str = ""
    picks: FrozenMap[str, tuple[str, ...]] = NO_PICKS
    nodes: FrozenMap[str, NodeState] = NO_NODES
    timers: FrozenMap[str, Timer] = NO_TIMERS
    generations: FrozenMap[str, int] = NO_NUMBERS
    returned: Return | None = None
    consent: Consent | None = None
    commands: FrozenMap[str, Seen] = NO_COMMANDS
    undo: Undo | None = None
    consents: int = 0
    returns: int = 0
    reason: str = ""
    proposal: Proposal | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more can happen to it."""
        return self.status in ENDED

    def node(self, id: str) -> NodeState:
        """The state of a node, one that was never entered if it was not."""
        return self.nodes.get(id) or NodeState(id, 0, "void")

    def active(self) -> Iterator[NodeState]:
        """Nodes that are at work."""
        return (node for node in self.nodes.values() if node.status == "active")

    def with_nodes(self, changed: Iterable[NodeState]) -> State:
        """The state with some nodes in another state."""
        return replace(self, nodes=FrozenMap({**self.nodes, **{node.id: node for node in changed}}))

    def with_node(self, node: NodeState) -> State:
        """The state with one node in another state."""
        return self.with_nodes((node,))

    def without_timers(self, node: str, slot: str | None = None) -> State:
        """The state without the timers of a node, or of one slot."""
        kept = {id: timer for id, timer in self.timers.items() if timer.node != node or (slot is not None and timer.slot != slot)}
        return self if len(kept) == len(self.timers) else replace(self, timers=FrozenMap(kept))

    def with_timers(self, timers: Iterable[Timer]) -> State:
        """The state with more timers; their generations are remembered for good."""
        new = {timer.id: timer for timer in timers}
        numbers = {id: timer.generation for id, timer in new.items()}
        return replace(self, timers=FrozenMap({**self.timers, **new}), generations=FrozenMap({**self.generations, **numbers}))


def task_id(node: NodeState, slot: Slot) -> TaskId:
    """The address of a slot's task as it is now."""
    return TaskId(node.id, node.visit, slot.key, slot.generation)
