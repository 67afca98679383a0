"""How an SQLite file is opened: two engines with their own BEGIN, so that tables change in transactions too.

The driver's own transaction control is off (`isolation_level=None`): with it on, a failed publish would leave its tables.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from looseleaf_platform.database.sqlite_functions import register_sqlite_functions

BUSY_MILLISECONDS = 10_000
CACHE_KIBIBYTES = 16_384


def path_of(url: URL) -> Path:
    """The file that an address names. ValueError where it names none: a database in memory can't be shared by threads."""
    if not url.database or url.database == ":memory:":
        raise ValueError("an SQLite workspace needs a file: sqlite:///path/to/file")
    return Path(url.database).expanduser().resolve()


def reader_engine(path: Path, synchronous: str) -> Engine:
    """Many connections that can't write; each transaction sees one snapshot."""
    return _engine(path, synchronous, begin="BEGIN", pool_size=8, read_only=True)


def writer_engine(path: Path, synchronous: str) -> Engine:
    """Connections that take the write lock at BEGIN. Callers queue before they come here."""
    return _engine(path, synchronous, begin="BEGIN IMMEDIATE", pool_size=1, read_only=False)


def _engine(path: Path, synchronous: str, *, begin: str, pool_size: int, read_only: bool) -> Engine:
    if synchronous not in ("NORMAL", "FULL"):
        raise ValueError("synchronous is NORMAL or FULL")
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        poolclass=QueuePool,
        pool_size=pool_size,
        max_overflow=32,
        connect_args={"check_same_thread": False, "timeout": BUSY_MILLISECONDS / 1000, "cached_statements": 512},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout = {BUSY_MILLISECONDS}",
            "journal_mode = WAL",
            f"synchronous = {synchronous}",
            "foreign_keys = ON",
            "recursive_triggers = ON",
            "temp_store = MEMORY",
            f"cache_size = -{CACHE_KIBIBYTES}",
            f"query_only = {'ON' if read_only else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()
        register_sqlite_functions(connection)

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.execute(begin).close()  # directly: every read and write passes here

    return engine
