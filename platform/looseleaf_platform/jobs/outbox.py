"""Messages stored in the transaction that causes them, and handled afterwards: at least once, by whichever process comes first.

A message is leased while it is handled (leases.py): what a process that dies had in hand, another takes over. A failure is tried again
after a growing pause, MOST_ATTEMPTS times; then the message is kept as failed, for an operator to look at and try again.

Messages stand in lanes, each in its own order, and the lanes take turns: what a large import leaves behind keeps nobody waiting. What is put
while a message of the lane BULK is handled goes into that lane as well.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, and_, delete, insert, select, update

from looseleaf_platform.database.system_tables import outbox
from looseleaf_platform.errors import Unavailable
from looseleaf_platform.jobs.leases import LET_GO, MOST_ATTEMPTS, claim, free, pause_after, prolong, renewed, said
from looseleaf_platform.records.ids import new_id

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

log = logging.getLogger(__name__)

BULK = "bulk"
LANES = ("", "metadata", "jobs", "automation", BULK)
"""Which lanes there are; "" is of what people wait for."""
CLAIMED = 10
"""Messages taken at a time, all of one lane."""
KEPT = timedelta(days=7)
"""How long handled messages stay, for those who ask what happened."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as its handler sees it. `attempts` counts this one; `token` names the lease."""

    id: int
    topic: str
    payload: Any
    attempts: int
    created_at: datetime
    token: str
    lane: str = ""


class Turns:
    """Whose turn it is: the lanes in the order in which they are asked, the one after the last that was served first."""

    def __init__(self) -> None:
        self.order: tuple[str, ...] = LANES

    def served(self, lane: str) -> None:
        """Others come first now."""
        place = self.order.index(lane) + 1
        self.order = (*self.order[place:], *self.order[:place])


_handling: ContextVar[str] = ContextVar("lane", default="")
"""The lane of the message that is handled now."""

Handler = Callable[["Workspace", Message], None]
"""Does what a message asks for. May be called twice for one message; what it raises is logged and leads to another attempt."""
Handlers = Mapping[str, Handler]
"""By topic. Messages of other topics wait for a process that knows them."""


def put(connection: Connection, workspace: Workspace, topic: str, payload: Any, *, lane: str = "", due: datetime | None = None) -> int:
    """Put a message into the outbox, as a part of the transaction of `connection`. Returns its id. `due`: not before. `lane`: one of LANES."""
    id, now = new_id(), workspace.clock()
    if lane not in LANES:
        raise ValueError(f"there is no lane {lane!r}")
    if _handling.get() == BULK:
        lane = BULK
    values = {"id": id, "lane": lane, "topic": topic, "payload": payload, "created_at": now, "due_at": due or now, "attempts": 0}
    connection.execute(insert(outbox), values)
    workspace.database.after_commit(connection, workspace.ring)
    return id


def drain(workspace: Workspace, handlers: Handlers, most: int = 1000, turns: Turns | None = None) -> int:
    """Handle what is due, until nothing is left or `most` messages were tried. Returns how many were handled well.

    `turns`: kept by those who call again and again, so that each lane has its turn however few are tried at once.
    """
    handled = tried = 0
    turns = turns or Turns()
    while tried < most:
        messages = _claim(workspace, handlers, turns)
        if not messages:
            break
        with renewed(workspace, outbox, messages[0].token):
            for message in messages:
                tried += 1
                handled += _handle(workspace, handlers[message.topic], message)
    return handled


def extend(workspace: Workspace, message: Message) -> bool:
    """Keep a message for longer. False if the lease is lost: another process may be at it."""
    return prolong(workspace, outbox, _held(message))


def _claim(workspace: Workspace, handlers: Handlers, turns: Turns) -> list[Message]:
    """Lease the next due messages of the lane whose turn it is to this process."""
    lane = _lane_due(workspace, handlers, turns) if handlers else None
    if lane is None:
        return []
    turns.served(lane)
    now = workspace.clock()
    due = select(outbox).where(_waiting(handlers, now, lane)).order_by(outbox.c.due_at, outbox.c.id).limit(CLAIMED)
    with workspace.database.write() as connection:
        token, rows = claim(connection, outbox, due, now)
    return [Message(row.id, row.topic, row.payload, row.attempts + 1, row.created_at, token, lane) for row in rows]


