"""Inbound events that are no longer kept: old ones, and what was told about records that are erased."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, select, update

from looseleaf_platform.records.ids import decode
from looseleaf_workflow.inbound.tables import inbound_event

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

KEPT = timedelta(days=30)
"""How long events stay as they came, and how long the same id is known again. A signature is good for minutes."""
CHUNK = 500
_events = inbound_event.c


def clear(workspace: Workspace) -> None:
    """Remove some of the events that are over and older than KEPT. A chore; a look that finds nothing keeps no writer waiting."""
    old = select(_events.id).where(_events.received_at < workspace.clock() - KEPT, _events.state != "stored").limit(CHUNK)
    with workspace.database.read() as connection:
        ids = list(connection.scalars(old))
    if ids:
        with workspace.database.write() as connection:
            connection.execute(delete(inbound_event).where(_events.id.in_(ids)))


def erase(connection: Connection, events: Sequence[str]) -> None:
    """Erase what events said; that they came stays."""
    ids = [decode(id) for id in events]
    if ids:
        connection.execute(update(inbound_event).where(_events.id.in_(ids)).values(body="", data=None))
