"""One process's staff: messages, jobs and chores side by side, woken from within and from outside."""

from __future__ import annotations

import time

import pytest

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.jobs.background import job_of, start
from looseleaf_platform.jobs.queue import RedisDoorbell
from looseleaf_platform.jobs.standing import Staff
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write


def wait_for(condition, seconds: float = 60) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def hired(workspace, redis_url):
    """hired(**options): a staff that works until the end of the test."""
    staffs: list[Staff] = []

    def hire(**options) -> Staff:
        staff = Staff(workspace, **options)
        staff.start()
        staffs.append(staff)
        return staff

    yield hire
    assert all(staff.stop() for staff in staffs)


def test_a_long_job_keeps_no_message_waiting(workspace, hired):
    heard: list[object] = []
    going = {"on": True}

    def long(run) -> str:
        while going["on"]:
            time.sleep(0.02)
        return "done"

    hired(handlers={"records.written": lambda _workspace, message: heard.append(message.id)}, kinds={"long": long})
    context = workspace.context(SYSTEM)
    id = start(context, "long", None)
    assert wait_for(lambda: job_of(context, id).state == "running")
    write(context, [Change("create", "team", values={"name": "East"})])
    assert wait_for(lambda: len(heard) == 1)
    assert job_of(context, id).state == "running"
    going["on"] = False
    assert wait_for(lambda: job_of(context, id).state == "done")


def test_a_worker_is_woken_from_another_process(workspace, hired, redis_url):
    heard: list[object] = []
    worker = hired(handlers={"records.written": lambda _workspace, message: heard.append(message.id)}, redis_url=redis_url, name="w1")
    bell = RedisDoorbell(redis_url, "w1")
    workspace.doorbell = bell.ring
    write(workspace.context(SYSTEM), [Change("create", "team", values={"name": "East"})])
    worker.answer_bells(burst=True)
    assert wait_for(lambda: len(heard) == 1)
    bell.close()
