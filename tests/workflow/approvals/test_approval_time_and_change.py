"""Due times and reminders, material changes, other versions of the flow (A84, A85, A96, A98, A99, A110 to A115)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals.definition import Definition
from looseleaf_workflow.approvals.migration import migration_of
from support.approval_play import ADMIN, MORNING, Play, World

Start = Callable[..., Play]
Flow = Callable[..., Definition]


def due(then: str, more: str = "") -> str:
    return f"{{approve: check, who: {{role: legal}}, due: {{in: 8 hours, then: {then}{more}}}}}"


@pytest.mark.parametrize(
    ("then", "status", "open_", "told"),
    [
        ("remind", "running", {("check", "a")}, "reminder"),
        ("notify_admin", "running", {("check", "a")}, "overdue"),
        ("auto_agree", "approved", set(), "approved"),
        ("auto_reject", "rejected", set(), "rejected"),
        ("{escalate_to: {manager: holder}}", "running", {("check", "boss")}, "task"),
        ("{transfer: {role: cfo}}", "running", {("check", "x")}, "task"),
    ],
)
def test_a110_when_a_task_is_overdue_exactly_one_thing_happens(
    start: Start, then: str, status: str, open_: set[tuple[str, str]], told: str
) -> None:
    play = start(due(then), legal=("a",), cfo=("x",), world=World(managers={"a": "boss"}))
    play.fire("due")
    assert (play.status, play.open) == (status, open_)
    assert {event.actor for event in play.last} == {"system"}
    assert told in {effect.what for effect in play.effects}
    assert not play.state.timers


def test_a111_each_reminder_fires_once(start: Start) -> None:
    play = start(due("remind", ", remind: [2 hours, 4 hours]"), legal=("a",))
    for name in ("remind1", "remind2"):
        play.fire(name)
        assert play.told("reminder") == ("a",)
    assert play.do(c.SYSTEM, c.FireTimer("check:1:1:remind1", 1)).events[0].body.__class__.__name__ == "TimerIgnored"
    assert play.effects == ()


@pytest.mark.parametrize(("misfire", "told"), [("once", ("a",)), ("skip", ())])
def test_a111_reminders_missed_while_the_system_was_down_are_sent_once_or_not(start: Start, misfire: str, told: tuple[str, ...]) -> None:
    play = start(due("remind", f", remind: [2 hours, 4 hours], misfire: {misfire}"), legal=("a",))
    play.world.now += timedelta(hours=6)
    play.fire("remind1")
    assert play.told("reminder") == told
    assert not [timer for timer in play.state.timers.values() if timer.kind == "remind"]


def test_a112_a_timer_that_comes_late_does_nothing(start: Start) -> None:
    play = start(due("auto_reject"), "{approve: next, who: {role: cfo}}", legal=("a",), cfo=("x",))
    [timer] = play.state.timers.values()
    play.agree("a")
    before = play.state
    play.world.now = timer.at
    play.do(c.SYSTEM, c.FireTimer(timer.id, timer.generation))
    assert play.happened() == ["TimerIgnored"]
    assert replace(play.state, number=before.number, commands=before.commands) == before
    other = start(due("auto_reject"), legal=("a",))
    task = other.task("a").id
    other.fire("due")
    assert other.refused("a", c.Agree(task)).code == "ended"


def test_a112_a_timer_of_an_older_generation_does_nothing(start: Start) -> None:
    play = start(due("auto_reject", ", on_transfer: restart"), legal=("a",))
    play.transfer("a", "b")
    play.do(c.SYSTEM, c.FireTimer("check:1:1:due", 1))
    assert play.happened() == ["TimerIgnored"]
    play.fire("due")
    assert play.status == "rejected"


def test_a114_a_second_level_follows_only_if_the_task_is_still_open(start: Start) -> None:
    then = "[{escalate_to: {manager: holder}}, {escalate_to: {manager: holder}, after: 2 hours}]"
    play = start(due(then), legal=("a",), world=World(managers={"a": "m1", "m1": "m2"}))
    play.fire("due")
    assert play.open == {("check", "m1")}
    [timer] = play.state.timers.values()
    assert (timer.level, timer.at, timer.generation) == (2, MORNING + timedelta(hours=10), 2)
    play.fire("due")
    assert play.open == {("check", "m2")}
    decided = start(due(then), legal=("a",), world=World(managers={"a": "m1"}))
    decided.fire("due")
    decided.agree("m1")
    assert not decided.state.timers


def test_a114_an_escalation_to_somebody_who_decides_already_goes_one_level_up(start: Start) -> None:
    world = World(managers={"a": "b", "b": "top"})
    play = start(due("{escalate_to: {manager: holder}}"), legal=("a", "b"), world=world)
    play.fire("1:1:due")
    assert play.open == {("check", "top"), ("check", "b")}
    same = start(due("{escalate_to: {role: legal}}"), legal=("b",), world=World(managers={"b": "top"}))
    same.fire("due")
    assert same.open == {("check", "top")}
    nobody = start(due("{escalate_to: {manager: holder}}"), legal=("a",))
    nobody.fire("due")
    assert nobody.open == {("check", "@admins")}


@pytest.mark.parametrize(("action", "status"), [("auto_reject", "rejected"), ("auto_agree", "approved"), ("notify_admin", "running")])
def test_a115_the_deadline_of_the_instance_goes_before_those_of_its_tasks(start: Start, action: str, status: str) -> None:
    play = start(due("{transfer: {role: cfo}}"), header=f"deadline: {{in: 4 hours, do: {action}}}", legal=("a",), cfo=("x",))
    play.fire("1:due")  # both have passed; the one of the task comes first
    assert play.status == status
    assert play.open <= {("check", "a")}
    assert "deadline" not in play.state.timers


def test_a112_a_timer_waits_while_the_instance_has_stopped_with_an_error(start: Start) -> None:
    lanes = "[{flow: [{approve: a, who: {user: ann}, due: {in: 8 hours, then: auto_reject}}]}, {flow: [{handle: h, who: {user: bob}}, {approve: b, who: {role: legal}}]}]"
    play = start(f"{{parallel: p, branches: {lanes}}}", legal=("x",), world=World(broken={"legal": "no"}))
    play.agree("bob")
    assert play.status == "error"
    [timer] = play.state.timers.values()
    play.world.now = timer.at
    assert play.refused(c.SYSTEM, c.FireTimer(timer.id, timer.generation)).code == "conflict"
    play.world.broken.clear()
    play.do(ADMIN, c.Retry())
    play.fire("due")
    assert play.status == "rejected"


MATERIAL = "material: {fields: [amount, discount], on_change: %s}"
STEPS = (
    "{approve: one, who: {role: legal}}",
    "{approve: two, who: {role: cfo}}",
    "{approve: three, who: {role: finance}}",
)
PEOPLE = {"legal": ("a", "b"), "cfo": ("x", "y"), "finance": ("z",)}


def changed(play: Play, amount: int) -> list[str]:
    """The material fields change; what happened."""
    play.world.values["amount"] = amount
    play.do(c.SYSTEM, c.RecordChanged(FrozenMap({"amount": amount})))
    return play.happened()


def test_a84_restart_begins_anew_where_somebody_has_decided(start: Start) -> None:
    play = start(*STEPS, header=MATERIAL % "restart", **PEOPLE)
    assert changed(play, 1) == ["Changed"]
    play.agree("a")
    play.agree("b")
    play.agree("x")
    assert "Rewound" in changed(play, 2)
    assert play.open == {("one", "a"), ("one", "b")}


def test_a84_reask_voted_asks_those_who_decided_about_other_values(start: Start) -> None:
    play = start(STEPS[0], header=MATERIAL % "reask_voted", **PEOPLE)
    play.agree("a")
    task = play.task("b").id
    changed(play, 2)
    assert play.open == {("one", "a"), ("one", "b")}
    assert play.task("b").id == task
    [change] = [effect for effect in play.effects if effect.what == "material_changed"]
    assert change.data["before"] == {"amount": None}
    play.agree("a")
    play.agree("b")
    assert play.status == "approved"


def test_a84_a_step_that_has_passed_is_entered_again(start: Start) -> None:
    play = start(*STEPS, header=MATERIAL % "reask_voted", **PEOPLE)
    for person in "abx":
        play.agree(person)
    changed(play, 2)
    assert play.open == {("one", "a"), ("one", "b")}


def test_a84_continue_notes_the_change_and_goes_on(start: Start) -> None:
    play = start(*STEPS, header=MATERIAL % "continue", **PEOPLE)
    play.agree("a")
    assert changed(play, 2) == ["Changed"]
    assert play.open == {("one", "b")}


@pytest.mark.parametrize("policy", ["restart", "reask_voted", "continue"])
def test_a84_an_edit_of_the_same_value_is_no_change(start: Start, policy: str) -> None:
    play = start(*STEPS, header=MATERIAL % policy, world=World(values={"amount": 5}), **PEOPLE)
    play.agree("a")
    play.do(c.SYSTEM, c.RecordChanged(FrozenMap({"amount": 5})))
    assert play.last == ()


def test_a85_there_and_back_again_forces_nobody_to_decide_again(start: Start) -> None:
    play = start(STEPS[0], header=MATERIAL % "reask_voted", world=World(values={"amount": 1}), **PEOPLE)
    play.agree("a")
    changed(play, 2)
    assert play.open == {("one", "a"), ("one", "b")}
    changed(play, 1)
    assert play.open == {("one", "b")}
    play.agree("b")
    assert play.status == "approved"


def test_a85_also_where_steps_had_passed(start: Start) -> None:
    play = start(*STEPS, header=MATERIAL % "reask_voted", world=World(values={"amount": 1}), **PEOPLE)
    for person in "abx":
        play.agree(person)
    changed(play, 2)
    assert play.open == {("one", "a"), ("one", "b")}
    changed(play, 1)
    assert play.open == {("two", "y")}


def test_a84_a_change_past_the_lock_is_flagged_with_its_reason(start: Start) -> None:
    play = start(STEPS[0], header=MATERIAL % "continue", **PEOPLE)
    play.do(ADMIN, c.RecordChanged(FrozenMap({"amount": 9}), "typing error"))
    assert play.last[0].body.bypass == "typing error"  # type: ignore[union-attr]


V1 = ("{approve: one, who: {role: legal}, due: 8 hours}", "{approve: two, who: {role: cfo}}")


def test_a98_an_instance_goes_on_under_another_version_with_its_tasks_and_votes(start: Start, flow_of: Flow) -> None:
    play = start(*V1, legal=("a", "b"), cfo=("x",))
    play.agree("a")
    task, due_ = play.task("b"), play.task("b").due
    v2 = flow_of(
        "{approve: first, who: {role: finance}, mode: any}", "{approve: new, who: {role: finance}}", "{approve: two, who: {role: cfo}}"
    )
    assert migration_of(play.definition, v2, play.state, {"one": "first"}).possible
    play.do(ADMIN, c.Migrate(v2, FrozenMap({"one": "first"})))
    assert play.happened() == ["Migrated"]
    assert play.state.definition == v2.sha256
    moved = play.task("b")
    assert (moved.id.node, moved.id.generation, moved.due) == ("first", task.id.generation, due_)
    assert len(play.node("first").human_votes) == 1
    play.agree("b")
    play.world.roles["finance"] = ("z",)
    assert play.status == "running"


def test_a98_a_migration_is_undone_until_the_next_vote(start: Start, flow_of: Flow) -> None:
    play = start(*V1, legal=("a", "b"), cfo=("x",))
    v1, v2 = play.definition, flow_of("{approve: first, who: {role: legal}}", "{approve: two, who: {role: cfo}}")
    before = play.state
    play.do(ADMIN, c.Migrate(v2, FrozenMap({"one": "first"})))
    assert play.refused("a", c.UndoMigration(v1)).code == "not-allowed"
    play.do(ADMIN, c.UndoMigration(v1))
    assert (play.state.nodes, play.state.timers, play.state.definition) == (before.nodes, before.timers, v1.sha256)
    play.do(ADMIN, c.Migrate(v2, FrozenMap({"one": "first"})))
    play.agree("a")
    assert play.refused(ADMIN, c.UndoMigration(v1)).code == "conflict"


def test_a98_what_was_gone_past_comes_back_with_the_old_version(start: Start, flow_of: Flow) -> None:
    play = start(*V1, legal=("a",), cfo=("x",))
    play.agree("a")
    v1, v2 = play.definition, flow_of("{approve: two, who: {role: cfo}}")
    play.do(ADMIN, c.Migrate(v2))
    assert "one" not in play.state.nodes
    play.do(ADMIN, c.UndoMigration(v1))
    assert play.node("one").status == "passed"


def test_a98_new_steps_that_were_gone_past_are_named(start: Start, flow_of: Flow) -> None:
    play = start(*V1, legal=("a",), cfo=("x",))
    play.agree("a")
    v2 = flow_of(V1[0], "{approve: extra, who: {role: finance}}", V1[1])
    assert migration_of(play.definition, v2, play.state, {}).never_asked == ("extra",)


def test_a99_an_instance_that_sits_at_a_removed_step_stays_and_says_why(start: Start, flow_of: Flow) -> None:
    play = start(*V1, legal=("a",), cfo=("x",))
    gone = flow_of("{approve: two, who: {role: cfo}}")
    plan = migration_of(play.definition, gone, play.state, {})
    assert [str(reason) for reason in plan.reasons] == ["the step 'one' is gone, and nothing says what takes its place"]
    assert play.refused(ADMIN, c.Migrate(gone)).code == "conflict"
    play.agree("a")
    play.do(ADMIN, c.Migrate(gone))
    assert play.open == {("two", "x")}


def test_a99_nor_does_it_move_to_another_kind_or_another_branch(start: Start, flow_of: Flow) -> None:
    play = start(*V1, legal=("a",), cfo=("x",))
    kinds = flow_of("{handle: one, who: {role: legal}}", V1[1])
    inside = flow_of(f'{{branch: b, cases: [{{when: "amount > 1", flow: [{V1[0]}]}}], else: []}}', V1[1])
    for other in (kinds, inside):
        assert not migration_of(play.definition, other, play.state, {}).possible


def test_a99_inside_a_parallel_the_lanes_must_be_there(start: Start, flow_of: Flow) -> None:
    def lanes(count: int) -> str:
        flows = ", ".join(f"{{flow: [{{approve: s{n}, who: {{user: p{n}}}}}]}}" for n in range(count))
        return f"{{parallel: p, branches: [{flows}]}}"

    play = start(lanes(3))
    assert not migration_of(play.definition, flow_of(lanes(2)), play.state, {}).possible
    play.do(ADMIN, c.Migrate(flow_of(lanes(4))))
    for person in ("p0", "p1", "p2"):
        play.agree(person)
    assert play.status == "approved"  # the new lane was never started


def test_a96_a_republished_flow_leaves_running_instances_on_their_version(start: Start, flow_of: Flow) -> None:
    play = start(*V1, legal=("a",), cfo=("x",))
    changed_flow = flow_of(V1[1])
    assert changed_flow.sha256 != play.state.definition
    play.agree("a")
    assert play.open == {("two", "x")}
