"""Fixtures of the whole suite: real databases, Redis and browser, workspaces, a clock that tests move.

Platform modules are imported inside fixtures, so that tests of pure parts need nothing but their own package.
Helpers to import: `support.workspaces` (publish_texts, as_user), `support.serving` (serving), `support.shared_data` (shared).
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from support import browser, servers
from support.clock import FrozenClock
from support.databases import PostgresqlDatabases, SqliteDatabases
from support.tally import DATABASES, Tally

if TYPE_CHECKING:
    from looseleaf_metadata.vocabulary import Vocabulary
    from looseleaf_platform.workspace import Workspace


def pytest_configure(config: pytest.Config) -> None:
    """Count what runs on which database; see that the browser driver runs."""
    config.pluginmanager.register(Tally(config), "looseleaf-tally")
    browser.prepare_driver()


def pytest_collection_finish() -> None:
    """Leave what is imported and collected by now out of all garbage collections to come: it stays until the end."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def postgresql_databases() -> Iterator[PostgresqlDatabases]:
    """The PostgreSQL server of this run: LOOSELEAF_TEST_DATABASE_URL, else one of our own."""
    configured = os.environ.get("LOOSELEAF_TEST_DATABASE_URL")
    server = None if configured else servers.start_postgresql()
    databases = PostgresqlDatabases(configured or server.url)  # type: ignore[union-attr]
    yield databases
    databases.close()
    if server:
        server.stop()


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    """A folder of SQLite files."""
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The address of a real Redis: LOOSELEAF_TEST_REDIS_URL, else one of our own."""
    configured = os.environ.get("LOOSELEAF_TEST_REDIS_URL")
    server = None if configured else servers.start_redis()
    yield configured or server.url  # type: ignore[union-attr]
    if server:
        server.stop()


@pytest.fixture
def sqlite_url(sqlite_databases: SqliteDatabases) -> Iterator[str]:
    """An empty SQLite database."""
    with sqlite_databases.fresh() as url:
        yield url


@pytest.fixture
def postgresql_url(postgresql_databases: PostgresqlDatabases) -> Iterator[str]:
    """An empty PostgreSQL database."""
    with postgresql_databases.fresh() as url:
        yield url


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database; the test runs once on each kind."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture(scope="session")
def vocabulary() -> Vocabulary:
    """What the platform's own metadata language may speak of."""
    from looseleaf_platform.vocabulary import platform_vocabulary

    return platform_vocabulary()


@pytest.fixture(params=DATABASES)
def workspace_url(request: pytest.FixtureRequest, vocabulary: Vocabulary) -> Iterator[str]:
    """A database that holds a fresh workspace (system objects published); the test runs once on each kind."""
    from looseleaf_platform.workspace import Workspace

    def fill(url: str) -> None:
        Workspace.open(url, vocabulary).close()

    databases = request.getfixturevalue(f"{request.param}_databases")
    with databases.fresh(databases.template("system", fill)) as url:
        yield url


@pytest.fixture
def clock() -> FrozenClock:
    """Business time, standing still until the test moves it."""
    return FrozenClock()


@pytest.fixture
def workspace(workspace_url: str, vocabulary: Vocabulary, clock: FrozenClock) -> Iterator[Workspace]:
    """A fresh workspace on the frozen clock; the test runs once on each kind of database."""
    from looseleaf_platform.workspace import Workspace

    workspace = Workspace.open(workspace_url, vocabulary, clock=clock)
    yield workspace
    workspace.close()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the Chromium that is there."""
    return {**browser_type_launch_args, **browser.launch_arguments()}
