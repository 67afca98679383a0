"""What every process that keeps a workspace running does beside answering requests: messages, background jobs, and chores.

    staff = Staff(workspace, handlers={…}, kinds={"import": …})
    staff.start()      # after any fork
    staff.stop()

With `redis_url`, writers ring the workers of other processes; `answer_bells` is what such a worker does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from looseleaf_platform.jobs.background import TOPIC, Work, running
from looseleaf_platform.jobs.drainer import Chore, Drainer
from looseleaf_platform.jobs.outbox import Handlers, prune
from looseleaf_platform.jobs.queue import RedisDoorbell, listen
from looseleaf_platform.publishing import finish_later
from looseleaf_platform.records.writing.idempotency import forget

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

PAUSE_SECONDS = 2.0
"""How long a message waits at most if no bell was heard."""


class Staff:
    """The threads of one process for one workspace: one for messages and chores, one for jobs, so that a long job keeps nobody waiting.

    `handlers`: by topic; `kinds`: of background jobs; `chores`: looked after at every round, beside what publishes left to be done and
    the clearing away of old messages and idempotency keys. What the workspace's extensions bring of these is done as well, and goes
    before what is given here. `name`: of the workspace in Redis, the same in all processes.
    """

    def __init__(
        self,
        workspace: Workspace,
        *,
        handlers: Handlers | None = None,
        kinds: Mapping[str, Work] | None = None,
        chores: Sequence[Chore] = (),
        redis_url: str = "",
        name: str = "main",
    ) -> None:
        self.workspace, self.redis_url, self.name = workspace, redis_url, name
        self._bell = RedisDoorbell(redis_url, name) if redis_url else None
        handlers, kinds = dict(handlers or {}), dict(kinds or {})
        for extension in workspace.extensions:
            handlers |= extension.handlers
            kinds |= extension.jobs
            chores = (*chores, *extension.chores)
        self._drainers = (
            Drainer(workspace, handlers, (finish_later, prune, forget, *chores), PAUSE_SECONDS),
            Drainer(workspace, {TOPIC: running(kinds)}, (), PAUSE_SECONDS),
        )

    def start(self) -> None:
        """Begin to work, and let writes of this process ring."""
        self.workspace.doorbell = self.ring_everywhere
        for drainer in self._drainers:
            drainer.start()

    def ring(self) -> None:
        """Wake the threads of this process."""
        for drainer in self._drainers:
            drainer.ring()

    def ring_everywhere(self) -> None:
        """Wake the threads of this process and of others."""
        self.ring()
        if self._bell is not None:
            self._bell.ring()

    def answer_bells(self, *, burst: bool = False) -> None:
        """Listen on Redis until the process is ended; `burst`: until no bell is waiting. Raises redis' errors."""
        listen(self.redis_url, {self.name: self.ring}, burst=burst)

    def stop(self, timeout: float = 30) -> bool:
        """End after the work in hand. Returns whether all ended in time."""
        self.workspace.doorbell = None
        ended = [drainer.stop(timeout) for drainer in self._drainers]
        if self._bell is not None:
            self._bell.close()
        return all(ended)
