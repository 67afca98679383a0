"""Stories of approvals, automations, clocks, pools, assignment and conversion: every effect in the database once, every call at least once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import delete, update

from chaos.stories import Act, House, tells
from looseleaf_platform.context import Context
from looseleaf_platform.database.system_tables import mail
from looseleaf_platform.errors import NotAllowed, Refused
from looseleaf_platform.jobs.leases import MOST_ATTEMPTS
from looseleaf_platform.jobs.outbox import put
from looseleaf_platform.records.ids import encode
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.automations import managing, running, switches, testing
from looseleaf_workflow.automations.tables import automation_run, automation_scan, automation_step, automation_switch
from looseleaf_workflow.clocks.tables import wf_clock, wf_clock_adoption, wf_clock_event
from looseleaf_workflow.conversions.deciding import Wish
from looseleaf_workflow.conversions.doing import convert
from looseleaf_workflow.notifications import inbox
from looseleaf_workflow.notifications.tables import wf_notification
from looseleaf_workflow.pools.acting import claim, extend, pool_named
from looseleaf_workflow.pools.tables import pool_event, pool_standing
from looseleaf_workflow.running.command import act
from looseleaf_workflow.running.stored import read_events
from looseleaf_workflow.running.submitting import Request, submit
from looseleaf_workflow.running.tables import approval_effect, approval_task
from looseleaf_workflow.stages import publishing
from looseleaf_workflow.stages.ticking import tick
from looseleaf_workflow.tables import stage_action, wf_timer
from looseleaf_workflow.timers import set_timer
from looseleaf_workflow.timers.overseeing import fire_again


def submitted(house: House) -> tuple[int, int]:
    """A large deal of 林's, waiting for her manager: its id, and the approval's."""
    deal = house.make("deal", name=house.name("large"), amount=500, owner=house.lin.actor.id)
    return deal, submit(house.by(house.lin), Request("deal", deal), house.name("key"))


def task_of(house: House, instance: int, person: Context) -> c.TaskId:
    """Somebody's open task."""
    (row,) = house.rows(approval_task, instance_id=instance, status="open", holder=encode(person.actor.id or 0))
    return c.TaskId(row.node, row.visit, row.slot, row.generation)


def happened(house: House, instance: int) -> list[str]:
    """The names of an approval's events."""
    with house.workspace.database.read() as connection:
        return [type(event.body).__name__ for event in read_events(connection, instance)]


def agree(house: House, instance: int, person: Context) -> None:
    """Agree to one's task, if it is open still."""
    with suppress(ValueError):
        act(house.by(person), instance, c.Agree(task_of(house, instance, person)), f"agree-{instance}-{person.actor.id}")


@tells("workflow.running.command:transact.again")
def a_deal_is_submitted_and_agreed(house: House) -> Iterator[Act]:
    deal = house.make("deal", name=house.name("large"), amount=500, owner=house.lin.actor.id)
    key, found = house.name("key"), list[int]()

    def drive() -> None:
        found.append(submit(house.by(house.lin), Request("deal", deal), key))
        for person in (house.boss, house.zhou):
            agree(house, found[-1], person)

    yield drive
    assert house.get("deal", deal)["agreed"] is True
    assert [row.what for row in house.rows(approval_effect, instance_id=found[-1]) if row.what == "update"] == ["update"]
    assert happened(house, found[-1]).count("Voted") == 2


@tells("workflow.running.ringing:ring", "workflow.timers.firing:_claim")
def nobody_decides_in_time(house: House) -> Iterator[Act]:
    _, instance = submitted(house)
    house.clock.advance(hours=9)
    yield house.settle
    assert happened(house, instance).count("TimerFired") == 1, happened(house, instance)
    agree(house, instance, house.boss)
    agree(house, instance, house.zhou)


def runs(house: House, deal: int) -> list[Any]:
    """The runs for a deal."""
    return house.rows(automation_run, record_id=deal)


