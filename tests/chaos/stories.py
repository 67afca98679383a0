"""Stories for the failpoints: each leads by some commits, is broken off at one of them, and must come out as if nothing had happened.

    @tells("platform.sharing:give")
    def a_record_is_shared(house):
        deal = house.deal()                      # what is there before
        yield lambda: give(…)                    # what dies on the way; whoever got no answer does it again
        assert …                                 # what must be there in the end, once

What a person does is done again after the crash, under its key where it has one; what the house does by itself is only waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import func, select

from chaos.failpoints import Moment
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.database.system_tables import job, mail, outbox
from looseleaf_platform.identity.housekeeping import clear_away
from looseleaf_platform.identity.mail import Smtp, deliver
from looseleaf_platform.jobs.background import TOPIC, Run, running
from looseleaf_platform.jobs.outbox import drain, prune
from looseleaf_platform.publishing import finish_later
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_platform.records.writing.idempotency import forget
from looseleaf_platform.workspace import Workspace
from looseleaf_ui_builder.staffing import HANDLERS, KINDS
from looseleaf_workflow.running.checking import check
from support.clock import FrozenClock
from support.workspaces import as_user

Act = Callable[[], object]
Story = Callable[[Any], Iterator[Act]]
LONGEST_LEASE = 16
"""Minutes after which everything that somebody had in hand is taken up by others."""
STORIES: dict[str, Story] = {}
"""By the boundary that they are broken off at."""


def tells(*names: str) -> Callable[[Story], Story]:
    """The story of these boundaries, named without `looseleaf_`."""

    def told(story: Story) -> Story:
        for name in names:
            assert name not in STORIES, f"{name} has its story"
            STORIES[f"looseleaf_{name}"] = story
        return story

    return told


def play(house: House, boundary: str, moment: Moment, dies: Callable[[str, Moment, Act], bool]) -> None:
    """Tell a story up to a crash, let the house recover, tell it to its end."""
    story = STORIES[boundary](house)
    act = next(story)
    assert dies(boundary, moment, act), f"the story does not come by {boundary}"
    house.recover()
    act()
    house.recover()
    for _ in story:
        raise AssertionError("a story breaks off once")
    house.settle()
    house.sound()


def count(run: Run) -> int:
    """A background job with two steps."""
    for done in (1, 2):
        run.tell(done=done)
    return 2


class House:
    """A workspace with everything that a process does beside answering requests, done when it is told to."""

    def __init__(self, workspace: Workspace, clock: FrozenClock, smtp: str) -> None:
        self.workspace, self.clock = workspace, clock
        self.transport = Smtp.of(smtp)
        self.number = 0
        self.handlers = {**HANDLERS, TOPIC: running({**KINDS, "count": count})}
        self.chores: tuple[Callable[[Workspace], object], ...] = (finish_later, prune, forget, clear_away, self._send)
        for extension in workspace.extensions:
            self.handlers |= extension.handlers
            self.chores = (*self.chores, *extension.chores)
        self.open()

    def open(self) -> None:
        """Found the firm."""

    def _send(self, workspace: Workspace) -> None:
        deliver(workspace, self.transport)

    @property
    def system(self) -> Context:
        """The system on the newest revision."""
        return self.workspace.context(SYSTEM)

    def by(self, person: Context, source: str = "api") -> Context:
        """Somebody on the newest revision."""
        return self.workspace.context(person.actor, source)

    def name(self, of: str = "n") -> str:
        """A name not used before."""
        self.number += 1
        return f"{of}{self.number}"

    def person(self, *roles: str, **values: Any) -> Context:
        """Somebody new."""
        name = self.name("person")
        return as_user(self.workspace, roles, name=name, email=f"{name}@firm.example", **values)

    def make(self, object: str, by: Context | None = None, **values: Any) -> int:
        """A new record."""
        id = write(self.by(by) if by is not None else self.system, [Change("create", object, values=values)]).written[0].id
        assert id is not None
        return id

    def change(self, object: str, id: int, by: Context | None = None, **values: Any) -> None:
        """A record changed."""
        write(self.by(by) if by is not None else self.system, [Change("update", object, id, values)])

    def get(self, object: str, id: int) -> Any:
        """A record's values."""
        return read.get(self.system, object, id).values

    def count(self, object: str, **equal: Any) -> int:
        """How many records hold these values."""
        found = self.workspace.runtime.object(object)
        statement = select(func.count()).select_from(found.table).where(found.table.c.deleted_at.is_(None))
        with self.workspace.database.read() as connection:
            return connection.scalar(statement.where(*(found.fields[name].main == value for name, value in equal.items()))) or 0

    def rows(self, table: Any, **equal: Any) -> list[Any]:
        """Rows of a table."""
        statement = select(table).where(*(table.c[name] == value for name, value in equal.items())).order_by(*table.primary_key)
        with self.workspace.database.read() as connection:
            return list(connection.execute(statement).all())

    def settle(self) -> None:
        """What is due by now happens."""
        for _ in range(3):
            for chore in self.chores:
                chore(self.workspace)
            if not drain(self.workspace, self.handlers):
                break

    def recover(self) -> None:
        """Others go on: leases run out, pauses end, what is due happens."""
        self.workspace.refresh()
        self.clock.advance(minutes=LONGEST_LEASE)
        self.settle()

    def sound(self) -> None:
        """Nothing is left behind, and every invariant holds."""
        left = {
            "messages": select(func.count()).where(outbox.c.done_at.is_(None) | outbox.c.error.is_not(None)),
            "jobs": select(func.count()).where(job.c.state.in_(("waiting", "running"))),
            "mails": select(func.count()).where(mail.c.sent_at.is_(None)),
        }
        with self.workspace.database.read() as connection:
            found = {name: connection.scalar(statement) for name, statement in left.items()}
        assert found == dict.fromkeys(left, 0)
        if self.workspace.extensions:
            assert check(self.workspace) == []
