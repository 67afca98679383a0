"""Random flows under random commands keep every invariant (I1 to I4, I8), and every instance can still end."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from looseleaf_workflow.approvals.definition import Definition
from looseleaf_workflow.approvals.events import Event
from looseleaf_workflow.approvals.folding import fold_all
from looseleaf_workflow.approvals.invariants import violations
from support.approval_games import definitions, finish, play_on
from support.approval_play import Play, World

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
