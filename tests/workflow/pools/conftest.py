"""The tests of pools work in a small firm with leads, on both databases; each publishes the pool that it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from support.clock import FrozenClock
from support.leads import Leads
from support.stages import open_with_workflow
from support.tally import DATABASES


@pytest.fixture(params=DATABASES)
def firm(request: pytest.FixtureRequest, clock: FrozenClock) -> Iterator[Callable[..., Leads]]:
    """Makes the firm with a pool given as YAML; the test runs once on each kind of database."""
    databases = request.getfixturevalue(f"{request.param}_databases")
    with databases.fresh(databases.template("workflow_empty", lambda url: open_with_workflow(url).close())) as url:
        workspace = open_with_workflow(url, clock)
        yield lambda *rules: Leads(workspace, clock, *rules)
        workspace.close()
