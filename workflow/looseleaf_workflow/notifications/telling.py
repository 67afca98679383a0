"""Telling people something inside the product: a row for each of them, in the transaction of what is told.

tell(connection, now, {user_id: text}, About(object_id, record_id), topic="automation:…")

What one topic tells a person about many records within a window is folded into one digest: the first row is its head, the only one
that counts as unread. Once the head is read, what follows begins a digest of its own, so that nothing new hides behind what was read.
Knows nothing of who tells, and asks no rights: the reader's are asked when it is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from looseleaf_platform.database.upserts import insert_into
from looseleaf_platform.records.ids import new_id
from looseleaf_workflow.notifications.tables import wf_notification

WINDOW = timedelta(minutes=10)
"""For how long one topic is folded into one digest."""
LONGEST = 1000
_rows = wf_notification.c


@dataclass(frozen=True, slots=True)
class About:
    """The record that people are told of; `run_id`: the run of an automation that tells it."""

    object_id: str
    record_id: int | None
    run_id: int | None = None


def tell(connection: Connection, now: datetime, texts: Mapping[int, str], about: About, topic: str = "") -> int:
    """Tell each user their text. `topic`: folded with what the same topic tells the same person within WINDOW. Returns how many were told."""
    digest = f"{topic}@{int(now.timestamp() // WINDOW.total_seconds())}" if topic else ""
    same = {"object_id": about.object_id, "record_id": about.record_id, "run_id": about.run_id, "at": now, "digest": digest}
    rows = {user: {"id": new_id(), "user_id": user, "text": texts[user][:LONGEST], "head_id": None, **same} for user in sorted(texts)}
    if not topic:
        if rows:
            connection.execute(insert(wf_notification), list(rows.values()))
        return len(rows)
    for user, row in rows.items():
        _fold(connection, user, row)
    return len(rows)


def _fold(connection: Connection, user: int, row: dict[str, Any]) -> None:
    """Begin a digest, or add to the one that is open."""
    first = insert_into(connection.dialect.name, wf_notification).values(row).on_conflict_do_nothing().returning(_rows.id)
    head = select(_rows.id).where(
        _rows.user_id == user, _rows.digest == row["digest"], _rows.head_id.is_(None), _rows.read_at.is_(None)
    )  # fmt: skip
    while connection.scalar(first) is None:
        found = connection.scalar(head.with_for_update())  # nobody reads it until the new row is there
        if found is not None:
            connection.execute(insert(wf_notification), row | {"head_id": found})
            return


def forget(connection: Connection, object_id: str, record_ids: Sequence[int]) -> None:
    """Erase what was told of records. A head with others folded into it stays, empty."""
    mine = (_rows.object_id == object_id, _rows.record_id.in_(record_ids))
    connection.execute(delete(wf_notification).where(*mine, _rows.head_id.is_not(None)))
    folded = wf_notification.alias("folded")
    holds = select(folded.c.id).where(folded.c.head_id == _rows.id).exists()
    connection.execute(update(wf_notification).where(*mine, holds).values(text="", object_id="", record_id=None))
    connection.execute(delete(wf_notification).where(*mine))
