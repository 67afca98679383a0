"""A service desk's real log replayed as tickets: history, reopenings, visits, times in each state and until resolution are the file's.

LOOSELEAF_INCIDENTS=all replays all 119,998 events (minutes); the suite takes the first incidents.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.workspace import Workspace
from looseleaf_workflow.stages.funnel import discrepancies
from support import incidents
from support.clock import FrozenClock
from support.shared_data import shared
from support.stages import open_with_workflow
from support.tally import DATABASES
from support.workspaces import publish_texts

WANTED = os.environ.get("LOOSELEAF_INCIDENTS", "150")


@pytest.fixture(params=DATABASES)
def desk(request: pytest.FixtureRequest, clock: FrozenClock) -> Iterator[Workspace]:
    """A workspace with tickets."""
    databases = request.getfixturevalue(f"{request.param}_databases")
    with databases.fresh(databases.template("workflow_empty", lambda url: open_with_workflow(url).close())) as url:
        workspace = open_with_workflow(url, clock)
        publish_texts(workspace, incidents.METADATA)
        yield workspace
        workspace.close()


def test_the_history_of_every_ticket_is_that_of_the_log(desk: Workspace, clock: FrozenClock) -> None:
    path = shared("data", "uci-incident-event-log", "incident_event_log.csv.gz")
    events = incidents.read(path, None if WANTED == "all" else int(WANTED))
    wanted = incidents.worked_out(events)
    assert sum(course.reopened for course in wanted.values()) > 0
    ids = incidents.replay(desk, clock, events)
    assert incidents.differences(wanted, incidents.stored(desk, ids)) == []
    assert incidents.moves(desk) == sum(len(course.moves) for course in wanted.values())
    assert discrepancies(desk.context(SYSTEM)) == []
