"""The tests of running approvals work in a small firm with deals, on both databases; each publishes the flows that it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from support.approving import DISCOUNT, Approving
from support.clock import FrozenClock
from support.stages import open_with_workflow
from support.tally import DATABASES


@pytest.fixture(params=DATABASES)
def firm(request: pytest.FixtureRequest, clock: FrozenClock) -> Iterator[Callable[..., Approving]]:
    """Makes the firm with flows given as YAML (the approval of discounts if none); whatever a test does, all is sound at its end."""
    databases = request.getfixturevalue(f"{request.param}_databases")
    made: list[Approving] = []

    def make(*flows: str) -> Approving:
        made.append(Approving(workspace, clock, *(flows or (DISCOUNT,))))
        return made[-1]

    with databases.fresh(databases.template("workflow_empty", lambda url: open_with_workflow(url).close())) as url:
        workspace = open_with_workflow(url, clock)
        yield make
        for one in made:
            one.sound()
        workspace.close()
