"""What assignment keeps: whose turn it is, why each record went to whom, and which records wait for somebody."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from looseleaf_platform.database.types import JsonText, UtcDateTime
from looseleaf_workflow.tables import TABLES

assign_cursor = Table(
    "assign_cursor",  # whose turn it is, one row a rotation; whoever assigns holds its lock until the end of the transaction
    TABLES,
    Column("rule", Text, primary_key=True),  # "assignment id/rule id", "/area" behind it in territories
    Column("turn", Integer, nullable=False, server_default="0"),  # how many were assigned
    Column("state", JsonText),  # see rotation.Cursor
)

assign_decision = Table(
    "assign_decision",  # why a record went to whom: a row a decision, never changed
    TABLES,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("object_id", Text, nullable=False),
    Column("record_id", BigInteger, nullable=False),
    Column("version", Integer, nullable=False),  # of the record, as it was stored with the decision
    Column("assignment_id", Text, nullable=False),
    Column("rule", Text, nullable=False, server_default=""),  # "" where none found anybody
    Column("outcome", Text, nullable=False),  # "assigned", "queue", "manager", "pool"
    Column("owner", BigInteger),
    Column("facts", JsonText),  # what was known: the people, who was passed over and why, loads, the area
    Column("at", UtcDateTime, nullable=False),
    Column("operation", BigInteger, nullable=False),
)
Index("assign_decision_record", assign_decision.c.record_id, assign_decision.c.id)
