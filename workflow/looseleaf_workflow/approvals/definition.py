"""What an approval flow is: a frozen tree of nodes with its policies, its canonical JSON and its fingerprint.

A flow is a list of nodes; a branch and a parallel hold lanes, which are lists again. Ids are unique in a flow, so an id addresses a
node; its path (`size/1/director`) says where it stands. A published definition never changes: an instance keeps the fingerprint of the
one that it runs on. Expressions and durations are kept as they are written; the kind has checked them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_workflow import frozen_json
from looseleaf_workflow.approvals.proposals import ChangeRule
from looseleaf_workflow.approvals.tree import Tree
from looseleaf_workflow.frozen_json import Tagged
from looseleaf_workflow.who import Who

ModeKind = Literal["all", "any", "sequence", "at_least", "percent", "weights"]
OnReject = str
"""end · to_submitter · previous · choose · step:<id>"""


@dataclass(frozen=True, slots=True)
class Mode:
    """When several people's decisions make a step pass.

    `needed`: how many agrees (at_least), what part in percent, or what sum of weights. `weights` stand beside the entries of `who`.
    `wait_for_all`: a quota is judged when everyone has voted. `any_reject`: whether one reject fails a step of mode any.
    """

    kind: ModeKind = "all"
    needed: Decimal = Decimal(0)
    weights: tuple[Decimal, ...] = ()
    wait_for_all: bool = False
    any_reject: Literal["waits_for_others", "fails"] = "waits_for_others"


EVERYBODY = Mode()
"""All must agree: the mode where none is written."""
TimeoutAction = Literal["remind", "escalate_to", "auto_agree", "auto_reject", "transfer", "notify_admin"]


@dataclass(frozen=True, slots=True)
class Level:
    """What happens when a task is still open `after` a time: since it was opened for the first level, since the level before for others."""

    after: str
    action: TimeoutAction
    who: Who = ()


@dataclass(frozen=True, slots=True)
class Due:
    """Until when a task should be done: reminders (durations after it was opened) and what follows. `misfire`: of late reminders."""

    levels: tuple[Level, ...]
    remind: tuple[str, ...] = ()
    misfire: Literal["once", "skip"] = "once"
    on_transfer: Literal["keep", "restart"] = "keep"


@dataclass(frozen=True, slots=True)
class FieldRights:
    """Fields of the record in the eyes of the holder of a task: what may be edited, is hidden, must be filled."""

    edit: tuple[str, ...] = ()
    hide: tuple[str, ...] = ()
    require: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policies:
    """What happens with people who are the submitter, were asked before, are nobody, or leave."""

    self_approval: Literal["skip", "allow", "manager"] = "manager"
    dedup: Literal["none", "first", "adjacent"] = "none"
    if_empty: str = "admin"  # approve, reject, admin, hold, user:<name>
    on_leave: str = "manager"  # manager, delegate, admin, user:<name>


@dataclass(frozen=True, slots=True)
class Step(Tagged):
    """People decide (`approve`) or do something (`handle`). `claim`: one of them takes it, for so long at most ("" for ever)."""

    id: str
    label: Any
    who: Who
    kind: Literal["approve", "handle"] = "approve"
    mode: Mode = Mode()
    due: Due | None = None
    fields: FieldRights = FieldRights()
    on_reject: OnReject = "end"
    allow: tuple[str, ...] = ()
    human_required: bool = False
    policies: Policies = Policies()
    claim: bool = False
    lease: str = ""


@dataclass(frozen=True, slots=True)
class Copy(Tagged):
    """People who are shown the instance and decide nothing (抄送)."""

    id: str
    label: Any
    who: Who
    hide: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """One way through a block. `key` is its name in the block: its own, else its number from 1, or "else"."""

    key: str
    label: Any = ""
    when: str = ""
    flow: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Branch(Tagged):
    """Ways of which the first that is true is taken, or all that are true; the last lane is `else`."""

    id: str
    label: Any
    lanes: tuple[Lane, ...]
    pick: Literal["first_true", "all_true"] = "first_true"


@dataclass(frozen=True, slots=True)
class Parallel(Tagged):
    """Ways that all start. `join`: how many must be done before the flow goes on (0: all)."""

    id: str
    label: Any
    lanes: tuple[Lane, ...]
    join: int = 0
    on_branch_reject: Literal["cancel_others", "wait_others"] = "cancel_others"


@dataclass(frozen=True, slots=True)
class Call(Tagged):
    """Another approval that runs as a step: on the same record, or on the one that the path `of` leads to."""

    id: str
    label: Any
    approval: str
    of: str = ""
    on_reject: OnReject = "end"
    on_cancel: Literal["end", "pass"] = "end"


@dataclass(frozen=True, slots=True)
class End(Tagged):
    """The instance ends here, whatever else is going on."""

    id: str
    label: Any
    outcome: Literal["approved", "rejected"] = "approved"


Node = Step | Copy | Branch | Parallel | Call | End
BLOCKS = (Branch, Parallel)
NO_EFFECTS: FrozenMap[str, tuple[Any, ...]] = FrozenMap()


@dataclass(frozen=True, slots=True)
class Readers:
    """People who are shown an instance at a moment of its life, with the fields that they don't see."""

    who: Who
    at: Literal["start", "pass", "reject", "end"]
    hide: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lock:
    """What nobody else may change while an instance runs: `fields`, and the child records in `include`."""

    fields: tuple[str, ...] = ()
    include: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Material:
    """Fields that people decide about, and what follows when they change on the way."""

    fields: tuple[str, ...] = ()
    on_change: Literal["restart", "reask_voted", "continue"] = "continue"


