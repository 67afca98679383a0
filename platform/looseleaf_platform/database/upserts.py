"""Inserts that may meet a row that is there already, in the words of either database. It knows no table.

connection.execute(insert_into("sqlite", sequence).on_conflict_do_nothing())
"""

from __future__ import annotations

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_into(dialect: str, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An insert that can say what to do `on_conflict`; `dialect`: the name of the connection's."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
