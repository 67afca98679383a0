"""A workspace: one database, the runtime of its newest revision, and a clock. Everything else is handed one of these.

A process may have several open. Knows no HTTP and no screens.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from sqlalchemy import Connection

from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.access.profile import profile_of
from looseleaf_platform.context import Actor, Clock, Context, system_clock
from looseleaf_platform.database.engines import WAIT_SECONDS, Database
from looseleaf_platform.database.fence import Fence
from looseleaf_platform.database.migrations import migrate
from looseleaf_platform.errors import Unavailable
from looseleaf_platform.extension import Extension, extended
from looseleaf_platform.people import read_actor
from looseleaf_platform.publishing import revising
from looseleaf_platform.records.runtime import Runtime

LOOK_SECONDS = 1.0
"""How often a process asks whether another one has published."""

log = logging.getLogger(__name__)


class Workspace:
    """One firm's binder. Open with `Workspace.open`, close when done; threads may share it."""

    def __init__(self, database: Database, vocabulary: Vocabulary, clock: Clock, extensions: Sequence[Extension] = ()) -> None:
        self.database, self.vocabulary, self.clock = database, extended(vocabulary, extensions), clock
        self.extensions = tuple(extensions)
        self.fence = Fence(database)
        self.site = ""  # the address that people use, for links in mail; "" where nobody has said it
        self.doorbell: Callable[[], object] | None = None  # rung after a commit that left a message in the outbox
        self._runtime: Runtime | None = None
        self._loading = threading.Lock()
        self._look_again = 0.0
        self._loader: threading.Thread | None = None

    @classmethod
    def open(
        cls,
        url: str,
        vocabulary: Vocabulary,
        *,
        clock: Clock = system_clock,
        schema: str | None = None,
        extensions: Sequence[Extension] = (),
        synchronous: str = "NORMAL",
    ) -> Workspace:
        """Open the workspace at `url`; a new database gets the platform's tables and, as revision 1, the system objects.

        `extensions` add to the vocabulary, the tables, the write path and all else that they have parts for.
        `synchronous`: see Database.open. Raises Unavailable where the database can't be reached.
        """
        workspace = cls(Database.open(url, schema, synchronous=synchronous), vocabulary, clock, extensions)
        try:
            migrate(workspace.database, [one.migrations for one in extensions if one.migrations is not None])
            revising.keep_system_objects(workspace)
        except BaseException:
            workspace.close()
            raise
        return workspace

    @property
    def runtime(self) -> Runtime:
        """The runtime of the newest revision, as far as this process has heard. It listens once a second, and loads in the background."""
        current = self._runtime
        if current is None:
            return self.refresh()
        if time.monotonic() >= self._look_again:
            self._look_again = time.monotonic() + LOOK_SECONDS
            self._catch_up(current)
        return self._runtime or current

    def _catch_up(self, current: Runtime) -> None:
        """Ask whether there is a newer revision, and have it loaded while requests go on with the one at hand."""
        try:
            with self.database.read() as connection:
                number = self.fence.current(connection)
        except Unavailable:
            log.warning("can't ask for newer revisions: the database can't be reached")
            return
        if number > current.revision and (self._loader is None or not self._loader.is_alive()):
            self._loader = threading.Thread(target=self._load, name="revision-loader", daemon=True)
            self._loader.start()

    def _load(self) -> None:
        try:
            self.refresh()
        except Exception:
            log.exception("the newest revision could not be loaded")

    def refresh(self) -> Runtime:
        """Ask the database which revision is the newest, and load it if it is news."""
        with self.database.read() as connection:
            return self.runtime_at(connection, self.fence.current(connection))

    def runtime_at(self, connection: Connection, number: int) -> Runtime:
        """The runtime of revision `number`, kept as the current one if it is the newest known."""
        current = self._runtime
        if current is not None and current.revision == number:
            return current
        with self._loading:
            current = self._runtime
            if current is not None and current.revision == number:
                return current
            return self.adopt(revising.load_runtime(self, connection, number))

    def adopt(self, runtime: Runtime) -> Runtime:
        """Make `runtime` the current one unless a newer one is. Callers that hold the old one keep it."""
        if self._runtime is None or self._runtime.revision < runtime.revision:
            self._runtime = runtime
        self._look_again = time.monotonic() + LOOK_SECONDS
        return runtime

    def actor(self, user_id: int, *, limits: frozenset[str] | None = None) -> Actor:
        """The person behind a user record, with roles and teams as they are now. Raises NotThere."""
        with self.database.read() as connection:
            return read_actor(connection, self.runtime, user_id, limits)

    def context(self, actor: Actor, source: str = "command") -> Context:
        """`actor` at work on the current revision, come in by the door `source`."""
        return self.bound(actor, self.runtime, source)

    def bound(self, actor: Actor, runtime: Runtime, source: str = "command") -> Context:
        """`actor` at work on a given runtime."""
        return Context(workspace=self, runtime=runtime, actor=actor, profile=profile_of(actor, runtime.model), source=source)

    @contextmanager
    def writing(self, context: Context, wait_seconds: float = WAIT_SECONDS) -> Iterator[tuple[Connection, Context]]:
        """A transaction inside the publish fence, and `context` bound to the newest revision.

        A publish waits until the transaction is over; a context of an older revision is bound anew, so what was
        prepared for it must be prepared from the one that is given back.
        """
        with self.database.write(wait_seconds) as connection:
            yield connection, self.rebound(connection, context, self.fence.share(connection))

    def rebound(self, connection: Connection, context: Context, number: int) -> Context:
        """`context` on revision `number`: itself where it is on it already."""
        if context.runtime.revision == number:
            return context
        runtime = self.runtime_at(connection, number)
        return replace(context, runtime=runtime, profile=profile_of(context.actor, runtime.model), memo={})

    def ring(self) -> None:
        """Wake whoever handles the messages of the outbox, if anybody listens."""
        if self.doorbell is not None:
            self.doorbell()

    def close(self) -> None:
        """Close the database's connections."""
        if self._loader is not None:
            self._loader.join()
        self.database.close()
