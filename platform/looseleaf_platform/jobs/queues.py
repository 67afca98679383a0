"""What a queue of background work is, to those who look after it; and the platform's own: messages, jobs, mail."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, and_, case, func, literal, select, update

from looseleaf_metadata.texts import Text
from looseleaf_platform.database.system_tables import job, mail, outbox
from looseleaf_platform.identity.mail import MOST_TRIES
from looseleaf_platform.jobs import background
from looseleaf_platform.jobs.outbox import retry

if TYPE_CHECKING:
    from looseleaf_platform.context import Context

State = Literal["waiting", "later", "running", "retry", "held", "failed", "unknown"]
STATES: dict[State, Text] = {
    "waiting": Text("waiting"),
    "later": Text("for later"),
    "running": Text("running"),
    "retry": Text("to be tried again"),
    "held": Text("held"),
    "failed": Text("failed"),
    "unknown": Text("unknown"),
}
STUCK: tuple[State, ...] = ("failed", "unknown")
"""Nothing happens here any more until somebody looks."""


@dataclass(frozen=True, slots=True)
class Count:
    """How much of a kind is in a state; `oldest`: since when, or for when, the first of it."""

    kind: str
    state: State
    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Stuck:
    """Something that failed, or of which nobody knows whether it happened. `since`: when that was found."""

    id: int
    kind: str
    state: State
    error: str
    since: datetime | None


Counts = Callable[[Connection, datetime], Iterable[Count]]
Found = Callable[[Connection, int], Iterable[Stuck]]
Again = Callable[["Context", int], bool]


@dataclass(frozen=True, slots=True)
class Queue:
    """One kind of background work. `stuck`: the newest of what failed, at most so many; `again`: have one of them done again, False if it is not stuck."""

    name: str
    label: Text
    counts: Counts
    stuck: Found
    again: Again


def as_counts(rows: Iterable[Any]) -> list[Count]:
    """Rows of (kind, state, count, oldest)."""
    return [Count(kind, state, count, oldest) for kind, state, count, oldest in rows]


# --- messages of the outbox

_GIVEN_UP = and_(outbox.c.done_at.is_not(None), outbox.c.error.is_not(None))


def _messages(connection: Connection, now: datetime) -> list[Count]:
    state = case(
        (outbox.c.lease_until >= now, "running"),
        (and_(outbox.c.error.is_not(None), outbox.c.due_at > now), "retry"),
        (outbox.c.due_at > now, "later"),
        else_="waiting",
    )
    open_ones = select(outbox.c.topic, state.label("state"), func.count(), func.min(outbox.c.due_at)).where(outbox.c.done_at.is_(None))
    given_up = select(outbox.c.topic, literal("failed"), func.count(), func.min(outbox.c.done_at)).where(_GIVEN_UP)
    found = connection.execute(open_ones.group_by(outbox.c.topic, "state").order_by(outbox.c.topic)).all()
    return as_counts((*found, *connection.execute(given_up.group_by(outbox.c.topic).order_by(outbox.c.topic)).all()))


def _given_up(connection: Connection, most: int) -> list[Stuck]:
    rows = connection.execute(select(outbox).where(_GIVEN_UP).order_by(outbox.c.id.desc()).limit(most))
    return [Stuck(row.id, row.topic, "failed", row.error, row.done_at) for row in rows]


# --- background jobs


def _jobs(connection: Connection, _now: datetime) -> list[Count]:
    shown = job.c.state.in_(("waiting", "running", "failed"))
    counted = select(job.c.kind, job.c.state, func.count(), func.min(job.c.created_at)).where(shown)
    return as_counts(connection.execute(counted.group_by(job.c.kind, job.c.state).order_by(job.c.kind, job.c.state)))


def _failed_jobs(connection: Connection, most: int) -> list[Stuck]:
    rows = connection.execute(select(job).where(job.c.state == "failed").order_by(job.c.id.desc()).limit(most))
    return [Stuck(row.id, row.kind, "failed", row.error or "", row.finished_at) for row in rows]


# --- mail

_UNSENT = mail.c.sent_at.is_(None)


def _mail(connection: Connection, _now: datetime) -> list[Count]:
    state = case((mail.c.attempts >= MOST_TRIES, "failed"), (mail.c.attempts > 0, "retry"), else_="waiting")
    counted = select(literal("mail"), state.label("state"), func.count(), func.min(mail.c.created_at)).where(_UNSENT)
    return as_counts(connection.execute(counted.group_by("state").order_by("state")))


def _lost_mail(connection: Connection, most: int) -> list[Stuck]:
    lost = select(mail).where(_UNSENT, mail.c.attempts >= MOST_TRIES).order_by(mail.c.created_at.desc(), mail.c.id.desc()).limit(most)
    return [Stuck(row.id, "mail", "failed", row.error or "", row.tried_at) for row in connection.execute(lost)]


def _send_again(context: Context, id: int) -> bool:
    with context.workspace.database.write() as connection:
        lost = update(mail).where(mail.c.id == id, _UNSENT, mail.c.attempts >= MOST_TRIES)
        return connection.execute(lost.values(attempts=0, error=None)).rowcount == 1


QUEUES = (
    Queue("messages", Text("Messages"), _messages, _given_up, lambda context, id: retry(context.workspace, id)),
    Queue("jobs", Text("Background jobs"), _jobs, _failed_jobs, background.again),
    Queue("mail", Text("Mail"), _mail, _lost_mail, _send_again),
)
