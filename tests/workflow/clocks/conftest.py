"""The tests of clocks work at a small service desk, on both databases; each publishes the policy that it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from support.clock import FrozenClock
from support.service import Desk
from support.stages import open_with_workflow
from support.tally import DATABASES


@pytest.fixture(params=DATABASES)
def desk(request: pytest.FixtureRequest, clock: FrozenClock) -> Iterator[Callable[..., Desk]]:
    """Makes the desk with a policy given as YAML; the test runs once on each kind of database."""
    databases = request.getfixturevalue(f"{request.param}_databases")
    with databases.fresh(databases.template("workflow_empty", lambda url: open_with_workflow(url).close())) as url:
        workspace = open_with_workflow(url, clock)
        yield lambda *rules: Desk(workspace, clock, *rules)
        workspace.close()
