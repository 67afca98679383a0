"""The tests of automations work in a small sales firm, on both databases. Published once, then cloned."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.automations import FIRM, Firm, Sink, listening
from support.clock import FrozenClock
from support.stages import open_with_workflow
from support.tally import DATABASES
from support.workspaces import publish_texts


@pytest.fixture(params=DATABASES)
def firm(request: pytest.FixtureRequest, clock: FrozenClock) -> Iterator[Firm]:
    """The firm on a fresh workspace; the test runs once on each kind of database."""

    def fill(url: str) -> None:
        workspace = open_with_workflow(url)
        publish_texts(workspace, FIRM)
        workspace.close()

    databases = request.getfixturevalue(f"{request.param}_databases")
    with databases.fresh(databases.template("automations_firm", fill)) as url:
        workspace = open_with_workflow(url, clock)
        made = Firm(workspace, clock, url)
        yield made
        made.workspace.close()


@pytest.fixture
def sink(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    """A server outside, which the firm's settings allow to be called."""
    monkeypatch.setenv("LOOSELEAF_WEBHOOK_NETWORKS", "127.0.0.1/32")
    with listening() as sink:
        yield sink
