"""Building an index of a large table while others write: PostgreSQL's CONCURRENTLY, which must stand outside every transaction.

A build that was interrupted leaves an invalid index behind; it is dropped and built anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

from looseleaf_platform.publishing.ddl import Statements, existing
from looseleaf_platform.publishing.filling import Note

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace


class BuildFailed(Exception):
    """PostgreSQL could not build the index, because the data do not allow it or because of the circumstances."""


def build(workspace: Workspace, payload: dict[str, Any], note: Note) -> None:
    """Run the statement of `payload` unless the index is there already. Raises BuildFailed."""
    with workspace.database.outside_transactions() as connection:
        statements = Statements(connection.dialect, workspace.database.schema)
        there = existing(connection, workspace.database)
        if payload["name"] in there.indexes or payload["table"] not in there.columns:
            return
        connection.exec_driver_sql("SET lock_timeout = 0")  # waits for old transactions, and nobody waits for it
        try:
            if payload["name"] in there.broken_indexes:
                connection.exec_driver_sql(statements.drop_index(payload["name"], concurrently=True))
            connection.exec_driver_sql(payload["sql"])
        except DBAPIError as failure:
            if failure.connection_invalidated:
                raise
            raise BuildFailed(str(failure.orig)) from failure
        finally:
            if not connection.invalidated:
                connection.exec_driver_sql("RESET lock_timeout")
