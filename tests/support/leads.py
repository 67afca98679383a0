"""A small firm whose leads are assigned and pooled by rules: people to give them to, and every way to write a lead as one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace
from looseleaf_workflow.tables import TABLES
from support.clock import FrozenClock
from support.workspaces import as_user, publish_texts

LEADS = """
object: account
title: name
owner: optional
fields:
  name: {type: text, required: true}
---
object: lead
label: {zh: 线索, en: Lead}
title: name
owner: optional
fields:
  name:     {type: text, required: true}
  mobile:   {type: text}
  email:    {type: text, label: {zh: 邮箱, en: E-mail}}
  region:   {type: select, options: {east: 华东, south: 华南, north: 华北}}
  industry: {type: select, options: {machines: 机械, trade: 贸易}}
  status:   {type: select, default: new, options: {new: 新, won: 赢, closed: 关闭}}
  score:    {type: integer}
  locked:   {type: boolean}
  account:  {type: lookup, to: account}
---
object: activity
title: subject
owner: optional
fields:
  subject: {type: text, required: true}
  kind:    {type: select, options: {call: 电话, note: 备注}}
  lead:    {type: lookup, to: lead, on_delete: cascade}
---
role: rep
label: Rep
objects:
  account:  {read: all, create: true, update: all}
  lead:     {read: own, create: true, update: own, delete: own, export: own}
  activity: {read: all, create: true, update: own}
---
role: boss
label: Boss
objects:
  account:  {read: all, create: true, update: all}
  lead:     {read: all, create: true, update: all, delete: all, import: all, export: all}
  activity: {read: all, create: true, update: all}
abilities: [exemptions, builder]
"""


class Leads:
    """The firm on one set of rules: `people` are three reps in the order of their turns; 何 is the boss."""

    def __init__(self, workspace: Workspace, clock: FrozenClock, *rules: str) -> None:
        self.workspace, self.clock = workspace, clock
        publish_texts(workspace, LEADS, *rules)
        self.boss = as_user(workspace, ["boss"], name="何文静", locale="zh")
        self.people = [as_user(workspace, ["rep"], name=name, manager=self.boss.actor.id, email=f"{mail}@firm.cn") for name, mail in PEOPLE]
        self.names = {one.actor.id: one.actor.name for one in (*self.people, self.boss)}

    @property
    def system(self) -> Context:
        """The system itself, on the newest revision."""
        return self.workspace.context(SYSTEM)

    def again(self, context: Context) -> Context:
        """The same person on the newest revision."""
        return self.workspace.context(context.actor, context.source)

    def publish(self, *rules: str) -> None:
        """Put other rules in the place of those that are there."""
        publish_texts(self.workspace, LEADS, *rules)

    def make(self, by: Context | None = None, object: str = "lead", operation: Operation | None = None, **values: Any) -> int:
        """Create a record."""
        named = "subject" if object == "activity" else "name"
        changes = [Change("create", object, values={named: "王建国", **values})]
        id = write(self.again(by or self.system), changes, operation or Operation()).written[0].id
        assert id is not None
        return id

    def many(self, count: int, by: Context | None = None, **values: Any) -> list[str]:
        """Create leads in one set; whose they are."""
        changes = [Change("create", "lead", values={"name": f"线索 {number}", **values}) for number in range(count)]
        return [self.owner(one.id or 0) for one in write(self.again(by or self.system), changes).written]

    def change(self, id: int, by: Context | None = None, operation: Operation | None = None, object: str = "lead", **values: Any) -> Any:
        """Change a record, and say what became of it."""
        return write(self.again(by or self.system), [Change("update", object, id, values)], operation or Operation()).written[0]

    def set_state(self, person: Context, state: str) -> None:
        """Somebody goes on leave, comes back, or leaves the firm."""
        write(self.system, [Change("update", "user", person.actor.id, {"state": state})])

    def owner(self, id: int) -> str:
        """The name of a lead's owner, "" for none."""
        return str(self.names.get(self.get(id)["owner"], ""))

    def given(self, **values: Any) -> str:
        """The owner of a new lead."""
        return self.owner(self.make(**values))

    def get(self, id: int, object: str = "lead") -> Mapping[str, Any]:
        """A record's values."""
        return read.get(self.system, object, id).values

    def rows(self, table: str, **where: Any) -> list[Mapping[str, Any]]:
        """Rows of one of the wing's tables, oldest first."""
        found = TABLES.tables[table]
        statement = select(found).where(*(found.c[name] == value for name, value in where.items())).order_by(*found.primary_key)
        with self.workspace.database.read() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]


PEOPLE = (("林若溪", "lin"), ("陈思远", "chen"), ("周雨桐", "zhou"))
LIN, CHEN, ZHOU = (name for name, _ in PEOPLE)
