"""Timers fire once each, in due order, however late, and never when they were moved or cancelled: L13, L14, L15, E06, E09 to E11."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import insert, inspect, select

from looseleaf_platform.jobs.leases import LEASE, MOST_ATTEMPTS
from looseleaf_workflow.tables import MIGRATIONS, wf_timer
from looseleaf_workflow.timers import cancel_timer, cancel_timers_of, fire_due, set_timer, take, waiting_timers


class Bell:
    """A handler that notes which timers it took; `error` is raised after taking."""

    def __init__(self) -> None:
        self.rung: list[str] = []
        self.timers = []
        self.error: Exception | None = None

    def __call__(self, workspace, timer):
        with workspace.database.write() as connection:
            if take(connection, workspace, timer):
                self.rung.append(timer.name)
                self.timers.append(timer)
                if self.error is not None:
                    self.rung.pop()
                    raise self.error


@pytest.fixture
def bell():
    return Bell()


def put(workspace, name="ring", owner=1, kind="test", payload=None, **after):
    with workspace.database.write() as connection:
        return set_timer(connection, workspace, kind, owner, name, workspace.clock() + timedelta(**after), payload)


def row(workspace, id):
    with workspace.database.read() as connection:
        return connection.execute(select(wf_timer).where(wf_timer.c.id == id)).one()


def test_l17_a_timer_never_fires_before_its_moment_and_fires_at_it(timed, bell, clock):
    put(timed, minutes=10, payload={"a": 1})
    clock.advance(minutes=10, microseconds=-1)
    assert fire_due(timed, {"test": bell}) == 0
    clock.advance(microseconds=1)
    assert fire_due(timed, {"test": bell}) == 1
    assert (bell.rung, bell.timers[0].payload, bell.timers[0].late) == (["ring"], {"a": 1}, timedelta(0))


def test_l13_when_the_clock_steps_back_nothing_fires_twice_and_nothing_is_lost(timed, bell, clock):
    put(timed, "first", minutes=5)
    put(timed, "second", minutes=50)
    clock.advance(minutes=10)
    fire_due(timed, {"test": bell})
    clock.advance(hours=-1)
    fire_due(timed, {"test": bell})
    clock.advance(hours=1)
    fire_due(timed, {"test": bell})
    assert bell.rung == ["first"]
    clock.advance(hours=1)
    fire_due(timed, {"test": bell})
    assert bell.rung == ["first", "second"]


def test_l13_when_the_clock_steps_forward_due_timers_fire_once_a_few_at_a_time_and_say_how_late(timed, bell, clock):
    ids = [put(timed, f"t{number:02}", minutes=number) for number in range(30)]
    clock.advance(days=1)
    assert fire_due(timed, {"test": bell}, limit=25) == 25
    assert fire_due(timed, {"test": bell}, limit=25) == 5
    assert len(bell.rung) == len(set(bell.rung)) == 30
    assert row(timed, ids[2]).late_by == 24 * 3600 - 120


def test_l14_a_moved_timer_fires_at_its_new_moment_only_with_its_new_payload(timed, bell, clock):
    id = put(timed, minutes=5, payload="old")
    assert put(timed, minutes=60, payload="new") == id
    clock.advance(minutes=30)
    assert fire_due(timed, {"test": bell}) == 0
    clock.advance(minutes=30)
    fire_due(timed, {"test": bell})
    assert [(timer.generation, timer.payload) for timer in bell.timers] == [(2, "new")]


def test_l14_a_firing_under_way_comes_to_nothing_where_the_timer_is_moved_meanwhile(timed, bell, clock):
    id = put(timed, minutes=5)

    def moved_first(workspace, timer):
        put(workspace, minutes=60)
        bell(workspace, timer)

    clock.advance(minutes=5)
    fire_due(timed, {"test": moved_first})
    assert bell.rung == []
    assert (row(timed, id).state, row(timed, id).generation) == ("waiting", 2)
    clock.advance(minutes=60)
    fire_due(timed, {"test": bell})
    assert bell.rung == ["ring"]


@pytest.mark.parametrize("cancel", [cancel_timers_of, lambda *of: cancel_timer(*of, "ring")], ids=["all", "by name"])
def test_l14_a_firing_under_way_comes_to_nothing_where_the_timer_is_cancelled_meanwhile(timed, bell, clock, cancel):
    id = put(timed, minutes=5)

    def cancelled_first(workspace, timer):
        with workspace.database.write() as connection:
            cancel(connection, "test", 1)
        bell(workspace, timer)

    clock.advance(minutes=5)
    fire_due(timed, {"test": cancelled_first})
    fire_due(timed, {"test": bell})
    assert (bell.rung, row(timed, id).state) == ([], "cancelled")


def test_l15_after_an_outage_timers_fire_in_the_order_in_which_they_were_due(timed, bell, clock):
    with timed.database.write() as connection:
        base = {"owner_kind": "test", "name": "x", "generation": 1, "state": "waiting", "set_at": clock(), "attempts": 0}
        moments = [(number * 37) % 300 for number in range(300)]
        rows = [
            base | {"id": n + 1, "owner_id": n, "name": f"{m:03}", "fire_at": clock() + timedelta(seconds=m)} for n, m in enumerate(moments)
        ]
        connection.execute(insert(wf_timer), rows)
    clock.advance(days=1)
    assert fire_due(timed, {"test": bell}) == 300
    assert bell.rung == sorted(bell.rung)


def test_e06_a_timer_delivered_twice_is_taken_once(timed, clock):
    put(timed, minutes=1)
    clock.advance(minutes=1)
    taken = []

    def twice(workspace, timer):
        for _ in range(2):
            with workspace.database.write() as connection:
                taken.append(take(connection, workspace, timer))

    fire_due(timed, {"test": twice})
    assert taken == [True, False]


def test_e10_a_worker_that_hung_past_its_lease_is_fenced_off(timed, bell, clock):
    put(timed, minutes=1)
    clock.advance(minutes=1)

    def hangs(workspace, timer):
        clock.advance(seconds=LEASE.total_seconds() + 1)
        fire_due(workspace, {"test": bell})  # another process takes over
        with workspace.database.write() as connection:
            assert not take(connection, workspace, timer)

    fire_due(timed, {"test": hangs})
    assert bell.rung == ["ring"]


def test_e11_the_timers_of_a_process_that_died_fire_once_its_lease_has_run_out(timed, bell, clock):
    put(timed, minutes=1)
    clock.advance(minutes=1)

    def dies(workspace, timer):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fire_due(timed, {"test": dies})
    assert fire_due(timed, {"test": bell}) == 0
    clock.advance(seconds=LEASE.total_seconds() + 1)
    assert fire_due(timed, {"test": bell}) == 1


def test_e09_a_timer_whose_handler_fails_is_tried_again_and_then_kept_as_failed_while_others_fire(timed, bell, clock):
    poison = put(timed, "poison", owner=1, minutes=1)
    put(timed, "good", owner=2, minutes=2)
    clock.advance(minutes=5)
    failing = Bell()
    failing.error = ValueError("no")

    def choose(workspace, timer):
        (failing if timer.name == "poison" else bell)(workspace, timer)

    assert fire_due(timed, {"test": choose}) == 1
    assert bell.rung == ["good"]
    assert (row(timed, poison).state, row(timed, poison).error) == ("waiting", "ValueError: no")
    for _ in range(MOST_ATTEMPTS):
        clock.advance(hours=2)
        fire_due(timed, {"test": choose})
    assert (row(timed, poison).state, row(timed, poison).attempts) == ("failed", MOST_ATTEMPTS)


def test_a_timer_set_in_a_transaction_that_fails_was_never_set(timed, bell, clock):
    def fail():
        with timed.database.write() as connection:
            set_timer(connection, timed, "test", 1, "ring", clock())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert fire_due(timed, {"test": bell}) == 0


def test_timers_of_a_kind_that_nobody_here_knows_wait(timed, bell, clock):
    put(timed, kind="strange", minutes=1)
    clock.advance(minutes=2)
    assert fire_due(timed, {"test": bell}) == 0
    assert fire_due(timed, {"strange": bell}) == 1


def test_an_owner_sees_its_waiting_timers_by_name(timed, clock):
    put(timed, "late", minutes=9)
    put(timed, "soon", minutes=3)
    put(timed, "other", owner=2, minutes=1)
    with timed.database.write() as connection:
        assert list(waiting_timers(connection, "test", 1)) == ["soon", "late"]
        assert cancel_timers_of(connection, "test", 1) == 2
        assert cancel_timer(connection, "test", 1, "soon") is False
        assert waiting_timers(connection, "test", 1) == {}


def test_a_database_from_before_timers_gets_the_table(timed):
    with timed.database.write() as connection:
        wf_timer.drop(connection)
        MIGRATIONS.steps[-1](connection, timed.database)
        assert inspect(connection).has_table("wf_timer", schema=timed.database.schema)
