"""Branches, parallels, called flows, readers, ends (A55, A56, A66 to A69, A120 to A126)."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import pytest

from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.effects import effects
from looseleaf_workflow.approvals.events import BlockEntered, ChildStarted
from looseleaf_workflow.approvals.state import State
from support.approval_play import ADMIN, Play, World

Start = Callable[..., Play]


def ask(name: str, more: str = "") -> str:
    """A step that asks one person, named as a field of the record is not: by role of its own name."""
    return f"{{approve: {name}, who: {{user: p_{name}}}{more}}}"


def case(when: str, *steps: str) -> str:
    return f'{{when: "{when}", flow: [{", ".join(steps)}]}}'


def lanes(*flows: str) -> str:
    return "[" + ", ".join(f"{{flow: [{flow}]}}" for flow in flows) + "]"


def steps_open(play: Play) -> set[str]:
    return {step for step, _ in play.open}


SIZES = f"{{branch: size, cases: [{case('amount > 100', ask('big'))}, {case('amount > 10', ask('middle'))}], else: [{ask('small')}]}}"


@pytest.mark.parametrize(("amount", "step"), [(500, "big"), (50, "middle"), (5, "small"), (100, "middle")])
def test_a120_the_first_true_case_is_taken_and_stored_with_what_it_read(start: Start, amount: int, step: str) -> None:
    play = start(SIZES, world=World(values={"amount": amount}))
    assert steps_open(play) == {step}
    [entered] = [event.body for event in play.events if isinstance(event.body, BlockEntered)]
    assert entered.inputs["1"]["read"] == {"amount": amount}
    asked = play.world.asked
    play.agree(f"p_{step}")
    assert play.status == "approved"
    assert play.world.asked == asked  # decided once per visit


def test_a120_a_condition_that_can_not_be_worked_out_stops_with_its_inputs(start: Start) -> None:
    play = start(SIZES, world=World(broken={"amount > 100": "overflow"}))
    assert play.status == "error"
    play.world.broken.clear()
    play.do(ADMIN, c.Retry())
    assert steps_open(play) == {"small"}


ALL_TRUE = f"{{branch: topics, pick: all_true, cases: [{case('amount > 100', ask('big'))}, {case('discount > 10', ask('cheap'))}], else: [{ask('plain')}]}}"


@pytest.mark.parametrize(
    ("amount", "discount", "expected"),
    [(500, 50, {"big", "cheap"}), (500, 0, {"big"}), (0, 50, {"cheap"}), (0, 0, {"plain"})],
)
def test_a121_an_inclusive_branch_waits_for_the_started_cases_only(start: Start, amount: int, discount: int, expected: set[str]) -> None:
    play = start(ALL_TRUE, ask("last"), world=World(values={"amount": amount, "discount": discount}))
    assert steps_open(play) == expected
    for step in sorted(expected):
        assert "last" not in steps_open(play)
        play.agree(f"p_{step}")
    assert steps_open(play) == {"last"}


def parallel(join: str = "all", reject: str = "cancel_others", names: str = "abc") -> str:
    return f"{{parallel: p, join: {join}, on_branch_reject: {reject}, branches: {lanes(*(ask(name) for name in names))}}}"


@pytest.mark.parametrize("order", ["".join(order) for order in permutations("abc")])
@pytest.mark.parametrize(("join", "needed"), [("all", 3), ("any", 1), ("{at_least: 2}", 2)])
def test_a122_a_parallel_joins_when_enough_branches_are_done(start: Start, order: str, join: str, needed: int) -> None:
    play = start(parallel(join), ask("last"))
    for name in order[:needed]:
        assert steps_open(play) >= set("abc") - set(order[:needed])
        play.agree(f"p_{name}")
    assert steps_open(play) == {"last"}
    assert {play.node(name).status for name in order[needed:]} <= {"cancelled"}


NESTED = f"{{parallel: inner, join: any, branches: {lanes(ask('c'), ask('d'))}}}"
IN_BRANCH = f"{{branch: b, cases: [{case('amount >= 0', NESTED, ask('e'))}], else: []}}"
OUTER = f"{{parallel: outer, branches: {lanes(ask('a'), IN_BRANCH)}}}"


@pytest.mark.parametrize("order", ["".join(order) for order in permutations("ace")] + ["ade", "dae", "dea"])
def test_a123_nested_parallels_keep_their_counts_in_every_order(start: Start, order: str) -> None:
    play = start(OUTER, ask("last"))
    todo = list(order)
    while todo:
        name = next(name for name in todo if name in steps_open(play))
        play.agree(f"p_{name}")
        todo.remove(name)
    assert steps_open(play) == {"last"}


def test_a124_an_empty_branch_passes_straight_through(start: Start) -> None:
    play = start(f"{{branch: b, cases: [{case('amount > 10', ask('big'))}], else: []}}", ask("last"))
    assert steps_open(play) == {"last"}


def test_a66_a_step_back_inside_a_branch_leaves_its_siblings_alone(start: Start) -> None:
    inside = f"{ask('a1')}, {ask('a2', ', on_reject: step:a1')}"
    play = start(f"{{parallel: p, branches: {lanes(inside, ask('b'))}}}")
    before = play.task("p_b").id
    play.agree("p_a1")
    play.reject("p_a2")
    assert steps_open(play) == {"a1", "b"}
    assert play.node("a1").visit == 2
    assert play.task("p_b").id == before


def test_a67_a_step_back_out_of_a_parallel_cancels_every_sibling_and_starts_all_anew(start: Start) -> None:
    inner = f"{{parallel: inner, branches: {lanes(ask('c'), ask('d'))}}}"
    steps = (ask("first"), f"{{parallel: p, branches: {lanes(ask('a', ', on_reject: step:first, due: 2 days'), inner)}}}")
    play = start(*steps)
    play.agree("p_first")
    play.add("p_c", "before", "extra")
    play.agree("p_d")
    play.reject("p_a")
    assert steps_open(play) == {"first"}
    assert not play.state.timers
    play.agree("p_first")
    assert steps_open(play) == {"a", "c", "d"}
    assert {play.node(name).visit for name in ("p", "a", "inner", "c", "d")} == {2}
    assert ("c", "extra") not in play.open


def test_a68_a_rejected_branch_cancels_the_others(start: Start) -> None:
    play = start(parallel(), ask("last"))
    play.agree("p_c")
    play.reject("p_a")
    assert play.status == "rejected"
    assert play.node("b").status == "cancelled"


def test_a68_or_waits_for_the_others_and_then_fails(start: Start) -> None:
    play = start(parallel(reject="wait_others"), ask("last"))
    play.reject("p_a")
    assert steps_open(play) == {"b", "c"}
    play.agree("p_b")
    play.agree("p_c")
    assert play.status == "rejected"


def test_a68_waiting_for_others_passes_if_enough_are_done(start: Start) -> None:
    play = start(parallel("{at_least: 2}", "wait_others"), ask("last"))
    play.reject("p_a")
    play.agree("p_b")
    play.agree("p_c")
    assert steps_open(play) == {"last"}


def test_a68_a_rejection_in_a_nested_parallel_goes_out_through_each(start: Start) -> None:
    inner = f"{{parallel: inner, branches: {lanes(ask('c'), ask('d'))}}}"
    play = start(f"{{parallel: p, on_branch_reject: wait_others, branches: {lanes(ask('a'), inner)}}}")
    play.reject("p_c")
    assert steps_open(play) == {"a"}
    play.agree("p_a")
    assert play.status == "rejected"


def test_a69_whoever_is_second_is_told_and_the_trail_agrees_with_the_outcome(start: Start) -> None:
    for order in ("ab", "ba"):
        play = start(parallel(names="ab"))
        tasks = {name: play.task(f"p_{name}").id for name in "ab"}
        for name in order:
            body = c.Reject(tasks["a"]) if name == "a" else c.Agree(tasks["b"])
            if order == "ab" and name == "b":
                assert play.refused("p_b", body).code == "ended"
            else:
                play.do(f"p_{name}", body)
        assert play.status == "rejected"
        assert play.node("b").status == ("cancelled" if order == "ab" else "passed")


def test_a_branch_that_is_rejected_ends_the_instance(start: Start) -> None:
    play = start(ALL_TRUE, world=World(values={"amount": 500, "discount": 50}))
    play.reject("p_cheap")
    assert play.status == "rejected"
    assert play.node("big").status == "cancelled"


def test_an_end_inside_a_branch_ends_everything(start: Start) -> None:
    stop = "{end: stop, outcome: rejected}"
    play = start(f"{{branch: b, cases: [{case('amount > 10', stop)}], else: []}}", ask("last"), world=World(values={"amount": 50}))
    assert play.status == "rejected"
    both = start(f"{{parallel: p, branches: {lanes(ask('a'), ask('b') + ', {end: stop}')}}}")
    both.agree("p_b")
    assert both.status == "approved"
    assert both.node("a").status == "cancelled"


def test_a55_each_reader_is_shown_one_entry_with_the_fields_hidden_that_the_node_hides(start: Start) -> None:
    play = start("{cc: note, who: [{role: legal}, {role: cfo}], hide: [cost_price]}", legal=("a", "b"), cfo=("a",))
    [shown] = [effect for effect in play.effects if effect.kind == "show"]
    assert shown.people == ("a", "b")
    assert shown.data["hide"] == ("cost_price",)
    assert play.status == "approved"


@pytest.mark.parametrize(
    ("at", "when"), [("start", "submit"), ("pass", "agree"), ("end", "agree"), ("reject", "reject"), ("end", "reject")]
)
def test_a55_readers_of_a_moment_are_shown_it_then(start: Start, at: str, when: str) -> None:
    play = start(ask("one"), header=f"readers: [{{who: {{role: legal}}, at: {at}}}]")
    shown = [("submit", effect.what) for effect in effects(play.definition, State(), play.events) if effect.kind == "show"]
    (play.reject if when == "reject" else play.agree)("p_one")
    shown += [(when, effect.what) for effect in play.effects if effect.kind == "show"]
    assert shown == [(when, at)]


def test_a56_a_reader_who_is_inactive_is_skipped_and_never_stops_the_flow(start: Start) -> None:
    play = start("{cc: note, who: {role: legal}}", legal=("gone", "a"), world=World(inactive={"gone"}))
    [copied] = [event.body for event in play.events if type(event.body).__name__ == "Copied"]
    assert (copied.readers, copied.skipped) == (("a",), ("gone",))  # type: ignore[union-attr]
    assert start("{cc: note, who: {role: cfo}}").status == "approved"


CALL = "{call: child, approval: other%s}"
OTHER = "approval: other\nobject: opportunity\norder: 7\nflow:\n  - {approve: x, who: owner}\n"


def called(model_of: Callable[..., object], more: str = "", *steps: str, depth: int = 0) -> Play:
    lines = "\n".join(f"  - {step}" for step in (CALL % more, *steps))
    text = f"approval: small\nobject: opportunity\nwithdraw: any_time\nflow:\n{lines}\n"
    definition = model_of(OTHER, text).others["approval"]["small"].definition  # type: ignore[attr-defined]
    play = Play(definition, World(children={"other": q.Called("sha-of-other", "")}))
    play.do("sub", c.Submit(depth=depth))
    return play


def test_a126_a_called_flow_is_pinned_to_its_version_and_its_end_is_waited_for(model_of: Callable[..., object]) -> None:
    play = called(model_of, "", ask("last"))
    [started] = [event.body for event in play.events if isinstance(event.body, ChildStarted)]
    assert (started.version, started.depth) == ("sha-of-other", 1)
    assert [effect.kind for effect in play.effects] == ["start_child"]
    play.do(c.SYSTEM, c.ChildEnded("child", 1, "approved"))
    assert steps_open(play) == {"last"}
    play.do(c.SYSTEM, c.ChildEnded("child", 1, "rejected"))
    assert play.last == ()


def test_a126_a_withdrawal_of_the_parent_cancels_the_child(model_of: Callable[..., object]) -> None:
    play = called(model_of)
    play.do("sub", c.Withdraw())
    assert [effect.kind for effect in play.effects].count("cancel_child") == 1


@pytest.mark.parametrize(
    ("more", "outcome", "status"),
    [
        ("", "rejected", "rejected"),
        ("", "withdrawn", "rejected"),
        (", on_cancel: pass", "terminated", "approved"),
        (", on_reject: to_submitter", "rejected", "running"),
    ],
)
def test_a126_a_childs_end_is_what_the_call_declares(model_of: Callable[..., object], more: str, outcome: str, status: str) -> None:
    play = called(model_of, more)
    play.do(c.SYSTEM, c.ChildEnded("child", 1, outcome))
    assert play.status == status
    if status == "running":
        assert play.open == {("resubmit", "sub")}


def test_a126_a_call_that_is_too_deep_stops_with_an_error(model_of: Callable[..., object]) -> None:
    assert called(model_of, depth=4).status == "running"
    assert called(model_of, depth=5).status == "error"


def test_a_call_in_a_cancelled_branch_cancels_its_child(model_of: Callable[..., object]) -> None:
    text = f"approval: small\nobject: opportunity\nflow:\n  - {{parallel: p, branches: {lanes(ask('a'), CALL % '')}}}\n"
    definition = model_of(OTHER, text).others["approval"]["small"].definition  # type: ignore[attr-defined]
    play = Play(definition).submit()
    play.reject("p_a")
    assert "cancel_child" in [effect.kind for effect in play.effects]
