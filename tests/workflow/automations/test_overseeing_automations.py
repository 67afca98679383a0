"""Timers and runs of automations among the background work that administrators look after."""

from __future__ import annotations

from datetime import timedelta

from looseleaf_platform.jobs.overseeing import again, overview
from looseleaf_platform.records.ids import encode
from looseleaf_workflow.timers import fire_due, set_timer
from support.queries import counted

BROKEN = "automation: broken\nobject: deal\ntrigger: created\nsteps: [{assign: up, who: {manager: {of: owner}}}]\n"
PATIENT = "automation: patient\nobject: deal\ntrigger: created\nwhen: total > 5\nsteps: [{wait: w, for: 1 hours}]\n"


def seen(firm, name):
    return next(one for one in overview(firm.system) if one.queue.name == name)


def counts(firm, name):
    return {(one.kind, one.state): one.count for one in seen(firm, name).counts}


def test_runs_are_counted_and_failed_ones_tried_again(firm):
    firm.publish(BROKEN, PATIENT)
    deal = firm.deal(by=firm.boss, owner=firm.boss.actor.id, total=9)
    firm.settle()
    assert counts(firm, "automations") == {("broken", "failed"): 1, ("patient", "later"): 1}
    assert counts(firm, "timers") == {("automation_run", "later"): 1}
    (stuck,) = seen(firm, "automations").stuck
    assert (stuck.kind, stuck.state, "nobody" in stuck.error) == ("broken", "failed", True)
    firm.change(firm.boss.actor.id, by=firm.system, object="user", manager=encode(firm.lin.actor.id))
    assert again(firm.system, "automations") == 1
    firm.settle()
    assert firm.get(deal)["owner"] == firm.lin.actor.id
    assert again(firm.system, "automations", [stuck.id]) == 0


def test_a_timer_that_was_given_up_fires_again_unless_its_owner_set_another(firm):
    def ring(name):
        with firm.workspace.database.write() as connection:
            return set_timer(connection, firm.workspace, "test", 1, name, firm.clock())

    def fail(_workspace, _timer):
        raise ZeroDivisionError("no way")

    one, other = ring("one"), ring("other")
    assert counts(firm, "timers") == {("test", "waiting"): 2}
    while counts(firm, "timers").get(("test", "failed")) != 2:
        fire_due(firm.workspace, {"test": fail})
        firm.clock.advance(hours=2)
    assert {stuck.error for stuck in seen(firm, "timers").stuck} == {"ZeroDivisionError: no way"}
    ring("other")
    assert again(firm.system, "timers", [one, other]) == 1
    fired = []
    fire_due(firm.workspace, {"test": lambda _workspace, timer: fired.append(timer.name)})
    assert sorted(fired) == ["one", "other"]


def test_a_timer_that_failed_once_is_shown_as_one_that_will_be_tried_again(firm):
    with firm.workspace.database.write() as connection:
        set_timer(connection, firm.workspace, "test", 1, "one", firm.clock() - timedelta(minutes=1))
    states = []

    def fail(_workspace, _timer):
        states.append(counts(firm, "timers"))
        raise ZeroDivisionError

    fire_due(firm.workspace, {"test": fail})
    assert [*states, counts(firm, "timers")] == [{("test", "running"): 1}, {("test", "retry"): 1}]


def test_all_queues_cost_few_queries(firm):
    with counted() as sent:
        overview(firm.system)
    assert len(sent) <= 13, "\n".join(sent)
