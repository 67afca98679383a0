"""Leases: rows that a process has taken to work on, and that are its own for as long as it lives.

A lease is short and is renewed while the work goes on, so that what a dead process had in hand is taken up by another within seconds,
however long work may last. The table has the columns id, lease_until, lease_token and attempts; what else it holds is its owner's matter.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, or_, update

from looseleaf_platform.errors import LooseleafError

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=20)
RENEWED_AFTER = 5.0
"""Seconds between two renewals."""
MOST_ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(hours=1)
ERROR_LENGTH = 1000
LET_GO = {"lease_until": None, "lease_token": None}
"""What a row says that nobody works on."""


def free(table: Table, now: datetime) -> ColumnElement[bool]:
    """Rows that nobody has."""
    return or_(table.c.lease_until.is_(None), table.c.lease_until < now)


def claim(connection: Connection, table: Table, wanted: Select[Any], now: datetime) -> tuple[str, list[Row[Any]]]:
    """Take the rows of a selection that no other process is taking at this moment. Returns the lease's token, and the rows as they were."""
    token = secrets.token_hex(8)
    rows = list(connection.execute(wanted.with_for_update(skip_locked=True)).all())
    if rows:
        values = {"lease_until": now + LEASE, "lease_token": token, "attempts": table.c.attempts + 1}
        connection.execute(update(table).where(table.c.id.in_([row.id for row in rows])).values(values))
    return token, rows


@contextmanager
def renewed(workspace: Workspace, table: Table, token: str) -> Iterator[None]:
    """Keep what was claimed under a token, in the background, while the body works."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(RENEWED_AFTER):
            try:
                prolong(workspace, table, table.c.lease_token == token)
            except LooseleafError as error:
                log.warning("a lease was not renewed: %s", error)

    keeper = threading.Thread(target=renew, name="looseleaf-lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()


def prolong(workspace: Workspace, table: Table, held: ColumnElement[bool]) -> bool:
    """Keep rows for another while. False where the lease is lost: another process may be at them."""
    with workspace.database.write() as connection:
        mine = update(table).where(held, table.c.lease_until.is_not(None))
        return bool(connection.execute(mine.values(lease_until=workspace.clock() + LEASE)).rowcount)


def pause_after(attempts: int) -> timedelta:
    """How long to wait after so many failures."""
    return min(FIRST_PAUSE * int(4 ** (attempts - 1)), LONGEST_PAUSE)


def said(error: Exception) -> str:
    """What is kept of a failure."""
    return f"{type(error).__name__}: {error}"[:ERROR_LENGTH]
