"""Setting, moving and cancelling timers, each as a part of the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, insert, select, update

from looseleaf_platform.database.upserts import insert_into
from looseleaf_platform.records.ids import new_id
from looseleaf_workflow.tables import ONLY_WAITING, wf_timer

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace


def set_timer(
    connection: Connection, workspace: Workspace, owner_kind: str, owner_id: int, name: str, fire_at: datetime, payload: Any = None
) -> int:
    """Have `owner_kind`'s handler called at `fire_at` (UTC). Returns the timer's id.

    An owner has one waiting timer of a name: setting it again moves it, with the new payload, and bumps its generation, so that a
    firing of the earlier moment that is under way comes to nothing. `payload` is JSON.
    """
    now = workspace.clock()
    owner = {"owner_kind": owner_kind, "owner_id": owner_id, "name": name, "generation": 1, "state": "waiting"}
    row = {"id": new_id(), **owner, "fire_at": fire_at, "payload": payload, "set_at": now, **UNTRIED}
    id = connection.scalar(_put(connection.dialect.name), row)
    if fire_at <= now:
        workspace.database.after_commit(connection, workspace.ring)
    return int(id)


UNTRIED = {"attempts": 0, "error": None, "lease_until": None, "lease_token": None}
"""What a timer says that nobody has fired yet."""


@cache
def _put(dialect: str) -> Any:
    """A timer that is new, or moved."""
    new = insert_into(dialect, wf_timer)
    said = {name: new.excluded[name] for name in ("fire_at", "payload", "set_at", *UNTRIED)}
    moved = new.on_conflict_do_update(
        index_elements=["owner_kind", "owner_id", "name"], index_where=ONLY_WAITING, set_={**said, "generation": wf_timer.c.generation + 1}
    )
    return moved.returning(wf_timer.c.id)


CHUNK = 500
MOVE = (
    update(wf_timer)
    .where(wf_timer.c.id == bindparam("_id"), wf_timer.c.state == "waiting")
    .values(
        fire_at=bindparam("_at"), set_at=bindparam("_set"), generation=wf_timer.c.generation + 1,
        payload=None, attempts=0, error=None, lease_until=None, lease_token=None,
    )
)  # fmt: skip


def set_timers(
    connection: Connection, workspace: Workspace, owner_kind: str, name: str, moments: Mapping[int, datetime | None], new: frozenset[int] = frozenset()
) -> None:  # fmt: skip
    """`set_timer` for many owners at once, by owner; None lets the owner's timer of that name not fire. `new`: owners that have none yet."""
    now = workspace.clock()
    known: dict[int, int] = {}
    asked = sorted(owner for owner in moments if owner not in new)
    for start in range(0, len(asked), CHUNK):
        where = (wf_timer.c.owner_kind == owner_kind, wf_timer.c.owner_id.in_(asked[start : start + CHUNK]), wf_timer.c.name == name)
        statement = select(wf_timer.c.id, wf_timer.c.owner_id).where(*where, wf_timer.c.state == "waiting")
        known |= {row.owner_id: row.id for row in connection.execute(statement.order_by(wf_timer.c.id).with_for_update())}
    moved = [{"_id": known[owner], "_at": at, "_set": now} for owner, at in moments.items() if at is not None and owner in known]
    if moved:
        connection.execute(MOVE, moved)
    gone = [known[owner] for owner, at in moments.items() if at is None and owner in known]
    for start in range(0, len(gone), CHUNK):
        _cancel(connection, wf_timer.c.id.in_(gone[start : start + CHUNK]))
    same = {"owner_kind": owner_kind, "name": name, "generation": 1, "state": "waiting", "set_at": now, "attempts": 0}
    fresh = [
        {"id": new_id(), "owner_id": owner, "fire_at": at, **same} for owner, at in moments.items() if at is not None and owner not in known
    ]
    if fresh:
        connection.execute(insert(wf_timer), fresh)
    if any(at is not None and at <= now for at in moments.values()):
        workspace.database.after_commit(connection, workspace.ring)


_owned = (wf_timer.c.owner_kind == bindparam("_kind"), wf_timer.c.owner_id == bindparam("_owner"), wf_timer.c.state == "waiting")
CANCEL_ALL = update(wf_timer).where(*_owned).values(state="cancelled", generation=wf_timer.c.generation + 1)
CANCEL = CANCEL_ALL.where(wf_timer.c.name == bindparam("_name"))


def cancel_timer(connection: Connection, owner_kind: str, owner_id: int, name: str) -> bool:
    """Let a timer not fire. False if none of that name waits."""
    return connection.execute(CANCEL, {"_kind": owner_kind, "_owner": owner_id, "_name": name}).rowcount > 0


def cancel_timers_of(connection: Connection, owner_kind: str, owner_id: int) -> int:
    """Let none of an owner's timers fire. Returns how many waited."""
    return connection.execute(CANCEL_ALL, {"_kind": owner_kind, "_owner": owner_id}).rowcount


def _cancel(connection: Connection, *where: Any) -> int:
    statement = update(wf_timer).where(*where, wf_timer.c.state == "waiting")
    return connection.execute(statement.values(state="cancelled", generation=wf_timer.c.generation + 1)).rowcount


def waiting_timers(connection: Connection, owner_kind: str, owner_id: int) -> Mapping[str, datetime]:
    """When each waiting timer of an owner fires, by name, the first one first."""
    where = (wf_timer.c.owner_kind == owner_kind, wf_timer.c.owner_id == owner_id, wf_timer.c.state == "waiting")
    statement = select(wf_timer.c.name, wf_timer.c.fire_at).where(*where).order_by(wf_timer.c.fire_at, wf_timer.c.id)
    return {row.name: row.fire_at for row in connection.execute(statement)}