@dataclass(frozen=True, slots=True)
class Reversal:
    """Who may take an approval back after its end (反审核), as long as the condition `unless` does not hold of the record."""

    who: Who
    unless: str = ""


@dataclass(frozen=True)
class Definition:
    """One version of a flow. Effects (`on_…`) are kept as they are written: actions are carried out by others.

    `mail`: whether those who are asked get mails, and may decide by the link in it.
    """

    name: str
    object: str
    label: Any
    flow: tuple[Node, ...]
    start_when: str = ""
    order: int = 0
    no_match: Literal["approve", "refuse"] = "refuse"
    require: tuple[str, ...] = ()
    lock: Lock = Lock()
    material: Material = Material()
    withdraw: Literal["before_first_vote", "any_time", "never", "needs_consent"] = "before_first_vote"
    resubmit: Literal["from_start", "at_rejecting_step"] = "from_start"
    max_rounds: int = 10
    max_transfers: int = 5
    max_added: int = 3
    comment_after_end: bool = False
    on_delete: Literal["refuse", "terminate"] = "refuse"
    mail: Literal["decide", "tell", "none"] = "decide"
    calendar: str = ""
    deadline: Level | None = None
    reverse: Reversal | None = None
    change: ChangeRule | None = None
    readers: tuple[Readers, ...] = ()
    effects: FrozenMap[str, tuple[Any, ...]] = NO_EFFECTS

    @cached_property
    def tree(self) -> Tree:
        """Where each node stands."""
        return Tree(self.flow)

    @cached_property
    def sha256(self) -> str:
        """The fingerprint of this version: 64 hexadecimal digits, the same for the same canonical JSON."""
        return frozen_json.sha256(self)

    def as_json(self) -> str:
        """The canonical JSON: byte for byte the same for equal definitions."""
        return frozen_json.canonical(self)

    @classmethod
    def of_data(cls, data: Any) -> Definition:
        """A definition from its JSON data."""
        return frozen_json.from_data(cls, data)

    def step(self, id: str) -> Step:
        """The approve or handle node of that id; KeyError if it is another kind."""
        node = self.tree.node(id)
        if not isinstance(node, Step):
            raise KeyError(id)
        return node
