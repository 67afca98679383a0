"""What always holds of an instance (I1 to I4, I8): checked after every step by tests, and by a command on real data.

Worked out from the events and the definition, beside the code that decides: a fault in one shows in the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from looseleaf_workflow import frozen_json
from looseleaf_workflow.approvals import events as e
from looseleaf_workflow.approvals.definition import Call, Definition
from looseleaf_workflow.approvals.folding import fold_all
from looseleaf_workflow.approvals.listing import tasks
from looseleaf_workflow.approvals.state import UNDECIDED, NodeState, State
from looseleaf_workflow.approvals.tree import ROOT


def violations(definition: Definition, events: Sequence[e.Event], state: State) -> tuple[str, ...]:
    """What does not hold of an instance, in words; () where all is well."""
    return (
        *_numbers(events, state),
        *_alive(definition, state),
        *_homes(definition, state),
        *_votes(events),
        *_people(state),
        *_timers(state),
    )


def _numbers(events: Sequence[e.Event], state: State) -> Iterator[str]:
    """I1: events are numbered without gaps, and the state is what they fold to, also after a trip through JSON."""
    if [event.number for event in events] != list(range(1, len(events) + 1)):
        yield "I1: event numbers have gaps"
        return
    if fold_all(events) != state:
        yield "I1: the state is not the fold of its events"
    if frozen_json.from_data(State, frozen_json.to_data(state)) != state:
        yield "I1: the state is another after a trip through JSON"


def _alive(definition: Definition, state: State) -> Iterator[str]:
    """I2: a running instance waits for something."""
    if state.status != "running":
        return
    calls = [node for node in state.active() if node.id and isinstance(definition.tree.node(node.id), Call)]
    if not tasks(definition, state) and not calls and not [timer for timer in state.timers.values() if timer.kind != "remind"]:
        yield "I2: it runs, and waits for nothing"
    if not tasks(definition, state) and not calls:
        yield "I2: nobody has a task"


def _homes(definition: Definition, state: State) -> Iterator[str]:
    """I3: what is open stands in an active node, in running lanes all the way out, in an instance that runs."""
    for node in state.nodes.values():
        undecided = [slot for slot in node.slots if slot.status in UNDECIDED]
        if undecided and node.status != "active":
            yield f"I3: {node.id} is {node.status} and has open slots"
        if node.status != "active" or node.id == ROOT:
            continue
        if state.ended:
            yield f"I3: {node.id} is at work in an instance that has ended"
        if not node.lanes and state.returned is not None:
            yield f"I3: {node.id} is at work while the instance is with its submitter"
        for position in definition.tree.around(node.id):
            block = state.nodes.get(position.block)
            lane = block.lanes.get(position.lane) if block is not None else None
            if block is None or block.status != "active" or lane is None or lane.status != "running":
                yield f"I3: {node.id} is at work in a lane of '{position.block}' that is not"
            elif lane.at != position.node.id and state.returned is None:
                yield f"I3: {node.id} is at work, and its lane is at '{lane.at}'"
    if state.ended and (state.returned is not None or state.consent is not None or state.timers):
        yield "I3: an instance that has ended still waits"


def _votes(events: Sequence[e.Event]) -> Iterator[str]:
    """I4: at most one effective vote per slot: a second needs an event between that opened the slot again."""
    decided: set[tuple[str, int, str]] = set()
    for event in events:
        match event.body:
            case e.Voted(node=node, visit=visit, slot=slot) | e.Restored(node=node, visit=visit, slot=slot):
                if (node, visit, slot) in decided:
                    yield f"I4: two votes in {node}:{visit}:{slot}"
                decided.add((node, visit, slot))
            case e.Reasked(node=node, visit=visit, slots=slots):
                decided -= {(node, visit, slot) for slot in slots}
            case e.TakenBack(node=node, visit=visit, reopened=slots):
                decided -= {(node, visit, slot) for slot in slots}
            case e.Migrated(mapping=mapping):
                decided = {(mapping.get(node, node), visit, slot) for node, visit, slot in decided}
            case _:
                pass


def _people(state: State) -> Iterator[str]:
    """A26, A41: nobody has two slots of one step."""
    for node in state.nodes.values():
        people = [slot.person for slot in node.slots if slot.status != "cancelled" and slot.person and slot.person != "@admins"]
        if len(people) != len(set(people)):
            yield f"I4: somebody has two slots in {node.id}"


def _timers(state: State) -> Iterator[str]:
    """I8: a pending timer's owner is open, and its generation is the newest."""
    for timer in state.timers.values():
        if state.generations.get(timer.id) != timer.generation:
            yield f"I8: {timer.id} is of an old generation"
        if timer.kind == "deadline":
            continue
        node = state.node(timer.node)
        if not _waits(node, timer.visit, timer.slot):
            yield f"I8: {timer.id} belongs to a task that is not open"


def _waits(node: NodeState, visit: int, key: str) -> bool:
    slot = node.slot(key)
    return node.status == "active" and node.visit == visit and slot is not None and slot.status in ("open", "asked")
