"""Background jobs: long work on somebody's behalf, with progress to watch, taken up again where a dead process left it.

`start` stores the job and its message together; a drainer with `running(kinds)` among its handlers does the work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, insert, select, update

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.database.system_tables import job
from looseleaf_platform.errors import LooseleafError, NotAllowed, NotThere, Unavailable
from looseleaf_platform.jobs.leases import MOST_ATTEMPTS
from looseleaf_platform.jobs.outbox import Handler, Message, extend, put
from looseleaf_platform.records.ids import decode, encode, new_id

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

TOPIC = "job.run"
OVER = frozenset({"done", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class Job:
    """A job as shown. `state`: "waiting", "running", "done", "failed", "cancelled"; `progress` as the work last told it."""

    id: int
    kind: str
    state: str
    progress: Mapping[str, Any]
    payload: Any
    result: Any
    error: str
    actor: int | None
    created_at: datetime
    finished_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.state in OVER


class Cancelled(Exception):
    """Raised inside a job that somebody has cancelled, or whose lease another process has taken."""


class Run:
    """One run of a job, for the function that does it. `context`: who asked for it, with the rights of now, by the door "job".

    `progress`: what an earlier, interrupted run told last; take up from there.
    """

    def __init__(self, workspace: Workspace, message: Message, found: Job) -> None:
        self.workspace, self.message, self.job = workspace, message, found
        self.payload = found.payload
        self.progress: dict[str, Any] = dict(found.progress)
        self.context = workspace.context(SYSTEM if found.actor is None else workspace.actor(found.actor), "job")

    def tell(self, **progress: Any) -> None:
        """Note how far the work is, and keep the lease. Raises Cancelled where the work is to end."""
        with self.workspace.database.write() as connection:
            self.note(connection, **progress)
        if not extend(self.workspace, self.message):
            raise Cancelled

    def note(self, connection: Connection, **progress: Any) -> None:
        """Note how far the work is in the transaction that does it: a run after a crash takes up just there. Raises Cancelled."""
        self.progress.update(progress)
        where = (job.c.id == self.job.id, job.c.state == "running", job.c.lease_token == self.message.token)
        noted = connection.execute(update(job).where(*where).values(progress=self.progress, updated_at=self.workspace.clock()))
        if noted.rowcount != 1:
            raise Cancelled


Work = Callable[[Run], Any]
"""Does a job and returns its result, JSON data. May be run twice; what it raises beside LooseleafError leads to another run."""


def start(context: Context, kind: str, payload: Any) -> int:
    """Store a job to be done on behalf of the actor. Returns its id."""
    workspace, id, now = context.workspace, new_id(), context.now
    values = {"id": id, "kind": kind, "state": "waiting", "payload": payload, "progress": {}, "actor": context.actor.id}
    with workspace.database.write() as connection:
        connection.execute(insert(job), values | {"created_at": now, "updated_at": now})
        put(connection, workspace, TOPIC, {"job": encode(id)}, lane="jobs")
    return id


def job_of(context: Context, id: int) -> Job:
    """A job of the actor's own; an administrator sees all. Raises NotThere."""
    found = _read(context.workspace, id)
    if found is None or not (context.profile.everything or found.actor == context.actor.id):
        raise NotThere
    return found


def jobs_of(context: Context, kind: str = "", most: int = 50) -> tuple[Job, ...]:
    """The actor's jobs, newest first; only those of a kind if one is named."""
    statement = select(job).where(job.c.actor == context.actor.id).order_by(job.c.created_at.desc(), job.c.id.desc()).limit(most)
    with context.workspace.database.read() as connection:
        return tuple(_job(row) for row in connection.execute(statement.where(job.c.kind == kind) if kind else statement))


def cancel(context: Context, id: int) -> None:
    """End a job at its next step. Raises NotThere; NotAllowed for one that is over."""
    job_of(context, id)
    now = context.now
    with context.workspace.database.write() as connection:
        where = (job.c.id == id, job.c.state.not_in(OVER))
        changed = connection.execute(update(job).where(*where).values(state="cancelled", finished_at=now, updated_at=now))
    if changed.rowcount != 1:
        raise NotAllowed(Text("This job is over already"))


def again(context: Context, id: int) -> bool:
    """Do a job that failed again, on behalf of who asked for it, from where it told last. False if it did not fail."""
    workspace, now = context.workspace, context.now
    with workspace.database.write() as connection:
        failed = update(job).where(job.c.id == id, job.c.state == "failed")
        found = connection.execute(failed.values(state="waiting", error=None, finished_at=None, updated_at=now)).rowcount == 1
        if found:
            put(connection, workspace, TOPIC, {"job": encode(id)}, lane="jobs")
    return found


def running(kinds: Mapping[str, Work]) -> Handler:
    """The handler of TOPIC for a process that can do these kinds of jobs."""

    def handle(workspace: Workspace, message: Message) -> None:
        id = decode(message.payload["job"])
        found = _take(workspace, message, id)
        if found is not None:
            _run(workspace, message, found, kinds.get(found.kind))

    return handle


def _take(workspace: Workspace, message: Message, id: int) -> Job | None:
    """Mark a job as running under this message's lease; None for one that is over."""
    now = workspace.clock()
    with workspace.database.write() as connection:
        row = connection.execute(select(job).where(job.c.id == id, job.c.state.not_in(OVER)).with_for_update()).first()
        if row is None:
            return None
        values = {"state": "running", "lease_token": message.token, "updated_at": now, "started_at": row.started_at or now}
        connection.execute(update(job).where(job.c.id == id).values(values))
        return _job(row)


def _run(workspace: Workspace, message: Message, found: Job, work: Work | None) -> None:
    try:
        if work is None:
            raise LookupError(f"nobody here can do jobs of kind {found.kind}")
        result = work(Run(workspace, message, found))
    except Cancelled:
        return
    except Unavailable:
        raise
    except LooseleafError as error:
        _finish(workspace, message, found.id, state="failed", error=str(error))
    except Exception as error:
        if message.attempts >= MOST_ATTEMPTS:
            _finish(workspace, message, found.id, state="failed", error=f"{type(error).__name__}: {error}"[:1000])
        raise
    else:
        _finish(workspace, message, found.id, state="done", result=result)


def _finish(workspace: Workspace, message: Message, id: int, **values: Any) -> None:
    now = workspace.clock()
    with workspace.database.write() as connection:
        where = (job.c.id == id, job.c.state == "running", job.c.lease_token == message.token)
        connection.execute(update(job).where(*where).values(finished_at=now, updated_at=now, **values))


def _read(workspace: Workspace, id: int) -> Job | None:
    with workspace.database.read() as connection:
        row = connection.execute(select(job).where(job.c.id == id)).first()
    return None if row is None else _job(row)


def _job(row: Row[Any]) -> Job:
    progress = row.progress or {}
    return Job(row.id, row.kind, row.state, progress, row.payload, row.result, row.error or "", row.actor, row.created_at, row.finished_at)
