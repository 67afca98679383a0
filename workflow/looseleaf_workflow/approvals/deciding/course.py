"""One command while it is decided: the state so far, the events so far, and the facts.

Every event is folded at once, so what follows is decided from the very state that readers of the events will have. What is not known is
asked: `ask` notes the question and gives up this line of work; all questions that can be known are collected before the caller hears.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar, cast

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.texts import Text
from looseleaf_workflow import frozen_json
from looseleaf_workflow.approvals import events as e
from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.commands import Actor, Command, TaskId
from looseleaf_workflow.approvals.definition import Definition, Step
from looseleaf_workflow.approvals.folding import fold
from looseleaf_workflow.approvals.state import NodeState, Slot, State, Timer

A = TypeVar("A")


class RefusedError(Exception):
    """A command that may not be carried out. `code`: not-allowed, conflict (somebody was faster), ended, invalid."""

    def __init__(self, code: str, message: Text, **details: Any) -> None:
        super().__init__(str(message))
        self.code, self.message, self.details = code, message, details


class MissingError(Exception):
    """Something must be asked first. Never leaves this package."""


class Course:
    """The state of one decision."""

    def __init__(self, definition: Definition, state: State, command: Command, facts: q.Facts) -> None:
        self.definition, self.state, self.command, self.facts = definition, state, command, facts
        self.events: list[e.Event] = []
        self.missing: dict[q.Question, None] = {}

    @property
    def now(self) -> datetime:
        """The time of the command."""
        return self.facts.now

    @property
    def actor(self) -> Actor:
        """Who gave the command."""
        return self.command.actor

    def emit(self, body: e.Body, *, by: str = "", on_behalf_of: str = "") -> None:
        """Add an event and fold it. `by`: who acted where it was not the actor."""
        event = e.Event(self.state.number + 1, self.now, by or self.actor.id, self.command.key, self.command.request, body, on_behalf_of)
        self.events.append(event)
        self.state = fold(self.state, event)

    def ask(self, question: q.Question) -> Any:
        """The answer to a question; MissingError where it is not among the facts."""
        if question not in self.facts.answers:
            self.missing[question] = None
            raise MissingError
        return self.facts.answers[question]

    def gather(self, questions: Iterable[q.Question]) -> list[Any]:
        """The answers to several questions, asked together."""
        asked = list(questions)
        for question in asked:
            if question not in self.facts.answers:
                self.missing[question] = None
        if self.missing.keys() & set(asked):
            raise MissingError
        return [self.facts.answers[question] for question in asked]

    def attempt(self, action: Callable[[], None]) -> bool:
        """Carry something out whole, or not at all where something must be asked first."""
        state, count = self.state, len(self.events)
        try:
            action()
        except MissingError:
            self.state = state
            del self.events[count:]
            return False
        return True

    # people

    def active(self, person: str) -> bool:
        """Whether somebody is active."""
        return person == q.ADMINS or cast(q.Colleague, self.ask(q.Standing(person))).active

    def superior(self, person: str, without: Iterable[str] = ()) -> str:
        """The nearest active manager above somebody who is none of `without`; "" at the top."""
        avoided, seen = set(without), {person}
        current = cast(q.Colleague, self.ask(q.Standing(person))).manager
        while current and current not in seen:
            seen.add(current)
            standing = cast(q.Colleague, self.ask(q.Standing(current)))
            if standing.active and current not in avoided:
                return current
            current = standing.manager
        return ""

    def resolve(self, people: Iterable[Any], holder: str = "") -> tuple[str, ...]:
        """Everybody whom some entries of a `who` mean today, once each. Errors count as nobody."""
        answers = self.gather(q.Resolve(person, self.state.submitter, holder) for person in people)
        return tuple(dict.fromkeys(person for answer in answers for person in answer.people))

    # time

    def timer(self, id: str, at: q.Moment, kind: Any, **where: Any) -> Timer:
        """A timer with the next generation of its id."""
        return Timer(id, self.state.generations.get(id, 0) + 1, at.at, kind, provisional=at.provisional, **where)

    def due_at(self, after: str, holder: str = "", since: datetime | None = None) -> q.Moment:
        """When a duration has passed, from now unless said otherwise."""
        return cast(q.Moment, self.ask(q.DueAt(after, since or self.now, self.definition.calendar, holder)))

    # tasks

    def step(self, id: str) -> Step:
        """A step of the flow."""
        return self.definition.step(id)

    def task(self, task: TaskId) -> tuple[NodeState, Slot]:
        """The node and slot of a task that is open now; refused with what became of it otherwise."""
        self.must_run()
        node = self.state.node(task.node)
        slot = node.slot(task.slot) if node.visit == task.visit else None
        if node.status != "active" or slot is None or slot.status not in ("open", "asked") or slot.generation != task.generation:
            raise stale(slot)
        return node, slot

    def must_run(self) -> None:
        """Refuse what can only be asked of a running instance."""
        if self.state.ended or self.state.status == "draft":
            raise RefusedError("ended", Text("this approval is not running"), status=self.state.status)
        if self.state.status == "error":
            raise RefusedError("conflict", Text("this approval has stopped with an error; an administrator can try again"))

    def may_hold(self, slot: Slot, *, manage: bool = False) -> None:
        """Refuse whoever is not the holder of a task. `manage`: administrators may too."""
        actor = self.actor
        if actor.system or actor.id == slot.holder or (actor.admin and (manage or slot.holder == q.ADMINS)):
            return
        if slot.via and actor.id == slot.person and not self.delegates_now(slot.person):
            return
        if not slot.holder and actor.id in slot.candidates:
            raise RefusedError("not-allowed", Text("claim the task first"))
        raise RefusedError("not-allowed", Text("this task is somebody else's"))

    def delegates_now(self, person: str) -> bool:
        """Whether one of somebody's delegations is in force."""
        found = cast(q.Delegated, self.ask(q.Delegations(person)))
        return any(one.covers(self.now, self.definition.name) for one in found.delegations)

    def must_admin(self) -> None:
        """Refuse everybody but administrators and the system."""
        if not self.actor.admin and not self.actor.system:
            raise RefusedError("not-allowed", Text("only an administrator may do this"))


def stale(slot: Slot | None) -> RefusedError:
    """Why a task can't be acted on any more, with who decided it and when."""
    vote = slot.vote if slot is not None else None
    if vote is None:
        return RefusedError("conflict", Text("this task is not open any more"))
    message = Text("{person} has already decided this task", person=vote.by)
    return RefusedError("conflict", message, by=vote.by, at=vote.at.isoformat(), outcome=vote.outcome)


def digest_of(values: Any) -> str:
    """The fingerprint of material values; "" where nothing is material."""
    return frozen_json.sha256(values) if values else ""


def frozen(values: Any) -> FrozenMap[str, Any]:
    """A mapping as a FrozenMap."""
    return FrozenMap(values)
