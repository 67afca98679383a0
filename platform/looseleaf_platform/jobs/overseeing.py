"""What waits, runs, failed or is unknown in everything that is done after the answer; and having it done again.

Each kind of work is a Queue: the platform's are in `queues.py`, extensions bring theirs. Only administrators look, on a page or by a command.
Nothing is loaded but counts, and a page of what is stuck.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import NotAllowed, NotThere
from looseleaf_platform.jobs.queues import QUEUES, Count, Queue, Stuck

MOST_SHOWN = 50
MOST_AGAIN = 1000
"""What is done again at once."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One queue as it stands. `stuck`: the newest of what failed or is unknown."""

    queue: Queue
    counts: tuple[Count, ...]
    stuck: tuple[Stuck, ...]


def overview(context: Context, most: int = MOST_SHOWN) -> tuple[Seen, ...]:
    """All queues. Two queries each. Raises NotAllowed."""
    require(context)
    with context.workspace.database.read() as connection:
        return tuple(
            Seen(queue, tuple(queue.counts(connection, context.now)), tuple(queue.stuck(connection, most))) for queue in queues_of(context)
        )


def again(context: Context, name: str, ids: Iterable[int] | None = None) -> int:
    """Have what is stuck in a queue done again: these, or all. Returns how many are on their way. Raises NotAllowed, NotThere."""
    require(context)
    queue = next((one for one in queues_of(context) if one.name == name), None)
    if queue is None:
        raise NotThere
    if ids is None:
        with context.workspace.database.read() as connection:
            ids = [one.id for one in queue.stuck(connection, MOST_AGAIN)]
    return sum(queue.again(context, id) for id in ids)


def queues_of(context: Context) -> tuple[Queue, ...]:
    """The platform's queues and those of the workspace's extensions."""
    return (*QUEUES, *(queue for extension in context.workspace.extensions for queue in extension.queues))


def require(context: Context) -> None:
    """Raise NotAllowed for who is no administrator, and for tokens with limits."""
    if not context.profile.everything or context.profile.limits is not None:
        raise NotAllowed(Text("Only administrators look after the work in the background"))


__all__ = ["Count", "Queue", "Seen", "Stuck", "again", "overview", "queues_of", "require"]
