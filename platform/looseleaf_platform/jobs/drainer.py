"""A thread that works the outbox off in a serving or working process. Rung when there is something to do; looks by itself as well.

Several processes may each have one: leases keep them apart.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from looseleaf_platform.errors import Unavailable
from looseleaf_platform.jobs.outbox import Handlers, Turns, drain

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

log = logging.getLogger(__name__)

Chore = Callable[["Workspace"], object]
"""Something to be looked after at every round: mail to send, old rows to remove."""


class Drainer:
    """Handles messages until it is stopped. `seconds`: the longest that a message waits if nobody rings."""

    def __init__(self, workspace: Workspace, handlers: Handlers, chores: Sequence[Chore] = (), seconds: float = 1.0) -> None:
        self.workspace, self.handlers, self.chores, self.seconds = workspace, handlers, tuple(chores), seconds
        self._turns = Turns()
        self._rung = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin. Call it in the process that is to do the work, after any fork."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="looseleaf-outbox", daemon=True)
            self._thread.start()

    def ring(self) -> None:
        """Say that there is something to do."""
        self._rung.set()

    def stop(self, timeout: float = 30) -> bool:
        """End after the message in hand. Returns whether it ended in time."""
        self._stopped.set()
        self._rung.set()
        if self._thread is not None:
            self._thread.join(timeout)
        return self._thread is None or not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._rung.clear()
            for chore in (self._drain, *self.chores):
                self._do(chore)
            self._rung.wait(self.seconds)

    def _drain(self, workspace: Workspace) -> None:
        while not self._stopped.is_set() and drain(workspace, self.handlers, most=1, turns=self._turns):
            pass

    def _do(self, chore: Chore) -> None:
        """One chore; what it raises must not end the thread."""
        try:
            chore(self.workspace)
        except Unavailable:
            log.warning("the database can't be reached; the work waits")
            self._stopped.wait(self.seconds)
        except Exception:
            log.exception("in the background")