def _lane_due(workspace: Workspace, handlers: Handlers, turns: Turns) -> str | None:
    """The first lane in which anything is due. One query of one index, that keeps no writer waiting."""
    now = workspace.clock()
    firsts = [select(outbox.c.id).where(_waiting(handlers, now, lane)).limit(1).scalar_subquery() for lane in turns.order]
    with workspace.database.read() as connection:
        found = connection.execute(select(*firsts)).one()
    return next((lane for lane, id in zip(turns.order, found, strict=True) if id is not None), None)


def _waiting(handlers: Handlers, now: datetime, lane: str) -> ColumnElement[bool]:
    mine = and_(outbox.c.lane == lane, outbox.c.topic.in_(sorted(handlers)))
    return and_(outbox.c.done_at.is_(None), mine, outbox.c.due_at <= now, free(outbox, now))


def _held(message: Message) -> ColumnElement[bool]:
    return and_(outbox.c.id == message.id, outbox.c.lease_token == message.token, outbox.c.done_at.is_(None))


def _handle(workspace: Workspace, handler: Handler, message: Message) -> int:
    kept = _handling.set(message.lane)
    try:
        handler(workspace, message)
    except Unavailable:
        raise
    except Exception as error:
        log.exception("message %s (%s), attempt %s", message.id, message.topic, message.attempts)
        _note(workspace, message, **_after_failure(workspace, message, error))
        return 0
    finally:
        _handling.reset(kept)
    _note(workspace, message, done_at=workspace.clock(), error=None, **LET_GO)
    return 1


def _after_failure(workspace: Workspace, message: Message, error: Exception) -> dict[str, Any]:
    """When to try again; or that it is given up."""
    now = workspace.clock()
    if message.attempts >= MOST_ATTEMPTS:
        return {"done_at": now, "error": said(error), **LET_GO}
    return {"due_at": now + pause_after(message.attempts), "error": said(error), **LET_GO}


def _note(workspace: Workspace, message: Message, **values: Any) -> None:
    """Write down what became of a message, unless its lease has passed to somebody else."""
    with workspace.database.write() as connection:
        connection.execute(update(outbox).where(_held(message)).values(values))


def failed(workspace: Workspace, most: int = 100) -> list[tuple[int, str, str]]:
    """Messages that were given up, newest first: id, topic, and what the last attempt raised."""
    where = (outbox.c.done_at.is_not(None), outbox.c.error.is_not(None))
    statement = select(outbox.c.id, outbox.c.topic, outbox.c.error).where(*where).order_by(outbox.c.id.desc()).limit(most)
    with workspace.database.read() as connection:
        return [(row.id, row.topic, row.error) for row in connection.execute(statement)]


def retry(workspace: Workspace, id: int) -> bool:
    """Try a message that was given up again, as if it were new. False if there is no such message."""
    with workspace.database.write() as connection:
        where = (outbox.c.id == id, outbox.c.done_at.is_not(None), outbox.c.error.is_not(None))
        changed = connection.execute(update(outbox).where(*where).values(done_at=None, attempts=0, due_at=workspace.clock(), error=None))
        workspace.database.after_commit(connection, workspace.ring)
    return changed.rowcount == 1


def prune(workspace: Workspace, older_than: timedelta = KEPT, most: int = 1000) -> int:
    """Remove messages that were handled well long ago, a batch at a time. Returns how many went."""
    old = select(outbox.c.id).where(outbox.c.done_at < workspace.clock() - older_than, outbox.c.error.is_(None)).limit(most)
    with workspace.database.read() as connection:
        ids = list(connection.scalars(old))
    if ids:
        with workspace.database.write() as connection:
            connection.execute(delete(outbox).where(outbox.c.id.in_(ids)))
    return len(ids)
