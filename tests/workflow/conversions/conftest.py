"""The tests of conversions work in a small firm with leads, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.clock import FrozenClock
from support.converting import Converting
from support.stages import open_with_workflow
from support.tally import DATABASES


@pytest.fixture(params=DATABASES)
def leads(request: pytest.FixtureRequest, clock: FrozenClock) -> Iterator[Converting]:
    """The firm; the test runs once on each kind of database."""
    databases = request.getfixturevalue(f"{request.param}_databases")
    yield from _firm(databases, clock)


@pytest.fixture
def small(sqlite_databases: Any, clock: FrozenClock) -> Iterator[Converting]:
    """The same on SQLite alone, for what no database has a say in."""
    yield from _firm(sqlite_databases, clock)


def _firm(databases: Any, clock: FrozenClock) -> Iterator[Converting]:
    with databases.fresh(databases.template("converting", found)) as url:
        workspace = open_with_workflow(url, clock)
        yield Converting(workspace)
        workspace.close()


def found(url: str) -> None:
    """A database with the firm in it."""
    workspace = open_with_workflow(url)
    Converting.found(workspace)
    workspace.close()
