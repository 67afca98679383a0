"""Who decides instead: delegation, leavers, and what stays when people change (A50 to A53, A91 to A95)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.definition import Definition
from support.approval_play import ADMIN, MORNING, Play, World

Start = Callable[..., Play]
Flow = Callable[..., Definition]


def delegated(to: str, **more: object) -> tuple[q.Delegation, ...]:
    return (q.Delegation(to, **{"since": MORNING, **more}),)  # type: ignore[arg-type]


def test_a50_a_delegate_decides_on_behalf_and_both_are_in_the_trail(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}}", legal=("x",), world=World(delegations={"x": delegated("y")}))
    task = play.task("y")
    assert task.acting_for == "x"
    play.do("y", c.Agree(task.id))
    vote = play.node("check").slots[0].vote
    assert vote is not None
    assert (vote.by, vote.person) == ("y", "x")
    assert (play.last[0].actor, play.last[0].on_behalf_of) == ("y", "x")


@pytest.mark.parametrize(
    ("more", "holder"),
    [
        ({"until": MORNING}, "x"),
        ({"since": MORNING + timedelta(seconds=1)}, "x"),
        ({"until": MORNING + timedelta(seconds=1)}, "y"),
        ({"scope": ("other",)}, "x"),
        ({"scope": ("other", "small")}, "y"),
    ],
)
def test_a50_a_delegation_holds_in_its_window_and_scope(start: Start, more: dict[str, object], holder: str) -> None:
    play = start("{approve: check, who: {role: legal}}", legal=("x",), world=World(delegations={"x": delegated("y", **more)}))
    assert play.open == {("check", holder)}


def test_a51_a_chain_is_followed_and_a_circle_leaves_the_task_where_it_was(start: Start) -> None:
    chain = {"x": delegated("y"), "y": delegated("z")}
    play = start("{approve: check, who: {role: legal}}", legal=("x",), world=World(delegations=chain))
    assert play.open == {("check", "z")}
    circle = {**chain, "z": delegated("x")}
    play = start("{approve: check, who: {role: legal}}", legal=("x",), world=World(delegations=circle))
    assert play.open == {("check", "x")}
    assert play.last[-1].body.notes == (("delegation_circle", "x", "y", "z", "x"),)  # type: ignore[union-attr]
    open_ended = {**chain, "z": delegated("x", since=MORNING + timedelta(days=1))}
    play = start("{approve: check, who: {role: legal}}", legal=("x",), world=World(delegations=open_ended))
    assert play.open == {("check", "z")}


def test_a52_open_tasks_stay_unless_they_are_taken_over(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}}", legal=("x",))
    play.world.delegations["x"] = delegated("y")
    assert play.open == {("check", "x")}
    play.do("x", c.DelegationBegan("x"))
    assert play.open == {("check", "y")}
    assert play.task("y").acting_for == "x"


def test_a52_after_the_delegation_has_ended_both_may_decide_and_the_first_wins(start: Start) -> None:
    until = MORNING + timedelta(hours=1)
    for actor in ("x", "y"):
        play = start("{approve: check, who: {role: legal}}", legal=("x",), world=World(delegations={"x": delegated("y", until=until)}))
        task = play.task("y").id
        assert play.refused("x", c.Agree(task)).code == "not-allowed"
        play.world.now = until
        play.do(actor, c.Agree(task))
        assert play.status == "approved"


def test_a53_a_delegation_to_the_submitter_is_ignored(start: Start) -> None:
    world = World(delegations={"x": delegated("sub")})
    assert start("{approve: check, who: {role: legal}}", legal=("x",), world=world).open == {("check", "x")}
    allowed = start("{approve: check, who: {role: legal}, people: {self: allow}}", legal=("x",), world=world)
    assert allowed.open == {("check", "sub")}


@pytest.mark.parametrize(
    ("policy", "heir"), [("manager", "boss"), ("delegate", "deputy"), ("admin", "@admins"), ("user:eve", "eve"), ("user:gone", "@admins")]
)
def test_a91_a_leavers_tasks_go_where_the_flow_says(start: Start, policy: str, heir: str) -> None:
    world = World(managers={"x": "boss"}, inactive={"gone"})
    play = start(f"{{approve: check, who: {{role: legal}}, people: {{on_leave: '{policy}'}}}}", legal=("x", "a"), world=world)
    world.inactive.add("x")
    world.delegations["x"] = delegated("deputy")
    play.do(c.SYSTEM, c.PersonLeft("x"))
    assert play.open == {("check", heir), ("check", "a")}
    assert play.last[0].actor == "system"


def test_a92_managers_who_have_left_too_are_climbed_past(start: Start) -> None:
    world = World(managers={"x": "m1", "m1": "m2", "m2": "m3"}, inactive={"m1", "m2"})
    play = start("{approve: check, who: {role: legal}}", legal=("x",), world=world)
    world.inactive.add("x")
    play.do(c.SYSTEM, c.PersonLeft("x"))
    assert play.open == {("check", "m3")}
    world.inactive.add("m3")
    play.do(c.SYSTEM, c.PersonLeft("m3"))
    assert play.open == {("check", "@admins")}


def test_a92_a_circle_of_managers_ends_with_the_admins(start: Start) -> None:
    world = World(managers={"x": "m1", "m1": "x"}, inactive={"m1"})
    play = start("{approve: check, who: {role: legal}}", legal=("x",), world=world)
    world.inactive.add("x")
    play.do(c.SYSTEM, c.PersonLeft("x"))
    assert play.open == {("check", "@admins")}


def test_a91_a_leaver_never_gives_a_second_vote_to_somebody_in_the_step(start: Start) -> None:
    world = World(managers={"x": "a", "a": "top"})
    play = start("{approve: check, who: {role: legal}}", legal=("x", "a"), world=world)
    play.do(c.SYSTEM, c.PersonLeft("x"))
    assert play.open == {("check", "top"), ("check", "a")}


def test_a91_a_leaver_goes_out_of_offers_opinions_and_consents(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}, claim: true}", legal=("x", "a"))
    play.do("x", c.Claim(play.task("x").id))
    play.do(c.SYSTEM, c.PersonLeft("x"))
    assert play.open == {("check", "a")}
    asked = start("{approve: check, who: {role: legal}}", legal=("a",))
    asked.do("a", c.AskOpinion(asked.task("a").id, "x"))
    asked.do(c.SYSTEM, c.PersonLeft("x"))
    assert asked.open == {("check", "a")}
    consent = start(
        "{approve: one, who: {role: legal}}", "{approve: two, who: {role: cfo}}", header="withdraw: needs_consent", legal=("x",), cfo=("y",)
    )
    consent.agree("x")
    consent.do("sub", c.Withdraw())
    consent.do(c.SYSTEM, c.PersonLeft("x"))
    assert consent.status == "withdrawn"


def test_a91_somebody_who_left_while_waiting_for_their_turn_is_replaced_when_it_comes(start: Start) -> None:
    world = World(managers={"x": "boss"})
    play = start("{approve: check, who: {role: legal}, mode: sequence}", legal=("a", "x"), world=world)
    world.inactive.add("x")
    play.do(c.SYSTEM, c.PersonLeft("x"))
    play.agree("a")
    assert play.open == {("check", "boss")}


def test_a93_open_tasks_stay_when_an_approver_changes_roles(start: Start) -> None:
    play = start("{approve: one, who: {role: legal}}", "{approve: two, who: {role: legal}}", legal=("x",))
    play.world.roles["legal"] = ("new",)
    assert play.open == {("one", "x")}
    play.agree("x")
    assert play.open == {("two", "new")}


def test_a94_a_rejection_to_a_submitter_who_has_left_goes_to_their_manager(start: Start) -> None:
    world = World(managers={"sub": "boss"})
    play = start("{approve: one, who: {role: legal}, on_reject: to_submitter}", legal=("x",), world=world)
    world.inactive.add("sub")
    play.do(c.SYSTEM, c.PersonLeft("sub"))
    assert play.open == {("one", "x")}
    play.reject("x")
    assert play.open == {("resubmit", "boss")}
    world.inactive.add("boss")
    play.do(c.SYSTEM, c.PersonLeft("boss"))
    assert play.open == {("resubmit", "@admins")}
    play.do(ADMIN, c.Resubmit())
    assert play.open == {("one", "x")}


def test_a95_expressions_on_the_submitter_keep_the_submitter(start: Start) -> None:
    play = start(
        "{approve: one, who: {role: legal}}",
        "{approve: two, who: manager}",
        legal=("x",),
        world=World(managers={"sub": "boss", "owner": "other"}),
    )
    play.agree("x")
    assert play.open == {("two", "boss")}
