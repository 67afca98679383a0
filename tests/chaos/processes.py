"""What the chaos drill kills and brings up again: a PostgreSQL that keeps its data, a Redis, the serving process and the workers."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from support.servers import Server, address_of, make_cluster, new_folder, nobody, start_redis, wait_until_ready

LASTING = ("listen_addresses=", "fsync=off", "synchronous_commit=on", "max_connections=100", "shared_buffers=64MB")
"""What was committed outlives the server's process; only a machine that loses its power could lose it."""


class Cluster:
    """A PostgreSQL that is stopped at once, with whatever it had in hand, and started on the same data."""

    def __init__(self) -> None:
        self.folder = new_folder()
        settings = [part for setting in LASTING for part in ("-c", setting)]
        self.command, self.sockets = make_cluster(self.folder, settings)
        self.url = address_of(self.sockets)
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(self.command, cwd="/", stdout=log, stderr=log, **nobody())
        wait_until_ready(self.sockets)

    def stop(self) -> None:
        """An immediate shutdown: every session dies, nothing is written down."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(30)

    def remove(self) -> None:
        """Stop for good."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Program:
    """A process of the product, with its children; started again whenever it is killed, until it is ended."""

    def __init__(self, arguments: list[str], environment: Mapping[str, str], log: Path) -> None:
        self.arguments, self.environment, self.log = arguments, {**os.environ, **environment}, log
        self.starts = 0
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def kill(self) -> None:
        """kill -9, the children as well."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> None:
        """Kill it and leave it."""
        self._ended.set()
        self.kill()
        self._keeper.join(10)

    def _keep(self) -> None:
        while not self._ended.is_set():
            with self._lock, self.log.open("ab") as log:
                command = [sys.executable, "-m", "looseleaf_ui_builder.cli", *self.arguments]
                self._process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log, start_new_session=True)
                self.starts += 1
            self._process.wait()
            self._ended.wait(0.2)


class House:
    """All that runs: the databases, one serving process, and workers."""

    def __init__(self, workers: int, sink: str, mail: str) -> None:
        self.cluster, self.redis = Cluster(), start_redis()
        self.cluster.start()
        self.port = _free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.workers = workers
        self.environment = {
            "LOOSELEAF_DATABASE_URL": self.cluster.url,
            "LOOSELEAF_REDIS_URL": self.redis.url,
            "LOOSELEAF_WORK": "0",
            "LOOSELEAF_WEBHOOK_NETWORKS": "127.0.0.1/32",
            "LOOSELEAF_SMTP_URL": mail,
        }
        self.programs: list[Program] = []

    def open(self) -> None:
        """Start the product."""
        folder = self.cluster.folder
        serve = ["serve", "--port", str(self.port), "--workers", "1"]
        self.programs = [Program(serve, self.environment, folder / "web.log")]
        self.programs += [Program(["worker"], self.environment, folder / f"worker{number}.log") for number in range(self.workers)]

    def close(self) -> None:
        """End it all."""
        for program in self.programs:
            program.end()
        self.redis.stop()
        self.cluster.remove()

    def freeze_redis(self, seconds: float, stop: threading.Event) -> None:
        """Let Redis hear nothing for a while."""
        server: Server = self.redis
        children = subprocess.run(["pgrep", "-P", str(server.keeper.pid)], capture_output=True, text=True, check=False).stdout.split()
        for child in map(int, children):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGSTOP)
                stop.wait(seconds)
                os.kill(child, signal.SIGCONT)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
