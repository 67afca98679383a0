"""The next state after an event about one step's slots: tasks, votes, groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from looseleaf_workflow.approvals import events as e
from looseleaf_workflow.approvals.state import UNDECIDED, NodeState, Slot, State
from looseleaf_workflow.approvals.wayback import follow


def close_slots(node: NodeState, reason: str, keys: tuple[str, ...] | None = None) -> NodeState:
    """The node with what is not decided cancelled; `keys`: only these slots, decided or not."""
    chosen = {slot.key for slot in node.slots if slot.status in UNDECIDED} if keys is None else set(keys)
    slots = tuple(
        replace(slot, status="cancelled", reason=reason, asked="", due=None) if slot.key in chosen else slot for slot in node.slots
    )
    return replace(node, slots=slots)


def _find(state: State, body: Any) -> tuple[NodeState, Slot]:
    node = state.nodes[body.node]
    slot = node.slot(body.slot)
    if slot is None:
        raise KeyError(body.slot)
    return node, slot


def _put(state: State, node: NodeState, slot: Slot) -> State:
    return state.with_node(node.with_slot(slot))


def _task_opened(state: State, body: e.TaskOpened, event: e.Event) -> State:
    node, slot = _find(state, body)
    opened = replace(
        slot,
        status="open",
        holder=body.holder,
        generation=body.generation,
        via=body.via,
        due=body.due,
        paused_at=None,
        stopped=(),
        asked="",
    )
    return _put(state, node, opened).with_timers(body.timers)


def _voted(state: State, body: e.Voted, event: e.Event) -> State:
    node, slot = _find(state, body)
    decided = replace(slot, status=body.vote.outcome, vote=body.vote, former=None, asked="", due=None)
    return replace(_put(state, node, decided).without_timers(node.id, slot.key), undo=None)


def _slots_cancelled(state: State, body: e.SlotsCancelled, event: e.Event) -> State:
    state = state.with_node(close_slots(state.nodes[body.node], body.reason, body.slots))
    for key in body.slots:
        state = state.without_timers(body.node, key)
    return state


def _transferred(state: State, body: e.Transferred, event: e.Event) -> State:
    if not body.node:
        return _returned_task_handed_on(state, body)
    node, slot = _find(state, body)
    earlier = (slot.holder or slot.person,) if slot.status != "waiting" else (slot.person,)
    moved = replace(
        slot,
        person=body.person,
        holder=body.holder if slot.status != "waiting" else "",
        generation=body.generation,
        chain=(*slot.chain, *earlier),
        via=body.via,
        held=False,
        candidates=(),
        former=None,
        due=body.due,
    )
    state = _put(state, node, moved)
    return state.without_timers(node.id, slot.key).with_timers(body.timers) if body.timers else state


def _returned_task_handed_on(state: State, body: e.Transferred) -> State:
    """The task of the submitter went to somebody else."""
    if state.returned is None:
        return state
    generation = state.returns + 1
    return replace(state, returned=replace(state.returned, holder=body.holder, generation=generation), returns=generation)


def _sign_added(state: State, body: e.SignAdded, event: e.Event) -> State:
    node = state.nodes[body.node]
    at = next(index for index, slot in enumerate(node.slots) if slot.key == body.owner) + 1
    slots = (*node.slots[:at], *body.slots, *node.slots[at:])
    groups = (*node.groups, body.group) if body.group else node.groups
    node = replace(node, slots=slots, groups=groups)
    state = state.with_node(node)
    if body.position != "before":
        return state
    owner = node.slot(body.owner)
    assert owner is not None  # noqa: S101  # the slot that adds people is there
    stopped = tuple(timer for timer in state.timers.values() if (timer.node, timer.slot) == (node.id, body.owner))
    paused = replace(owner, status="paused", paused_at=event.at, stopped=stopped)
    return state.with_node(node.with_slot(paused)).without_timers(node.id, body.owner)


def _opinion_asked(state: State, body: e.OpinionAsked, event: e.Event) -> State:
    node, slot = _find(state, body)
    return _put(state, node, replace(slot, status="asked", asked=body.person, generation=body.generation))


def _opinion_given(state: State, body: e.OpinionGiven, event: e.Event) -> State:
    node, slot = _find(state, body)
    return _put(state, node, replace(slot, status="open", asked="", generation=body.generation))


def _claimed(state: State, body: e.Claimed, event: e.Event) -> State:
    node, slot = _find(state, body)
    taken = replace(slot, holder=body.holder, person=body.holder, generation=body.generation)
    return _put(state, node, taken).with_timers(body.timers)


def _released(state: State, body: e.Released, event: e.Event) -> State:
    node, slot = _find(state, body)
    free = replace(slot, holder="", person="", generation=body.generation, candidates=body.candidates or slot.candidates)
    lease = [timer.id for timer in state.timers.values() if timer.node == node.id and timer.slot == slot.key and timer.kind == "lease"]
    kept = {id: timer for id, timer in state.timers.items() if id not in lease}
    return replace(_put(state, node, free), timers=type(state.timers)(kept))


def _urged(state: State, body: e.Urged, event: e.Event) -> State:
    node, slot = _find(state, body)
    return _put(state, node, replace(slot, urged_at=event.at))


def _reopen(slot: Slot) -> Slot:
    """A slot that waits to be opened once more; what was decided is remembered."""
    return replace(slot, status="waiting", vote=None, former=slot.vote if slot.vote and not slot.vote.auto else None, reason="")


def _taken_back(state: State, body: e.TakenBack, event: e.Event) -> State:
    state = follow(state, body.way)
    node = state.nodes[body.node]
    chosen = {*body.reopened, *body.waiting}
    slots = tuple(replace(_reopen(slot), former=None) if slot.key in chosen else slot for slot in node.slots)
    state = state.with_node(replace(node, status="active", how="", slots=slots))
    for key in chosen:
        state = state.without_timers(node.id, key)
    return state


def _reasked(state: State, body: e.Reasked, event: e.Event) -> State:
    node = state.nodes[body.node]
    slots = tuple(_reopen(slot) if slot.key in body.slots else slot for slot in node.slots)
    return state.with_node(replace(node, slots=slots))


def _restored(state: State, body: e.Restored, event: e.Event) -> State:
    node, slot = _find(state, body)
    decided = replace(slot, status=body.vote.outcome, vote=body.vote, former=None, asked="", due=None)
    return _put(state, node, decided).without_timers(node.id, slot.key)


SLOT_FOLDS: Mapping[type, Callable[[State, Any, e.Event], State]] = {
    e.TaskOpened: _task_opened,
    e.Voted: _voted,
    e.SlotsCancelled: _slots_cancelled,
    e.Transferred: _transferred,
    e.SignAdded: _sign_added,
    e.OpinionAsked: _opinion_asked,
    e.OpinionGiven: _opinion_given,
    e.Claimed: _claimed,
    e.Released: _released,
    e.Urged: _urged,
    e.TakenBack: _taken_back,
    e.Reasked: _reasked,
    e.Restored: _restored,
}
