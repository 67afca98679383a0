"""Many rows of one table at once: executemany, and COPY on PostgreSQL where there are enough of them to pay for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Insert

MOST = 5000
"""Rows handed to the driver at a time."""


def insert_many(connection: Connection, statement: Insert, rows: Sequence[dict[str, Any]]) -> None:
    """Insert `rows`, which all have the same keys."""
    for start in range(0, len(rows), MOST):
        connection.execute(statement, rows[start : start + MOST])
