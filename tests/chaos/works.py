"""The firm that most stories of failpoints happen in: one of everything that the workflow wing can do."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import Connection, update

from chaos.stories import House
from looseleaf_platform.database.system_tables import outbox
from looseleaf_platform.records.ids import encode
from looseleaf_platform.workspace import Workspace
from support.automations import Sink
from support.clock import FrozenClock
from support.workspaces import as_user, publish_texts

FIRM = Path(__file__).with_name("works.yaml").read_text("utf-8")


class Works(House):
    """林 sells under 何, 周 is legal, 孙 takes what is assigned."""

    def __init__(
        self, workspace: Workspace, clock: FrozenClock, smtp: str, sink: Sink, empty: Callable[[], AbstractContextManager[str]]
    ) -> None:
        self.outside, self.empty = sink, empty
        super().__init__(workspace, clock, smtp)

    def open(self) -> None:
        """Found the firm."""
        self.workspace.site = "https://crm.firm.example"
        publish_texts(self.workspace, FIRM.replace("SINK", self.outside.url))
        self.boss = as_user(self.workspace, ["boss"], name="何文静", email="he@firm.example")
        above = encode(self.boss.actor.id or 0)
        self.lin = as_user(self.workspace, ["rep"], name="林若溪", email="lin@firm.example", manager=above)
        self.zhou = as_user(self.workspace, ["legal"], name="周雨桐", email="zhou@firm.example")
        self.sub = as_user(self.workspace, ["turn"], name="孙亦凡", email="sun@firm.example")
        self.settle()

    def sink(self) -> list[str]:
        """What has arrived outside."""
        return [body.decode() for _, body in self.outside.received]

    @staticmethod
    def tried_often(connection: Connection, message: int, attempts: int) -> None:
        """A message has been tried so often."""
        connection.execute(update(outbox).where(outbox.c.id == message).values(attempts=attempts))
