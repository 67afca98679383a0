"""Firing what is due, in due order, by whichever process comes first, however late.

A firing is a command with the key (timer, generation). A handler does its work in one transaction and begins it with `take`, which is
true once per key: a timer that was moved, cancelled, fired, or taken over by another process because its lease ran out, gives false, and
the handler then does nothing. What a handler raises is tried again after a growing pause, MOST_ATTEMPTS times; others go on meanwhile.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, select, update

from looseleaf_platform.errors import Unavailable
from looseleaf_platform.jobs.leases import LET_GO, MOST_ATTEMPTS, claim, free, pause_after, renewed, said
from looseleaf_workflow.tables import wf_timer

if TYPE_CHECKING:
    from looseleaf_platform.jobs.drainer import Chore
    from looseleaf_platform.workspace import Workspace

log = logging.getLogger(__name__)

CLAIMED = 100
"""Timers taken at a time."""
LIMIT = 500
"""Timers fired in one round, so that other work is not kept waiting after an outage."""


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer as its handler sees it. `late`: how long after its moment it fires; `token` names the lease."""

    id: int
    generation: int
    owner_kind: str
    owner_id: int
    name: str
    fire_at: datetime
    payload: Any
    attempts: int
    late: timedelta
    token: str


HELD = and_(
    wf_timer.c.id == bindparam("_id"), wf_timer.c.generation == bindparam("_generation"), wf_timer.c.state == "waiting",
    wf_timer.c.lease_token == bindparam("_token"),
)  # fmt: skip
TAKE = update(wf_timer).where(HELD).values(
    state="fired", fired_at=bindparam("fired_at"), late_by=bindparam("late_by"), error=None, lease_until=None
)  # fmt: skip

Handler = Callable[["Workspace", Timer], None]
"""Does what is due, in one transaction in which it calls `take`, or sets the timer anew. May be called twice for one timer."""
Handlers = Mapping[str, Handler]
"""By `owner_kind`. Timers of other kinds wait for a process that knows them."""


def chore(handlers: Handlers) -> Chore:
    """The chore of a drainer that fires what these handlers know."""

    def fire_timers(workspace: Workspace) -> None:
        fire_due(workspace, handlers)

    return fire_timers


def fire_due(workspace: Workspace, handlers: Handlers, limit: int = LIMIT) -> int:
    """Fire what is due, the earliest first, at most `limit` timers. Returns how many fired."""
    fired = tried = 0
    while tried < limit:
        timers = _claim(workspace, handlers, min(CLAIMED, limit - tried))
        if not timers:
            break
        with renewed(workspace, wf_timer, timers[0].token):
            for timer in timers:
                tried += 1
                fired += _fire(workspace, handlers[timer.owner_kind], timer)
    return fired


def take(connection: Connection, workspace: Workspace, timer: Timer) -> bool:
    """Note, in the transaction that does the work, that a timer has fired. False: it is none of this process's business any more."""
    return (
        connection.execute(TAKE, {**_key(timer), "fired_at": workspace.clock(), "late_by": int(timer.late.total_seconds())}).rowcount == 1
    )


def _claim(workspace: Workspace, handlers: Handlers, most: int) -> list[Timer]:
    """Lease the next due timers to this process. `now` is read once, for the comparison and for what is stored."""
    now = workspace.clock()
    with workspace.database.read() as connection:
        if not handlers or connection.scalar(select(wf_timer.c.id).where(_due(handlers, now)).limit(1)) is None:
            return []
    statement = select(wf_timer).where(_due(handlers, now)).order_by(wf_timer.c.fire_at, wf_timer.c.id).limit(most)
    with workspace.database.write() as connection:
        token, rows = claim(connection, wf_timer, statement, now)
    return [
        Timer(
            row.id, row.generation, row.owner_kind, row.owner_id, row.name, row.fire_at, row.payload, row.attempts + 1,
            now - row.fire_at, token,
        )
        for row in rows
    ]  # fmt: skip


def _due(handlers: Handlers, now: datetime) -> ColumnElement[bool]:
    owned = wf_timer.c.owner_kind.in_(sorted(handlers))
    return and_(wf_timer.c.state == "waiting", wf_timer.c.fire_at <= now, owned, free(wf_timer, now))


def _key(timer: Timer) -> dict[str, Any]:
    return {"_id": timer.id, "_generation": timer.generation, "_token": timer.token}


def _fire(workspace: Workspace, handler: Handler, timer: Timer) -> int:
    try:
        handler(workspace, timer)
    except Unavailable:
        raise
    except Exception as error:
        log.exception("timer %s (%s %s), attempt %s", timer.id, timer.owner_kind, timer.name, timer.attempts)
        with workspace.database.write() as connection:
            connection.execute(update(wf_timer).where(HELD).values(_after_failure(workspace, timer, error)), _key(timer))
        return 0
    return 1


def _after_failure(workspace: Workspace, timer: Timer, error: Exception) -> dict[str, Any]:
    """When to try again; or that it is given up."""
    if timer.attempts >= MOST_ATTEMPTS:
        return {"state": "failed", "error": said(error), **LET_GO}
    return {"error": said(error), "lease_until": workspace.clock() + pause_after(timer.attempts), "lease_token": None}
