"""The workflow patterns catalogue (43 control-flow patterns): those that approvals cover as examples that run, the refused ones by name.

Patterns 12 (for-each without waiting), 21 (each) and 23 (transient trigger) belong to automations.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals.checking.schema import NODES
from looseleaf_workflow.approvals.listing import lock
from support.approval_play import ADMIN, Play, World

Start = Callable[..., Play]
Codes = Callable[..., list[str]]


def ask(name: str, more: str = "") -> str:
    return f"{{approve: {name}, who: {{user: p_{name}}}{more}}}"


def lanes(*flows: str) -> str:
    return "[" + ", ".join(f"{{flow: [{flow}]}}" for flow in flows) + "]"


def parallel(more: str = "", *flows: str) -> str:
    return f"{{parallel: p{more}, branches: {lanes(*(flows or (ask('a'), ask('b'), ask('c'))))}}}"


def choice(more: str = "") -> str:
    cases = f'[{{when: "amount > 10", flow: [{ask("a")}]}}, {{when: "discount > 10", flow: [{ask("b")}]}}]'
    return f"{{branch: b1{more}, cases: {cases}, else: [{ask('c')}]}}"


def steps(play: Play) -> set[str]:
    return {step for step, _ in play.open}


def test_pattern_1_sequence(start: Start) -> None:
    play = start(ask("a"), ask("b"))
    assert steps(play) == {"a"}
    play.agree("p_a")
    assert steps(play) == {"b"}


def test_pattern_2_parallel_split_and_3_synchronisation(start: Start) -> None:
    play = start(parallel(), ask("last"))
    assert steps(play) == {"a", "b", "c"}
    for name in "cab":
        assert "last" not in steps(play)
        play.agree(f"p_{name}")
    assert steps(play) == {"last"}


def test_pattern_4_exclusive_choice_and_5_simple_merge(start: Start) -> None:
    for values, step in (({"amount": 50, "discount": 50}, "a"), ({"discount": 50}, "b"), ({}, "c")):
        play = start(choice(), ask("last"), world=World(values=dict(values)))
        assert steps(play) == {step}
        play.agree(f"p_{step}")
        assert steps(play) == {"last"}


def test_pattern_6_multi_choice_and_7_structured_synchronising_merge(start: Start) -> None:
    play = start(choice(", pick: all_true"), ask("last"), world=World(values={"amount": 50, "discount": 50}))
    assert steps(play) == {"a", "b"}
    play.agree("p_a")
    assert steps(play) == {"b"}
    play.agree("p_b")
    assert steps(play) == {"last"}


def test_pattern_9_structured_discriminator_and_29_cancelling_discriminator(start: Start) -> None:
    play = start(parallel(", join: any"), ask("last"))
    play.agree("p_b")
    assert steps(play) == {"last"}
    assert play.refused("p_a", c.Agree(c.TaskId("a", 1, "1", 1))).code == "conflict"


def test_pattern_30_structured_partial_join_and_32_cancelling_partial_join(start: Start) -> None:
    play = start(parallel(", join: {at_least: 2}"), ask("last"))
    play.agree("p_c")
    assert steps(play) == {"a", "b"}
    play.agree("p_a")
    assert steps(play) == {"last"}
    assert play.node("b").status == "cancelled"


def test_pattern_11_implicit_termination(start: Start) -> None:
    play = start(ask("a"), "{cc: note, who: owner}")
    play.agree("p_a")
    assert (play.status, play.open) == ("approved", set())


def test_pattern_43_explicit_termination(start: Start) -> None:
    play = start(parallel(", join: any", ask("a") + ", {end: stop}", ask("b")), ask("last"))
    play.agree("p_a")
    assert (play.status, play.open) == ("approved", set())


def test_pattern_13_multiple_instances_known_when_written(start: Start) -> None:
    play = start("{approve: check, who: [{user: a}, {user: b}]}")
    assert play.open == {("check", "a"), ("check", "b")}


def test_pattern_14_multiple_instances_known_when_it_runs(start: Start) -> None:
    for people in (("a",), ("a", "b", "x")):
        assert {holder for _, holder in start("{approve: check, who: {role: legal}}", legal=people).open} == set(people)


def test_pattern_15_multiple_instances_not_known_before_and_36_dynamic_partial_join(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}, mode: {percent: 50}}", legal=("a", "b"))
    play.add("a", "together", "x", "y", "z")
    play.agree("x")
    play.agree("y")
    assert play.status == "running"  # 2 of 5
    play.agree("z")
    assert play.status == "approved"


def test_pattern_34_and_35_partial_join_for_multiple_instances(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}, mode: {at_least: 2}}", legal=("a", "b", "x"))
    play.agree("x")
    play.agree("a")
    assert play.status == "approved"
    assert play.node("check").slots[1].status == "cancelled"


@pytest.mark.parametrize(("first", "status"), [("vote", "approved"), ("timeout", "rejected"), ("withdraw", "withdrawn")])
def test_pattern_16_deferred_choice(start: Start, first: str, status: str) -> None:
    play = start(ask("a", ", due: {in: 2 days, then: auto_reject}"))
    {"vote": lambda: play.agree("p_a"), "timeout": lambda: play.fire("due"), "withdraw": lambda: play.do("sub", c.Withdraw())}[first]()
    assert play.status == status
    assert play.try_("sub", c.Withdraw()).__class__.__name__ == "Refusal"


def test_pattern_18_milestone(start: Start) -> None:
    """Withdrawing is possible only while nobody has decided."""
    play = start(ask("a"), ask("b"))
    play.agree("p_a")
    assert play.refused("sub", c.Withdraw()).code == "conflict"


def test_pattern_19_cancel_task_and_26_cancel_multiple_instances(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}}", ask("last"), legal=("a", "b", "x"))
    play.add("a", "together", "y")
    play.do("a", c.RemoveSign("check", 1, "4"))
    assert ("check", "y") not in play.open
    play.reject("b")
    assert play.open == set()


def test_pattern_20_cancel_case(start: Start) -> None:
    play = start(parallel())
    play.do(ADMIN, c.Terminate("not needed"))
    assert (play.status, play.open) == ("terminated", set())


def test_pattern_21_structured_loop_by_resubmitting(start: Start) -> None:
    play = start(ask("a", ", on_reject: to_submitter"))
    for _ in range(3):
        play.reject("p_a")
        play.resubmit()
    assert play.node("a").visit == 4


def test_pattern_22_bounded_recursion(codes_of: Codes) -> None:
    text = "approval: again\nobject: opportunity\nflow: [{call: me, approval: again}]\n"
    assert codes_of(text) == ["circular-calls"]


def test_pattern_24_persistent_trigger(start: Start) -> None:
    """A timer that comes a year late still does what it was set for."""
    play = start(ask("a", ", due: {in: 2 days, then: auto_agree}"))
    [timer] = play.state.timers.values()
    play.world.now = timer.at.replace(year=timer.at.year + 1)
    play.do(c.SYSTEM, c.FireTimer(timer.id, timer.generation))
    assert play.status == "approved"


def test_pattern_25_cancel_region(start: Start) -> None:
    play = start(ask("first"), parallel("", ask("a", ", on_reject: 'step:first'"), ask("b")), ask("last"))
    play.agree("p_first")
    play.reject("p_a")
    assert steps(play) == {"first"}
    assert play.node("b").status == "void"


def test_pattern_27_complete_multiple_instances(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}, mode: any}", ask("last"), legal=("a", "b", "x"))
    play.agree("x")
    assert steps(play) == {"last"}


def test_pattern_39_critical_section(start: Start) -> None:
    play = start(ask("a"), header="lock: {fields: [amount]}")
    held = lock(play.definition, play.state)
    assert held is not None
    assert (held.fields, held.editor) == (("amount",), "")
    play.agree("p_a")
    assert lock(play.definition, play.state) is None


def test_a_material_change_is_a_cancel_region_too(start: Start) -> None:
    play = start(parallel(), ask("last"), header="material: {fields: [amount], on_change: restart}")
    play.agree("p_a")
    play.do(c.SYSTEM, c.RecordChanged(FrozenMap({"amount": 3})))
    assert steps(play) == {"a", "b", "c"}


REFUSED = {
    "8 multi-merge": "{merge: m, of: [a, b]}",
    "10 arbitrary cycles": "{goto: a}",
    "17 interleaved parallel routing": "{interleave: i, of: [a, b]}",
    "28 blocking discriminator": "{parallel: p2, join: blocking, branches: [{flow: [{cc: x, who: owner}]}, {flow: [{cc: y, who: owner}]}]}",
    "31 blocking partial join": "{parallel: p2, join: {at_least: 1, blocking: true}, branches: [{flow: [{cc: x, who: owner}]}, {flow: [{cc: y, who: owner}]}]}",
    "33 generalised and-join": "{join: j, of: [a, b]}",
    "37 local synchronising merge": "{synchronise: s, of: [a, b]}",
    "38 general synchronising merge": "{synchronise: s}",
    "40 interleaved routing": "{interleave: i}",
    "41 thread merge": "{thread_merge: t, count: 2}",
    "42 thread split": "{thread_split: t, count: 2}",
    "10 arbitrary cycles by a rejection": "{approve: z, who: owner, on_reject: 'step:z'}",
}
CODES = {
    "28 blocking discriminator": "unknown-value",
    "31 blocking partial join": "unknown-key",
    "10 arbitrary cycles by a rejection": "not-before",
}


@pytest.mark.parametrize("pattern", REFUSED)
def test_refused_patterns_can_not_be_written(pattern: str, codes_of: Codes) -> None:
    text = f"approval: small\nobject: opportunity\nflow:\n  - {ask('a')}\n  - {REFUSED[pattern]}\n"
    assert codes_of(text) == [CODES.get(pattern, "unknown-step")]
    assert not {"merge", "goto", "interleave", "join", "synchronise", "thread_merge", "thread_split"} & set(NODES)
