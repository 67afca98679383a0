"""Tasks that change hands, more and fewer people, opinions, urging, comments, field rights (A40 to A49, A54, A57, A58, A81, A88)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals.definition import Mode
from looseleaf_workflow.approvals.events import Transferred
from looseleaf_workflow.approvals.listing import changes, editable, hidden
from support.approval_play import ADMIN, Play, World

Start = Callable[..., Play]
ONE = "{approve: check, who: {role: legal}%s}"


def step(more: str = "") -> str:
    return ONE % more


def test_a40_a_transferred_task_keeps_its_slot_and_its_due_time(start: Start) -> None:
    play = start(step(", due: 8 hours"), legal=("a",))
    before, due = play.state, play.task("a").due
    old = play.task("a").id
    play.world.now += timedelta(hours=2)
    play.transfer("a", "b")
    assert play.open == {("check", "b")}
    assert play.task("b").due == due
    assert play.task("b").id.slot == old.slot
    [end] = changes(play.definition, before, play.state).closed
    assert (end.id, end.status) == (old, "transferred")
    assert play.refused("a", c.Agree(old)).code == "conflict"
    [moved] = [event.body for event in play.last if isinstance(event.body, Transferred)]
    assert (moved.person, moved.why, moved.reason) == ("b", "transfer", "busy")
    assert play.node("check").slots[0].chain == ("a",)
    play.agree("b")
    assert play.status == "approved"


def test_a40_a_step_may_say_that_the_clock_starts_anew(start: Start) -> None:
    play = start(step(", due: {in: 8 hours, on_transfer: restart}"), legal=("a",))
    play.world.now += timedelta(hours=2)
    play.transfer("a", "b")
    assert play.task("b").due == play.world.now + timedelta(hours=8)
    [timer] = play.state.timers.values()
    assert timer.generation == 2


def test_a41_nobody_gets_a_second_slot_of_a_step(start: Start) -> None:
    play = start(step(), legal=("a", "b"))
    assert play.refused("a", c.Transfer(play.task("a").id, "b")).details["person"] == "b"
    play.agree("b")
    assert play.refused("a", c.Transfer(play.task("a").id, "b")).code == "invalid"


def test_a42_a_task_goes_so_far_and_never_back(start: Start) -> None:
    play = start(step(), header="max_transfers: 2", legal=("a",))
    play.transfer("a", "b")
    assert play.refused("b", c.Transfer(play.task("b").id, "a")).details["chain"] == ("a", "b", "a")
    play.transfer("b", "d")
    assert play.refused("d", c.Transfer(play.task("d").id, "e")).details["chain"] == ("a", "b", "d", "e")


def test_a40_who_may_be_given_a_task(start: Start) -> None:
    play = start(step(), legal=("a",), world=World(inactive={"gone"}))
    for person in ("gone", "sub", "a"):
        assert play.refused("a", c.Transfer(play.task("a").id, person)).code == "invalid"
    assert play.refused("x", c.Transfer(play.task("a").id, "b")).code == "not-allowed"
    play.do(ADMIN, c.Transfer(play.task("a").id, "b"))
    assert play.open == {("check", "b")}
    forbidden = start(step(", allow: [ask]"), legal=("a",))
    assert forbidden.refused("a", c.Transfer(forbidden.task("a").id, "b")).code == "not-allowed"


def test_a43_people_added_before_decide_first_and_the_clock_stands_still(start: Start) -> None:
    play = start(step(", due: 8 hours"), legal=("a",))
    due = play.task("a").due
    assert due is not None
    play.world.now += timedelta(hours=1)
    play.add("a", "before", "x", "y")
    assert play.open == {("check", "x"), ("check", "y")}
    assert not [timer for timer in play.state.timers.values() if timer.slot == "1"]
    play.world.now += timedelta(hours=3)
    play.agree("x")
    assert ("check", "a") not in play.open
    play.agree("y")
    assert play.open == {("check", "a")}
    assert play.task("a").due == due + timedelta(hours=3)
    play.agree("a")
    assert play.status == "approved"


@pytest.mark.parametrize(("declared", "moved"), [("keep", timedelta(hours=3)), ("restart", timedelta(hours=4))])
def test_a113_who_is_added_before_stops_the_clock_and_a_transfer_moves_it_as_declared(
    start: Start, declared: str, moved: timedelta
) -> None:
    play = start(step(f", due: {{in: 8 hours, on_transfer: {declared}}}"), legal=("a",))
    due = play.task("a").due
    assert due is not None
    play.world.now += timedelta(hours=1)
    play.add("a", "before", "x")
    play.world.now += timedelta(hours=3)
    play.agree("x")
    assert play.task("a").due == due + timedelta(hours=3)
    play.transfer("a", "b")
    assert play.task("b").due == due + moved
    [timer] = play.state.timers.values()
    assert timer.at == play.task("b").due


def test_a43_reminders_and_levels_go_on_where_they_stood(start: Start) -> None:
    due = "{in: 4 hours, remind: [1 hours, 3 hours], then: [{do: remind}, auto_reject]}"
    play = start(step(f", due: {due}"), legal=("a",))
    play.fire("remind1")
    play.add("a", "before", "x")
    play.world.now += timedelta(hours=10)
    play.agree("x")
    times = {timer.id.rpartition(":")[2]: timer.at - play.world.now for timer in play.state.timers.values()}
    assert times == {"remind2": timedelta(hours=2), "due": timedelta(hours=3)}
    play.fire("remind2")
    play.fire("due")
    play.add("a", "before", "y")
    play.world.now += timedelta(hours=10)
    play.agree("y")
    play.fire("due")
    assert play.status == "rejected"


@pytest.mark.parametrize(("binding", "status"), [(True, "rejected"), (False, "running")])
def test_a43_a_rejection_of_people_added_before_binds_or_advises(start: Start, binding: bool, status: str) -> None:
    play = start(step(), legal=("a",))
    play.add("a", "before", "x", binding=binding)
    play.reject("x")
    assert play.status == status
    if not binding:
        play.agree("a")
        assert play.status == "approved"


def test_a44_people_added_after_decide_when_the_holder_has_agreed(start: Start) -> None:
    play = start(step(), legal=("a", "b"))
    play.add("a", "after", "x", comment="fine with me")
    vote = play.node("check").slots[0].vote
    assert vote is not None
    assert (vote.outcome, vote.comment) == ("agreed", "fine with me")
    play.agree("b")
    assert play.open == {("check", "x")}
    play.agree("x")
    assert play.status == "approved"
    other = start(step(), legal=("a", "b"))
    other.add("a", "after", "x")
    other.reject("x")
    assert other.status == "rejected"


def test_a45_people_added_together_change_the_denominator(start: Start) -> None:
    play = start(step(", mode: {percent: 50}"), legal=("a", "b"))
    play.add("a", "together", "x", "y")
    play.agree("a")
    assert play.status == "running"
    play.agree("x")
    assert play.status == "approved"


def test_a45_in_a_sequence_they_come_next(start: Start) -> None:
    play = start(step(", mode: sequence"), legal=("a", "b"))
    play.add("a", "together", "x")
    play.agree("a")
    assert play.open == {("check", "x")}
    play.agree("x")
    assert play.open == {("check", "b")}


@pytest.mark.parametrize(
    ("mode", "votes", "holder_is_next"),
    [("any", "a", True), ("any", "ra", True), ("all", "a", False), ("all", "aa", True), ("sequence", "a", False), ("sequence", "aa", True)],
)
def test_a46_a_group_of_added_people_has_a_mode_of_its_own(start: Start, mode: str, votes: str, holder_is_next: bool) -> None:
    play = start(step(), legal=("a",))
    play.add("a", "before", "x", "y", mode=Mode(mode))  # type: ignore[arg-type]
    if mode == "sequence":
        assert play.open == {("check", "x")}
    for person, vote in zip("xy", votes, strict=False):
        (play.agree if vote == "a" else play.reject)(person)
    assert (("check", "a") in play.open) is holder_is_next


def test_a47_added_people_add_others_so_deep_and_never_in_a_circle(start: Start) -> None:
    play = start(step(), header="max_added: 2", legal=("a",))
    play.add("a", "before", "x")
    play.add("x", "before", "y")
    assert play.refused("y", c.AddSign(play.task("y").id, ("z",), "before")).code == "invalid"
    assert play.refused("y", c.AddSign(play.task("y").id, ("a",), "together")).code == "invalid"
    play.agree("y")
    play.agree("x")
    play.agree("a")
    assert play.status == "approved"


def test_a48_whoever_added_somebody_takes_them_back_and_the_step_is_judged_anew(start: Start) -> None:
    play = start(step(", mode: {percent: 60}"), legal=("a", "b"))
    play.add("a", "together", "x")
    play.agree("a")
    play.reject("b")
    assert play.open == {("check", "x")}
    assert play.refused("b", c.RemoveSign("check", 1, "3")).code == "not-allowed"
    play.do("a", c.RemoveSign("check", 1, "3"))
    assert play.status == "rejected"  # 1 of 2 is not 60 %
    other = start(step(), legal=("a", "b"))
    other.add("a", "together", "x")
    other.agree("a")
    other.agree("b")
    other.do("a", c.RemoveSign("check", 1, "3"))
    assert other.status == "approved"


def test_a48_the_last_one_and_those_who_have_decided_stay(start: Start) -> None:
    play = start(step(", mode: {at_least: 2}"), legal=("a", "b"))
    play.add("a", "together", "x")
    play.agree("x")
    assert play.refused("a", c.RemoveSign("check", 1, "3")).code == "conflict"
    assert play.refused(ADMIN, c.RemoveSign("check", 1, "1")).code == "not-allowed"
    before = start(step(), legal=("a",))
    before.add("a", "before", "x")
    before.do("a", c.RemoveSign("check", 1, "2"))
    assert before.open == {("check", "a")}


def test_a49_nobody_is_added_after_the_step_has_passed(start: Start) -> None:
    play = start(step(", mode: any"), "{approve: next, who: {role: cfo}}", legal=("a", "b"), cfo=("z",))
    task = play.task("b").id
    play.agree("a")
    assert play.refused("b", c.AddSign(task, ("x",), "together")).code == "conflict"


def test_a54_an_opinion_is_no_vote_and_the_task_comes_back(start: Start) -> None:
    play = start(step(", due: 8 hours"), legal=("a",))
    play.do("a", c.AskOpinion(play.task("a").id, "x", "what do you think?"))
    task = play.task("x")
    assert (task.kind, play.open) == ("opinion", {("check", "x")})
    assert play.refused("x", c.Agree(task.id)).code == "not-allowed"
    assert play.refused("a", c.Agree(task.id)).code == "conflict"
    play.do("x", c.GiveOpinion(task.id, "fine"))
    assert play.open == {("check", "a")}
    assert not play.node("check").human_votes
    play.do("a", c.AskOpinion(play.task("a").id, "x"))
    play.do("a", c.GiveOpinion(play.task("x").id))  # calls it back
    play.agree("a")
    assert play.status == "approved"


def test_a57_urging_is_once_an_hour_for_each_open_task(start: Start) -> None:
    play = start(step(), legal=("a", "b"))
    task = play.task("a").id
    assert play.refused("a", c.Urge(task)).code == "not-allowed"
    play.do("sub", c.Urge(task))
    assert play.told("urged") == ("a",)
    play.do("sub", c.Urge(play.task("b").id))
    play.world.now += timedelta(minutes=59)
    assert play.refused("sub", c.Urge(task)).code == "conflict"
    play.world.now += timedelta(minutes=1)
    play.do("sub", c.Urge(task))
    play.agree("a")
    assert play.refused("sub", c.Urge(task)).code == "conflict"


def test_a58_comments_change_nothing_and_end_with_the_instance_unless_the_flow_says_so(start: Start) -> None:
    from dataclasses import replace

    for allowed in (False, True):
        play = start(step(), header=f"comment_after_end: {str(allowed).lower()}", legal=("a",))
        before = play.state
        play.do("x", c.Comment("hello @b", ("b",)))
        assert replace(play.state, number=0, commands=before.commands) == replace(before, number=0)
        assert play.told("mentioned") == ("b",)
        play.agree("a")
        if allowed:
            play.do("x", c.Comment("thanks"))
        else:
            assert play.refused("x", c.Comment("thanks")).code == "ended"
    assert play.refused("x", c.Comment("  ")).code == "invalid"


def test_a81_a_decision_carries_edits_of_the_fields_that_the_step_edits(start: Start) -> None:
    play = start(step(", fields: {edit: [payment_terms], require: [seal_no]}"), legal=("a",))
    assert editable(play.definition, play.state, "a") == ("payment_terms",)
    task = play.task("a").id
    assert play.refused("a", c.Agree(task)).details["fields"] == ("seal_no",)
    play.world.values["seal_no"] = "7"
    edits = FrozenMap({"payment_terms": ("30 days", "60 days")})
    assert play.refused("a", c.Agree(task, edits=FrozenMap({"amount": (1, 2)}))).code == "not-allowed"
    play.do("a", c.Agree(task, edits=edits))
    assert play.last[0].body.edits == edits  # type: ignore[union-attr]


def test_a88_what_a_step_hides_is_told_with_its_task(start: Start) -> None:
    play = start(step(", fields: {hide: [cost_price]}"), legal=("a",))
    task = play.task("a")
    assert task.fields.hide == hidden(play.definition, play.state, task.id) == ("cost_price",)


def test_a_handled_task_is_done_and_never_rejected(start: Start) -> None:
    play = start("{handle: seal, who: {role: legal}}", legal=("sub",))
    task = play.task("sub")
    assert task.kind == "handle"
    assert play.refused("sub", c.Reject(task.id)).code == "not-allowed"
    play.agree("sub")
    assert play.status == "approved"
