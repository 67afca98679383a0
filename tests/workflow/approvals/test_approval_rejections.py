"""Rejections, new rounds, withdrawal, taking back, termination (A60 to A74, A77)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals.events import Resubmitted
from looseleaf_workflow.approvals.listing import changes, lock
from looseleaf_workflow.approvals.state import State
from support.approval_play import ADMIN, Play, World

Start = Callable[..., Play]


def ask(name: str, reject: str = "end", more: str = "") -> str:
    return f"{{approve: {name}, who: {{user: p_{name}}}, on_reject: '{reject}'{more}}}"


def steps_open(play: Play) -> set[str]:
    return {step for step, _ in play.open}


def test_a60_a_rejection_that_ends_leaves_nothing_open(start: Start) -> None:
    header = "lock: {fields: [amount]}\non_rejected: [{notify: owner}]\ndeadline: {in: 9 days}"
    play = start(ask("one", more=", due: 2 days"), header=header)
    before = play.state
    assert lock(play.definition, before) is not None
    play.reject("p_one")
    assert play.status == "rejected"
    change = changes(play.definition, before, play.state)
    assert [end.status for end in change.closed] == ["done"]
    assert len(change.timers_cancelled) == 2
    assert (play.open, lock(play.definition, play.state)) == (set(), None)
    assert [effect.what for effect in play.effects if effect.kind == "action"] == ["notify"]


def test_a61_a_rejection_to_the_submitter_opens_their_task_lets_them_edit_and_counts_a_round(start: Start) -> None:
    play = start(ask("one", "to_submitter"), header="lock: {fields: [amount]}")
    play.reject("p_one")
    assert play.open == {("resubmit", "sub")}
    held = lock(play.definition, play.state)
    assert held is not None
    assert held.editor == "sub"
    assert play.state.round == 1
    assert play.refused("p_one", c.Resubmit()).code == "not-allowed"
    play.resubmit()
    assert play.state.round == 2
    held = lock(play.definition, play.state)
    assert held is not None
    assert held.editor == ""
    assert play.node("one").visit == 2


def test_a62_previous_leads_to_the_last_step_that_people_decided(start: Start) -> None:
    skipped = "{approve: auto, who: {role: legal}, people: {if_empty: approve}}"
    branch = f'{{branch: b, cases: [{{when: "amount > 10", flow: [{ask("untaken")}]}}], else: []}}'
    play = start(ask("one"), skipped, branch, "{cc: note, who: owner}", ask("last", "previous"))
    play.agree("p_one")
    play.reject("p_last")
    assert steps_open(play) == {"one"}
    assert play.node("one").visit == 2


def test_a62_previous_goes_into_the_branch_that_was_taken(start: Start) -> None:
    branch = f'{{branch: b, cases: [{{when: "amount > 10", flow: [{ask("taken")}]}}], else: []}}'
    play = start(ask("one"), branch, ask("last", "previous"), world=World(values={"amount": 50}))
    play.agree("p_one")
    play.agree("p_taken")
    play.reject("p_last")
    assert steps_open(play) == {"taken"}
    play.agree("p_taken")
    assert steps_open(play) == {"last"}


def test_a62_previous_of_a_parallel_enters_it_as_a_whole(start: Start) -> None:
    parallel = f"{{parallel: p, branches: [{{flow: [{ask('a')}]}}, {{flow: [{ask('b')}]}}]}}"
    play = start(parallel, ask("last", "previous"))
    play.agree("p_a")
    play.agree("p_b")
    play.reject("p_last")
    assert steps_open(play) == {"a", "b"}


def test_a62_previous_of_the_first_step_is_the_submitter(start: Start) -> None:
    play = start(ask("one", "previous"))
    play.reject("p_one")
    assert play.open == {("resubmit", "sub")}


def test_a63_only_steps_on_every_way_that_people_decided_are_offered(start: Start) -> None:
    branch = f'{{branch: b, cases: [{{when: "amount > 10", flow: [{ask("inside")}]}}], else: []}}'
    play = start(ask("one"), branch, ask("two", "choose"), ask("three"), world=World(values={"amount": 50}))
    play.agree("p_one")
    play.agree("p_inside")
    task = play.task("p_two").id
    for target in ("step:three", "step:inside", "step:two", "step:nowhere"):
        refusal = play.refused("p_two", c.Reject(task, target=target))
        assert refusal.details["offered"] == ("end", "to_submitter", "step:one")
    play.do("p_two", c.Reject(task, target="step:one"))
    assert steps_open(play) == {"one"}


def test_a63_where_the_flow_decides_nobody_chooses(start: Start) -> None:
    play = start(ask("one"), ask("two", "to_submitter"))
    play.agree("p_one")
    assert play.refused("p_two", c.Reject(play.task("p_two").id, target="step:one")).code == "not-allowed"


RESUME = "resubmit: at_rejecting_step\nmaterial: {fields: [amount]}\n"
BRANCHED = ('{branch: b, cases: [{when: "discount > 10", flow: [' + ask("cheap") + "]}], else: []}", ask("two", "to_submitter"))


def resumed(play: Play) -> Resubmitted:
    [body] = [event.body for event in play.last if isinstance(event.body, Resubmitted)]
    return body


def test_a64_from_start_runs_all_steps_again(start: Start) -> None:
    play = start(ask("one"), ask("two", "to_submitter"))
    play.agree("p_one")
    play.reject("p_two")
    play.resubmit()
    assert steps_open(play) == {"one"}


def test_a64_at_the_rejecting_step_the_others_are_not_asked_again(start: Start) -> None:
    play = start(ask("one"), *BRANCHED, header=RESUME)
    play.agree("p_one")
    play.reject("p_two")
    play.resubmit()
    assert steps_open(play) == {"two"}
    assert resumed(play).reason == ""
    play.agree("p_two")
    assert play.status == "approved"


def test_a64_a_material_change_begins_from_the_start_and_says_why(start: Start) -> None:
    play = start(ask("one"), *BRANCHED, header=RESUME)
    play.agree("p_one")
    play.reject("p_two")
    play.do(c.SYSTEM, c.RecordChanged(FrozenMap({"amount": 7})))
    play.resubmit()
    assert steps_open(play) == {"one"}
    assert resumed(play).reason == "material_changed"


def test_a65_a_branch_that_would_be_taken_differently_begins_from_the_start(start: Start) -> None:
    play = start(ask("one"), *BRANCHED, header=RESUME)
    play.agree("p_one")
    play.reject("p_two")
    play.world.values["discount"] = 50
    play.resubmit()
    assert resumed(play).reason == "branch_changed:b"
    play.agree("p_one")
    assert steps_open(play) == {"cheap"}


def test_a64_a_rejection_inside_a_parallel_resumes_the_parallel(start: Start) -> None:
    parallel = f"{{parallel: p, branches: [{{flow: [{ask('a0')}, {ask('a', 'to_submitter')}]}}, {{flow: [{ask('b')}]}}]}}"
    play = start(ask("one"), parallel, header="resubmit: at_rejecting_step")
    play.agree("p_one")
    play.agree("p_a0")
    play.agree("p_b")
    play.reject("p_a")
    assert play.open == {("resubmit", "sub")}
    play.resubmit()
    assert steps_open(play) == {"a0", "b"}
    assert play.node("p").visit == 2


def test_a70_the_submitter_withdraws_before_anybody_has_decided(start: Start) -> None:
    play = start(ask("one"), ask("two"), header="lock: {fields: [amount]}")
    assert play.refused("p_one", c.Withdraw()).code == "not-allowed"
    play.do("sub", c.Withdraw("mistake"))
    assert (play.status, play.open, lock(play.definition, play.state)) == ("withdrawn", set(), None)


@pytest.mark.parametrize(
    ("policy", "outcome"),
    [("before_first_vote", "conflict"), ("never", "not-allowed"), ("any_time", "withdrawn"), ("needs_consent", "running")],
)
def test_a71_withdrawal_after_a_vote_is_what_the_flow_says(start: Start, policy: str, outcome: str) -> None:
    play = start(ask("one"), ask("two"), header=f"withdraw: {policy}")
    play.agree("p_one")
    if outcome in ("conflict", "not-allowed"):
        assert play.refused("sub", c.Withdraw()).code == outcome
        return
    play.do("sub", c.Withdraw())
    assert play.status == outcome
    if policy == "any_time":
        assert "p_one" in play.told("withdrawn")
        return
    assert play.open == {("two", "p_two"), ("consent", "p_one")}
    assert play.refused("p_two", c.AnswerWithdrawal(True)).code == "not-allowed"
    play.do("p_one", c.AnswerWithdrawal(True))
    assert play.status == "withdrawn"


def test_a71_a_refused_consent_ends_the_request_and_nothing_else(start: Start) -> None:
    play = start(ask("one"), ask("two"), header="withdraw: needs_consent")
    play.agree("p_one")
    play.do("sub", c.Withdraw())
    play.do("p_one", c.AnswerWithdrawal(False))
    assert play.open == {("two", "p_two")}
    play.do("sub", c.Withdraw("again"))
    assert play.open == {("two", "p_two"), ("consent", "p_one")}
    play.agree("p_two")
    assert play.status == "approved"


def test_a72_of_a_withdrawal_and_the_last_agree_exactly_one_counts(start: Start) -> None:
    for first in ("withdraw", "agree"):
        play = start(ask("one"), header="withdraw: any_time")
        agree, withdraw = c.Agree(play.task("p_one").id), c.Withdraw()
        if first == "withdraw":
            play.do("sub", withdraw)
            assert play.refused("p_one", agree).code == "ended"
        else:
            play.do("p_one", agree)
            assert play.refused("sub", withdraw).code == "ended"
        assert play.status == {"withdraw": "withdrawn", "agree": "approved"}[first]


def test_a73_an_own_agree_is_taken_back_while_nobody_has_decided_after_it(start: Start) -> None:
    play = start(ask("one"), ask("two"), ask("three"))
    play.agree("p_one")
    assert play.refused("p_two", c.TakeBack("one", 1, "1")).code == "not-allowed"
    play.do("p_one", c.TakeBack("one", 1, "1"))
    assert play.open == {("one", "p_one")}
    assert play.node("one").visit == 1
    play.agree("p_one")
    play.agree("p_two")
    assert play.refused("p_one", c.TakeBack("one", 1, "1")).code == "conflict"


def test_a73_within_a_step_that_goes_on(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}}", legal=("a", "b"))
    play.agree("a")
    play.do("a", c.TakeBack("check", 1, "1"))
    assert play.open == {("check", "a"), ("check", "b")}
    sequence = start("{approve: check, who: {role: legal}, mode: sequence}", legal=("a", "b"))
    sequence.agree("a")
    sequence.do("a", c.TakeBack("check", 1, "1"))
    assert sequence.open == {("check", "a")}
    sequence.agree("a")
    sequence.agree("b")
    assert sequence.status == "approved"


def test_a73_out_of_a_joined_parallel(start: Start) -> None:
    parallel = f"{{parallel: p, branches: [{{flow: [{ask('a')}]}}, {{flow: [{ask('b')}]}}]}}"
    play = start(parallel, ask("last"))
    play.agree("p_a")
    play.agree("p_b")
    play.do("p_a", c.TakeBack("a", 1, "1"))
    assert steps_open(play) == {"a"}
    play.agree("p_a")
    assert steps_open(play) == {"last"}


def test_a73_siblings_that_were_not_needed_any_more_are_asked_again(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}, mode: any}", ask("last"), legal=("a", "b"))
    play.agree("a")
    play.do("a", c.TakeBack("check", 1, "1"))
    assert play.open == {("check", "a"), ("check", "b")}


def test_a73_after_the_end_nothing_is_taken_back(start: Start) -> None:
    play = start(ask("one"))
    play.agree("p_one")
    assert play.refused("p_one", c.TakeBack("one", 1, "1")).code == "ended"


def test_a74_an_administrator_ends_it_from_any_state_and_twice_is_once(start: Start) -> None:
    play = start(ask("one"))
    assert play.refused("sub", c.Terminate("x")).code == "not-allowed"
    assert play.refused(ADMIN, c.Terminate(" ")).code == "invalid"
    play.do(ADMIN, c.Terminate("wrong customer"))
    assert (play.status, play.open) == ("terminated", set())
    assert play.do(ADMIN, c.Terminate("again")).events == ()
    broken = start("{approve: one, who: {role: legal}}", world=World(broken={"legal": "no"}))
    broken.do(ADMIN, c.Terminate("hopeless"))
    assert broken.status == "terminated"
    returned = start(ask("one", "to_submitter"))
    returned.reject("p_one")
    returned.do(ADMIN, c.Terminate("hopeless"))
    assert returned.open == set()


def test_a76_a_new_instance_names_the_one_before_and_leaves_it_alone(start: Start) -> None:
    play = start(ask("one"))
    play.reject("p_one")
    again = Play(play.definition, play.world)
    again.do("sub", c.Submit(previous="old-id"))
    assert again.state.previous == "old-id"
    assert play.refused("sub", c.Submit()).code == "conflict"
    assert State().status == "draft"


def test_a77_after_the_last_round_the_administrators_decide(start: Start) -> None:
    play = start(ask("one", "to_submitter"), header="max_rounds: 2")
    play.reject("p_one")
    play.resubmit()
    play.reject("p_one")
    assert play.open == {("resubmit", "@admins")}
    assert play.refused("sub", c.Resubmit()).code == "not-allowed"
    play.do(ADMIN, c.Resubmit())
    assert play.state.round == 3