@tells("workflow.automations.dispatch:_look_at", *(f"workflow.automations.running:_turn{n}" for n in ("", "#3")))
def a_new_deal_sets_off_a_rule(house: House) -> Iterator[Act]:
    name = house.name("welcome")
    deal = house.make("deal", name=name, note="welcome")
    yield house.settle
    (run,) = runs(house, deal)
    assert run.state == "done", run.error
    assert house.count("line", deal=deal) == 1
    assert house.get("deal", deal)["marks"] == ("welcomed",)
    assert sum(name in body for body in house.sink()) >= 1
    assert len(house.rows(wf_notification, record_id=deal)) == 1


@tells("workflow.automations.running:_turn#2")
def a_step_that_can_not_be_done_is_noted(house: House) -> Iterator[Act]:
    deal = house.make("deal", name=house.name("broken"), note="broken")
    yield house.settle
    (run,) = runs(house, deal)
    assert run.state == "failed"
    assert [row.state for row in house.rows(automation_step, run_id=run.id)] == ["failed"]


@tells("workflow.automations.running:handle")
def a_run_that_nobody_can_read_is_given_up(house: House) -> Iterator[Act]:
    deal = house.make("deal", name=house.name("wait"), note="wait")
    house.settle()
    (run,) = runs(house, deal)
    with house.workspace.database.write() as connection:
        connection.execute(update(automation_run).where(automation_run.c.id == run.id).values(version="lost", state="running"))
        message = put(connection, house.workspace, switches.RUN_TOPIC, {"run": encode(run.id)}, lane="automation")
        house.tried_often(connection, message, MOST_ATTEMPTS - 1)
    yield house.settle
    assert runs(house, deal)[0].state == "failed"
    assert house.rows(wf_timer, owner_id=run.id, state="waiting") == []


@tells("workflow.automations.running:woken")
def a_run_waits_for_an_hour(house: House) -> Iterator[Act]:
    deal = house.make("deal", name=house.name("wait"), note="wait")
    house.settle()
    house.clock.advance(hours=2)
    yield house.settle
    assert [run.state for run in runs(house, deal)] == ["done"]
    assert house.get("deal", deal)["marks"] == ("waited",)


@contextmanager
def few_steps_in_a_row() -> Iterator[None]:
    """A run gives way to others after every step."""
    usual, running.MOST_STEPS = running.MOST_STEPS, 1
    try:
        yield
    finally:
        running.MOST_STEPS = usual


@tells("workflow.automations.running:advance")
def a_long_run_gives_way_to_others(house: House) -> Iterator[Act]:
    deal = house.make("deal", name=house.name("welcome"), note="welcome")

    def go_on() -> None:
        with few_steps_in_a_row():
            for _ in range(6):
                house.settle()

    yield go_on
    assert [run.state for run in runs(house, deal)] == ["done"]
    assert house.count("line", deal=deal) == 1


@tells("workflow.automations.managing:start")
def a_rule_is_started_by_hand(house: House) -> Iterator[Act]:
    deal = house.make("deal", name=house.name("deal"))

    def start() -> None:
        if not runs(house, deal):  # whoever got no answer looks first
            managing.start(house.system, "by_hand", deal)

    yield start
    assert [run.state for run in runs(house, deal)] == ["done"]
    assert house.get("deal", deal)["marks"] == ("by_hand",)


@tells("workflow.automations.testing:try_step")
def a_step_is_tried_out(house: House) -> Iterator[Act]:
    deal = house.make("deal", name=house.name("deal"))

    def start() -> None:
        if not runs(house, deal):
            testing.try_step(house.system, "by_hand", deal, "mark", {})

    yield start
    assert [run.state for run in runs(house, deal)] == ["done"]


@tells("workflow.automations.managing:cancel")
def a_run_is_cancelled(house: House) -> Iterator[Act]:
    deal = house.make("deal", name=house.name("wait"), note="wait")
    house.settle()

    def cancel() -> None:
        with suppress(NotAllowed):  # it is over already
            managing.cancel(house.system, runs(house, deal)[0].id)

    yield cancel
    assert [run.state for run in runs(house, deal)] == ["cancelled"]


