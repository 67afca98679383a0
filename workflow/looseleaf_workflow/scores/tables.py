"""What scores keep beside the records themselves: with which definition each was last counted for all of them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Table, Text

from looseleaf_platform.database.types import UtcDateTime
from looseleaf_workflow.tables import TABLES

score_adoption = Table(
    "score_adoption",  # a score was brought to all records of its object, or is being
    TABLES,
    Column("score_id", Text, primary_key=True),
    Column("basis", Text, nullable=False),  # fingerprint of what it is counted with
    Column("revision", BigInteger, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
