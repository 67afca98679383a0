"""The tests of stages work in a small sales firm with a pipeline, on both databases. Published once, then cloned."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Refused
from support.clock import FrozenClock
from support.stages import FIRM, Sales, open_with_workflow
from support.tally import DATABASES
from support.workspaces import publish_texts


@pytest.fixture(params=DATABASES)
def sales(request: pytest.FixtureRequest, clock: FrozenClock) -> Iterator[Sales]:
    """The firm on a fresh workspace; the test runs once on each kind of database."""

    def fill(url: str) -> None:
        workspace = open_with_workflow(url)
        publish_texts(workspace, FIRM)
        workspace.close()

    databases = request.getfixturevalue(f"{request.param}_databases")
    with databases.fresh(databases.template("stages_firm", fill)) as url:
        workspace = open_with_workflow(url, clock)
        yield Sales(workspace, clock)
        workspace.close()


@pytest.fixture
def refusal() -> Callable[..., list[tuple[str, str, str]]]:
    """What a write is refused with: (pointer, code, sentence in English) of each fault."""

    def refused(do: Callable[[], object], locale: str = "en") -> list[tuple[str, str, str]]:
        with pytest.raises(Refused) as caught:
            do()
        return [
            (fault.pointer, fault.code, fault.message.translate(locale) if isinstance(fault.message, Text) else fault.message.text(locale))
            for fault in caught.value.faults
        ]

    return refused
