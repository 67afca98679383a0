"""How often something may be tried: per account and per address. Rows in the database, so that all processes count together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, func, insert, select

from looseleaf_platform.database.system_tables import attempt
from looseleaf_platform.errors import TooMany
from looseleaf_platform.identity.keys import hash_of
from looseleaf_platform.records.ids import new_id

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` tries by one key within `minutes`. `name` keeps counts of different things apart."""

    name: str
    most: int
    minutes: int

    def key(self, of: str) -> str:
        """What is stored: a hash, so that the table tells nobody's e-mail address or whereabouts."""
        return f"{self.name}:{hash_of(of.strip().lower())[:32]}"


SIGN_IN_PER_ACCOUNT = Limit("sign-in-account", 10, 15)
SIGN_IN_PER_ADDRESS = Limit("sign-in-address", 100, 15)
RESET_PER_ACCOUNT = Limit("reset-account", 3, 60)
RESET_PER_ADDRESS = Limit("reset-address", 30, 60)
TICKET_PER_ADDRESS = Limit("ticket-address", 60, 15)


def count_try(workspace: Workspace, *tries: tuple[Limit, str]) -> None:
    """Note one try under each (limit, key); an empty key is not counted. Raises TooMany, noting nothing, where one is used up."""
    now = workspace.clock()
    wanted = sorted((limit.key(of), limit) for limit, of in tries if of)
    with workspace.database.write() as connection:
        for key, limit in wanted:
            _wait_for_others(connection, key)
            since = now - timedelta(minutes=limit.minutes)
            connection.execute(delete(attempt).where(attempt.c.key == key, attempt.c.at <= since))
            count, oldest = connection.execute(select(func.count(), func.min(attempt.c.at)).where(attempt.c.key == key)).one()
            if count >= limit.most:
                raise TooMany(max(1, int((oldest - since).total_seconds()) + 1))
        for key, _ in wanted:
            connection.execute(insert(attempt).values(id=new_id(), key=key, at=now))


def forget(connection: Connection, limit: Limit, of: str) -> None:
    """Take back all tries of a key, after success."""
    connection.execute(delete(attempt).where(attempt.c.key == limit.key(of)))


def _wait_for_others(connection: Connection, key: str) -> None:
    """Let tries of one key count one after another (SQLite has one writer anyway)."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
