"""The platform's own tables brought up to date: numbered steps, each run once in a database. Extensions bring steps of their own.

A new database gets today's tables at once and is noted as having run every step. Business tables are none of this module's concern.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, MetaData, func, insert, inspect, select
from sqlalchemy.schema import CreateSchema

from looseleaf_platform.context import system_clock
from looseleaf_platform.database import fence
from looseleaf_platform.database.engines import Database
from looseleaf_platform.database.system_tables import SYSTEM, migration, outbox

Step = Callable[[Connection, Database], None]


@dataclass(frozen=True, slots=True)
class Migrations:
    """One owner's tables as they are today, and the steps that led there: `steps[n]` is step number n + 1."""

    owner: str
    tables: MetaData
    steps: tuple[Step, ...] = ()


def _create_fence(connection: Connection, database: Database) -> None:
    fence.install(connection, database)


def _index_failures(connection: Connection, _database: Database) -> None:
    next(index for index in outbox.indexes if index.name == "outbox_failed").create(connection, checkfirst=True)


PLATFORM = Migrations("platform", SYSTEM, (_create_fence, _index_failures))


def migrate(database: Database, extensions: Sequence[Migrations] = (), at: datetime | None = None) -> int:
    """Bring the tables of the platform and of `extensions` up to date, in one transaction. Returns how many steps ran."""
    moment = at or system_clock()
    with database.write(wait_seconds=60) as connection:
        if database.dialect == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(fence.key(database, "migrate"))))
            if database.schema not in inspect(connection).get_schema_names():
                connection.execute(CreateSchema(str(database.schema)))
        migration.create(connection, checkfirst=True)
        return sum(_bring_up(connection, database, owned, moment) for owned in (PLATFORM, *extensions))


def _bring_up(connection: Connection, database: Database, owned: Migrations, at: datetime) -> int:
    """Run what one owner's tables lack."""
    done = connection.scalar(select(func.max(migration.c.number)).where(migration.c.owner == owned.owner))
    steps = owned.steps or (lambda _connection, _database: None,)
    if done is None:
        owned.tables.create_all(connection, checkfirst=True)
    todo = range((done or 0) + 1, len(steps) + 1)
    for number in todo:
        if done is not None or (owned is PLATFORM and number == 1):
            steps[number - 1](connection, database)
        connection.execute(insert(migration).values(owner=owned.owner, number=number, at=at))
    return len(todo)
