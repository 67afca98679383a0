"""Redis carries doorbells and nothing else: one waits at most, a lost one loses no message, and a dead Redis stops nobody."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.jobs.drainer import Drainer
from looseleaf_platform.jobs.outbox import drain
from looseleaf_platform.jobs.queue import RedisDoorbell, listen
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write


@pytest.fixture
def bell(redis_url):
    """A doorbell on a real Redis."""
    bell = RedisDoorbell(redis_url, "test")
    bell.redis.flushdb()
    yield bell
    bell.close()


def test_a_write_in_one_process_wakes_a_worker_of_another(workspace, redis_url, bell):
    workspace.doorbell = bell.ring
    for name in ("East", "West", "North"):
        write(workspace.context(SYSTEM), [Change("create", "team", values={"name": name})])
    assert bell.queue.count == 1
    heard: list[object] = []
    handlers = {"records.written": lambda _workspace, message: heard.append(message.id)}
    listen(redis_url, {"test": lambda: drain(workspace, handlers)}, burst=True)
    assert len(heard) == 3
    assert bell.queue.count == 0


def test_it_can_be_rung_again_after_it_was_answered(redis_url, bell):
    rung: list[int] = []
    for _ in range(3):
        bell.ring()
        bell.ring()
        listen(redis_url, {"test": lambda: rung.append(1)}, burst=True)
    assert len(rung) == 3


def test_e07_a_bell_that_its_worker_took_to_the_grave_loses_no_message(workspace, bell):
    """A worker that is killed leaves its bell under way for good, and none is rung meanwhile: a look at the table finds the messages."""
    bell.ring()
    (job,) = bell.queue.jobs
    bell.queue.remove(job)
    job.set_status("started")
    workspace.doorbell = bell.ring
    write(workspace.context(SYSTEM), [Change("create", "team", values={"name": "East"})])
    heard: list[object] = []
    drainer = Drainer(workspace, {"records.written": lambda _workspace, message: heard.append(message.id)}, seconds=0.05)
    drainer.start()
    try:
        assert wait_for(lambda: len(heard) == 1)
    finally:
        drainer.stop()
    job.set_status("failed")
    write(workspace.context(SYSTEM), [Change("create", "team", values={"name": "West"})])
    assert drain(workspace, {"records.written": lambda _workspace, message: heard.append(message.id)}) == 1


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> bool:
    """Whether something comes true in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not condition():
        time.sleep(0.02)
    return condition()


def test_a_bell_for_nobody_here_is_no_failure(redis_url, bell):
    bell.name = "elsewhere"
    bell.ring()
    listen(redis_url, {}, burst=True)
    assert bell.queue.failed_job_registry.count == 0


def test_e04_a_dead_redis_stops_no_writer(workspace, tmp_path):
    bell = RedisDoorbell(f"unix://{tmp_path}/nobody.sock", "test")
    workspace.doorbell = bell.ring
    assert write(workspace.context(SYSTEM), [Change("create", "team", values={"name": "East"})]).operation is not None
    bell.close()
