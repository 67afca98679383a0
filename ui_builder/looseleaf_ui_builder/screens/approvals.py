"""Approvals bound to a reader: the path of each with who decided what, what the reader may do.

Queries on a record's page: none for an object without flows; else the approvals, their tasks, their trails, and the people's names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from looseleaf_metadata.labels import Label
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import LooseleafError
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_ui_builder.screens.trails import Note, people_in, trail_of
from looseleaf_workflow.approvals.deciding.ending import voters
from looseleaf_workflow.approvals.definition import Branch, Call, Copy, Definition, Step
from looseleaf_workflow.approvals.questions import ADMINS
from looseleaf_workflow.approvals.state import NodeState, Slot, State
from looseleaf_workflow.organisation import person_id
from looseleaf_workflow.running.asking import choices_of, may_reverse
from looseleaf_workflow.running.changing import open_to_change
from looseleaf_workflow.running.looking import OpenTask, Seen, approvals_of
from looseleaf_workflow.running.proposed import Proposed, hidden_from, proposed
from looseleaf_workflow.running.submitting import Request, flow_for, flows_of

STATUS: Mapping[str, tuple[Text, str]] = {
    "running": (Text("In progress"), "active"),
    "returned": (Text("Sent back"), "late"),
    "error": (Text("Stopped with an error"), "bad"),
    "approved": (Text("Approved"), "good"),
    "rejected": (Text("Rejected"), "bad"),
    "withdrawn": (Text("Withdrawn"), ""),
    "terminated": (Text("Terminated"), ""),
    "reversed": (Text("Reversed"), "late"),
}
"""What a status is called, and the mark that it has."""
ADDED = Text("asked to look at it too")
DEPENDS = Text("if its condition holds")
AUTO: Mapping[str, Text] = {
    "self": Text("left out: it is their own request"),
    "dedup": Text("agreed before, to the same values"),
    "timeout": Text("decided by the clock"),
    "empty": Text("nobody to ask: passed by"),
}
"""Why a decision was nobody's."""


WORDS: Mapping[str, Text] = {
    "agree": Text("Agree"),
    "reject": Text("Reject"),
    "transfer": Text("Hand on"),
    "add_sign": Text("Ask more people"),
    "ask": Text("Ask for an opinion"),
    "claim": Text("Claim"),
    "unclaim": Text("Give the task back"),
    "resubmit": Text("Submit again"),
    "urge": Text("Urge"),
}
"""What a decision is called on its button."""
OTHER_WORDS: Mapping[tuple[str, str], Text] = {
    ("handle", "agree"): Text("Mark as done"),
    ("opinion", "agree"): Text("Give the opinion"),
    ("consent", "agree"): Text("Consent to the withdrawal"),
    ("consent", "reject"): Text("Refuse the withdrawal"),
    ("hold", "transfer"): Text("Name somebody"),
}
"""The same for kinds of tasks where it means something else."""
AT_ONCE = ("claim", "unclaim", "urge")
"""Decisions that nothing is asked for."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that the reader may do with a task. `asks`: a dialog comes first."""

    decision: str
    label: Text
    asks: bool


@dataclass(frozen=True, slots=True)
class Hand:
    """One decision of a step. `state`: done, refused, now or ahead; `behalf`: for whom, where that is somebody else."""

    name: str
    state: str
    comment: str = ""
    at: datetime | None = None
    due: datetime | None = None
    behalf: str = ""
    auto: Text | None = None
    task: OpenTask | None = None
    choices: tuple[Choice, ...] = ()
    removable: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """One step on the way. `state`: done, refused, now, ahead; `kind`: approve, handle, cc or call."""

    label: Label
    kind: str
    state: str
    hands: tuple[Hand, ...] = ()
    how: Text | None = None


@dataclass(frozen=True, slots=True)
class BoundApproval:
    """An approval as one reader sees it. `deeds`: what they may ask of it as a whole; `own`: tasks that are no step's (resubmit, consent)."""

    seen: Seen
    label: Label
    status: Text
    mark: str
    submitter: str
    stops: tuple[Stop, ...]
    notes: tuple[Note, ...]
    own: tuple[Hand, ...]
    deeds: tuple[str, ...]
    take_back: str = ""
    proposed: tuple[Proposed, ...] = ()

    @property
    def code(self) -> str:
        """Its id in addresses."""
        return self.seen.instance.code

    @property
    def running(self) -> bool:
        """Whether it is not over."""
        return not self.seen.instance.state.ended

    @property
    def waits_for_me(self) -> bool:
        """Whether the reader has something to decide."""
        hands = (*self.own, *(hand for stop in self.stops for hand in stop.hands))
        return any(choice.decision not in ("urge", "transfer") for hand in hands for choice in hand.choices)


