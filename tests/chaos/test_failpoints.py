"""At every commit of the product a process dies, just before it and just after: what was begun is finished or never was, and happens once.

The suite lets it crash at all of them on SQLite, and kills at some with -9. `./dev.py failpoints` kills at all of them, on both databases.
Each is reached by a story (stories.py): a commit without one fails here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from chaos import stories_of_events, stories_of_metadata, stories_of_people, stories_of_work, stories_of_workflow
from chaos.failpoints import MOMENTS, Moment, boundaries, crashed, killed, strangers
from chaos.stories import STORIES, House, play
from chaos.works import Works
from looseleaf_platform.vocabulary import platform_vocabulary
from looseleaf_platform.workspace import Workspace
from support.automations import listening
from support.clock import FrozenClock
from support.databases import PostgresqlDatabases, SqliteDatabases
from support.post import taking_mail
from support.stages import open_with_workflow

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kills by signals")
LONG = bool(os.environ.get("LOOSELEAF_FAILPOINTS"))
IN_WORKS = (stories_of_events, stories_of_people, stories_of_work, stories_of_workflow)
NO_COMMIT = {
    "looseleaf_platform.importing.storing:foretell": "ends in a rollback whatever happens: it foretells",
    "looseleaf_ui_builder.demo.people:write_people": "a demo that was broken off is begun anew, on an empty database",
}
ON_POSTGRESQL = {"looseleaf_platform.database.statistics:Growth.add"}
"""What SQLite has no need of."""
KILLED = (
    "looseleaf_platform.records.write:write.once",
    "looseleaf_platform.jobs.outbox:_note",
    "looseleaf_platform.importing.storing:store.once",
    "looseleaf_platform.publishing.publishing:_store",
    "looseleaf_workflow.running.command:transact.again",
    "looseleaf_workflow.timers.firing:_claim",
    "looseleaf_workflow.automations.running:_turn#3",
)
"""Where the short form kills as well: one of each kind of work, and what comes after a call outside."""


@dataclass(frozen=True, slots=True)
class Case:
    """Who dies where, and how: `how` is "crash" or "kill"."""

    boundary: str
    moment: Moment
    how: str
    dialect: str

    def __str__(self) -> str:
        """Its id."""
        return f"{self.how} {self.moment} {self.boundary.removeprefix('looseleaf_')} on {self.dialect}"


def cases() -> Iterator[Case]:
    """All that this run looks at."""
    for boundary in boundaries():
        for moment in MOMENTS if boundary not in NO_COMMIT else ():
            short = "postgresql" if boundary in ON_POSTGRESQL else "sqlite"
            dialects = [one for one in ("sqlite", "postgresql") if one == short or (LONG and boundary not in ON_POSTGRESQL)]
            yield from (Case(boundary, moment, "kill" if LONG else "crash", one) for one in dialects)
            if boundary in KILLED and not LONG:
                yield Case(boundary, moment, "kill", short)


class Town:
    """The houses of a run, opened when somebody first asks for them."""

    def __init__(self, databases: Mapping[str, SqliteDatabases | PostgresqlDatabases], stack: ExitStack) -> None:
        self.databases, self.stack = databases, stack
        self.houses: dict[tuple[str, bool], House] = {}

    def house(self, dialect: str, works: bool) -> House:
        """The house for stories of the workflow, people and work; or the small one for those of publishing."""
        if (dialect, works) not in self.houses:
            self.houses[dialect, works] = self._open(dialect, works)
        return self.houses[dialect, works]

    def _open(self, dialect: str, works: bool) -> House:
        databases, clock = self.databases[dialect], FrozenClock()
        url = self.stack.enter_context(databases.fresh())
        post = self.stack.enter_context(taking_mail())
        smtp = f"smtp://127.0.0.1:{post.server_address[1]}?from=crm@firm.example"
        workspace = open_with_workflow(url, clock) if works else Workspace.open(url, platform_vocabulary(), clock=clock)
        self.stack.callback(workspace.close)
        if not works:
            return House(workspace, clock, smtp)
        return Works(workspace, clock, smtp, self.stack.enter_context(listening()), databases.fresh)


@pytest.fixture(scope="session")
def town(
    sqlite_databases: SqliteDatabases, postgresql_databases: PostgresqlDatabases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """Where the stories happen."""
    with ExitStack() as stack, pytest.MonkeyPatch.context() as settings:
        settings.setenv("LOOSELEAF_WEBHOOK_NETWORKS", "127.0.0.1/32")
        settings.setenv("LOOSELEAF_FILES", str(tmp_path_factory.mktemp("files")))
        yield Town({"sqlite": sqlite_databases, "postgresql": postgresql_databases}, stack)


@pytest.mark.parametrize("case", list(cases()), ids=str)
def test_e01_e04_whoever_dies_at_a_commit_loses_nothing_and_doubles_nothing(case: Case, town: Town) -> None:
    assert case.boundary in STORIES, f"no story comes by {case.boundary}: tell one in tests/chaos/stories_of_*.py"
    works = STORIES[case.boundary].__module__ in {one.__name__ for one in IN_WORKS}
    play(town.house(case.dialect, works), case.boundary, case.moment, crashed if case.how == "crash" else killed)


def test_every_commit_of_the_product_is_known() -> None:
    """What a story is told of is there; and nothing ends a transaction in another way than those that are counted."""
    assert set(STORIES) <= set(boundaries()), sorted(set(STORIES) - set(boundaries()))
    assert set(NO_COMMIT) | ON_POSTGRESQL | set(KILLED) <= set(boundaries())
    assert stories_of_metadata.__name__ not in {one.__name__ for one in IN_WORKS}
    assert strangers() == {
        "looseleaf_platform/database/engines.py: self.writer.begin",  # the door itself
        "looseleaf_platform/publishing/index_building.py: workspace.database.outside_transactions",  # each statement stands alone
    }
