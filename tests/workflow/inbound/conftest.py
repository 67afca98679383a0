"""The tests of inbound events work in a firm with presses, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from support.automations import FIRM
from support.clock import FrozenClock
from support.inbound import Presses
from support.stages import open_with_workflow
from support.tally import DATABASES
from support.workspaces import publish_texts


@pytest.fixture(params=DATABASES)
def presses(request: pytest.FixtureRequest, clock: FrozenClock) -> Iterator[Presses]:
    """The firm; the test runs once on each kind of database."""
    yield from _firm(request.getfixturevalue(f"{request.param}_databases"), clock)


@pytest.fixture
def small(sqlite_databases: Any, clock: FrozenClock) -> Iterator[Presses]:
    """The same on SQLite alone, for what no database has a say in."""
    yield from _firm(sqlite_databases, clock)


def _fill(url: str) -> None:
    workspace = open_with_workflow(url)
    publish_texts(workspace, FIRM)
    workspace.close()


def _firm(databases: Any, clock: FrozenClock) -> Iterator[Presses]:
    with databases.fresh(databases.template("presses", _fill)) as url:
        made = Presses(open_with_workflow(url, clock), clock, url)
        yield made
        made.workspace.close()
