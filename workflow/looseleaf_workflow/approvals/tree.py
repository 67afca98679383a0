"""Where each node of a flow stands: positions, paths, what comes before and after, what dominates what.

Knows nodes only by `id` and `lanes`. The root of a flow is a block with the id "" and one lane, "flow".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

ROOT = ""
ROOT_LANE = "flow"
LaneAddress = tuple[str, str]
"""Block id and lane key."""


@dataclass(frozen=True, slots=True)
class Position:
    """A node, the lane that it stands in and its index there. `number` counts the nodes of a flow from the top, in written order."""

    node: Any
    block: str
    lane: str
    index: int
    number: int


class Tree:
    """The positions of a flow. Made once per definition; where an id occurs twice, the first counts."""

    def __init__(self, flow: Sequence[Any]) -> None:
        self.lanes: dict[LaneAddress, tuple[Any, ...]] = {}
        self.positions: dict[str, Position] = {}
        self._place(ROOT, ROOT_LANE, flow)

    def _place(self, block: str, lane: str, flow: Sequence[Any]) -> None:
        self.lanes[block, lane] = tuple(flow)
        for index, node in enumerate(flow):
            self.positions.setdefault(node.id, Position(node, block, lane, index, len(self.positions)))
            for inner in getattr(node, "lanes", ()):
                self._place(node.id, inner.key, inner.flow)

    def node(self, id: str) -> Any:
        """The node of an id; KeyError."""
        return self.positions[id].node

    def path(self, id: str) -> str:
        """The ids and lanes that lead to a node, joined by "/": size/1/director."""
        position = self.positions[id]
        return id if position.block == ROOT else f"{self.path(position.block)}/{position.lane}/{id}"

    def ids(self) -> tuple[str, ...]:
        """All ids in written order."""
        return tuple(self.positions)

    def around(self, id: str) -> Iterator[Position]:
        """The position of a node, then those of the blocks around it, the innermost first."""
        while id != ROOT:
            position = self.positions[id]
            yield position
            id = position.block

    def inside(self, id: str) -> tuple[str, ...]:
        """A node and all nodes below it, in written order."""
        found = [id]
        for lane in getattr(self.node(id), "lanes", ()):
            for node in lane.flow:
                found += self.inside(node.id)
        return tuple(found)

    def in_lane(self, block: str, lane: str) -> tuple[str, ...]:
        """All nodes of a lane and below."""
        return tuple(inner for node in self.lanes[block, lane] for inner in self.inside(node.id))

    def from_here(self, id: str) -> tuple[str, ...]:
        """A node with what is in it, and everything that comes after it in its lane and in the lanes around."""
        found: list[str] = []
        for level, position in enumerate(self.around(id)):
            start = position.index + (1 if level else 0)
            for node in self.lanes[position.block, position.lane][start:]:
                found += self.inside(node.id)
        return tuple(found)

    def before(self, id: str) -> Iterator[str]:
        """The nodes that stand before a node in its lane, nearest first, then those before the block around it, and so on out."""
        for position in self.around(id):
            for node in reversed(self.lanes[position.block, position.lane][: position.index]):
                yield node.id

    def dominators(self, id: str) -> tuple[str, ...]:
        """The nodes that every way to a node has passed: those before it that are not inside a block beside its way; nearest first."""
        return tuple(self.before(id))

    def lane_of(self, id: str, block: str) -> str:
        """The lane of `block` in which a node stands, directly or deeper; "" if it is not in that block."""
        return next((position.lane for position in self.around(id) if position.block == block), "")

    def depth(self, id: str) -> int:
        """How many blocks stand around a node."""
        return sum(1 for _ in self.around(id)) - 1
