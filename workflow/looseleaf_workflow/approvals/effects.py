"""What events ask of the world outside: messages to people, flows to start or stop, actions that the flow declares for its end.

An effect's key is its event's number and its own number within the event: the same decision always gives the same keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_workflow import frozen_json
from looseleaf_workflow.approvals import events as e
from looseleaf_workflow.approvals.definition import Call, Definition
from looseleaf_workflow.approvals.folding import fold
from looseleaf_workflow.approvals.questions import NOTHING
from looseleaf_workflow.approvals.state import State

MOMENTS = {"approved": ("pass", "end"), "rejected": ("reject", "end"), "withdrawn": ("end",), "terminated": ("end",)}


@dataclass(frozen=True, slots=True)
class Effect:
    """`kind`: tell (people are told of `what`), show (a read-only entry), start_child, cancel_child, action (declared by the flow)."""

    event: int
    number: int
    kind: str
    what: str
    people: tuple[str, ...] = ()
    data: FrozenMap[str, Any] = NOTHING

    @property
    def key(self) -> str:
        """The stable key within the instance."""
        return f"{self.event}.{self.number}"


Draft = tuple[str, str, tuple[str, ...], FrozenMap[str, Any]]


def effects(definition: Definition, before: State, events: Iterable[e.Event]) -> tuple[Effect, ...]:
    """The effects of events that follow on a state, in order."""
    found: list[Effect] = []
    state = before
    for event in events:
        after = fold(state, event)
        drafts = [*_of_event(definition, state, after, event), *_stopped_children(definition, state, after)]
        found += [Effect(event.number, number, *draft) for number, draft in enumerate(drafts, 1)]
        state = after
    return tuple(found)


def _draft(kind: str, what: str, people: Iterable[str] = (), **data: Any) -> Draft:
    return kind, what, tuple(people), FrozenMap(data)


def _of_event(definition: Definition, state: State, after: State, event: e.Event) -> Iterator[Draft]:
    match event.body:
        case e.Submitted():
            yield from _readers(definition, "start")
        case e.TaskOpened(node=node, slot=slot, holder=holder):
            offered = after.nodes[node].slot(slot)
            people = (holder,) if holder else offered.candidates if offered else ()
            yield _draft("tell", "task", people, node=node, slot=slot)
        case e.Transferred(node=node, slot=slot, holder=holder, why=why):
            yield _draft("tell", "task", (holder,), node=node, slot=slot, why=why)
        case e.OpinionAsked(node=node, slot=slot, person=person):
            yield _draft("tell", "opinion_asked", (person,), node=node, slot=slot)
        case e.OpinionGiven(node=node, slot=slot):
            back = after.nodes[node].slot(slot)
            yield _draft("tell", "opinion_given", (back.holder,) if back else (), node=node, slot=slot)
        case e.Copied(node=node, visit=visit, readers=readers):
            yield _draft("show", "copy", readers, node=node, visit=visit, hide=definition.tree.node(node).hide)
        case e.Returned(node=node, holder=holder, reason=reason):
            yield _draft("tell", "returned", (holder,), node=node, reason=reason)
        case e.Urged(node=node, slot=slot, holder=holder):
            yield _draft("tell", "urged", (holder,), node=node, slot=slot)
        case e.Commented(mentions=mentions) if mentions:
            yield _draft("tell", "mentioned", mentions)
        case e.WithdrawalAsked(people=people):
            yield _draft("tell", "withdrawal_asked", people)
        case e.Changed(before=values) if after.status == "running":
            yield _draft("tell", "material_changed", (state.submitter,), before=values)
        case e.TimerFired(timer=id, action=action) if action in ("remind", "notify_admin"):
            timer = state.timers[id]
            slot_state = state.node(timer.node).slot(timer.slot)
            people = (slot_state.asked or slot_state.holder or slot_state.person,) if slot_state and action == "remind" else ()
            yield _draft("tell", "reminder" if action == "remind" else "overdue", people, node=timer.node, slot=timer.slot)
        case e.ChildStarted(node=node, visit=visit, approval=approval, version=version, record=record, depth=depth):
            yield _draft("start_child", approval, (), node=node, visit=visit, version=version, record=record, depth=depth)
        case e.Ended(status=status, told=told):
            yield from _of_end(definition, state, status, told)
        case e.Reversed(told=told):
            yield _draft("tell", "reversed", dict.fromkeys((state.submitter, *told)))
            yield from _actions(definition, "reversed")
        case e.Broke(node=node, message=message):
            yield _draft("tell", "error", (), node=node, message=message)


def _of_end(definition: Definition, state: State, status: str, told: tuple[str, ...]) -> Iterator[Draft]:
    yield _draft("tell", status, dict.fromkeys((state.submitter, *told)))
    for moment in MOMENTS[status]:
        yield from _readers(definition, moment)
    yield from _actions(definition, status)


def _actions(definition: Definition, status: str) -> Iterator[Draft]:
    for action in definition.effects.get(f"on_{status}", ()):
        yield _draft("action", next(iter(action)), (), **{str(key): value for key, value in action.items()})


def _readers(definition: Definition, moment: str) -> Iterator[Draft]:
    for readers in definition.readers:
        if readers.at == moment:
            yield _draft("show", moment, (), who=frozen_json.to_data(readers.who), hide=readers.hide)


def _stopped_children(definition: Definition, state: State, after: State) -> Iterator[Draft]:
    """Called flows that nobody waits for any more: their call was at work and is not, without having ended itself."""
    for id, node in state.nodes.items():
        call = definition.tree.positions.get(id)
        if call is None or not isinstance(call.node, Call) or node.status != "active":
            continue
        now = after.node(id)
        if now.status in ("cancelled", "void") or now.visit != node.visit:
            yield _draft("cancel_child", call.node.approval, (), node=id, visit=node.visit)
