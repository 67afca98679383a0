"""Running instances under another version: whether that is possible, why not, and what they look like then (A98, A99).

A node at work must have its place in the new version: the same kind of node, in the corresponding lanes of the corresponding blocks.
People keep their tasks, due times and votes: nobody is resolved anew. Nodes that are done and have no place are left to the events.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.texts import Text
from looseleaf_workflow.approvals.definition import Definition, Step
from looseleaf_workflow.approvals.state import LaneState, NodeState, State, Timer
from looseleaf_workflow.approvals.tree import ROOT

WORKING = ("active", "error")


@dataclass(frozen=True, slots=True)
class Migration:
    """What would become of one instance. `reasons` say why it is impossible; `never_asked`: new steps that it has gone past already."""

    reasons: tuple[Text, ...]
    never_asked: tuple[str, ...]
    nodes: FrozenMap[str, NodeState]
    dropped: FrozenMap[str, NodeState]
    timers: FrozenMap[str, Timer]

    @property
    def possible(self) -> bool:
        """Whether it can be done."""
        return not self.reasons


def migration_of(old: Definition, new: Definition, state: State, mapping: Mapping[str, str]) -> Migration:
    """The preview of one instance. `mapping`: old id → new id where they differ, "" where a node is gone."""
    reasons: list[Text] = []
    nodes: dict[str, NodeState] = {}
    dropped: dict[str, NodeState] = {}
    if state.status not in ("running", "error"):
        reasons.append(Text("this approval is not running"))
    for id, node in state.nodes.items():
        fault = None if id == ROOT else _fault(old, new, id, mapping)
        if fault is None:
            nodes[mapping.get(id, id)] = _renamed(node, mapping, new)
        elif node.status in WORKING:
            reasons.append(fault)
        else:
            dropped[id] = node
    timers = {id: replace(timer, node=mapping.get(timer.node, timer.node)) for id, timer in state.timers.items()}
    return Migration(tuple(reasons), _never_asked(new, nodes), FrozenMap(nodes), FrozenMap(dropped), FrozenMap(timers))


def _fault(old: Definition, new: Definition, id: str, mapping: Mapping[str, str]) -> Text | None:
    """Why a node has no place in the new version."""
    name = mapping.get(id, id)
    if id not in old.tree.positions or name not in new.tree.positions:
        return Text("the step '{name}' is gone, and nothing says what takes its place", name=id)
    one, other = old.tree.node(id), new.tree.node(name)
    if type(one) is not type(other) or (isinstance(one, Step) and isinstance(other, Step) and one.kind != other.kind):
        return Text("'{name}' is another kind of step there", name=id)
    before = [(mapping.get(position.block, position.block), position.lane) for position in old.tree.around(id)]
    after = [(position.block, position.lane) for position in new.tree.around(name)]
    if before != after:
        return Text("'{name}' stands in another branch there", name=id)
    missing = {lane.key for lane in getattr(one, "lanes", ())} - {lane.key for lane in getattr(other, "lanes", ())}
    if missing:
        return Text("'{name}' has no branch '{lane}' there", name=id, lane=sorted(missing)[0])
    return None


def _renamed(node: NodeState, mapping: Mapping[str, str], new: Definition) -> NodeState:
    """A node under its new name, its lanes pointing at new names; a lane that points at something gone points at nothing."""

    def at(id: str) -> str:
        name = mapping.get(id, id)
        return name if name in new.tree.positions else ""

    lanes = {key: LaneState(at(lane.at), at(lane.enter), lane.status) for key, lane in node.lanes.items()}
    return replace(node, id=mapping.get(node.id, node.id), lanes=FrozenMap(lanes))


def _never_asked(new: Definition, nodes: Mapping[str, NodeState]) -> tuple[str, ...]:
    """Steps of the new version that stand before what is at work, and were never entered."""
    working = [id for id, node in nodes.items() if node.status in WORKING and id != ROOT]
    before = {inside for id in working for earlier in new.tree.before(id) for inside in (earlier,)}
    return tuple(id for id in new.tree.ids() if id in before and id not in nodes)
