"""Searching all that can become of an approval: every state that people's moves reach, and whether an end can be reached from each.

States that differ in nothing but numbers, moments and names of commands are one state to the search.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals.decide import Refusal
from looseleaf_workflow.approvals.definition import Definition
from looseleaf_workflow.approvals.events import Event
from looseleaf_workflow.approvals.invariants import violations
from looseleaf_workflow.approvals.listing import tasks
from looseleaf_workflow.approvals.state import State
from support.approval_games import actor_of, finish
from support.approval_play import ADMIN, Play, World

MANAGERS = {"ann": "bob", "bob": "cat", "sub": "ann", "dan": "cat"}
WORLD = World(managers=MANAGERS, roles={"legal": ("ann", "bob", "cat")}, values={"amount": 2, "discount": 1})
NUMBERS = frozenset(
    [
        "number",
        "commands",
        "at",
        "due",
        "generation",
        "generations",
        "visit",
        "visits",
        "digest",
        "timers",
        "asked",
        "stopped",
        "returns",
        "consents",
    ]
)
"""What tells one state from another by nothing that people could notice."""
MOST_ROUNDS = 2
"""To be the `max_rounds` of what is searched: from then on all rounds are alike."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What a search found: how many states and moves, and the states from which no end can be reached."""

    states: int
    moves: int
    stuck: tuple[str, ...]


def shape(value: Any, round: int = 0) -> Any:
    """A state without its numbers and moments. Of rounds it counts whether there is a first and a later one, of nodes whether they are of the last."""
    if isinstance(value, State):
        round = value.round
    if is_dataclass(value):
        kept = (one.name for one in fields(value) if one.name not in NUMBERS)
        return tuple((name, _rounds(value, round) if name == "round" else shape(getattr(value, name), round)) for name in kept)
    if isinstance(value, Mapping):
        return tuple((key, shape(one, round)) for key, one in sorted(value.items()))
    return tuple(shape(one, round) for one in value) if isinstance(value, tuple) else value


def _rounds(value: Any, round: int) -> int:
    return min(round, MOST_ROUNDS) if isinstance(value, State) else int(value.round == round)


def moves(play: Play, helpers: bool) -> list[tuple[c.Actor, c.Body]]:
    """What people could do now; with `helpers` they ask others, too. Nobody withdraws: that would be an end of its own."""
    found: list[tuple[c.Actor, c.Body]] = []
    for task in tasks(play.definition, play.state):
        actor = actor_of(task)
        if task.kind == "resubmit":
            found.append((ADMIN, c.Resubmit()))
        elif not task.holder:
            found += [(c.Actor(person), c.Claim(task.id)) for person in task.candidates]
        else:
            found += [(actor, c.Agree(task.id)), (actor, c.Reject(task.id))]
            if helpers:
                found += [(actor, c.Unclaim(task.id)), (actor, c.Transfer(task.id, "eve"))]
                found += [(actor, c.AddSign(task.id, ("eve",), position)) for position in ("before", "after", "together")]  # type: ignore[arg-type]
    for node in play.state.nodes.values():
        found += [(c.Actor(slot.vote.by), c.TakeBack(node.id, node.visit, slot.key)) for slot in node.slots if slot.vote]
    return found


def search(definition: Definition, *, helpers: bool = False, most: int = 100_000) -> Reached:
    """Every state that can be reached, each looked at once and checked; beyond `most` states, those that are left are brought to their end."""
    start = Play(definition, replace(WORLD, values=dict(WORLD.values))).submit()
    first = repr(shape(start.state))
    known: set[str] = {first}
    waiting = deque([(first, start.state, tuple(start.events))])
    before: defaultdict[str, set[str]] = defaultdict(set)
    ends: set[str] = set()
    made = 0
    while waiting:
        name, state, events = waiting.popleft()
        if state.ended:
            ends.add(name)
            continue
        if len(known) >= most:
            finish(_at(definition, state, events))
            ends.add(name)
            continue
        for further, after in _next(definition, state, events, helpers):
            made += 1
            other = repr(shape(further))
            before[other].add(name)
            if other not in known:
                known.add(other)
                assert violations(definition, after, further) == ()
                waiting.append((other, further, after))
    return Reached(len(known), made, tuple(sorted(known - _leading_to(ends, before))))


def _leading_to(ends: set[str], before: Mapping[str, set[str]]) -> set[str]:
    """All states from which one of the ends can be reached."""
    found, waiting = set(ends), deque(ends)
    while waiting:
        for one in before.get(waiting.popleft(), ()):
            if one not in found:
                found.add(one)
                waiting.append(one)
    return found


def _next(definition: Definition, state: State, events: tuple[Event, ...], helpers: bool) -> Iterator[tuple[State, tuple[Event, ...]]]:
    """The states that one move leads to."""
    play = _at(definition, state, events)
    for number, (actor, body) in enumerate(moves(play, helpers)):
        result = play.try_(actor, body, f"e{state.number}.{number}")
        if not isinstance(result, Refusal):
            yield result.state, (*events, *result.events)


def _at(definition: Definition, state: State, events: tuple[Event, ...]) -> Play:
    play = Play(definition, replace(WORLD, values=dict(WORLD.values)))
    play.state, play.events, play.keys = state, list(events), 1000 + state.number
    return play
