"""One workspace's database: who reads, who writes, what is said when it is gone. SQLite and PostgreSQL behind one door.

    with database.read() as connection: ...    # one snapshot, nothing can be changed
    with database.write() as connection: ...   # one transaction: stored at the end, or not at all

Knows nothing of metadata, records or rights.
"""

from __future__ import annotations

import logging
import os
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from looseleaf_metadata.texts import Text
from looseleaf_platform.database import postgresql, sqlite
from looseleaf_platform.database.faults import DRIVER_ERRORS, Busy, as_unavailable
from looseleaf_platform.database.locks import FileLock, join_queue, leave_queue
from looseleaf_platform.errors import LooseleafError, Unavailable

WAIT_SECONDS = 10.0
"""How long a write waits for its turn before it says that the database is busy."""

log = logging.getLogger(__name__)
Callback = Callable[[], object]


class AlreadyServed(LooseleafError):
    """Another process serves this SQLite file."""

    def __init__(self, path: Path, holder: str) -> None:
        super().__init__(
            Text(
                "Another process ({holder}) is already serving {path}. "
                "An SQLite file is served by one process; stop that one first, or move to PostgreSQL",
                path=str(path),
                holder=holder or "?",
            )
        )


class Database:
    """The engines of one workspace. `dialect` is "sqlite" or "postgresql"; `schema` the PostgreSQL schema, None on SQLite."""

    def __init__(self, reader: Engine, writer: Engine, dialect: str, schema: str | None, path: Path | None) -> None:
        self.reader, self.writer, self.dialect, self.schema, self.path = reader, writer, dialect, schema, path
        self._turn = join_queue(path) if path else None
        self._closed = False
        self._serving: FileLock | None = None
        _open_databases.add(self)

    @classmethod
    def open(cls, url: str, schema: str | None = None, *, synchronous: str = "NORMAL") -> Database:
        """Make the engines; connects at first use. `schema`: the PostgreSQL schema that holds the workspace ("public").

        `synchronous`: "NORMAL", or "FULL" to keep even the last commits at power loss (SQLite only).
        Raises ValueError for an address that names neither a SQLite file nor a PostgreSQL database.
        """
        address = make_url(url)
        kind = address.get_backend_name()
        if kind == "sqlite":
            path = sqlite.path_of(address)
            return cls(sqlite.reader_engine(path, synchronous), sqlite.writer_engine(path, synchronous), "sqlite", None, path)
        if kind in ("postgresql", "postgres"):
            name = schema or "public"
            return cls(postgresql.reader_engine(address, name), postgresql.writer_engine(address, name), "postgresql", name, None)
        raise ValueError(f"{kind} is not supported: use sqlite:///file or postgresql://…")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection on one snapshot of the data. Raises Unavailable where the database can't be reached."""
        with _told_plainly(writing=False), self.reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self, wait_seconds: float = WAIT_SECONDS) -> Iterator[Connection]:
        """A connection in a transaction: committed at the end, rolled back if anything is raised.

        Waits at most `wait_seconds` for its turn (SQLite) or for a lock (PostgreSQL), then raises Busy. Unavailable
        where the database can't be reached. Nothing is stored in both cases. Not to be nested within a thread.
        """
        callbacks: list[Callback] = []
        self._take_turn(wait_seconds)
        try:
            with _told_plainly(), self.writer.begin() as connection:
                if self.dialect == "postgresql" and wait_seconds != WAIT_SECONDS:
                    postgresql.wait_at_most(connection, wait_seconds)
                _callbacks[connection] = callbacks
                yield connection
        finally:
            if self._turn is not None:
                self._turn.release()
        for callback in callbacks:
            _call(callback)

    def _take_turn(self, wait_seconds: float) -> None:
        try:
            if self._turn is not None and not self._turn.acquire(wait_seconds):
                raise Busy
        except OSError as error:
            raise Unavailable from error

    @contextmanager
    def outside_transactions(self) -> Iterator[Connection]:
        """A PostgreSQL connection on which every statement stands alone, for what can't run in a transaction."""
        with _told_plainly(), self.writer.connect() as connection:
            yield connection.execution_options(isolation_level="AUTOCOMMIT")

    def after_commit(self, connection: Connection, callback: Callback) -> None:
        """Call `callback` once the write of `connection` is stored; never if it isn't. What it raises is logged."""
        _callbacks[connection].append(callback)

    def serve(self) -> None:
        """Say that this process serves the workspace, until it ends. Raises AlreadyServed for an SQLite file served elsewhere."""
        if self.path is None or self._serving is not None:
            return
        lock = FileLock(self.path.with_name(self.path.name + ".serving"))
        if not lock.acquire(0):
            lock.close()
            raise AlreadyServed(self.path, lock.noted())
        lock.note(f"process {os.getpid()}")
        self._serving = lock

    def reachable(self) -> bool:
        """Whether the database answers now."""
        try:
            with self.read() as connection:
                connection.exec_driver_sql("SELECT 1")
        except Unavailable:
            return False
        return True

    def close(self) -> None:
        """Close all connections and let others serve the file."""
        self.reader.dispose()
        self.writer.dispose()
        if self._turn is not None and not self._closed:
            leave_queue(self._turn)
        self._closed = True
        if self._serving is not None:
            self._serving.close()
            self._serving = None


_open_databases: weakref.WeakSet[Database] = weakref.WeakSet()
_callbacks: weakref.WeakKeyDictionary[Connection, list[Callback]] = weakref.WeakKeyDictionary()


def _call(callback: Callback) -> None:
    """What follows a commit can't undo it: a failure is logged."""
    try:
        callback()
    except Exception:
        log.exception("after the commit")


@contextmanager
def _told_plainly(writing: bool = True) -> Iterator[None]:
    """Driver errors that mean "not now" become Unavailable or Busy; all others pass."""
    try:
        yield
    except PoolTimeout as error:
        raise Busy from error
    except (DBAPIError, *DRIVER_ERRORS) as error:
        plain = as_unavailable(error, writing)
        if plain is None:
            raise
        raise plain from error


def _leave_parents_connections() -> None:
    """A forked child must not talk over its parent's connections."""
    for database in list(_open_databases):
        database.reader.dispose(close=False)
        database.writer.dispose(close=False)


os.register_at_fork(after_in_child=_leave_parents_connections)

__all__ = ["WAIT_SECONDS", "AlreadyServed", "Busy", "Database"]
