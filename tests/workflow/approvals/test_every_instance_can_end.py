"""Every instance can end: all flows up to a small size, every state that people's moves reach, and from each of them a way to an end.

The suite takes all flows of one node and the pairs of some nodes; LOOSELEAF_EXHAUSTIVE=1 takes all pairs, with helpers asked on the way.
`./dev.py endings` is that form.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from looseleaf_workflow.approvals.definition import Branch, Definition, Lane, Mode, Node, Parallel, Step
from looseleaf_workflow.who import User
from support.approval_search import MOST_ROUNDS, search

LONG = bool(os.environ.get("LOOSELEAF_EXHAUSTIVE"))
Make = Callable[[str], Node]
MODES = (Mode("all"), Mode("any"), Mode("sequence"), Mode("at_least", Decimal(1), wait_for_all=True))


def step(id: str, *people: str, mode: Mode = MODES[0], on_reject: str = "end", kind: str = "approve") -> Step:
    """A step of these people."""
    return Step(id, id, tuple(map(User, people)), kind, mode, on_reject=on_reject, allow=("transfer", "add_before", "add_after", "add_together", "take_back"))  # type: ignore[arg-type]  # fmt: skip


def alone() -> Iterator[Make]:
    """One person decides, or does something."""
    for on_reject in ("end", "to_submitter", "previous"):
        yield lambda id, on_reject=on_reject: step(id, "ann", on_reject=on_reject)  # type: ignore[misc]
    yield lambda id: step(id, "ann", kind="handle")


def together() -> Iterator[Make]:
    """Two people decide."""
    for mode, on_reject in itertools.product(MODES, ("end", "to_submitter")):
        yield lambda id, mode=mode, on_reject=on_reject: step(id, "bob", "cat", mode=mode, on_reject=on_reject)  # type: ignore[misc]


def side_by_side() -> Iterator[Make]:
    """Two ways at once: how many must arrive, what becomes of the other one, where a rejection leads."""
    for join, others, on_reject in itertools.product((0, 1), ("cancel_others", "wait_others"), ("end", "to_submitter")):
        yield lambda id, join=join, others=others, on_reject=on_reject: Parallel(  # type: ignore[misc]
            id,
            id,
            (Lane("1", flow=(step(f"{id}a", "ann", on_reject=on_reject),)), Lane("2", flow=(step(f"{id}b", "bob"),))),
            join,
            others,
        )


def either() -> Iterator[Make]:
    """Ways that are taken or not, one of them perhaps with nobody on it."""
    for when, pick, empty in itertools.product(("amount > 1", "amount > 2"), ("first_true", "all_true"), (False, True)):
        yield lambda id, when=when, pick=pick, empty=empty: Branch(  # type: ignore[misc]
            id,
            id,
            (
                Lane("1", "", when, (step(f"{id}a", "ann", on_reject="to_submitter"),)),
                Lane("else", "", "", () if empty else (step(f"{id}b", "dan"),)),
            ),
            pick,
        )


def nested() -> Iterator[Make]:
    """Ways at once within a way."""
    for make in side_by_side():
        yield lambda id, make=make: Parallel(  # type: ignore[misc]
            id, id, (Lane("1", flow=(make(f"{id}n"),)), Lane("2", flow=(step(f"{id}c", "cat"),))), 0, "cancel_others"
        )


NODES = [*alone(), *together(), *side_by_side(), *either()]
SOME = [*alone(), *together(), *list(side_by_side())[:2]][::4]


def flows(resubmit: str) -> Iterator[tuple[Make, ...]]:
    """All flows of this run."""
    yield from ((one,) for one in (*NODES, *(nested() if LONG or resubmit == "from_start" else ())))
    if LONG:
        yield from itertools.product(NODES, repeat=2)
    elif resubmit == "from_start":
        yield from itertools.product(SOME, repeat=2)


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


@pytest.mark.parametrize("resubmit", ["from_start", "at_rejecting_step"])
def test_every_instance_of_every_small_flow_can_end(resubmit: str) -> None:
    count = states = 0
    for made in flows(resubmit):
        flow = tuple(make(f"n{number}") for number, make in enumerate(made, 1))
        whole = Definition("small", "deal", "small", flow, resubmit=resubmit, max_rounds=MOST_ROUNDS, max_transfers=1, max_added=1)  # type: ignore[arg-type]
        found = search(whole, helpers=LONG and len(made) == 1)
        assert not found.stuck, (whole.as_json(), found.stuck[:3])
        count, states = count + 1, states + found.states
    assert count >= (820 if LONG else 28)
    assert states > 5 * count


@pytest.mark.parametrize("name", SMALL)
def test_small_flows_in_which_people_ask_others_have_no_dead_end(name: str, flow_of: Callable[..., Definition]) -> None:
    definition = replace(flow_of(*SMALL[name]), max_rounds=MOST_ROUNDS, max_transfers=1, max_added=1)
    found = search(definition, helpers=True, most=4_000 if LONG else 50)
    assert not found.stuck
    assert found.states > 30


def test_the_search_sees_a_flow_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that can't fail is worthless: where nobody can end it, it says so."""
    monkeypatch.setattr("support.approval_search.moves", lambda play, helpers: [])
    whole = Definition("small", "deal", "small", (step("n1", "ann"),))
    assert len(search(replace(whole)).stuck) == 1
