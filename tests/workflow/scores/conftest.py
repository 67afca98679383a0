"""The tests of scores work in a small firm with leads and customers, on both databases; each publishes the scores that it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from support.clock import FrozenClock
from support.scores import Scored
from support.stages import open_with_workflow
from support.tally import DATABASES


@pytest.fixture(params=DATABASES)
def firm(request: pytest.FixtureRequest, clock: FrozenClock) -> Iterator[Callable[..., Scored]]:
    """Makes the firm with scores given as YAML; the test runs once on each kind of database."""
    databases = request.getfixturevalue(f"{request.param}_databases")
    with databases.fresh(databases.template("workflow_empty", lambda url: open_with_workflow(url).close())) as url:
        workspace = open_with_workflow(url, clock)
        yield lambda *scores: Scored(workspace, clock, *scores)
        workspace.close()
