"""Long work on somebody's behalf: told of while it runs, cancelled, failed plainly, taken up again after a crash."""

from __future__ import annotations

import pytest

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM
from looseleaf_platform.errors import Fault, NotAllowed, NotThere, Refused
from looseleaf_platform.jobs.background import TOPIC, cancel, job_of, jobs_of, running, start
from looseleaf_platform.jobs.leases import LEASE
from looseleaf_platform.jobs.outbox import drain
from support.workspaces import as_user


@pytest.fixture
def someone(workspace):
    """A user who starts jobs."""
    return as_user(workspace, name="Lin")


def run(workspace, **kinds) -> int:
    return drain(workspace, {TOPIC: running(kinds)})


def test_a_job_is_done_on_behalf_of_who_started_it(workspace, someone):
    id = start(someone, "count", {"to": 3})
    assert job_of(someone, id).state == "waiting"
    seen: list[object] = []

    def count(run) -> dict[str, int]:
        seen.append((run.context.actor.id, run.context.source))
        for number in range(run.payload["to"]):
            run.tell(done=number + 1, total=run.payload["to"])
            seen.append(job_of(someone, id).progress)
        return {"counted": 3}

    assert run(workspace, count=count) == 1
    found = job_of(someone, id)
    assert (found.state, found.result, found.is_over) == ("done", {"counted": 3}, True)
    assert seen == [(someone.actor.id, "job"), *({"done": number, "total": 3} for number in (1, 2, 3))]
    assert found.finished_at == workspace.clock()


def test_a_job_that_can_not_be_done_says_why(workspace, someone):
    id = start(someone, "import", {})

    def refuse(run) -> None:
        raise Refused([Fault("/file", "empty-file", Text("The file is empty"))])

    run(workspace, **{"import": refuse})
    assert (job_of(someone, id).state, job_of(someone, id).error) == ("failed", "/file The file is empty")


def test_a_job_is_taken_up_where_a_crash_left_it(workspace, someone, clock):
    id = start(someone, "count", {})
    begun: list[int] = []

    def count(run) -> str:
        begun.append(run.progress.get("done", 0))
        run.tell(done=run.progress.get("done", 0) + 5)
        if len(begun) == 1:
            raise SystemExit
        return "whole"

    with pytest.raises(SystemExit):
        run(workspace, count=count)
    assert job_of(someone, id).state == "running"
    clock.advance(seconds=LEASE.total_seconds() + 1)
    run(workspace, count=count)
    assert begun == [0, 5]
    assert (job_of(someone, id).state, job_of(someone, id).result, job_of(someone, id).progress["done"]) == ("done", "whole", 10)


def test_an_unexpected_error_leads_to_another_run(workspace, someone, clock):
    id = start(someone, "count", {})
    runs: list[int] = []

    def shaky(run) -> str:
        runs.append(1)
        if len(runs) < 3:
            raise OSError("the network")
        return "ok"

    for _ in range(3):
        run(workspace, count=shaky)
        clock.advance(minutes=5)
    assert (job_of(someone, id).state, len(runs)) == ("done", 3)


def test_a_cancelled_job_ends_at_its_next_step(workspace, someone):
    waiting, begun = start(someone, "count", {}), start(someone, "count", {})
    steps: list[int] = []
    cancel(someone, waiting)

    def count(run) -> None:
        for number in range(10):
            steps.append(number)
            if number == 2:
                cancel(someone, run.job.id)
            run.tell(done=number)

    run(workspace, count=count)
    assert steps == [0, 1, 2]
    assert [job_of(someone, id).state for id in (waiting, begun)] == ["cancelled", "cancelled"]
    with pytest.raises(NotAllowed):
        cancel(someone, begun)


def test_nobody_sees_or_cancels_the_jobs_of_others(workspace, someone):
    other = as_user(workspace, name="Wu")
    id = start(someone, "count", {})
    assert [job.id for job in jobs_of(someone)] == [id]
    assert jobs_of(other) == jobs_of(someone, "import") == ()
    for attempt in (job_of, cancel):
        with pytest.raises(NotThere):
            attempt(other, id)
    assert job_of(workspace.context(SYSTEM), id).kind == "count"
