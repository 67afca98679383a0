"""What would happen if somebody submitted now, everybody agreeing: steps, people and branches, without any effect (A17).

The very code that decides is run in memory, so a preview can't say anything else than what comes. What can't be resolved is marked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from looseleaf_workflow.approvals import events as e
from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.commands import Command, Submit
from looseleaf_workflow.approvals.decide import Needs, Refusal, refusal_of
from looseleaf_workflow.approvals.deciding.course import Course, MissingError, RefusedError
from looseleaf_workflow.approvals.deciding.settle import settle
from looseleaf_workflow.approvals.deciding.starting import submit
from looseleaf_workflow.approvals.definition import Call, Definition
from looseleaf_workflow.approvals.questions import Facts
from looseleaf_workflow.approvals.state import NodeState, Slot, State, Vote

MOST_VOTES = 2000
UNRESOLVED = ("empty", "too_few")


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One node on the way. `people` who would be asked (or shown), `lanes` that would be taken.

    `how`: why nobody would be asked (self, dedup, empty). `notes`: who is left out or replaced. `unresolved`: nobody fit was found.
    """

    node: str
    path: str
    people: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    lanes: tuple[str, ...] = ()
    how: str = ""
    notes: tuple[tuple[str, ...], ...] = ()
    unresolved: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """The whole way. `outcome`: approved, rejected or error, as it would be with everybody agreeing."""

    nodes: tuple[Foreseen, ...]
    outcome: str


def preview(definition: Definition, command: Command, facts: Facts) -> Preview | Needs | Refusal:
    """The way that a submission would take. The command is a Submit; nothing of it is kept."""
    course = Course(definition, State(), command, facts)
    try:
        assert isinstance(command.body, Submit)  # noqa: S101  # the caller's duty
        submit(course, command.body)
        settle(course)
        for _ in range(MOST_VOTES):
            if course.state.status != "running" or not _agree_once(course):
                break
    except MissingError:
        return Needs(tuple(course.missing))
    except RefusedError as refused:
        return refusal_of(refused)
    return Preview(tuple(_foreseen(course)), course.state.status)


def _agree_once(course: Course) -> bool:
    """One more agree, or one more called flow that ends well. False where nothing is left to agree to."""
    for node in course.state.active():
        if node.id and isinstance(course.definition.tree.node(node.id), Call):
            course.emit(e.NodePassed(node.id, node.visit, "approved"))
            settle(course)
            return True
        for slot in node.slots:
            if slot.status == "open":
                _agree(course, node, slot)
                settle(course)
                return True
    return False


def _agree(course: Course, node: NodeState, slot: Slot) -> None:
    person = slot.person or next(iter(slot.candidates), q.ADMINS)
    vote = Vote(slot.holder or person, person, "agreed", course.now, digest=course.state.digest)
    course.emit(e.Voted(node.id, node.visit, slot.key, vote))


def _foreseen(course: Course) -> Iterator[Foreseen]:
    """What the events of the run say, node by node in the order of their coming."""
    tree = course.definition.tree
    for event in course.events:
        match event.body:
            case e.StepEntered(node=id, slots=slots, notes=notes):
                state = course.state.node(id)
                holders = tuple(slot.holder or slot.person for slot in state.slots if slot.holder or slot.person)
                candidates = tuple(person for slot in slots for person in slot.candidates)
                unresolved = any(note[0] in UNRESOLVED for note in notes)
                yield Foreseen(id, tree.path(id), holders, candidates, (), state.how, notes, unresolved)
            case e.BlockEntered(node=id, lanes=lanes):
                yield Foreseen(id, tree.path(id), lanes=lanes)
            case e.Copied(node=id, readers=readers):
                yield Foreseen(id, tree.path(id), readers, unresolved=not readers)
            case e.ChildStarted(node=id):
                yield Foreseen(id, tree.path(id))
            case e.Broke(node=id, message=message):
                yield Foreseen(id, tree.path(id), how=message, unresolved=True)
            case _:
                pass
