"""`looseleaf serve` and `looseleaf worker` as processes: they answer, work, refuse to share a SQLite file, and end in peace."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from sqlalchemy import select

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.database.system_tables import outbox
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace
from looseleaf_ui_builder.commands.serving import free_port

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts `looseleaf …`; whatever still runs at the end of the test is killed."""
    running: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "LOOSELEAF_LOCALE": "en", "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "looseleaf_ui_builder.cli", *arguments]
        process = subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def eventually(condition: Callable[[], bool], seconds: float = 60) -> bool:
    """Whether a condition comes true in time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.05)
    return False


def all_heard(workspace: Workspace) -> bool:
    """Whether no message waits in the outbox."""
    with workspace.database.read() as connection:
        return connection.scalar(select(outbox.c.id).where(outbox.c.done_at.is_(None)).limit(1)) is None


def test_a_worker_hears_of_a_write_through_redis_and_ends_in_peace(
    workspace: Workspace, workspace_url: str, redis_url: str, start: Start
) -> None:
    process = start("worker", "--database", workspace_url, "--redis", redis_url)
    assert process.stdout is not None
    assert process.stdout.readline() == "Working (Ctrl+C ends it)\n"
    write(workspace.context(SYSTEM), [Change("create", "team", values={"name": "East"})])
    assert eventually(lambda: all_heard(workspace))
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


def test_a_served_workspace_answers_and_ends_in_peace(workspace_url: str, start: Start) -> None:
    port = free_port("127.0.0.1", None, 20_000 + os.getpid() % 10_000)
    process = start("serve", "--database", workspace_url, "--port", str(port), "--workers", "1")

    def answers() -> bool:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return answer.status == 200
        return False

    assert eventually(answers), process.communicate()[0] if process.poll() is not None else "no answer"
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_sqlite_file_that_is_served_is_refused_to_another_process(
    sqlite_url: str, vocabulary: object, start: Start, command: str
) -> None:
    workspace = Workspace.open(sqlite_url, vocabulary)  # type: ignore[arg-type]
    workspace.database.serve()
    try:
        process = start(command, "--database", sqlite_url, *(("--port", "0") if command == "serve" else ()))
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "already serving" in said
        assert "Traceback" not in said
    finally:
        workspace.close()
