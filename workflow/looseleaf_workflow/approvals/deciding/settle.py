"""What follows from where an instance stands, until nothing follows any more.

After a command's own events the state may ask for more: a step whose votes suffice passes, the next node is entered, tasks are opened,
lanes join, the instance ends. Each of these is found by looking at the state alone, one at a time, in written order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from looseleaf_workflow.approvals import events as e
from looseleaf_workflow.approvals.deciding.course import Course, MissingError
from looseleaf_workflow.approvals.deciding.entering import enter_node
from looseleaf_workflow.approvals.deciding.rewinding import approve
from looseleaf_workflow.approvals.deciding.steps import step_actions
from looseleaf_workflow.approvals.definition import Branch, Node, Parallel, Step
from looseleaf_workflow.approvals.state import LaneState, NodeState
from looseleaf_workflow.approvals.tree import ROOT

Action = Callable[[], None]
MOST_ACTIONS = 20_000
"""More than any flow can ask for: a guard against an endless loop."""


def settle(course: Course) -> None:
    """Do what follows, until nothing follows. MissingError where every line of work needs an answer first."""
    for _ in range(MOST_ACTIONS):
        if course.state.status != "running" or course.state.returned is not None:
            return
        done = waiting = False
        for action in _actions(course):
            if course.attempt(action):
                done = True
                break
            waiting = True
        if not done:
            if waiting:
                raise MissingError
            return
    raise RuntimeError(f"{course.definition.name} never comes to rest")


def _actions(course: Course) -> Iterator[Action]:
    """What could be done now, in written order."""
    state, tree = course.state, course.definition.tree
    root = state.nodes[ROOT]
    yield from _joins(course, root)
    yield from _lanes(course, root)
    for id in tree.ids():
        node = state.nodes.get(id)
        if node is None or node.status != "active":
            continue
        definition = tree.node(id)
        if isinstance(definition, Step):
            yield from step_actions(course, definition, node)
        elif isinstance(definition, Branch | Parallel):
            yield from _joins(course, node)
            yield from _lanes(course, node)


def _lanes(course: Course, block: NodeState) -> Iterator[Action]:
    """Lanes that go on: to the next node, or to their end."""
    for key, lane in block.lanes.items():
        if lane.status == "running":
            action = _lane_action(course, block.id, key, lane)
            if action is not None:
                yield action


def _lane_action(course: Course, block: str, key: str, lane: LaneState) -> Action | None:
    flow = course.definition.tree.lanes[block, key]
    if lane.enter:
        return _enter(course, course.definition.tree.node(lane.enter), block, key)
    if not lane.at:
        return _enter(course, flow[0], block, key) if flow else partial(course.emit, e.LaneEnded(block, key, "done"))
    status = course.state.nodes[lane.at].status
    if status == "failed":
        return partial(course.emit, e.LaneEnded(block, key, "rejected"))
    if status != "passed":
        return None
    following = flow[course.definition.tree.positions[lane.at].index + 1 :]
    return _enter(course, following[0], block, key) if following else partial(course.emit, e.LaneEnded(block, key, "done"))


def _enter(course: Course, node: Node, block: str, key: str) -> Action:
    return partial(enter_node, course, node, (block, key))


def _joins(course: Course, block: NodeState) -> Iterator[Action]:
    """A block whose lanes suffice, or can't suffice any more."""
    statuses = [lane.status for lane in block.lanes.values()]
    if block.id == ROOT:
        if "rejected" in statuses:
            yield partial(course.emit, e.Ended("rejected"))
        elif "done" in statuses:
            yield partial(approve, course)
        return
    node = course.definition.tree.node(block.id)
    verdict = _joined(node, statuses)
    if verdict is not None:
        yield partial(_close_block, course, block, verdict)


def _joined(node: Node, statuses: Sequence[str]) -> bool | None:
    """Whether a block is passed (True) or failed (False), None where it goes on."""
    done, rejected, running = (statuses.count(status) for status in ("done", "rejected", "running"))
    stops = isinstance(node, Branch) or (isinstance(node, Parallel) and node.on_branch_reject == "cancel_others")
    if stops and rejected:
        return False
    needed = (node.join if isinstance(node, Parallel) else 0) or len(statuses)
    if done >= min(needed, len(statuses)) or (not running and not rejected):
        return True
    return False if not running else None


def _close_block(course: Course, block: NodeState, passed: bool) -> None:
    """Stop the lanes that still run, and say what the block came to."""
    running = [key for key, lane in block.lanes.items() if lane.status == "running"]
    if running:
        cancel_lanes(course, block.id, running, "joined" if passed else "rejected")
    if passed:
        course.emit(e.NodePassed(block.id, block.visit))
    else:
        course.emit(e.NodeFailed(block.id, block.visit, "end"))


def cancel_lanes(course: Course, block: str, lanes: list[str], reason: str) -> None:
    """Everything at work in some lanes of a block is cancelled, blocks within them included."""
    inside = [id for lane in lanes for id in course.definition.tree.in_lane(block, lane)]
    working = tuple(id for id in inside if course.state.node(id).status == "active")
    stopped = [(block, lane) for lane in lanes]
    stopped += [(id, key) for id in working for key, lane in course.state.nodes[id].lanes.items() if lane.status == "running"]
    course.emit(e.Cancelled(working, tuple(stopped), reason))