@dataclass(frozen=True, slots=True)
class BoundApprovals:
    """The approvals on a record's page. `offer`: the flow that a submission would start now, None where there is none; `may_ask`: for a change."""

    all: tuple[BoundApproval, ...]
    offer: Label | None
    may_submit: bool
    may_ask: bool = False


def bind_approvals(context: Context, object_name: str, id: int, *, may_update: bool) -> BoundApprovals | None:
    """The approvals of a record; None for an object without flows, which costs no query."""
    if all(flow.definition.object != object_name for flow in context.model.others.get("approval", {}).values()):
        return None
    found = approvals_of(context, object_name, id)
    names = names_of(context, found)
    bound = tuple(bind_approval(context, one, names) for one in found)
    busy = any(one.running for one in bound)
    may_submit = may_update and bool(flows_of(context, object_name))
    may_ask = may_update and not busy and any(one.seen.instance.state.status == "approved" for one in bound)
    return BoundApprovals(
        bound,
        _offer(context, object_name, id) if may_submit and not busy else None,
        may_submit,
        may_ask and bool(open_to_change(context, object_name, id)),
    )


def _offer(context: Context, object_name: str, id: int) -> Label | None:
    """The flow that would start; none where no flow fits or something is missing for it."""
    try:
        return Label.of(flow_for(context, Request(object_name, id)).label)
    except LooseleafError:
        return None


def bind_approval(context: Context, one: Seen, names: Mapping[str, str]) -> BoundApproval:
    """One approval. `names` are of the people in it."""
    instance = one.instance
    status, mark = status_of(instance.state)
    tasks = {str(task.task): task for task in one.tasks}
    own = tuple(
        Hand(names.get(task.holder, ""), "now", task=task, choices=choices_for(context, task)) for task in one.tasks if not task.task.node
    )
    return BoundApproval(
        one, Label.of(instance.definition.label), status, mark, names.get(instance.submitter, ""),
        tuple(_stops(context, instance.definition, instance.state, tasks, names)),
        trail_of(one.trail, instance.definition, names), own, tuple(_deeds(context, one)), _own_agreement(context, one),
        proposed(context, instance, hidden_from(context, one.tasks)),
    )  # fmt: skip


def choices_for(context: Context, task: OpenTask) -> tuple[Choice, ...]:
    """What the reader may do with a task, with its words."""
    return tuple(Choice(one, word_for(task, one), one not in AT_ONCE) for one in choices_of(context, task))


def word_for(task: OpenTask, decision: str) -> Text:
    """What a decision on a task is called."""
    return OTHER_WORDS.get((task.kind, decision)) or WORDS[decision]


def status_of(state: State) -> tuple[Text, str]:
    """What the status of an approval is called, and its mark."""
    return STATUS["returned" if state.status == "running" and state.returned is not None else state.status]


def names_of(context: Context, found: Iterable[Seen]) -> dict[str, str]:
    """The names of everybody in some approvals: one query."""
    people = {person for one in found for person in people_in(one)}
    ids = {id: person for person in people if (id := person_id(person)) is not None}
    known = read.titles(context, "user", ids)
    someone = Text("Someone").translate(context.locale)
    names = {person: known.get(id, someone) for id, person in ids.items()}
    return names | {ADMINS: Text("an administrator").translate(context.locale), "": "", "system": ""}


# --- the path


