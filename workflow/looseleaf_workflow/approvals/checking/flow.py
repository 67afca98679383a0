"""Checks what only a whole flow can be asked: what is never reached, where rejections lead, which flows call each other."""

from __future__ import annotations

from collections.abc import Mapping

from looseleaf_metadata.problems import suggest
from looseleaf_metadata.texts import Text
from looseleaf_workflow.approvals.checking.draft import Draft
from looseleaf_workflow.approvals.definition import Branch, Call, Definition, End, Node, Parallel, Step

MAX_CALLS = 5


def check_flow(draft: Draft, definition: Definition) -> None:
    """Report what can't be reached, and rejections that lead nowhere."""
    for lane in definition.tree.lanes.values():
        _check_reach(draft, lane)
    for id in definition.tree.ids():
        node = definition.tree.node(id)
        if isinstance(node, Step | Call):
            draft.step = id
            _check_rejection(draft, definition, node)
    draft.step = ""


def _check_reach(draft: Draft, flow: tuple[Node, ...]) -> None:
    """Nothing follows a node after which the instance has ended on every way."""
    for index, node in enumerate(flow[:-1]):
        if ends(node):
            after = draft.places.get(flow[index + 1].id, "")
            draft.fault(after, "unreachable", Text("the flow has ended before '{name}'", name=flow[index + 1].id))
            return


def ends(node: Node) -> bool:
    """Whether the instance has ended on every way through a node."""
    match node:
        case End():
            return True
        case Branch(lanes=lanes):
            return all(lane.flow and ends(lane.flow[-1]) for lane in lanes)
        case Parallel(lanes=lanes, join=join):
            going_on = sum(1 for lane in lanes if not (lane.flow and ends(lane.flow[-1])))
            return going_on < (join or len(lanes))
    return False


def rewind_targets(definition: Definition, id: str) -> tuple[str, ...]:
    """The steps that every way to a node has passed, nearest first."""
    return tuple(before for before in definition.tree.dominators(id) if isinstance(definition.tree.node(before), Step))


def _check_rejection(draft: Draft, definition: Definition, node: Step | Call) -> None:
    pointer = f"{draft.places[node.id]}/on_reject"
    targets = rewind_targets(definition, node.id)
    if node.on_reject == "choose" and not targets:
        draft.fault(pointer, "no-effect", Text("no step stands before '{name}' on every way: there is nothing to choose", name=node.id))
    if not node.on_reject.startswith("step:"):
        return
    wanted = node.on_reject.removeprefix("step:")
    if wanted not in definition.tree.positions:
        draft.fault(pointer, "unknown-step", Text("unknown step '{name}'", name=wanted), suggest(wanted, definition.tree.ids()))
    elif wanted not in targets:
        message = Text("'{name}' does not stand before '{step}' on every way to it", name=wanted, step=node.id)
        draft.fault(pointer, "not-before", message, suggest(wanted, targets))
    else:
        draft.refer(f"approval:{definition.name}/step:{wanted}", pointer, "rewind")


def check_deadline(draft: Draft, definition: Definition) -> None:
    """Time can't agree in place of a person who must decide."""
    nodes = [definition.tree.node(id) for id in definition.tree.ids()]
    human = any(isinstance(node, Step) and node.human_required for node in nodes)
    if human and definition.deadline is not None and definition.deadline.action == "auto_agree":
        draft.fault("/deadline/do", "no-human", Text("a person must decide this step, so time can't agree"))


def calls_of(definition: Definition) -> tuple[Call, ...]:
    """The calls of a flow, in written order."""
    nodes = (definition.tree.node(id) for id in definition.tree.ids())
    return tuple(node for node in nodes if isinstance(node, Call))


def call_fault(name: str, definitions: Mapping[str, Definition]) -> tuple[str, ...]:
    """The shortest chain of calls from a flow that comes back to it or is deeper than MAX_CALLS; () if there is none."""
    paths: list[tuple[str, ...]] = [(name,)]
    while paths:
        path = paths.pop(0)
        if len(path) > 1 and (path[-1] == name or len(path) > MAX_CALLS + 1):
            return path
        called = calls_of(definitions[path[-1]]) if path[-1] in definitions else ()
        paths += [(*path, call.approval) for call in called if call.approval not in path[1:]]
    return ()
