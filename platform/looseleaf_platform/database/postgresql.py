"""How a PostgreSQL schema is opened: a reading and a writing pool, bound to the schema by name, never by the search path."""

from __future__ import annotations

import select
import time
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DisconnectionError

POOL_SIZE = 10
OVERFLOW = 20
POOL_WAIT_SECONDS = 10
IDLE_SECONDS = 30.0
"""A connection that rested longer is tried before it is used: the network may have forgotten it without a word."""


def reader_engine(url: URL, schema: str) -> Engine:
    """Transactions see one snapshot and can't write."""
    engine = _engine(url, schema, "REPEATABLE READ", lock_milliseconds=2_000)

    @event.listens_for(engine, "connect")
    def only_read(connection: Any, _record: Any) -> None:
        connection.read_only = True

    return engine


def writer_engine(url: URL, schema: str) -> Engine:
    """Transactions see what is committed at each statement, and wait at most ten seconds for a lock."""
    return _engine(url, schema, "READ COMMITTED", lock_milliseconds=10_000)


def wait_at_most(connection: Connection, seconds: float) -> None:
    """Bound the waiting for locks in this transaction alone."""
    connection.execute(text("SELECT set_config('lock_timeout', :limit, true)"), {"limit": f"{max(int(seconds * 1000), 1)}ms"})


def _engine(url: URL, schema: str, isolation: Any, lock_milliseconds: int) -> Engine:
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        isolation_level=isolation,
        pool_size=POOL_SIZE,
        max_overflow=OVERFLOW,
        pool_timeout=POOL_WAIT_SECONDS,
        pool_use_lifo=True,
        execution_options={"schema_translate_map": {None: schema}},
        connect_args={
            "connect_timeout": int(str(url.query.get("connect_timeout", 5))),
            "options": f"{url.query.get('options', '')} -c timezone=UTC -c lock_timeout={lock_milliseconds} -c idle_in_transaction_session_timeout=600000".strip(),
        },
    )

    # A join with the values can use an index; of hundreds of ORs PostgreSQL makes a plan that takes longer than the work (160 ms against 2).
    engine.dialect.tuple_in_values = True

    @event.listens_for(engine, "checkin")
    def rest(_connection: Any, record: Any) -> None:
        record.info["rested_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def still_there(connection: Any, record: Any, _proxy: Any) -> None:
        since = record.info.get("rested_since")
        if since is not None and (time.monotonic() - since > IDLE_SECONDS or _has_news(connection)):
            try:
                connection.execute("SELECT 1")
                connection.rollback()
            except Exception as error:
                raise DisconnectionError from error

    return engine


def _has_news(connection: Any) -> bool:
    """Whether the server has said something to a resting connection: mostly farewell. So a restarted server costs nobody a request."""
    if connection.closed:
        return True
    news = select.poll()
    news.register(connection.fileno(), select.POLLIN)
    return bool(news.poll(0))