def _stops(
    context: Context, definition: Definition, state: State, tasks: Mapping[str, OpenTask], names: Mapping[str, str]
) -> Iterator[Stop]:
    """The steps that were taken, and those that may still come, in written order."""
    for id in definition.tree.ids():
        node, found = definition.tree.node(id), state.nodes.get(id)
        entered = found is not None and found.status != "void"
        if not isinstance(node, Step | Copy | Call) or not (entered or (not state.ended and _may_come(definition, state, id))):
            continue
        label = Label.of(node.label or id)
        if isinstance(node, Copy):
            readers = found.readers if found is not None else ()
            yield Stop(label, "cc", "done" if entered else "ahead", tuple(Hand(names.get(one, ""), "done") for one in readers))
            continue
        kind = node.kind if isinstance(node, Step) else "call"
        if found is None or not entered:
            depends = any(isinstance(definition.tree.node(one.block), Branch) for one in definition.tree.around(id) if one.block)
            yield Stop(label, kind, "ahead", (), DEPENDS if depends else None)
            continue
        hands = tuple(_hand(context, found, slot, tasks, names) for slot in found.slots if slot.status != "cancelled")
        yield Stop(label, kind, _state_of(found), hands, AUTO.get(found.how))


def _may_come(definition: Definition, state: State, id: str) -> bool:
    """Whether a step that was not entered still may be: no block around it has taken other ways."""
    for position in definition.tree.around(id):
        block = state.nodes.get(position.block) if position.block else None
        if block is not None and block.status != "void" and position.lane not in block.lanes:
            return False
    return True


def _state_of(node: NodeState) -> str:
    return {"active": "now", "error": "now", "passed": "done", "failed": "refused"}.get(node.status, "ahead")


def _hand(context: Context, node: NodeState, slot: Slot, tasks: Mapping[str, OpenTask], names: Mapping[str, str]) -> Hand:
    own = encode(context.actor.id) if context.actor.id is not None else ""
    if slot.vote is not None:
        vote = slot.vote
        behalf = names.get(vote.person, "") if vote.person != vote.by else ""
        state = "done" if vote.outcome == "agreed" else "refused"
        auto = AUTO.get(vote.auto) if vote.auto else None
        return Hand(names.get(vote.person if auto else vote.by, ""), state, vote.comment, vote.at, None, "" if auto else behalf, auto)
    holder = slot.asked if slot.status == "asked" else slot.holder or slot.person
    name = names.get(holder, "") or ", ".join(names.get(one, "") for one in slot.candidates)
    task = tasks.get(f"{node.id}:{node.visit}:{slot.key}:{slot.generation}")
    waits = "ahead" if slot.status == "waiting" else "now"
    removable = f"{node.id}:{node.visit}:{slot.key}" if slot.adder and slot.adder == own else ""
    behalf = names.get(slot.person, "") if slot.holder and slot.person not in ("", slot.holder) else ""
    auto = ADDED if slot.adder or slot.status == "asked" else None
    return Hand(name, waits, "", None, slot.due, behalf, auto, task, choices_for(context, task) if task else (), removable)


# --- what one may ask of it as a whole


def _deeds(context: Context, one: Seen) -> Iterator[str]:
    state, definition = one.instance.state, one.instance.definition
    own = encode(context.actor.id) if context.actor.id is not None else ""
    if state.status == "running" and own == state.submitter and _withdrawable(definition, state):
        yield "withdraw"
    if not state.ended or definition.comment_after_end:
        yield "comment"
    if may_reverse(context, one.instance):
        yield "reverse"
    if context.actor.administrator and not state.ended:
        if state.status == "error":
            yield "retry"
        yield "terminate"


def _withdrawable(definition: Definition, state: State) -> bool:
    match definition.withdraw:
        case "never":
            return False
        case "before_first_vote":
            return not voters(state) or state.returned is not None
    return state.consent is None


def _own_agreement(context: Context, one: Seen) -> str:
    """The reader's own agreement, if it is the last decision of people and may be opened again."""
    state, definition = one.instance.state, one.instance.definition
    voted = [(slot.vote.at, node, slot) for node in state.nodes.values() for slot in node.slots if slot.vote and not slot.vote.auto]
    if not voted or state.status != "running" or context.actor.id is None:
        return ""
    _, node, slot = max(voted, key=lambda each: each[0])
    step = definition.tree.node(node.id)
    mine = slot.vote is not None and slot.vote.by == encode(context.actor.id) and slot.vote.outcome == "agreed"
    allowed = isinstance(step, Step) and "take_back" in step.allow and node.status in ("active", "passed")
    return f"{node.id}:{node.visit}:{slot.key}" if mine and allowed else ""
