"""What pools keep: how each record stands, what happened to it, and a row a person to lock while limits are counted."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from looseleaf_platform.database.types import JsonText, UtcDateTime
from looseleaf_workflow.tables import TABLES

pool_standing = Table(
    "pool_standing",  # how a record stands: one row a record, so it has one owner and one set of clocks
    TABLES,
    Column("record_id", BigInteger, primary_key=True, autoincrement=False),
    Column("object_id", Text, nullable=False),
    Column("pool_id", Text, nullable=False, server_default=""),  # "" where no pool takes it
    Column("owner", BigInteger),  # NULL: it lies in the pool
    Column("since", UtcDateTime, nullable=False),  # since when it has this owner, or lies in the pool
    Column("protected_until", UtcDateTime),
    Column("extensions", Integer, nullable=False, server_default="0"),
    Column("warned_at", UtcDateTime),  # of the return that is coming
    Column("warned", JsonText),  # {"due": moment, "given": [durations]}: which warnings of which due moment were given
)
Index("pool_standing_pool", pool_standing.c.pool_id, pool_standing.c.owner)

pool_event = Table(
    "pool_event",  # what happened to records: a row each time, never changed
    TABLES,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("object_id", Text, nullable=False),
    Column("record_id", BigInteger, nullable=False),
    Column("pool_id", Text, nullable=False),
    Column("kind", Text, nullable=False),  # see recording.KINDS; "warned" and "extended" beside
    Column("user_id", BigInteger),  # who got it, lost it or was warned
    Column("day", Text, nullable=False),  # in the workspace's zone: what is counted by the day
    Column("at", UtcDateTime, nullable=False),
    Column("actor", BigInteger),
    Column("operation", BigInteger),
    Column("reason", Text, nullable=False, server_default=""),
)
Index("pool_event_record", pool_event.c.record_id, pool_event.c.id)
Index("pool_event_user", pool_event.c.user_id, pool_event.c.kind, pool_event.c.day)

pool_counter = Table(
    "pool_counter",  # locked by whoever counts what a person may still claim
    TABLES,
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("pool_id", Text, primary_key=True),
)
