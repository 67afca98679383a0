"""What a publish leaves to be done while others write, as rows of the job table that any process may take up where another stopped.

Indexes of large tables (PostgreSQL), roll-ups, search grams and keys of duplicates of existing records. Every one may run twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, or_, select, update

from looseleaf_platform.database.system_tables import job
from looseleaf_platform.errors import LooseleafError
from looseleaf_platform.publishing import filling, index_building
from looseleaf_platform.records import duplicates
from looseleaf_platform.records.ids import new_id

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

LEASE = timedelta(minutes=10)
MOST_ATTEMPTS = 5
PREFIX = "publish."

WORK: Mapping[str, Callable[[Workspace, dict[str, Any], filling.Note], None]] = {
    "publish.index": index_building.build,
    "publish.rollup": filling.fill_rollup,
    "publish.grams": filling.fill_grams,
    "publish.duplicates": duplicates.fill,
}
"""By kind of job: what does it, given the payload and a way to note how far it is."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done later: `kind` is a key of WORK, `payload` JSON data."""

    kind: str
    payload: dict[str, Any]


def ask_for(connection: Connection, tasks: Iterable[Task], now: datetime) -> None:
    """Note tasks, in the transaction of the publish."""
    rows = [
        {
            "id": new_id(),
            "kind": task.kind,
            "state": "waiting",
            "payload": task.payload,
            "progress": {"attempts": 0},
            "created_at": now,
            "updated_at": now,
        }
        for task in tasks
    ]
    if rows:
        connection.execute(insert(job), rows)


def waiting(workspace: Workspace) -> int:
    """How many tasks are still to be done."""
    with workspace.database.read() as connection:
        return len(connection.execute(select(job.c.id).where(job.c.kind.in_(WORK), job.c.state.in_(("waiting", "running")))).all())


def run(workspace: Workspace) -> int:
    """Do what is waiting, one after the other; returns how many were done. May be called by any process at any time.

    A task whose process died is taken up when its lease is over; one that fails is tried again at the next call, some times.
    """
    done, tried = 0, set[int]()
    while waiting(workspace) and (taken := _take(workspace, tried)):
        id, kind, payload, progress = taken
        tried.add(id)
        done += _do(workspace, id, kind, payload, progress)
    return done


def _take(workspace: Workspace, tried: set[int]) -> tuple[int, str, dict[str, Any], dict[str, Any]] | None:
    """The next task, leased to this process."""
    now = workspace.clock()
    free = or_(job.c.state == "waiting", (job.c.state == "running") & (job.c.lease_until < now))
    with workspace.database.write() as connection:
        statement = select(job.c.id, job.c.kind, job.c.payload, job.c.progress).where(job.c.kind.in_(WORK), free, job.c.id.not_in(tried))
        row = connection.execute(statement.order_by(job.c.id).limit(1).with_for_update(skip_locked=True)).first()
        if row is None:
            return None
        progress = {**(row.progress or {}), "attempts": (row.progress or {}).get("attempts", 0) + 1}
        values = {"state": "running", "progress": progress, "lease_until": now + LEASE, "started_at": now, "updated_at": now}
        connection.execute(update(job).where(job.c.id == row.id).values(**values))
        return row.id, row.kind, row.payload, progress


def _do(workspace: Workspace, id: int, kind: str, payload: dict[str, Any], progress: dict[str, Any]) -> int:
    """Do one task; its failure is noted."""

    def note(connection: Connection, far: dict[str, Any]) -> None:
        progress.update(far)
        now = workspace.clock()
        values = {"progress": progress, "lease_until": now + LEASE, "updated_at": now}
        connection.execute(update(job).where(job.c.id == id).values(**values))

    try:
        WORK[kind](workspace, {**payload, **progress}, note)
    except (LooseleafError, index_building.BuildFailed) as failure:
        gave_up = progress["attempts"] >= MOST_ATTEMPTS
        _set(workspace, id, state="failed" if gave_up else "waiting", error=str(failure), updated_at=workspace.clock())
        return 0
    _set(workspace, id, state="done", error=None, updated_at=workspace.clock(), finished_at=workspace.clock())
    return 1


def _set(workspace: Workspace, id: int, **values: Any) -> None:
    with workspace.database.write() as connection:
        connection.execute(update(job).where(job.c.id == id).values(**values))
