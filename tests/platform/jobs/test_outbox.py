"""Messages are handled at least once, whatever fails, and by one process at a time."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.database.system_tables import outbox as table
from looseleaf_platform.jobs import leases
from looseleaf_platform.jobs.drainer import Drainer
from looseleaf_platform.jobs.leases import LEASE, MOST_ATTEMPTS
from looseleaf_platform.jobs.outbox import BULK, CLAIMED, Turns, drain, extend, failed, prune, put, retry
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write


def send(workspace, *payloads: object, **options: object) -> list[int]:
    """Put messages of topic "greet" into the outbox, in one transaction."""
    with workspace.database.write() as connection:
        return [put(connection, workspace, "greet", payload, **options) for payload in payloads]  # type: ignore[arg-type]


def rows(workspace):
    with workspace.database.read() as connection:
        return connection.execute(select(table).where(table.c.topic == "greet").order_by(table.c.id)).all()


def wait_for(condition, seconds: float = 60) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_messages_are_handled_once_in_their_order(workspace):
    send(workspace, "one", {"two": 2}, None)
    heard: list[object] = []
    handlers = {"greet": lambda _workspace, message: heard.append((message.payload, message.attempts))}
    assert drain(workspace, handlers) == 3
    assert heard == [("one", 1), ({"two": 2}, 1), (None, 1)]
    assert drain(workspace, handlers) == 0


def test_t44_lanes_take_turns_so_that_a_flood_in_one_keeps_no_other_waiting(workspace):
    send(workspace, *(["flood"] * 100), lane=BULK)
    send(workspace, "rule", lane="automation")
    send(workspace, "person")
    heard: list[object] = []
    handlers = {"greet": lambda _workspace, message: heard.append(message.payload)}
    turns = Turns()
    while drain(workspace, handlers, most=1, turns=turns):
        pass
    assert len(heard) == 102
    assert max(heard.index("person"), heard.index("rule")) <= 1 + CLAIMED
    send(workspace, *(["more"] * 3 * CLAIMED), lane="automation")
    send(workspace, "late flood", lane=BULK)
    heard.clear()
    drain(workspace, handlers, turns=turns)
    assert heard.index("late flood") <= CLAIMED, "a lane that is busy keeps the flood from no turn either"


def test_t44_what_the_flood_causes_joins_the_flood(workspace):
    def pass_on(ws, message):
        if message.payload == "cause":
            with ws.database.write() as connection:
                put(connection, ws, "greet", f"caused by {message.lane}", lane="automation")

    send(workspace, "cause", lane=BULK)
    send(workspace, "cause")
    drain(workspace, {"greet": pass_on})
    assert {row.payload: row.lane for row in rows(workspace) if row.payload != "cause"} == {
        "caused by bulk": BULK,
        "caused by ": "automation",
    }
    with pytest.raises(ValueError, match="express"):
        send(workspace, "nobody would take it", lane="express")


def test_a_message_of_a_transaction_that_fails_was_never_sent(workspace):
    def fail() -> None:
        with workspace.database.write() as connection:
            put(connection, workspace, "greet", 1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert rows(workspace) == []


def test_messages_of_other_topics_and_of_later_wait(workspace, clock):
    send(workspace, "later", due=clock() + timedelta(hours=1))
    handlers = {"greet": lambda *_: None}
    assert drain(workspace, {"part": lambda *_: None}) == 0
    assert drain(workspace, handlers) == 0
    clock.advance(hours=1)
    assert drain(workspace, handlers) == 1


def test_a_failure_is_tried_again_after_a_growing_pause_and_given_up_in_the_end(workspace, clock):
    (id,) = send(workspace, "x")
    pauses: list[float] = []

    def fail(_workspace, message) -> None:
        raise ValueError(f"attempt {message.attempts}")

    for _ in range(MOST_ATTEMPTS):
        assert drain(workspace, {"greet": fail}) == 0
        (row,) = rows(workspace)
        if row.done_at is None:
            pauses.append((row.due_at - clock()).total_seconds())
            clock.set(row.due_at)
    assert pauses[:3] == [2, 8, 32]
    assert max(pauses) <= 3600
    assert failed(workspace) == [(id, "greet", f"ValueError: attempt {MOST_ATTEMPTS}")]
    assert retry(workspace, id)
    assert not retry(workspace, id)
    assert drain(workspace, {"greet": lambda *_: None}) == 1
    assert failed(workspace) == []


def test_another_process_takes_over_what_a_dead_one_had_begun(workspace, clock):
    send(workspace, "x")

    def die(*_: object) -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        drain(workspace, {"greet": die})
    heard: list[int] = []
    handlers = {"greet": lambda _workspace, message: heard.append(message.attempts)}
    assert drain(workspace, handlers) == 0
    clock.advance(seconds=LEASE.total_seconds() + 1)
    assert drain(workspace, handlers) == 1
    assert heard == [2]


def test_work_may_last_longer_than_a_lease(workspace, clock, monkeypatch):
    monkeypatch.setattr(leases, "RENEWED_AFTER", 0.01)
    send(workspace, "x")
    taken: list[int] = []

    def slow(_workspace, _message) -> None:
        for _ in range(4):
            clock.advance(seconds=LEASE.total_seconds() * 0.75)
            assert wait_for(lambda: rows(workspace)[0].lease_until == clock() + LEASE)
            taken.append(drain(workspace, {"greet": lambda *_: None}))

    assert drain(workspace, {"greet": slow}) == 1
    assert taken == [0, 0, 0, 0]


def test_who_has_lost_the_lease_does_not_speak_for_the_message_any_more(workspace, clock):
    send(workspace, "x")
    kept: list[bool] = []

    def slow(_workspace, message) -> None:
        kept.append(extend(workspace, message))
        clock.advance(seconds=2 * LEASE.total_seconds())
        assert drain(workspace, {"greet": lambda *_: None}) == 1
        kept.append(extend(workspace, message))
        raise ValueError("too late")

    drain(workspace, {"greet": slow})
    assert kept == [True, False]
    assert [(row.done_at is not None, row.error) for row in rows(workspace)] == [(True, None)]


def test_several_threads_share_the_work_and_double_none_of_it(workspace):
    send(workspace, *range(60))
    heard: list[object] = []

    def work() -> None:
        drain(workspace, {"greet": lambda _workspace, message: heard.append(message.payload)})

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(heard) == list(range(60))  # type: ignore[type-var]


def test_old_messages_are_cleared_away_and_failed_ones_kept(workspace, clock):
    send(workspace, *range(3))
    drain(workspace, {"greet": lambda *_: None})
    clock.advance(days=8)
    send(workspace, "new")
    drain(workspace, {"greet": lambda *_: None})
    assert prune(workspace) == 3
    assert prune(workspace) == 0
    assert [row.payload for row in rows(workspace)] == ["new"]


def test_a_thread_hears_of_every_write_at_once(workspace):
    heard: list[object] = []
    drainer = Drainer(workspace, {"records.written": lambda _workspace, message: heard.append(message.payload["records"])}, seconds=60)
    workspace.doorbell = drainer.ring
    drainer.start()
    try:
        assert wait_for(lambda: drainer._thread is not None)
        id = write(workspace.context(SYSTEM), [Change("create", "team", values={"name": "East"})]).written[0].id
        assert id is not None
        assert wait_for(lambda: len(heard) == 1)
    finally:
        assert drainer.stop()
    assert list(heard[0]) == ["team"]  # type: ignore[call-overload]


def test_a_thread_goes_on_after_failures_of_handlers_and_chores(workspace):
    heard: list[object] = []

    def handle(_workspace, message) -> None:
        heard.append(message.payload)
        if message.payload == "bad":
            raise ValueError

    def chore(_workspace) -> None:
        heard.append("chore")
        raise OSError

    drainer = Drainer(workspace, {"greet": handle}, [chore], seconds=0.02)
    drainer.start()
    try:
        send(workspace, "bad", "good")
        assert wait_for(lambda: "good" in heard and heard.count("chore") > 2)
    finally:
        assert drainer.stop()
    assert not drainer.stop() or drainer.stop()
