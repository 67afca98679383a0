"""`decide`: what a command makes of an instance. Pure: the same definition, state, command and facts always give the same events.

The answer is a Decision (events, perhaps none), Needs (questions to answer and ask again with) or a Refusal (a sentence, nothing happens).
A command whose key was carried out before gives the same events' numbers again; the same key for another request is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.texts import Text
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals.deciding import (
    adding,
    calling,
    changing,
    ending,
    moving,
    passing_on,
    rewinding,
    starting,
    talking,
    timing,
    voting,
)
from looseleaf_workflow.approvals.deciding.course import Course, MissingError, RefusedError
from looseleaf_workflow.approvals.deciding.settle import settle
from looseleaf_workflow.approvals.definition import Definition
from looseleaf_workflow.approvals.events import Event
from looseleaf_workflow.approvals.questions import Facts, Question
from looseleaf_workflow.approvals.state import State


@dataclass(frozen=True, slots=True)
class Decision:
    """What happens: events in order, and the state after them. `repeated`: the command was carried out before, by these event numbers."""

    events: tuple[Event, ...]
    state: State
    repeated: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Needs:
    """What must be known first: all questions that can be asked now. There may be more when these are answered."""

    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing happens. `code`: not-allowed, conflict, ended or invalid; `details` for programs."""

    code: str
    message: Text
    details: FrozenMap[str, Any]


def decide(definition: Definition, state: State, command: c.Command, facts: Facts) -> Decision | Needs | Refusal:
    """What a command makes of an instance. ValueError where the definition is not the one that the instance is pinned to."""
    if state.definition and state.definition != definition.sha256:
        raise ValueError(f"the instance runs on {state.definition}, not on {definition.sha256}")
    seen = state.commands.get(command.key)
    if seen is not None:
        if seen.request != command.request:
            message = Text("this request was sent before with another content")
            return Refusal("conflict", message, FrozenMap({"first": seen.first, "last": seen.last}))
        return Decision((), state, (seen.first, seen.last))
    course = Course(definition, state, command, facts)
    try:
        HANDLERS[type(command.body)](course, command.body)
        ending.finish_withdrawal(course)
        settle(course)
    except MissingError:
        return Needs(tuple(course.missing))
    except RefusedError as refused:
        return refusal_of(refused)
    return Decision(tuple(course.events), course.state)


def refusal_of(refused: RefusedError) -> Refusal:
    """A refusal as a value."""
    return Refusal(refused.code, refused.message, FrozenMap(refused.details))


HANDLERS: Mapping[type, Callable[[Course, Any], None]] = {
    c.Submit: starting.submit,
    c.Agree: voting.agree,
    c.Reject: voting.reject,
    c.TakeBack: voting.take_back,
    c.Transfer: passing_on.transfer,
    c.Claim: passing_on.claim,
    c.Unclaim: passing_on.unclaim,
    c.PersonLeft: passing_on.person_left,
    c.DelegationBegan: passing_on.delegation_began,
    c.AddSign: adding.add_sign,
    c.RemoveSign: adding.remove_sign,
    c.AskOpinion: adding.ask_opinion,
    c.GiveOpinion: adding.give_opinion,
    c.Urge: talking.urge,
    c.Comment: talking.comment,
    c.Resubmit: rewinding.resubmit,
    c.Withdraw: ending.withdraw,
    c.AnswerWithdrawal: ending.answer_withdrawal,
    c.Terminate: ending.terminate,
    c.Reverse: ending.reverse,
    c.Retry: ending.retry,
    c.RecordChanged: changing.record_changed,
    c.FireTimer: timing.fire,
    c.ChildEnded: calling.child_ended,
    c.Migrate: moving.migrate,
    c.UndoMigration: moving.undo_migration,
}
