"""Keeps a database's planner informed while much is stored at once: PostgreSQL's own housekeeping comes a minute late, or never.

Without statistics PostgreSQL takes a table that has just been filled for an empty one, and reads all of it for every look-up.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Table, text

from looseleaf_platform.database.engines import Database

FIRST = 1000
"""Rows after which the tables are looked at for the first time; then whenever as many have come again."""


class Growth:
    """Counts what is stored into some tables, and has them analysed each time it has doubled. SQLite needs none of it."""

    def __init__(self, database: Database, tables: Iterable[Table]) -> None:
        self.database, self.tables = database, tuple(dict.fromkeys(tables))
        self.rows, self.next = 0, FIRST

    def add(self, rows: int) -> None:
        """So many more rows were stored. Analyses in a transaction of its own, which keeps no reader and no writer waiting."""
        self.rows += rows
        if self.rows < self.next or self.database.dialect != "postgresql":
            return
        self.next = 2 * self.rows
        quote = self.database.writer.dialect.identifier_preparer.quote
        names = ", ".join(f"{quote(str(self.database.schema))}.{quote(table.name)}" for table in self.tables)
        with self.database.write() as connection:
            connection.execute(text(f"ANALYZE {names}"))
