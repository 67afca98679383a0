"""A small sales firm with a pipeline, and every way to write a deal of it as one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write
from looseleaf_platform.vocabulary import platform_vocabulary
from looseleaf_platform.workspace import Workspace
from looseleaf_workflow.extension import WORKFLOW
from looseleaf_workflow.tables import TABLES
from support.clock import FrozenClock
from support.workspaces import as_user

FIRM = (Path(__file__).with_name("stages_firm.yaml")).read_text("utf-8")


def open_with_workflow(url: str, clock: FrozenClock | None = None) -> Workspace:
    """A workspace with the wing plugged in."""
    return Workspace.open(url, platform_vocabulary(), extensions=(WORKFLOW,), clock=clock or FrozenClock())


class Sales:
    """The firm: 林 sells, 何 administers. Every way to write a deal is one call here."""

    def __init__(self, workspace: Workspace, clock: FrozenClock) -> None:
        self.workspace, self.clock = workspace, clock
        self.system = workspace.context(SYSTEM)
        self.lin = as_user(workspace, ["rep"], name="林若溪", locale="zh")
        self.boss = as_user(workspace, ["boss"], name="何文静", locale="zh")
        self.account = self.make("account", name="恒拓精密", industry="machines")

    def again(self, context: Context) -> Context:
        """The same person on the newest revision."""
        return self.workspace.context(context.actor, context.source)

    def make(self, object: str, by: Context | None = None, **values: Any) -> int:
        """Create a record."""
        id = write(self.again(by or self.system), [Change("create", object, values=values)]).written[0].id
        assert id is not None
        return id

    def deal(self, by: Context | None = None, **values: Any) -> int:
        """Create a deal of the account."""
        return self.make("deal", by or self.lin, **{"name": "二期产线", "account": self.account, **values})

    def change(
        self, id: int, by: Context | None = None, *, reason: str = "", exempt: Sequence[str] = (), object: str = "deal", **values: Any
    ) -> Any:
        """Change a record, and say what became of it."""
        operation = Operation("edit", reason=reason, exemptions=frozenset(exempt))
        return write(self.again(by or self.lin), [Change("update", object, id, values)], operation).written[0]

    def placed(self, stage: str, **values: Any) -> int:
        """A deal that stands in a stage, however it came there."""
        operation = Operation("edit", reason="as given", exemptions=frozenset({"stages"}))
        made = {"name": "二期产线", "account": self.account, "owner": self.lin.actor.id, "stage": stage, **values}
        id = write(self.again(self.system), [Change("create", "deal", values=made)], operation).written[0].id
        assert id is not None
        return id

    def get(self, id: int, object: str = "deal") -> Mapping[str, Any]:
        """A record's values."""
        return read.get(self.again(self.system), object, id).values

    def rows(self, table: str, id: int | None = None) -> list[Mapping[str, Any]]:
        """Rows of one of the wing's tables, oldest first."""
        found = TABLES.tables[table]
        statement = select(found).order_by(*found.primary_key)
        if id is not None:
            statement = statement.where(found.c.record_id == id)
        with self.workspace.database.read() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    def path(self, id: int) -> list[tuple[str, str, int]]:
        """A record's history: from, to, visit."""
        return [(row["from_stage"], row["to_stage"], row["visit"]) for row in self.rows("stage_move", id)]