@tells("workflow.automations.managing:retry")
def a_run_that_failed_is_tried_again(house: House) -> Iterator[Act]:
    deal = house.make("deal", name=house.name("broken"), note="broken")
    house.settle()
    house.change("deal", deal, amount=1)

    def again() -> None:
        with suppress(NotAllowed):  # only a run that did not end well
            managing.retry(house.system, runs(house, deal)[0].id, "step", "original")

    yield again
    assert [run.state for run in runs(house, deal)] == ["done"]


@tells("workflow.automations.switches:switch")
def a_rule_is_switched_off(house: House) -> Iterator[Act]:
    id = house.system.model.others["automation"]["by_hand"].id
    yield lambda: switches.switch(house.system, id, False, reason="noise")
    assert [row.running for row in house.rows(automation_switch, automation_id=id)] == [False]
    switches.switch(house.system, id, True)


@tells("workflow.automations.schedule:_note", "workflow.automations.schedule:_flush")
def a_rule_goes_by_the_clock(house: House) -> Iterator[Act]:
    house.settle()
    deal = house.make("deal", name=house.name("nightly"), note="nightly")
    house.clock.advance(days=1)
    yield house.settle
    days = len({run.key for run in runs(house, deal)})
    assert days >= 1
    assert [run.state for run in runs(house, deal)] == ["done"] * days
    assert house.get("deal", deal)["amount"] == days
    house.change("deal", deal, note="")
    assert len(house.rows(automation_scan)) == 1


@tells("workflow.clocks.ringing:ring", "workflow.clocks.telling:_start")
def a_promise_is_missed(house: House) -> Iterator[Act]:
    ticket = house.make("ticket", subject=house.name("ticket"), owner=house.lin.actor.id)
    house.clock.advance(days=4)
    yield house.settle
    assert [row.kind for row in house.rows(wf_clock_event, record_id=ticket)].count("sla_breached") == 1
    assert [run.state for run in runs(house, ticket)] == ["done"]
    assert len(house.rows(wf_notification, record_id=ticket)) == 1


@tells("workflow.pools.acting:_write.once", "workflow.pools.acting:extend.once")
def a_lead_is_claimed_and_kept_for_longer(house: House) -> Iterator[Act]:
    lead = house.make("lead", name=house.name("lead"), region="south")
    pool = pool_named(house.by(house.boss), "lake")

    def take() -> None:
        claim(house.by(house.lin), pool_named(house.by(house.lin), "lake"), [lead])
        with suppress(Refused):  # it was extended already
            extend(house.by(house.boss), pool, lead, "on holiday")

    yield take
    assert house.get("lead", lead)["owner"] == house.lin.actor.id
    assert [row.kind for row in house.rows(pool_event, record_id=lead)].count("claimed") == 1
    assert [row.extensions for row in house.rows(pool_standing, record_id=lead)] == [1]


@tells("workflow.pools.returning:look")
def a_lead_that_nobody_works_on_goes_back(house: House) -> Iterator[Act]:
    lead = house.make("lead", name=house.name("lead"), region="south", owner=house.lin.actor.id)
    house.settle()
    house.clock.advance(days=8)
    house.settle()
    house.clock.advance(days=30)
    yield house.settle
    assert house.get("lead", lead)["owner"] is None
    assert [row.kind for row in house.rows(pool_event, record_id=lead)].count("recycled") == 1


@tells("workflow.assignment.queueing:ask_again")
def a_lead_waits_until_somebody_is_back(house: House) -> Iterator[Act]:
    house.change("user", house.sub.actor.id or 0, state="on_leave")
    lead = house.make("lead", house.lin, name=house.name("lead"), region="east", owner=None)
    assert house.get("lead", lead)["owner"] is None
    house.change("user", house.sub.actor.id or 0, state="active")
    house.clock.advance(minutes=11)
    yield house.settle
    assert house.get("lead", lead)["owner"] == house.sub.actor.id


@tells("workflow.conversions.doing:convert.once")
def a_lead_is_converted(house: House) -> Iterator[Act]:
    name = house.name("lead")
    lead = house.make("lead", name=name, region="south", owner=house.lin.actor.id)

    def go() -> None:
        with suppress(Refused):  # converted before, with where it went
            convert(house.by(house.lin), "lead", [Wish(lead)])

    yield go
    assert house.count("account", name=name) == 1
    assert house.get("lead", lead)["account"] is not None


