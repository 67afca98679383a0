"""Who is asked: resolution on entry, the submitter, repeated people, nobody, picks (A05 to A16)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.decide import Decision, Needs, decide
from looseleaf_workflow.approvals.definition import Definition
from looseleaf_workflow.approvals.events import Broke, StepEntered, Submitted
from looseleaf_workflow.approvals.state import State
from support.approval_play import ADMIN, MORNING, Play, World

Start = Callable[..., Play]
Flow = Callable[..., Definition]


def notes_of(play: Play, step: str) -> tuple[tuple[str, ...], ...]:
    """What was noted when a step was last entered."""
    entered = [event.body for event in play.events if isinstance(event.body, StepEntered) and event.body.node == step]
    return entered[-1].notes


def test_a01_an_instance_is_pinned_to_its_version_and_starts_with_tasks_and_timers_in_one_decision(flow_of: Flow) -> None:
    definition = flow_of("{approve: check, who: {role: legal}, due: 8 workhours}")
    play = Play(definition, World(roles={"legal": ("a",)})).submit()
    assert play.happened() == ["Submitted", "StepEntered", "TaskOpened"]
    assert isinstance(play.events[0].body, Submitted)
    assert play.state.definition == definition.sha256
    assert [timer.at for timer in play.state.timers.values()] == [MORNING + timedelta(hours=8)]
    with pytest.raises(ValueError, match="runs on"):
        decide(flow_of("{approve: check, who: owner}"), play.state, c.Command("k", ADMIN, c.Terminate("x")), q.Facts(MORNING))


def test_a05_a_submission_without_a_required_field_is_refused_with_the_fields(flow_of: Flow) -> None:
    definition = flow_of("{approve: check, who: owner}", header="require: [amount, region]")
    play = Play(definition, World(values={"amount": "1"}))
    refusal = play.refused("sub", c.Submit())
    assert refusal.details["fields"] == ("region",)
    assert play.state == State()
    play.world.values["region"] = "east"
    play.submit()


def test_a05_a_resubmission_without_a_required_field_is_refused_as_well(start: Start) -> None:
    play = start(
        "{approve: check, who: {role: legal}, on_reject: to_submitter}",
        header="require: [region]",
        world=World(values={"region": "east"}),
        legal=("a",),
    )
    play.reject("a")
    play.world.values["region"] = None
    before = play.state
    assert play.refused("sub", c.Resubmit()).details["fields"] == ("region",)
    assert play.state == before
    play.world.values["region"] = "west"
    play.resubmit()
    assert play.open == {("check", "a")}


def test_a06_a_role_is_resolved_when_its_step_is_entered(start: Start) -> None:
    play = start("{approve: one, who: {role: cfo}}", "{approve: two, who: {role: legal}}", cfo=("x",), legal=("a",))
    play.world.roles["legal"] = ("b",)
    play.agree("x")
    assert play.open == {("two", "b")}
    play.world.roles["legal"] = ("c",)
    assert play.open == {("two", "b")}


def test_a10_unknown_and_inactive_people_are_left_out_with_a_note(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}}", legal=("a", "gone"), world=World(inactive={"gone"}))
    assert play.open == {("check", "a")}
    assert ("dropped", "gone") in notes_of(play, "check")


@pytest.mark.parametrize(("policy", "status", "open_"), [("approve", "approved", set()), ("admin", "running", {("check", "@admins")})])
def test_a10_where_everybody_is_dropped_the_empty_policy_applies(
    start: Start, policy: str, status: str, open_: set[tuple[str, str]]
) -> None:
    play = start(
        f"{{approve: check, who: {{role: legal}}, people: {{if_empty: {policy}}}}}", legal=("gone",), world=World(inactive={"gone"})
    )
    assert (play.status, play.open) == (status, open_)
    assert notes_of(play, "check") == (("dropped", "gone"), ("empty", policy))


def test_a10_an_expression_that_raises_is_kept_with_what_it_read(flow_of: Flow) -> None:
    class Broken(World):
        def answer(self, question: q.Question) -> q.Answer:
            broken = q.People(error="too large", inputs=FrozenMap({"amount": "3"}))
            return broken if isinstance(question, q.Resolve) else super().answer(question)

    play = Play(flow_of('{approve: check, who: {expr: "owner if amount > 2 else submitter"}}'), Broken()).submit()
    [broke] = [event.body for event in play.events if isinstance(event.body, Broke)]
    assert (broke.expression, broke.message, broke.inputs) == ("owner if amount > 2 else submitter", "too large", {"amount": "3"})


def test_a10_an_expression_that_raises_stops_the_instance_until_an_admin_tries_again(start: Start) -> None:
    play = start(
        "{approve: one, who: {role: cfo}}", "{approve: two, who: {role: legal}}", cfo=("x",), world=World(broken={"legal": "no such"})
    )
    play.agree("x")
    assert play.status == "error"
    assert play.state.reason == "no such"
    assert play.refused("x", c.Retry()).code == "not-allowed"
    play.do(ADMIN, c.Retry())
    assert play.status == "error"
    play.world.broken.clear()
    play.world.roles["legal"] = ("a",)
    play.do(ADMIN, c.Retry())
    assert play.open == {("two", "a")}
    play.agree("a")
    assert play.status == "approved"


@pytest.mark.parametrize(
    ("policy", "status", "open_"),
    [
        ("approve", "approved", set()),
        ("reject", "rejected", set()),
        ("admin", "running", {("check", "@admins")}),
        ("hold", "running", {("check", "@admins")}),
        ("user:bob", "running", {("check", "bob")}),
        ("user:gone", "running", {("check", "@admins")}),
        ("user:sub", "running", {("check", "@admins")}),
    ],
)
def test_a11_nobody_to_ask(start: Start, policy: str, status: str, open_: set[tuple[str, str]]) -> None:
    play = start(f"{{approve: check, who: {{role: legal}}, people: {{if_empty: '{policy}'}}}}", world=World(inactive={"gone"}))
    assert play.status == status
    assert play.open == open_
    assert play.events[1].actor == "system"
    assert ("empty", policy) in notes_of(play, "check")


def test_a11_a_held_task_waits_until_an_admin_names_somebody(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}, people: {if_empty: hold}}")
    assert play.task("@admins").kind == "hold"
    assert play.refused(ADMIN, c.Agree(play.task("@admins").id)).code == "not-allowed"
    play.do(ADMIN, c.Transfer(play.task("@admins").id, "bob"))
    play.agree("bob")
    assert play.status == "approved"


def test_a11_approve_never_applies_where_a_person_must_decide(start: Start) -> None:
    """The check refuses it in one flow; a definition that came another way is held to it too."""
    play = start("{approve: check, who: {role: legal}, people: {if_empty: admin}, human_required: true}")
    from dataclasses import replace

    step = play.definition.step("check")
    lax = replace(play.definition, flow=(replace(step, policies=replace(step.policies, if_empty="approve")),))
    again = Play(lax, World()).submit()
    assert again.open == {("check", "@admins")}


def test_a11_too_few_people_for_a_quota_count_as_nobody_and_are_never_waved_through(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}, mode: {at_least: 3}, people: {if_empty: approve}}", legal=("a", "b"))
    assert play.open == {("check", "@admins")}
    assert ("too_few", "admin") in notes_of(play, "check")
    play.do(ADMIN, c.Agree(play.task("@admins").id))
    assert play.status == "approved"


@pytest.mark.parametrize(
    ("policy", "open_", "status"),
    [("skip", {("next", "x")}, "agreed"), ("allow", {("check", "sub")}, "open"), ("manager", {("check", "boss")}, "open")],
)
def test_a12_the_submitter_as_approver(start: Start, policy: str, open_: set[tuple[str, str]], status: str) -> None:
    world = World(managers={"sub": "boss"})
    steps = (f"{{approve: check, who: {{role: legal}}, people: {{self: {policy}}}}}", "{approve: next, who: {role: cfo}}")
    play = start(*steps, legal=("sub",), cfo=("x",), world=world)
    assert play.open == open_
    assert play.node("check").slots[0].status == status
    if policy == "skip":
        assert play.node("check").how == "self"
        assert play.node("check").slots[0].vote.auto == "self"  # type: ignore[union-attr]


def test_a12_without_a_manager_the_step_counts_as_empty(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}, people: {self: manager}, human_required: true}", legal=("sub",))
    assert play.open == {("check", "@admins")}


def test_a12_a_replaced_submitter_is_merged_with_the_same_person(start: Start) -> None:
    play = start("{approve: check, who: {role: legal}}", legal=("sub", "boss"), world=World(managers={"sub": "boss"}))
    assert play.open == {("check", "boss")}


TWICE = ("{approve: one, who: {role: cfo}}", "{approve: two, who: {role: legal}}", "{approve: three, who: {role: cfo}}")


@pytest.mark.parametrize(("policy", "asked_again"), [("none", True), ("adjacent", True), ("first", False)])
def test_a13_the_same_person_in_a_later_step(start: Start, policy: str, asked_again: bool) -> None:
    play = start(*TWICE, header=f"people: {{dedup: {policy}}}", cfo=("x",), legal=("a",))
    play.agree("x")
    play.agree("a")
    assert (("three", "x") in play.open) is asked_again
    assert (play.status == "approved") is not asked_again


def test_a13_adjacent_means_the_step_executed_just_before(start: Start) -> None:
    play = start(
        TWICE[0], "{cc: note, who: owner}", "{approve: two, who: {role: cfo}}", TWICE[2], header="people: {dedup: adjacent}", cfo=("x",)
    )
    play.agree("x")
    assert play.status == "approved"
    assert (play.node("two").how, play.node("three").how) == ("dedup", "dedup")


def test_a13_a_vote_as_an_added_person_or_about_other_values_does_not_count(start: Start) -> None:
    header = "people: {dedup: first}\nmaterial: {fields: [amount]}"
    play = start("{approve: one, who: {role: legal}}", "{approve: two, who: {role: cfo}}", header=header, legal=("a",), cfo=("x", "a"))
    play.add("a", "together", "x")
    play.agree("x")
    play.agree("a")
    assert play.open == {("two", "x")}
    other = start("{approve: one, who: {role: legal}}", "{approve: two, who: {role: legal}}", header=header, legal=("a", "b"))
    other.agree("a")
    other.do(c.SYSTEM, c.RecordChanged(FrozenMap({"amount": "7"})))
    other.agree("b")
    assert other.open == {("two", "a")}


def test_a14_an_agreement_of_an_earlier_round_does_not_count(start: Start) -> None:
    steps = (
        "{approve: one, who: {role: cfo}}",
        "{approve: two, who: {role: legal}, on_reject: to_submitter}",
        "{approve: three, who: {role: cfo}}",
    )
    play = start(*steps, header="people: {dedup: first}\nresubmit: at_rejecting_step", cfo=("x",), legal=("a",))
    play.agree("x")
    play.reject("a")
    play.resubmit()
    play.agree("a")
    assert play.open == {("three", "x")}


def test_a15_a_step_without_anybody_left_to_ask_is_skipped_and_stays_in_the_trail(start: Start) -> None:
    play = start(TWICE[0], TWICE[2], header="people: {dedup: first}", cfo=("x",))
    play.agree("x")
    assert play.status == "approved"
    assert (play.node("three").status, play.node("three").how) == ("passed", "dedup")
    assert "three" in {event.body.node for event in play.events if isinstance(event.body, StepEntered)}


def test_a11_where_a_person_must_decide_neither_an_earlier_agree_nor_the_submitter_passes_it(start: Start) -> None:
    steps = (TWICE[0], "{approve: two, who: {role: cfo}, human_required: true}", "{approve: three, who: {user: sub}, human_required: true}")
    header = "people: {dedup: first, self: skip}"
    play = start(*steps, header=header, cfo=("x",), world=World(managers={"sub": "boss"}))
    play.agree("x")
    assert play.open == {("two", "x")}
    play.agree("x")
    assert play.open == {("three", "boss")}


PICK = "{approve: check, who: {submitter_picks: {among: {role: legal}, fewest: 1, most: 2}}}"


@pytest.mark.parametrize(
    ("picks", "fine"), [((), False), (("a",), True), (("a", "b"), True), (("a", "b", "c"), False), (("x",), False), (("gone",), False)]
)
def test_a16_picks_are_required_and_within_range(flow_of: Flow, picks: tuple[str, ...], fine: bool) -> None:
    play = Play(flow_of(PICK), World(roles={"legal": ("a", "b", "c", "gone")}, inactive={"gone"}))
    command = c.Submit(FrozenMap({"check": picks} if picks else {}))
    if fine:
        play.do("sub", command)
        assert {holder for _, holder in play.open} == set(picks)
    else:
        assert play.refused("sub", command).code == "invalid"


def test_a16_picks_for_a_step_that_asks_for_none_are_refused(flow_of: Flow) -> None:
    play = Play(flow_of("{approve: check, who: owner}"))
    assert play.refused("sub", c.Submit(FrozenMap({"check": ("a",)}))).code == "invalid"


def test_all_questions_that_can_be_known_are_asked_at_once(flow_of: Flow) -> None:
    lanes = "[{flow: [{approve: a, who: {role: legal}}]}, {flow: [{approve: b, who: {role: cfo}}]}, {flow: [{approve: c, who: owner}]}]"
    command = c.Command("k", c.Actor("sub"), c.Submit())
    needs = decide(flow_of(f"{{parallel: p, branches: {lanes}}}"), State(), command, q.Facts(MORNING))
    assert isinstance(needs, Needs)
    assert len(needs.questions) == 3
    assert all(isinstance(question, q.Resolve) for question in needs.questions)


def test_facts_survive_a_trip_through_json_and_decide_the_same(flow_of: Flow) -> None:
    definition = flow_of("{approve: check, who: {role: legal}, due: 8 workhours}")
    world = World(roles={"legal": ("a",)})
    command = c.Command("k", c.Actor("sub"), c.Submit())
    facts = q.Facts(MORNING)
    result = decide(definition, State(), command, facts)
    while isinstance(result, Needs):
        facts = q.Facts(MORNING, {**facts.answers, **{one: world.answer(one) for one in result.questions}})
        result = decide(definition, State(), command, facts)
    assert isinstance(result, Decision)
    import json

    again = decide(definition, State(), command, q.Facts.of_data(json.loads(json.dumps(facts.as_data()))))
    assert again == result
