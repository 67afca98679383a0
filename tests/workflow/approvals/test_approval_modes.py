"""Several people in one step: all, any, in sequence, quotas, weights; one vote per slot, whatever is clicked twice (A20 to A30)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals.definition import Mode
from looseleaf_workflow.approvals.quota import Ballot, outcome, threshold
from support.approval_play import Play

Start = Callable[..., Play]
THREE = "{role: legal}"


def test_a20_all_agree_passes_on_the_last_agree(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}}", legal=("a", "b", "c"))
    assert play.open == {("check", "a"), ("check", "b"), ("check", "c")}
    play.agree("b")
    play.agree("c")
    assert play.status == "running"
    play.agree("a")
    assert play.status == "approved"


def test_a20_one_reject_fails_the_step_at_once_and_cancels_the_others(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}}", legal=("a", "b", "c"))
    play.reject("b")
    assert play.status == "rejected"
    assert {slot.key: (slot.status, slot.reason) for slot in play.node("check").slots} == {
        "1": ("cancelled", "superseded"),
        "2": ("rejected", ""),
        "3": ("cancelled", "superseded"),
    }


def test_a21_the_first_agree_passes_and_cancels_the_siblings(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}, mode: any}", legal=("a", "b"))
    play.agree("b")
    assert play.status == "approved"
    assert play.node("check").slots[0].status == "cancelled"


def test_a21_by_default_any_fails_only_when_all_reject(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}, mode: any}", legal=("a", "b"))
    play.reject("a")
    assert play.open == {("check", "b")}
    play.reject("b")
    assert play.status == "rejected"


def test_a21_one_reject_fails_where_the_flow_says_so(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}, mode: {any_reject: fails}}", legal=("a", "b"))
    play.reject("a")
    assert play.status == "rejected"


def test_a22_a_sequence_opens_one_task_after_the_other(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}, mode: sequence}", legal=("a", "b", "c"))
    assert play.open == {("check", "a")}
    play.agree("a")
    assert play.open == {("check", "b")}
    play.reject("b")
    assert play.status == "rejected"
    assert play.node("check").slots[2].generation == 0


@pytest.mark.parametrize(
    ("mode", "people", "votes", "verdict"),
    [
        ("{at_least: 2}", 3, "aa", "approved"),
        ("{at_least: 2}", 3, "rar", "rejected"),
        ("{at_least: 2}", 3, "rr", "rejected"),
        ("{percent: 50}", 4, "aa", "approved"),
        ("{percent: 50}", 4, "rrr", "rejected"),
        ("{percent: 50}", 4, "ara", "approved"),
        ("{percent: 50}", 3, "aa", "approved"),
        ("{percent: 50}", 3, "ra", "running"),
        ("{percent: 51}", 4, "aa", "running"),
        ("{percent: 51}", 4, "aaa", "approved"),
        ("{percent: 100}", 3, "aa", "running"),
        ("{percent: 1}", 3, "a", "approved"),
    ],
)
def test_a23_a_quota_passes_and_fails_as_early_as_it_can(start: Start, mode: str, people: int, votes: str, verdict: str) -> None:
    names = tuple("abcd"[:people])
    play = start(f"{{approve: check, who: {{role: legal}}, mode: {mode}}}", legal=names)
    for person, vote in zip(names, votes, strict=False):
        (play.agree if vote == "a" else play.reject)(person)
    assert play.status == verdict


def test_a24_with_wait_for_all_the_quota_is_judged_when_everyone_has_voted(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}, mode: {at_least: 2, wait_for_all: true}}", legal=("a", "b", "c"))
    play.agree("a")
    play.agree("b")
    assert play.open == {("check", "c")}
    play.reject("c")
    assert play.status == "approved"


def test_a25_weights_are_summed_exactly(start: Start) -> None:
    mode = "mode: {at_least: 0.3, weights: [0.1, 0.2, 0.2999]}"
    play = start(
        f"{{approve: check, who: [{{role: legal}}, {{role: cfo}}, {{role: finance}}], {mode}}}", legal=("a",), cfo=("b",), finance=("c",)
    )
    play.agree("c")
    assert play.status == "running"
    play.reject("a")
    assert play.status == "running"
    play.agree("b")
    assert play.status == "approved"
    exact = start(
        f"{{approve: check, who: [{{role: legal}}, {{role: cfo}}, {{role: finance}}], {mode}}}", legal=("a",), cfo=("b",), finance=("c",)
    )
    exact.agree("a")
    exact.agree("b")
    assert exact.status == "approved"  # 0.1 + 0.2 is 0.3


def test_a26_somebody_in_two_roles_has_one_slot_with_the_larger_weight(start: Start) -> None:
    mode = "mode: {at_least: 3, weights: [1, 3]}"
    play = start(f"{{approve: check, who: [{{role: legal}}, {{role: cfo}}], {mode}}}", legal=("a", "b"), cfo=("a",))
    assert [(slot.person, slot.weight) for slot in play.node("check").slots] == [("a", Decimal(3)), ("b", Decimal(1))]


def test_a27_a_claimed_task_is_seen_by_nobody_else_until_it_is_given_back(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}, claim: true}", legal=("a", "b"))
    assert play.open == {("check", "a|b")}
    assert play.refused("a", c.Agree(play.task("a").id)).code == "not-allowed"
    play.do("a", c.Claim(play.task("a").id))
    assert play.open == {("check", "a")}
    assert play.refused("b", c.Claim(play.task("a").id)).code == "conflict"
    play.do("a", c.Unclaim(play.task("a").id))
    assert play.open == {("check", "a|b")}
    play.do("b", c.Claim(play.task("b").id))
    play.agree("b")
    assert play.status == "approved"


def test_a27_a_claim_expires_after_its_lease(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}, claim: {lease: 2 hours}}", legal=("a", "b"))
    play.do("a", c.Claim(play.task("a").id))
    play.fire("lease")
    assert play.open == {("check", "a|b")}
    assert not play.state.timers


def test_a27_the_lease_of_a_claim_ends_when_the_task_is_handed_on(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}, claim: {lease: 2 hours}}", legal=("a", "b"))
    play.do("a", c.Claim(play.task("a").id))
    play.transfer("a", "x")
    play.fire("lease")
    assert play.open == {("check", "x")}


def test_a28_the_second_of_two_who_act_at_once_is_told_who_decided(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}, claim: true}", legal=("a", "b"))
    play.do("a", c.Claim(play.task("a").id))
    task = play.task("a").id
    second = start("{approve: check, who: {role: legal}, mode: any}", "{approve: next, who: {role: cfo}}", legal=("a", "b"), cfo=("x",))
    mine, other = second.task("a").id, second.task("b").id
    second.do("a", c.Agree(mine))
    refusal = second.refused("b", c.Agree(other))
    assert refusal.code == "conflict"
    play.do("a", c.Agree(task))
    late = play.refused("a", c.Agree(task))
    assert late.code == "ended"
    assert second.refused("a", c.Reject(mine)).details["by"] == "a"


def test_a29_of_the_last_two_votes_both_are_stored_and_the_step_passes_once(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}}", "{approve: next, who: {role: cfo}}", legal=("a", "b"), cfo=("x",))
    one, other = play.task("a").id, play.task("b").id
    play.do("a", c.Agree(one))
    play.do("b", c.Agree(other))
    assert len(play.node("check").human_votes) == 2
    passed = [event for event in play.events if type(event.body).__name__ == "NodePassed"]
    assert len(passed) == 1


def test_a30_the_same_key_gives_the_first_result_again(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}}", legal=("a", "b"))
    task = play.task("a").id
    first = play.do("a", c.Agree(task, "fine"), "once")
    again = play.do("a", c.Agree(task, "fine"), "once")
    assert again.events == ()
    assert again.repeated == (first.events[0].number, first.events[-1].number)
    assert play.refused("a", c.Reject(task), "once").code == "conflict"
    assert play.refused("b", c.Agree(task, "fine"), "once").code == "conflict"


def test_nobody_decides_a_task_that_is_not_theirs(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}}", legal=("a", "b"))
    assert play.refused("b", c.Agree(play.task("a").id)).code == "not-allowed"
    assert play.refused("sub", c.Agree(play.task("a").id)).code == "not-allowed"


MODES = st.one_of(
    st.sampled_from([Mode("all"), Mode("any"), Mode("sequence"), Mode("any", any_reject="fails")]),
    st.builds(lambda n, w: Mode("at_least", Decimal(n), wait_for_all=w), st.integers(1, 4), st.booleans()),
    st.builds(lambda n, w: Mode("percent", Decimal(n), wait_for_all=w), st.integers(1, 100), st.booleans()),
    st.builds(lambda n: Mode("weights", Decimal(n) / 10, (Decimal(1),)), st.integers(1, 30)),
)
BALLOTS = st.lists(
    st.builds(Ballot, st.sampled_from(["passed", "failed", "pending"]), st.integers(1, 9).map(lambda n: Decimal(n) / 10)),
    min_size=1,
    max_size=6,
)


@given(MODES, BALLOTS)
def test_a_verdict_never_changes_by_further_votes(mode: Mode, ballots: list[Ballot]) -> None:
    verdict = outcome(mode, ballots)
    open_ = [index for index, ballot in enumerate(ballots) if ballot.outcome == "pending"]
    if verdict == "pending" or mode.any_reject == "fails":  # there the first vote decides, and closes the step
        return
    for vote in ("passed", "failed"):
        further = [Ballot(vote, one.weight) if index in open_ else one for index, one in enumerate(ballots)]
        assert outcome(mode, further) == verdict


@given(MODES, BALLOTS)
def test_when_everyone_has_voted_there_is_a_verdict(mode: Mode, ballots: list[Ballot]) -> None:
    cast = [Ballot("failed", one.weight) if one.outcome == "pending" else one for one in ballots]
    assert outcome(mode, cast) != "pending"


@given(st.integers(1, 1000), st.integers(1, 100))
def test_a23_a_percentage_is_rounded_up_to_whole_people(count: int, percent: int) -> None:
    needed = threshold(Mode("percent", Decimal(percent)), count)
    assert needed.denominator == 1
    assert needed >= Fraction(percent * count, 100) > needed - 1