@tells("workflow.notifications.inbox:mark_read", "workflow.notifications.inbox:mark_all_read")
def somebody_reads_what_they_were_told(house: House) -> Iterator[Act]:
    deal = house.make("deal", name=house.name("welcome"), note="welcome", owner=house.lin.actor.id)
    house.settle()
    (told,) = house.rows(wf_notification, record_id=deal)

    def read() -> None:
        inbox.mark_read(house.by(house.lin), told.id)
        inbox.mark_all_read(house.by(house.lin))

    yield read
    assert inbox.unread(house.by(house.lin)) == 0


@tells("workflow.stages.ticking:tick")
def a_key_action_is_ticked(house: House) -> Iterator[Act]:
    deal = house.make("deal", name=house.name("deal"), owner=house.lin.actor.id, stage="open")

    def visit() -> None:
        if not house.rows(stage_action, record_id=deal):
            tick(house.by(house.lin), "deal", deal, "visit")

    yield visit
    assert [(row.action, row.done) for row in house.rows(stage_action, record_id=deal)] == [("visit", True)]


@tells("workflow.clocks.adopting:_adopt", "workflow.clocks.adopting:_chunk", "workflow.clocks.adopting:_forget_gone")
@tells("workflow.pools.adopting:_chunk")
def rules_are_brought_to_the_records_that_are_there(house: House) -> Iterator[Act]:
    ticket = house.make("ticket", subject=house.name("ticket"))
    lead = house.make("lead", name=house.name("lead"), region="south", owner=house.lin.actor.id)
    house.settle()
    with house.workspace.database.write() as connection:
        connection.execute(delete(wf_clock).where(wf_clock.c.record_id == ticket))
        connection.execute(delete(pool_standing).where(pool_standing.c.record_id == lead))
        connection.execute(delete(wf_clock_adoption))
        put(connection, house.workspace, publishing.TOPIC, {"revision": house.workspace.runtime.revision})
    yield house.settle
    assert [row.live for row in house.rows(wf_clock, record_id=ticket)] == [True]
    assert [row.owner for row in house.rows(pool_standing, record_id=lead)] == [house.lin.actor.id]
    assert len(house.rows(wf_clock_adoption)) == 1


def lost_timer(house: House) -> int:
    """A timer of an approval that is not there."""
    with house.workspace.database.write() as connection:
        return set_timer(connection, house.workspace, "approval", 1, house.name("lost"), house.clock(), {"generation": 1})


@tells("workflow.timers.firing:_fire")
def a_timer_that_can_not_fire_is_noted_and_tried_again(house: House) -> Iterator[Act]:
    id = lost_timer(house)
    yield house.settle
    (timer,) = house.rows(wf_timer, id=id)
    assert (timer.state, timer.error != "") == ("waiting", True)
    with house.workspace.database.write() as connection:
        connection.execute(delete(wf_timer).where(wf_timer.c.id == id))


@tells("workflow.timers.overseeing:fire_again")
def a_timer_that_was_given_up_fires_again(house: House) -> Iterator[Act]:
    id = lost_timer(house)
    with house.workspace.database.write() as connection:
        connection.execute(update(wf_timer).where(wf_timer.c.id == id).values(state="failed", attempts=MOST_ATTEMPTS))
    yield lambda: fire_again(house.system, id)
    (timer,) = house.rows(wf_timer, id=id)
    assert (timer.state, 0 < timer.attempts < MOST_ATTEMPTS) == ("waiting", True)
    with house.workspace.database.write() as connection:
        connection.execute(delete(wf_timer).where(wf_timer.c.id == id))


@tells("workflow.running.mailing:_send")
def who_is_to_decide_is_written_to(house: House) -> Iterator[Act]:
    sent = len(house.rows(mail, recipient="he@firm.example"))
    _, instance = submitted(house)
    yield house.settle
    assert len(house.rows(mail, recipient="he@firm.example")) == sent + 1
    for person in (house.boss, house.zhou):
        agree(house, instance, person)
