"""What may be asked of an instance. A command has a key (the same key twice is the same command), an actor and a body.

Tasks are named by node, visit, slot and generation: a task that was transferred, reopened or decided meanwhile has another generation,
so a stale screen, a link in a mail or a second click never decides anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_workflow import frozen_json
from looseleaf_workflow.approvals.definition import EVERYBODY, Definition, Mode
from looseleaf_workflow.approvals.proposals import Proposal
from looseleaf_workflow.approvals.questions import NOTHING
from looseleaf_workflow.frozen_json import Tagged


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `admin`: may do what administrators may. `system`: timers and the write path."""

    id: str
    admin: bool = False
    system: bool = False


SYSTEM = Actor("system", system=True)


@dataclass(frozen=True, slots=True)
class TaskId:
    """The address of a task."""

    node: str
    visit: int
    slot: str
    generation: int

    def __str__(self) -> str:
        return f"{self.node}:{self.visit}:{self.slot}:{self.generation}"


NO_MAPPING: FrozenMap[str, str] = FrozenMap()
NO_PICKS: FrozenMap[str, tuple[str, ...]] = FrozenMap()


@dataclass(frozen=True, slots=True)
class Submit(Tagged):
    """Start. `picks`: people by node where the submitter picks. `previous`: the ended instance that this one follows (A76). `proposal`: of a change request."""

    picks: FrozenMap[str, tuple[str, ...]] = NO_PICKS
    previous: str = ""
    depth: int = 0
    proposal: Proposal | None = None


@dataclass(frozen=True, slots=True)
class Agree(Tagged):
    """Agree to a task, or finish a handle task. `edits`: fields changed together with the decision, before and after; `via`: see Vote."""

    task: TaskId
    comment: str = ""
    edits: FrozenMap[str, Any] = NOTHING
    via: str = ""


@dataclass(frozen=True, slots=True)
class Reject(Tagged):
    """Reject. `target` where the step lets one choose: end, to_submitter or step:<id>."""

    task: TaskId
    comment: str = ""
    target: str = ""
    via: str = ""


@dataclass(frozen=True, slots=True)
class Transfer(Tagged):
    """Hand a task to somebody else (转交); an administrator may hand on any task."""

    task: TaskId
    to: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AddSign(Tagged):
    """Ask more people (加签): before one's own decision, after one's own agree, or together. `binding`: a reject of theirs counts."""

    task: TaskId
    people: tuple[str, ...]
    position: Literal["before", "after", "together"]
    mode: Mode = EVERYBODY
    binding: bool = True
    comment: str = ""


@dataclass(frozen=True, slots=True)
class RemoveSign(Tagged):
    """Take back somebody whom one has added and who has not decided yet (减签)."""

    node: str
    visit: int
    slot: str


@dataclass(frozen=True, slots=True)
class AskOpinion(Tagged):
    """Ask somebody for an opinion; the task waits with them and comes back."""

    task: TaskId
    person: str
    question: str = ""


@dataclass(frozen=True, slots=True)
class GiveOpinion(Tagged):
    """Answer; whoever asked may call the task back instead, without an answer."""

    task: TaskId
    text: str = ""


@dataclass(frozen=True, slots=True)
class Claim(Tagged):
    """Take a task that several people are offered."""

    task: TaskId


@dataclass(frozen=True, slots=True)
class Unclaim(Tagged):
    """Give a claimed task back."""

    task: TaskId


@dataclass(frozen=True, slots=True)
class Urge(Tagged):
    """Ask the holder of a task to hurry (催办)."""

    task: TaskId


@dataclass(frozen=True, slots=True)
class Comment(Tagged):
    """Say something; `mentions` are told."""

    text: str
    mentions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Resubmit(Tagged):
    """Submit again what was sent back; a change request with what it proposes on the values of now."""

    comment: str = ""
    picks: FrozenMap[str, tuple[str, ...]] = NO_PICKS
    proposal: Proposal | None = None


@dataclass(frozen=True, slots=True)
class Withdraw(Tagged):
    """The submitter takes the request back (撤回)."""

    reason: str = ""


@dataclass(frozen=True, slots=True)
class AnswerWithdrawal(Tagged):
    """Consent to a withdrawal, or refuse it."""

    consent: bool


@dataclass(frozen=True, slots=True)
class TakeBack(Tagged):
    """Take one's own agree back (拿回), while nobody has decided after it."""

    node: str
    visit: int
    slot: str


@dataclass(frozen=True, slots=True)
class Terminate(Tagged):
    """An administrator ends the instance (终止)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Reverse(Tagged):
    """What was approved is not any more (反审核)."""

    reason: str


@dataclass(frozen=True, slots=True)
class Retry(Tagged):
    """An administrator tries again what ended in an error."""


@dataclass(frozen=True, slots=True)
class PersonLeft(Tagged):
    """Somebody was deactivated."""

    person: str


@dataclass(frozen=True, slots=True)
class DelegationBegan(Tagged):
    """Somebody delegated and wants open tasks to go over too."""

    person: str


@dataclass(frozen=True, slots=True)
class RecordChanged(Tagged):
    """The material fields of the record as they are now. `bypass`: an administrator changed a locked field, for this reason."""

    values: FrozenMap[str, Any]
    bypass: str = ""


@dataclass(frozen=True, slots=True)
class FireTimer(Tagged):
    """A timer has come due."""

    timer: str
    generation: int


@dataclass(frozen=True, slots=True)
class ChildEnded(Tagged):
    """A called flow has ended: approved, rejected, withdrawn or terminated."""

    node: str
    visit: int
    outcome: str


@dataclass(frozen=True)
class Migrate(Tagged):
    """Go on under another version. `mapping`: old id → new id where they differ, "" where a node is gone."""

    to: Definition
    mapping: FrozenMap[str, str] = NO_MAPPING


@dataclass(frozen=True)
class UndoMigration(Tagged):
    """Go back to the version before, while nobody has voted since. `to` is that version."""

    to: Definition


Body = (
    Submit
    | Agree
    | Reject
    | Transfer
    | AddSign
    | RemoveSign
    | AskOpinion
    | GiveOpinion
    | Claim
    | Unclaim
    | Urge
    | Comment
    | Resubmit
    | Withdraw
    | AnswerWithdrawal
    | TakeBack
    | Terminate
    | Reverse
    | Retry
    | PersonLeft
    | DelegationBegan
    | RecordChanged
    | FireTimer
    | ChildEnded
    | Migrate
    | UndoMigration
)


@dataclass(frozen=True)
class Command:
    """One request. `key` is chosen by whoever asks and stays the same when it is sent again."""

    key: str
    actor: Actor
    body: Body

    @cached_property
    def request(self) -> str:
        """The fingerprint of what is asked, without the key."""
        return frozen_json.sha256(self.body) + ":" + self.actor.id
