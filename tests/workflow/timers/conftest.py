"""The tests of timers work in an empty workspace with the wing's tables, on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from looseleaf_platform.workspace import Workspace
from support.clock import FrozenClock
from support.stages import open_with_workflow
from support.tally import DATABASES


@pytest.fixture(params=DATABASES)
def timed(request: pytest.FixtureRequest, clock: FrozenClock) -> Iterator[Workspace]:
    """A workspace on the frozen clock; the test runs once on each kind of database."""
    databases = request.getfixturevalue(f"{request.param}_databases")
    with databases.fresh(databases.template("workflow_empty", lambda url: open_with_workflow(url).close())) as url:
        workspace = open_with_workflow(url, clock)
        yield workspace
        workspace.close()
