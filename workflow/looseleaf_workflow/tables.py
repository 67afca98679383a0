"""The wing's own tables. Moments are UTC; `actor` is the id of a user record, NULL for the system; `…_id` of metadata are stable ids.

Every table belongs to records of the workspace by their ids; no table of records refers back.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Connection, Index, Integer, MetaData, Table, Text, inspect, text
from sqlalchemy.schema import CreateColumn

from looseleaf_platform.database.engines import Database
from looseleaf_platform.database.migrations import Migrations
from looseleaf_platform.database.types import JsonText, UtcDateTime

TABLES = MetaData()


def _number(name: str, required: bool = False, **more: Any) -> Column[Any]:
    return Column(name, BigInteger, nullable=not required, **more)


def _words(name: str) -> Column[Any]:
    return Column(name, Text, nullable=False, server_default="")


def _moment(name: str, required: bool = False) -> Column[Any]:
    return Column(name, UtcDateTime, nullable=not required)


# --- stages -----------------------------------------------------------------------------------------------------------------------

stage_move = Table(
    "stage_move",  # the history: a row is added at each move and never changed
    TABLES,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _words("object_id"),
    _number("record_id", required=True),
    _words("field_id"),
    _words("pipeline_id"),
    _words("from_stage"),  # "" where the record came from nowhere: it is new, or the pipeline is
    _words("to_stage"),  # "" where the record has left the pipeline
    Column("visit", Integer, nullable=False),  # the how-many-eth time that it is in `to_stage`
    _moment("at", required=True),
    _number("seconds"),  # that it spent in `from_stage`; NULL where nobody knows
    _number("work_seconds"),  # of them in the hours of the pipeline's calendar; NULL without one
    _number("actor"),
    _number("operation", required=True),  # the operation that moved it
    _words("cause"),  # by which door: "screen", "api", "import", …
    _words("reason"),
)
Index("stage_move_record", stage_move.c.record_id, stage_move.c.field_id, stage_move.c.id)
Index("stage_move_pipeline", stage_move.c.pipeline_id, stage_move.c.at)

stage_now = Table(
    "stage_now",  # where each record stands: the last row of its history, kept at hand
    TABLES,
    Column("record_id", BigInteger, primary_key=True, autoincrement=False),
    Column("field_id", Text, primary_key=True),
    _words("object_id"),
    _words("pipeline_id"),
    _words("stage"),
    Column("visit", Integer, nullable=False),
    _moment("entered_at", required=True),
    _words("came_from"),  # the open stage that it was in before a closed one
    _words("kept_probability"),  # what the pipeline itself put into the probability, as text; something else there was set by hand
    _words("pending_exit"),  # the stage that it goes to once an approval agrees
)
Index("stage_now_stage", stage_now.c.pipeline_id, stage_now.c.stage)

stage_visit = Table(
    "stage_visit",  # how often and how long each record was in each stage, summed up move by move
    TABLES,
    Column("record_id", BigInteger, primary_key=True, autoincrement=False),
    Column("field_id", Text, primary_key=True),
    Column("pipeline_id", Text, primary_key=True),
    Column("stage", Text, primary_key=True),
    Column("visits", Integer, nullable=False),
    _number("seconds", required=True),
)
Index("stage_visit_stage", stage_visit.c.pipeline_id, stage_visit.c.stage)

stage_action = Table(
    "stage_action",  # key actions done or undone: a row is added each time, the last one counts
    TABLES,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _number("record_id", required=True),
    _words("field_id"),
    _words("pipeline_id"),
    _words("stage"),
    Column("visit", Integer, nullable=False),
    _words("action"),
    Column("done", Boolean, nullable=False),
    _words("how"),  # "hand", or "evidence" where an expression held and the action keeps it
    _moment("at", required=True),
    _number("actor"),
)
Index("stage_action_record", stage_action.c.record_id, stage_action.c.field_id, stage_action.c.id)

# --- timers -----------------------------------------------------------------------------------------------------------------------

ONLY_WAITING = text("state = 'waiting'")

wf_timer = Table(
    "wf_timer",  # what is to happen at a moment; see timers/
    TABLES,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    _words("owner_kind"),  # whose handler is called
    _number("owner_id", required=True),
    _words("name"),
    Column("generation", Integer, nullable=False),  # moving a timer makes it one more, and its earlier firing void
    _moment("fire_at", required=True),
    Column("payload", JsonText),
    _words("state"),  # "waiting", "fired", "cancelled", "failed"
    _moment("set_at", required=True),
    _moment("fired_at"),
    _number("late_by"),  # seconds between the moment it was for and the moment it fired
    Column("attempts", Integer, nullable=False, server_default="0"),
    _moment("lease_until"),
    Column("lease_token", Text),
    Column("error", Text),
)
Index(
    "wf_timer_once", wf_timer.c.owner_kind, wf_timer.c.owner_id, wf_timer.c.name,
    unique=True, sqlite_where=ONLY_WAITING, postgresql_where=ONLY_WAITING,
)  # fmt: skip
Index("wf_timer_due", wf_timer.c.fire_at, wf_timer.c.id, sqlite_where=ONLY_WAITING, postgresql_where=ONLY_WAITING)
Index("wf_timer_owner", wf_timer.c.owner_kind, wf_timer.c.owner_id)


def _nothing(_connection: Connection, _database: Database) -> None:
    """The first tables: a new database gets them at once."""


def add_missing_tables(connection: Connection, _database: Database) -> None:
    """A step for tables that came later."""
    TABLES.create_all(connection, checkfirst=True)


def add_missing_parts(connection: Connection, database: Database) -> None:
    """A step for tables, columns and indexes that came later."""
    add_missing_tables(connection, database)
    here = inspect(connection)
    for table in TABLES.sorted_tables:
        known = {column["name"] for column in here.get_columns(table.name)}
        for column in table.columns:
            if column.name not in known:
                said = CreateColumn(column).compile(dialect=connection.dialect)
                connection.execute(text(f"ALTER TABLE {table.name} ADD COLUMN {said}"))
        for index in table.indexes:
            index.create(connection, checkfirst=True)


MIGRATIONS = Migrations(
    "workflow",
    TABLES,
    (
        _nothing,
        add_missing_tables,
        add_missing_tables,
        add_missing_tables,
        add_missing_parts,
        add_missing_tables,
        add_missing_tables,
        add_missing_parts,
        add_missing_tables,
        add_missing_tables,
        add_missing_tables,
    ),
)
