"""Plays an approval in memory: answers what `decide` asks from a small firm, and checks every invariant after every step."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_workflow import who
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.decide import Decision, Needs, Refusal, decide
from looseleaf_workflow.approvals.definition import Definition
from looseleaf_workflow.approvals.effects import Effect, effects
from looseleaf_workflow.approvals.events import Event
from looseleaf_workflow.approvals.invariants import violations
from looseleaf_workflow.approvals.listing import Task, tasks
from looseleaf_workflow.approvals.state import NodeState, State

MORNING = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "workhour": timedelta(hours=1),
    "workday": timedelta(days=1),
}


@dataclass
class World:
    """Who works in the firm, and what stands in the record."""

    managers: dict[str, str] = field(default_factory=dict)
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)
    inactive: set[str] = field(default_factory=set)
    values: dict[str, Any] = field(default_factory=dict)
    delegations: dict[str, tuple[q.Delegation, ...]] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)  # role or expression → error
    children: dict[str, q.Called] = field(default_factory=dict)
    now: datetime = MORNING
    asked: int = 0

    def answer(self, question: q.Question) -> q.Answer:
        """The answer to a question."""
        self.asked += 1
        match question:
            case q.Resolve(person=person, submitter=submitter, holder=holder):
                return self._resolve(person, submitter, holder)
            case q.Holds(expression=expression):
                if expression in self.broken:
                    return q.Truth(error=self.broken[expression])
                read = {name: plain(value) for name, value in self.values.items() if name in expression}
                return q.Truth(bool(eval(expression, {}, {"amount": 0, "discount": 0, **self.values})), FrozenMap(read))
            case q.DueAt(after=after, since=since):
                return q.Moment(since + duration(after))
            case q.DueMoved(due=due, paused=paused, resumed=resumed):
                return q.Moment(due + (resumed - paused))
            case q.Standing(person=person):
                return q.Colleague(person not in self.inactive, self.managers.get(person, ""))
            case q.Delegations(person=person):
                return q.Delegated(self.delegations.get(person, ()))
            case q.Values(fields=fields):
                return q.Record(FrozenMap({name: plain(self.values.get(name)) for name in fields}))
            case q.Callee(approval=approval):
                return self.children.get(approval, q.Called("v1", ""))

    def _resolve(self, person: who.Person, submitter: str, holder: str) -> q.People:
        anchors = {"submitter": submitter, "owner": "owner", "holder": holder}
        match person:
            case who.User(name=name):
                found: tuple[str, ...] = (name,)
            case who.RoleMembers(role=role):
                if role in self.broken:
                    return q.People(error=self.broken[role])
                found = self.roles.get(role, ())
            case who.Manager(of=of, level=level):
                current = anchors.get(of, of)
                for _ in range(level):
                    current = self.managers.get(current, "")
                found = (current,) if current else ()
            case who.Anchor(name=name):
                found = (anchors[name],)
            case who.FieldOf(path=path):
                value = self.values.get(path)
                found = (value,) if value else ()
            case _:
                found = ()
        return q.People(tuple(one for one in found if one not in self.inactive), tuple(one for one in found if one in self.inactive))


def plain(value: Any) -> Any:
    """A value as facts hold it: decimals are text."""
    return str(value) if isinstance(value, Decimal) else value


def duration(text: str) -> timedelta:
    """A duration in the firm where work never stops."""
    amount, unit = text.split()
    return int(amount) * UNITS[unit.removesuffix("s")]


class RefusedCommand(AssertionError):
    """A command of a test was refused."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"{refusal.code}: {refusal.message} {dict(refusal.details)}")
        self.refusal = refusal


