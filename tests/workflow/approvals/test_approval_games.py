"""Random flows under random commands keep every invariant (I1 to I4, I8), and every instance can still end; small flows exhaustively."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals.decide import Refusal
from looseleaf_workflow.approvals.definition import Definition
from looseleaf_workflow.approvals.events import Event
from looseleaf_workflow.approvals.folding import fold_all
from looseleaf_workflow.approvals.invariants import violations
from looseleaf_workflow.approvals.listing import tasks
from looseleaf_workflow.approvals.state import State
from support.approval_games import actor_of, definitions, finish, play_on
from support.approval_play import ADMIN, Play, World

MANAGERS = {"ann": "bob", "bob": "cat", "sub": "ann", "dan": "cat"}


class Games(RuleBasedStateMachine):
    """One instance of a random flow."""

    play: Play

    @initialize(definition=definitions(), amount=st.integers(0, 3))
    def begin(self, definition: Definition, amount: int) -> None:
        world = World(managers=dict(MANAGERS), roles={"legal": ("ann", "bob", "cat")}, values={"amount": amount, "discount": 3 - amount})
        self.play = Play(definition, world).submit()

    @rule(data=st.data())
    def anything(self, data: Any) -> None:
        if not self.play.state.ended:
            play_on(data.draw, self.play)

    def teardown(self) -> None:
        if hasattr(self, "play"):
            finish(self.play)
            again = fold_all(Event.of_data(json.loads(json.dumps(event.as_data()))) for event in self.play.events)
            assert again == self.play.state
            assert self.play.replay() == self.play.events


Games.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
test_random_flows_keep_every_invariant_and_can_end = Games.TestCase


@given(definitions())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_definition_survives_json_with_the_same_fingerprint(definition: Definition) -> None:
    again = Definition.of_data(json.loads(definition.as_json()))
    assert again == definition
    assert again.sha256 == definition.sha256


SMALL = {
    "sequence": [
        "{approve: a, who: [{user: ann}, {user: bob}], mode: sequence, on_reject: previous}",
        "{approve: b, who: {user: cat}, on_reject: to_submitter}",
    ],
    "quota": [
        "{approve: a, who: {role: legal}, mode: {at_least: 2}, on_reject: to_submitter}",
        "{approve: b, who: {user: ann}, on_reject: choose}",
    ],
    "parallel": [
        "{approve: a, who: {user: ann}, on_reject: to_submitter}",
        "{parallel: p, branches: [{flow: [{approve: b, who: {user: bob}, on_reject: 'step:a'}]}, {flow: [{approve: c, who: {user: cat}}]}]}",
        "{approve: d, who: {user: ann}, on_reject: previous}",
    ],
    "nested": [
        "{parallel: p, join: any, on_branch_reject: wait_others, branches: [{flow: [{parallel: q, branches: [{flow: [{approve: a, who: {user: ann}}]},"
        " {flow: [{approve: b, who: {user: bob}, on_reject: to_submitter}]}]}]}, {flow: [{approve: c, who: {user: cat}}]}]}",
    ],
    "claim": ["{approve: a, who: {role: legal}, claim: true, on_reject: to_submitter}", "{handle: b, who: {user: ann}}"],
}


def moves(play: Play) -> list[tuple[c.Actor, c.Body]]:
    """What people could do now, in a small repertoire."""
    found: list[tuple[c.Actor, c.Body]] = []
    for task in tasks(play.definition, play.state):
        actor = actor_of(task)
        if task.kind == "resubmit":
            found.append((ADMIN, c.Resubmit()))
        elif not task.holder:
            found += [(c.Actor(person), c.Claim(task.id)) for person in task.candidates]
        else:
            found += [(actor, c.Agree(task.id)), (actor, c.Reject(task.id)), (actor, c.Transfer(task.id, "eve"))]
            found += [(actor, c.AddSign(task.id, ("eve",), position)) for position in ("before", "after", "together")]  # type: ignore[arg-type]
            found.append((actor, c.Unclaim(task.id)))
    for node in play.state.nodes.values():
        found += [(c.Actor(slot.vote.by), c.TakeBack(node.id, node.visit, slot.key)) for slot in node.slots if slot.vote]
    return found


def shape(state: State) -> str:
    """What makes two states the same for the search: everything but counters, times and names of commands."""
    nodes = sorted(
        (
            node.id,
            node.status,
            tuple((s.key, s.person, s.holder, s.status, s.group) for s in node.slots),
            tuple((key, lane.at, lane.enter, lane.status) for key, lane in sorted(node.lanes.items())),
        )
        for node in state.nodes.values()
    )
    return repr((state.status, min(state.round, 2), state.returned and state.returned.holder, nodes))


def explore(definition: Definition, depth: int, most: int) -> int:
    """Every state that `depth` moves reach, at most so many: how many there are. None is a dead end, the last ones can end."""
    start = Play(definition, World(managers=dict(MANAGERS), roles={"legal": ("ann", "bob", "cat")})).submit()
    seen = {shape(start.state)}
    frontier = [(start.state, tuple(start.events))]
    for _ in range(depth):
        following: list[tuple[State, tuple[Event, ...]]] = []
        for state, events in frontier:
            for further, after in neighbours(definition, start.world, state, events):
                if len(seen) < most and shape(further) not in seen:
                    seen.add(shape(further))
                    assert violations(definition, after, further) == ()
                    following.append((further, after))
        frontier = following or frontier
        if not following:
            break
    for state, events in frontier[-8:]:
        finish(start_at(definition, start.world, state, events))
    return len(seen)


def neighbours(definition: Definition, world: World, state: State, events: tuple[Event, ...]) -> Iterator[tuple[State, tuple[Event, ...]]]:
    """The states that one move reaches."""
    play = start_at(definition, world, state, events)
    options = moves(play)
    assert options or state.ended, "a dead end"
    for number, (actor, body) in enumerate(options):
        result = play.try_(actor, body, f"e{state.number}.{number}")
        if not isinstance(result, Refusal):
            yield result.state, (*events, *result.events)


def start_at(definition: Definition, world: World, state: State, events: tuple[Event, ...]) -> Play:
    play = Play(definition, replace(world, values=dict(world.values)))
    play.state, play.events = state, list(events)
    play.keys = 1000 + state.number
    return play


BOUNDS = (40, 2_000) if os.environ.get("LOOSELEAF_EXHAUSTIVE") else (4, 60)
"""Moves and states: up to 2,000 in the long form, LOOSELEAF_EXHAUSTIVE=1 pytest …; some in the suite."""


@pytest.mark.parametrize("name", SMALL)
def test_small_flows_have_no_dead_end_and_every_instance_can_end(name: str, flow_of: Callable[..., Definition]) -> None:
    definition = replace(flow_of(*SMALL[name]), max_transfers=1, max_added=1)
    assert explore(definition, *BOUNDS) > 30


def test_the_invariants_see_what_is_wrong(flow_of: Callable[..., Definition]) -> None:
    """A check that can't fail is worthless."""
    definition = flow_of("{approve: a, who: {user: ann}, due: 2 days}", "{approve: b, who: {user: bob}}")
    play = Play(definition).submit()
    state, node = play.state, play.node("a")
    assert any("I1" in one for one in violations(definition, play.events[:-1], state))
    assert any("I1" in one for one in violations(definition, play.events[1:], state))
    assert any("I2" in one for one in violations(definition, play.events, state.with_node(replace(node, slots=()))))
    assert any("I3" in one for one in violations(definition, play.events, state.with_node(replace(node, status="passed"))))
    ended = replace(state, status="approved")
    assert any("I3" in one for one in violations(definition, play.events, ended))
    doubled = state.with_node(replace(node, slots=(*node.slots, replace(node.slots[0], key="2"))))
    assert any("I4" in one for one in violations(definition, play.events, doubled))
    closed = state.with_node(replace(node, slots=(replace(node.slots[0], status="agreed"),)))
    assert any("I8" in one for one in violations(definition, play.events, closed))
    play.agree("ann")
    vote = next(event for event in play.events if type(event.body).__name__ == "Voted")
    twice = [*play.events, replace(vote, number=len(play.events) + 1)]
    assert any("two votes" in one for one in violations(definition, twice, play.state))
