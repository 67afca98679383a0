"""What conversions keep: that a record was converted, once for all, and into what."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text

from looseleaf_platform.database.types import JsonText, UtcDateTime
from looseleaf_workflow.tables import TABLES

converted_record = Table(
    "converted_record",  # a row for each record and conversion: whoever inserts it first converts it
    TABLES,
    Column("record_id", BigInteger, primary_key=True, autoincrement=False),
    Column("conversion_id", Text, primary_key=True),
    Column("object_id", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", BigInteger),
    Column("operation", BigInteger),
    Column("became", JsonText, nullable=False),  # [{"target", "object_id", "id": text, "how": "made" | "taken"}]
)
Index("converted_record_at", converted_record.c.conversion_id, converted_record.c.at)
