"""Steps back: where a flow may go back to, and what of it is void then.

A step back leads to a node before the present one: everything from there on is void, the blocks around the target are at work again,
other lanes of a parallel that is still at work stay as they are. Tasks, timers and votes of void nodes are gone with them.
"""

from __future__ import annotations

from dataclasses import replace

from looseleaf_workflow.approvals import events as e
from looseleaf_workflow.approvals.definition import BLOCKS, Branch, Definition, Step
from looseleaf_workflow.approvals.state import LaneState, NodeState, State
from looseleaf_workflow.approvals.tree import ROOT, ROOT_LANE


def follow(state: State, way: e.Way, *, keeps_votes: bool = False) -> State:
    """Go back: void what comes after, and let the lanes run on from where they are told."""
    for id in way.voided:
        node = state.node(id)
        kept = tuple(slot.vote for slot in node.slots if slot.vote and not slot.vote.auto) if keeps_votes else ()
        known = {vote.person for vote in kept}
        formers = (*kept, *(vote for vote in node.formers if vote.person not in known)) if keeps_votes else ()
        state = state.with_node(NodeState(id, node.visit, "void", round=node.round, formers=formers)).without_timers(id)
    for block in way.blocks:
        state = state.with_node(replace(state.nodes[block], status="active", how=""))
    for block, lane, at, target in way.lanes:
        state = state.with_node(state.nodes[block].with_lane(lane, LaneState(at, target)))
    return state


def way_to(definition: Definition, state: State, target: str) -> e.Way:
    """The step back to a node."""
    tree = definition.tree
    voided = tuple(id for id in tree.from_here(target) if id in state.nodes and state.nodes[id].status != "void")
    lanes: list[tuple[str, ...]] = []
    for level, position in enumerate(tree.around(target)):
        lanes.append((position.block, position.lane, "", target) if level == 0 else (position.block, position.lane, position.node.id, ""))
    blocks = tuple(lane[0] for lane in lanes if lane[0] != ROOT)
    return e.Way(voided, tuple(lanes), blocks)


def way_to_start(definition: Definition, state: State) -> e.Way:
    """The step back to the very beginning."""
    voided = tuple(id for id in definition.tree.ids() if id in state.nodes and state.nodes[id].status != "void")
    return e.Way(voided, ((ROOT, ROOT_LANE, "", ""),))


def decided_by_people(state: State, id: str) -> bool:
    """Whether people decided a step in its current visit and it passed."""
    node = state.node(id)
    return node.status == "passed" and bool(node.human_votes)


def offered(definition: Definition, state: State, id: str) -> tuple[str, ...]:
    """The steps that somebody who rejects a step may choose: before it on every way, and decided by people; nearest first."""
    tree = definition.tree
    return tuple(before for before in tree.dominators(id) if isinstance(tree.node(before), Step) and decided_by_people(state, before))


def previous(definition: Definition, state: State, id: str) -> str:
    """The node that `previous` leads back to: the last that people decided before a step, "" if there is none.

    A block of several lanes that have run is one thing: it is entered again as a whole.
    """
    for before in definition.tree.before(id):
        found = _last_decided(definition, state, before)
        if found:
            return found
    return ""


def _last_decided(definition: Definition, state: State, id: str) -> str:
    node = definition.tree.node(id)
    if isinstance(node, Step):
        return id if decided_by_people(state, id) else ""
    if not isinstance(node, BLOCKS):
        return ""
    run = [lane for lane in node.lanes if state.node(id).lanes.get(lane.key)]
    found = [_last_of_lane(definition, state, id, lane.key) for lane in run]
    decided = [one for one in found if one]
    return "" if not decided else decided[0] if len(run) == 1 else id


def _last_of_lane(definition: Definition, state: State, block: str, lane: str) -> str:
    for node in reversed(definition.tree.lanes[block, lane]):
        found = _last_decided(definition, state, node.id)
        if found:
            return found
    return ""


def concurrent(definition: Definition, state: State, id: str) -> bool:
    """Whether a node is a block of which several lanes have run in its current visit."""
    return isinstance(definition.tree.node(id), BLOCKS) and len(state.node(id).lanes) > 1


def lifted(definition: Definition, state: State, target: str, *, only_finished: bool) -> str:
    """The node that can be entered in place of a target: the outermost block of several lanes around it.

    `only_finished`: a block that is still at work may be entered in one lane, so it does not count.
    """
    found = target
    for position in definition.tree.around(target):
        block = position.block
        if block == ROOT or not concurrent(definition, state, block):
            continue
        if not only_finished or state.node(block).status != "active":
            found = block
    return found


def branches_before(definition: Definition, state: State, target: str) -> tuple[Branch, ...]:
    """The branches that were decided on the way to a node, those around it included."""
    tree = definition.tree
    around = {position.block for position in tree.around(target)}
    passed = {id for before in tree.before(target) for id in tree.inside(before)}
    nodes = [tree.node(id) for id in tree.ids() if id in passed | around]
    return tuple(node for node in nodes if isinstance(node, Branch) and state.node(node.id).lanes)
