"""A small service desk with tickets, answers and a calendar: what is promised is published by the test that is about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.jobs.outbox import drain
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace
from looseleaf_workflow.calendars.clocks import Clock
from looseleaf_workflow.extension import WORKFLOW
from looseleaf_workflow.tables import TABLES
from support.clock import FrozenClock
from support.workspaces import as_user, publish_texts

DESK = """
object: ticket
label: {zh: 工单, en: Ticket}
title: subject
owner: optional
fields:
  subject:  {type: text, required: true}
  priority: {type: select, label: {zh: 优先级, en: Priority}, default: normal, options: {normal: 中, high: 高}}
  status:   {type: select, label: {zh: 状态, en: Status}, default: new, options: {new: 新建, waiting: 等待客户, resolved: 已解决}}
  region:   {type: text}
  secret:   {type: text}
  late:     {type: datetime}
---
object: message
label: {zh: 消息, en: Message}
title: body
owner: none
fields:
  body:   {type: text, required: true}
  ticket: {type: lookup, to: ticket, on_delete: cascade}
  sent:   {type: boolean, label: {zh: 发出, en: Sent}}
---
role: agent
objects:
  ticket:  {read: all, create: true, update: all, delete: all}
  message: {read: all, create: true}
fields:
  ticket.secret: hidden
---
role: lead
includes: [agent]
fields: {ticket.secret: edit}
abilities: [automations]
"""
OFFICE = 'calendar: office\ntimezone: Asia/Shanghai\nhours: {mon-fri: ["09:00-12:00", "13:30-18:00"]}\n'
ABROAD = 'calendar: abroad\ntimezone: Asia/Shanghai\nhours: {mon-fri: ["20:00-22:00"]}\n'


class Desk:
    """The desk: 林 answers tickets, 何 leads. `settle` lets everything happen that is due."""

    def __init__(self, workspace: Workspace, clock: FrozenClock, *rules: str) -> None:
        self.workspace, self.clock = workspace, clock
        self.publish(*rules)
        self.boss = as_user(workspace, ["lead"], name="何文静", email="he@desk.example")
        self.lin = as_user(workspace, ["agent"], name="林若溪", email="lin@desk.example", manager=encode(self.boss.actor.id or 0))

    def publish(self, *rules: str) -> None:
        """Put other rules in the place of those that are there."""
        publish_texts(self.workspace, DESK, *rules)
        self.settle()

    def by(self, person: Context | None = None, source: str = "screen") -> Context:
        """Somebody on the newest revision, by some door; the system where nobody is said."""
        return self.workspace.context(person.actor if person is not None else SYSTEM, source)

    def write(self, *changes: Change, by: Context | None = None, source: str = "screen") -> list[int]:
        """Write, as 林 on a screen where nothing else is said."""
        return [one.id or 0 for one in write(self.by(by or self.lin, source), list(changes)).written]

    def ticket(self, source: str = "screen", **values: Any) -> int:
        """A ticket of 林's."""
        return self.write(Change("create", "ticket", values={"subject": "异响", "owner": self.lin.actor.id, **values}), source=source)[0]

    def change(self, id: int, source: str = "screen", **values: Any) -> None:
        """Change a ticket."""
        self.write(Change("update", "ticket", id, values), source=source)

    def message(self, id: int, sent: bool, source: str = "screen") -> None:
        """Something is written to the customer, or by him."""
        self.write(Change("create", "message", values={"body": "…", "ticket": id, "sent": sent}), source=source)

    def settle(self) -> None:
        """What is due by now happens."""
        for _ in range(4):
            for chore in WORKFLOW.chores:
                chore(self.workspace)
            drain(self.workspace, WORKFLOW.handlers)

    def later(self, **time: float) -> None:
        """Time passes, and what is due happens."""
        self.clock.advance(**time)
        self.settle()

    def rows(self, table: str, **equal: Any) -> list[Mapping[str, Any]]:
        """Rows of one of the wing's tables, oldest first."""
        found = TABLES.tables[table]
        statement = select(found).where(*(found.c[name] == value for name, value in equal.items())).order_by(found.c.id)
        with self.workspace.database.read() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    def clock_of(self, id: int, name: str = "first") -> Clock:
        """One clock of a ticket."""
        return Clock.from_json(self.rows("wf_clock", record_id=id, rule=f"sla:care.{name}")[0]["clock"])

    def due(self, id: int, name: str = "first") -> datetime | None:
        """When a clock's target is missed."""
        found: datetime | None = self.rows("wf_clock", record_id=id, rule=f"sla:care.{name}")[0]["due_at"]
        return found

    def story(self, id: int) -> list[tuple[str, int]]:
        """What the clocks of a ticket told."""
        return [(row["kind"], row["percent"]) for row in self.rows("wf_clock_event", record_id=id)]

    def told(self) -> list[str]:
        """What people were told, oldest first."""
        return [row["text"] for row in self.rows("wf_notification")]

    def get(self, id: int) -> Mapping[str, Any]:
        """A ticket's values."""
        return read.get(self.by(), "ticket", id).values