class Play:
    """One instance, driven by people's names. Every step is checked."""

    def __init__(self, definition: Definition, world: World | None = None) -> None:
        self.definition, self.world = definition, world or World()
        self.state = State()
        self.events: list[Event] = []
        self.last: tuple[Event, ...] = ()
        self.effects: tuple[Effect, ...] = ()
        self.keys = 0
        self.log: list[tuple[Definition, c.Command, q.Facts]] = []
        self._tried: tuple[Definition, c.Command, q.Facts] | None = None

    def try_(self, actor: c.Actor | str, body: c.Body, key: str = "") -> Decision | Refusal:
        """Decide a command, answering what is asked. Nothing is kept of a refusal."""
        self.keys += 1
        who_acts = c.Actor(actor) if isinstance(actor, str) else actor
        command = c.Command(key or f"k{self.keys}", who_acts, body)
        facts = q.Facts(self.world.now, {})
        for _ in range(60):
            result = decide(self.definition, self.state, command, facts)
            if not isinstance(result, Needs):
                self._tried = (self.definition, command, facts)
                return result
            assert result.questions
            assert not set(result.questions) & set(facts.answers), "asked what it was told"
            facts = q.Facts(facts.now, {**facts.answers, **{one: self.world.answer(one) for one in result.questions}})
        raise AssertionError("never stops asking")

    def do(self, actor: c.Actor | str, body: c.Body, key: str = "") -> Decision:
        """Carry a command out; it must not be refused."""
        result = self.try_(actor, body, key)
        if isinstance(result, Refusal):
            raise RefusedCommand(result)
        self.keep(result, body)
        return result

    def keep(self, result: Decision, body: c.Body | None = None) -> None:
        """Store a decision, and check all that must hold."""
        assert self._tried is not None
        self.log.append(self._tried)
        if isinstance(body, c.Migrate | c.UndoMigration):
            self.definition = body.to
        self.effects = effects(self.definition, self.state, result.events)
        self.events += result.events
        self.last, self.state = result.events, result.state
        assert violations(self.definition, self.events, self.state) == ()

    def refused(self, actor: c.Actor | str, body: c.Body, key: str = "") -> Refusal:
        """Try a command that must be refused."""
        result = self.try_(actor, body, key)
        assert isinstance(result, Refusal), f"not refused: {[event.body for event in result.events]}"
        assert result.message.translate("zh") != str(result.message)
        return result

    def replay(self) -> list[Event]:
        """The events that the recorded commands and facts give once more."""
        state, events = State(), []
        for definition, command, facts in self.log:
            result = decide(definition, state, command, q.Facts.of_data(json.loads(json.dumps(facts.as_data()))))
            assert isinstance(result, Decision)
            events += result.events
            state = result.state
        return events

    # the firm's words

    def submit(self, by: str = "sub", **picks: tuple[str, ...]) -> Play:
        self.do(by, c.Submit(FrozenMap(picks)))
        return self

    def agree(self, by: str, step: str = "", comment: str = "") -> Decision:
        return self.do(by, c.Agree(self.task(by, step).id, comment))

    def reject(self, by: str, step: str = "", to: str = "") -> Decision:
        return self.do(by, c.Reject(self.task(by, step).id, "no", to))

    def transfer(self, by: str, to: str, step: str = "") -> Decision:
        return self.do(by, c.Transfer(self.task(by, step).id, to, "busy"))

    def add(self, by: str, position: Any, *people: str, **more: Any) -> Decision:
        return self.do(by, c.AddSign(self.task(by).id, people, position, **more))

    def resubmit(self, by: str = "sub") -> Decision:
        return self.do(by, c.Resubmit())

    def fire(self, timer: str, generation: int = 0) -> Decision:
        """Let a timer fire whose id ends so, at its moment or now if that has passed."""
        found = next(one for id, one in self.state.timers.items() if id.endswith(timer))
        self.world.now = max(self.world.now, found.at)
        return self.do(c.SYSTEM, c.FireTimer(found.id, generation or found.generation))

    def task(self, holder: str, step: str = "") -> Task:
        """The one open task of somebody (in a step)."""
        found = [one for one in tasks(self.definition, self.state) if holder == one.holder or holder in one.candidates]
        found = [one for one in found if not step or one.id.node == step]
        assert found, f"{holder} has no task; open: {self.open}"
        return found[0]

    @property
    def open(self) -> set[tuple[str, str]]:
        """Step and holder of each open task."""
        return {(task.id.node or task.kind, task.holder or "|".join(task.candidates)) for task in tasks(self.definition, self.state)}

    @property
    def status(self) -> str:
        return self.state.status

    def node(self, id: str) -> NodeState:
        return self.state.node(id)

    def happened(self) -> list[str]:
        """The names of the last decision's events."""
        return [type(event.body).__name__ for event in self.last]

    def told(self, what: str) -> tuple[str, ...]:
        """Who was told of something by the last decision."""
        return tuple(person for effect in self.effects if effect.what == what for person in effect.people)


ADMIN = c.Actor("root", admin=True)
