"""The next state after an event. Total and without decisions: what an event says, happened. The state is the sum of its events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_workflow.approvals import events as e
from looseleaf_workflow.approvals.folding_slots import SLOT_FOLDS, close_slots
from looseleaf_workflow.approvals.state import NO_TIMERS, Consent, LaneState, NodeState, Return, Seen, State, Undo
from looseleaf_workflow.approvals.tree import ROOT, ROOT_LANE
from looseleaf_workflow.approvals.wayback import follow


def fold(state: State, event: e.Event) -> State:
    """The state after one event."""
    body = event.body
    counted = replace(state, number=event.number, commands=_seen(state, event))
    return FOLDS[type(body)](counted, body, event)


def fold_all(events: Iterable[e.Event], state: State | None = None) -> State:
    """The state after many events, from the beginning or from `state`."""
    current = state or State()
    for event in events:
        current = fold(current, event)
    return current


def _seen(state: State, event: e.Event) -> FrozenMap[str, Seen]:
    known = state.commands.get(event.command)
    first = known.first if known else event.number
    return FrozenMap({**state.commands, event.command: Seen(event.request, first, event.number)})


def _submitted(state: State, body: e.Submitted, event: e.Event) -> State:
    root = NodeState(ROOT, 1, lanes=FrozenMap({ROOT_LANE: LaneState()}))
    return replace(
        state,
        status="running",
        definition=body.definition,
        submitter=body.submitter,
        round=1,
        depth=body.depth,
        previous=body.previous,
        values=body.values,
        digest=body.digest,
        picks=body.picks,
        nodes=FrozenMap({ROOT: root}),
        proposal=body.proposal,
    )


def _enter(state: State, node: NodeState, place: tuple[str, ...]) -> State:
    """A node is entered: the lane that it stands in points at it."""
    block = state.nodes[place[0]].with_lane(place[1], LaneState(node.id))
    return state.with_nodes((block, node))


def _block_entered(state: State, body: e.BlockEntered, event: e.Event) -> State:
    lanes = FrozenMap({lane: LaneState() for lane in body.lanes})
    return _enter(state, NodeState(body.node, body.visit, round=state.round, lanes=lanes), body.place)


def _step_entered(state: State, body: e.StepEntered, event: e.Event) -> State:
    formers = state.node(body.node).formers
    node = NodeState(body.node, body.visit, "active", "", state.round, body.slots, (body.group,), formers=formers)
    return _enter(state, node, body.place)


def _passed(state: State, body: e.NodePassed, event: e.Event) -> State:
    return _finished(state, body.node, "passed", body.how)


def _failed(state: State, body: e.NodeFailed, event: e.Event) -> State:
    return _finished(state, body.node, "failed", body.then)


def _finished(state: State, id: str, status: Any, how: str) -> State:
    node = close_slots(state.node(id), "superseded")
    return state.with_node(replace(node, status=status, how=how)).without_timers(id)


def _lane_ended(state: State, body: e.LaneEnded, event: e.Event) -> State:
    block = state.nodes[body.node]
    return state.with_node(block.with_lane(body.lane, replace(block.lanes[body.lane], status=body.outcome, enter="")))


def _cancelled(state: State, body: e.Cancelled, event: e.Event) -> State:
    state = _stop(state, body.nodes, body.reason)
    for block_id, lane in body.lanes:
        block = state.nodes[block_id]
        state = state.with_node(block.with_lane(lane, replace(block.lanes[lane], status="cancelled", enter="")))
    return state


def _stop(state: State, ids: Iterable[str], reason: str) -> State:
    for id in ids:
        node = replace(close_slots(state.nodes[id], reason), status="cancelled", how=reason)
        state = state.with_node(node).without_timers(id)
    return state


def _copied(state: State, body: e.Copied, event: e.Event) -> State:
    return _enter(state, NodeState(body.node, body.visit, "passed", round=state.round, readers=body.readers), body.place)


def _rewound(state: State, body: e.Rewound, event: e.Event) -> State:
    return follow(state, body.way, keeps_votes=body.keeps_votes)


def _returned(state: State, body: e.Returned, event: e.Event) -> State:
    state = _stop(state, body.cancelled, "returned")
    generation = state.returns + 1
    return replace(state, returned=Return(body.node, body.holder, body.digest, generation), returns=generation)


def _resubmitted(state: State, body: e.Resubmitted, event: e.Event) -> State:
    picks = FrozenMap({**state.picks, **body.picks})
    return replace(follow(state, body.way), round=body.round, returned=None, picks=picks, proposal=body.proposal or state.proposal)


def _ended(state: State, body: e.Ended, event: e.Event) -> State:
    working = [node.id for node in state.nodes.values() if node.status in ("active", "error")]
    state = _stop(state, working, body.status)
    return replace(state, status=body.status, reason=body.reason, timers=NO_TIMERS, returned=None, consent=None, undo=None)


def _reversed(state: State, body: e.Reversed, event: e.Event) -> State:
    return replace(state, status="reversed", reason=body.reason)


def _broke(state: State, body: e.Broke, event: e.Event) -> State:
    node = NodeState(body.node, body.visit, "error", how=body.message, round=state.round, formers=state.node(body.node).formers)
    return replace(_enter(state, node, body.place), status="error", reason=body.message)


def _retried(state: State, body: e.Retried, event: e.Event) -> State:
    for id in body.nodes:
        for block in list(state.nodes.values()):
            for key, lane in block.lanes.items():
                if lane.at == id:
                    state = state.with_node(block.with_lane(key, LaneState("", id)))
        node = state.nodes[id]
        state = state.with_node(replace(node, status="void", how="", visit=node.visit - 1))
    return replace(state, status="running", reason="")


def _nothing(state: State, body: Any, event: e.Event) -> State:
    return state


def _timers_set(state: State, body: e.TimersSet, event: e.Event) -> State:
    return state.with_timers(body.timers)


def _timer_fired(state: State, body: e.TimerFired, event: e.Event) -> State:
    gone = {body.timer, *body.also}
    return replace(state, timers=FrozenMap({id: timer for id, timer in state.timers.items() if id not in gone}))


def _withdrawal_asked(state: State, body: e.WithdrawalAsked, event: e.Event) -> State:
    return replace(state, consent=Consent(body.number, body.people), consents=body.number)


def _withdrawal_answered(state: State, body: e.WithdrawalAnswered, event: e.Event) -> State:
    if not body.consent or state.consent is None:
        return replace(state, consent=None)
    waiting = tuple(person for person in state.consent.waiting if person != body.person)
    return replace(state, consent=replace(state.consent, waiting=waiting))


def _changed(state: State, body: e.Changed, event: e.Event) -> State:
    return replace(state, values=FrozenMap({**state.values, **body.values}), digest=body.digest)


def _child_started(state: State, body: e.ChildStarted, event: e.Event) -> State:
    return _enter(state, NodeState(body.node, body.visit, round=state.round), body.place)


def _migrated(state: State, body: e.Migrated, event: e.Event) -> State:
    back = FrozenMap({new: old for old, new in body.mapping.items() if new})
    undo = None if body.undone else Undo(body.before, back, body.dropped)
    picks = FrozenMap({body.mapping.get(id, id): people for id, people in state.picks.items()})
    returned = state.returned
    if returned is not None:
        returned = replace(returned, node=body.mapping.get(returned.node, returned.node))
    return replace(state, definition=body.definition, nodes=body.nodes, timers=body.timers, undo=undo, picks=picks, returned=returned)


FOLDS: Mapping[type, Callable[[State, Any, e.Event], State]] = {
    e.Submitted: _submitted,
    e.BlockEntered: _block_entered,
    e.StepEntered: _step_entered,
    e.NodePassed: _passed,
    e.NodeFailed: _failed,
    e.LaneEnded: _lane_ended,
    e.Cancelled: _cancelled,
    e.Copied: _copied,
    e.Rewound: _rewound,
    e.Returned: _returned,
    e.Resubmitted: _resubmitted,
    e.Ended: _ended,
    e.Reversed: _reversed,
    e.Broke: _broke,
    e.Retried: _retried,
    e.Commented: _nothing,
    e.TimersSet: _timers_set,
    e.TimerFired: _timer_fired,
    e.TimerIgnored: _nothing,
    e.WithdrawalAsked: _withdrawal_asked,
    e.WithdrawalAnswered: _withdrawal_answered,
    e.Changed: _changed,
    e.ChildStarted: _child_started,
    e.ChildFinished: _nothing,
    e.Migrated: _migrated,
    **SLOT_FOLDS,
}
