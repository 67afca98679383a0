"""The fence between writes and a publish: writes share it, a publish has it alone. Knows revision numbers, not what they mean.

On PostgreSQL it is an advisory lock held until the transaction ends. On SQLite the writer's turn is the fence already.
"""

from __future__ import annotations

import hashlib
import random
import time
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from looseleaf_platform.database.engines import Database
from looseleaf_platform.database.faults import Busy, is_lock_timeout
from looseleaf_platform.database.system_tables import revision

TRY_MILLISECONDS = 100
"""How long one attempt may queue: everybody who comes later queues behind it."""
GIVE_UP_SECONDS = 30.0

FUNCTION = """
CREATE OR REPLACE FUNCTION {schema}.looseleaf_fence(lock_key bigint) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $body$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(lock_key);
    RETURN (SELECT coalesce(max(number), 0) FROM {schema}.revision);
END
$body$
"""
CURRENT = select(func.coalesce(func.max(revision.c.number), 0))


def key(database: Database, purpose: str = "publish") -> int:
    """The advisory lock's number: one per schema and purpose (locks are per database, schemas are workspaces)."""
    digest = hashlib.sha256(f"looseleaf/{purpose}/{database.schema}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def quoted_schema(database: Database) -> str:
    """The schema's name as SQL."""
    return database.writer.dialect.identifier_preparer.quote(str(database.schema))


def install(connection: Connection, database: Database) -> None:
    """Make the function that takes the shared lock and then reads the revision, in one round trip.

    It is plpgsql and volatile because its second statement then sees what was committed while the first one waited.
    """
    if database.dialect != "postgresql":
        return
    connection.exec_driver_sql(FUNCTION.format(schema=quoted_schema(database)))


class Fence:
    """The fence of one database. Every write passes it, so it speaks to the driver directly."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._postgresql = database.dialect == "postgresql"
        self._key = key(database) if self._postgresql else 0
        schema = f"{quoted_schema(database)}." if self._postgresql else ""
        self._current = f"SELECT coalesce(max(number), 0) FROM {schema}revision"  # noqa: S608 - a name of our own, quoted
        self._shared = f"SELECT {schema}looseleaf_fence({self._key})"

    def current(self, connection: Connection) -> int:
        """The newest revision that this connection sees, without any lock."""
        return self._ask(connection, self._current)

    def share(self, connection: Connection) -> int:
        """For a write: keep publishes out until its transaction ends. Returns the newest revision."""
        return self._ask(connection, self._shared if self._postgresql else self._current)

    def _ask(self, connection: Connection, statement: str) -> int:
        driver: Any = connection.connection.driver_connection
        return int(driver.execute(statement).fetchone()[0])

    def enclose(self, connection: Connection) -> int:
        """For a publish: keep writes out until its transaction ends. Returns the newest revision.

        Asks for short times only, so that nobody queues behind the asking for long. Raises Busy after GIVE_UP_SECONDS.
        """
        if self._postgresql:
            self._insist(connection)
        return self.current(connection)

    def _insist(self, connection: Connection) -> None:
        until = time.monotonic() + GIVE_UP_SECONDS
        while True:
            attempt = connection.begin_nested()
            try:
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = {TRY_MILLISECONDS}")
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({self._key})")
            except DBAPIError as error:
                attempt.rollback()
                if not is_lock_timeout(error):
                    raise
                if time.monotonic() > until:
                    raise Busy from error
                time.sleep(random.uniform(0.02, 0.2))  # noqa: S311 - spreads attempts, protects nothing
            else:
                attempt.commit()
                return
