"""Which driver errors mean "not now, try again" rather than "the statement is wrong". Knows both drivers, nothing else."""

from __future__ import annotations

import sqlite3

import psycopg
from sqlalchemy.exc import DBAPIError

from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import LooseleafError, Unavailable

SQLITE_BUSY = {5, 6}  # SQLITE_BUSY, SQLITE_LOCKED
SQLITE_GONE = {10, 13, 14, 26}  # IOERR, FULL, CANTOPEN, NOTADB
SQLITE_READ_ONLY = 8
POSTGRESQL_BUSY = {"55P03", "40P01", "40001", "53300", "57014"}  # lock, deadlock, serialisation, too many connections, timeout
POSTGRESQL_GONE = {"57P01", "57P02", "57P03", "53100", "53200"}  # shut down, full, out of memory
POSTGRESQL_READ_ONLY = "25006"


class Busy(Unavailable):
    """Others write so much that this one's turn did not come. HTTP 503; nothing was stored; try again."""

    def __init__(self) -> None:
        LooseleafError.__init__(self, Text("The database is busy. Nothing was saved; try again in a moment"))


DRIVER_ERRORS = (sqlite3.Error, psycopg.Error)
"""What the drivers raise where we speak to them directly."""


def as_unavailable(error: Exception, writing: bool) -> Unavailable | None:
    """The plain error for a database that is gone or busy; None for an error that the statement itself deserves.

    A database that has become read only (a standby, a file without rights) is gone for those who are `writing`.
    """
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
        if code in SQLITE_BUSY:
            return Busy()
        return Unavailable() if code in SQLITE_GONE or (writing and code == SQLITE_READ_ONLY) else None
    state = getattr(cause, "sqlstate", None)
    if state in POSTGRESQL_BUSY:
        return Busy()
    never_connected = state is None and type(cause).__name__ == "OperationalError"
    gone = getattr(error, "connection_invalidated", False) or state in POSTGRESQL_GONE or (writing and state == POSTGRESQL_READ_ONLY)
    return Unavailable() if gone or never_connected else None


def is_lock_timeout(error: DBAPIError) -> bool:
    """Whether PostgreSQL gave up waiting for a lock."""
    return getattr(error.orig, "sqlstate", None) in ("55P03", "40P01")
