"""A small firm whose deals need approvals, run for real: people, flows, and every way to decide as one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.running.checking import check
from looseleaf_workflow.running.command import Result, act
from looseleaf_workflow.running.stored import Instance, read_instance
from looseleaf_workflow.running.submitting import Request, submit
from looseleaf_workflow.tables import TABLES
from support.clock import FrozenClock
from support.workspaces import as_user, publish_texts

DEALS = """
object: deal
label: {zh: 商机, en: Deal}
title: name
owner: optional
roles_of_fields: {stage: stage}
fields:
  name:     {type: text, required: true}
  amount:   {type: decimal, label: {zh: 金额, en: Amount}}
  discount: {type: percent, label: {zh: 折扣, en: Discount}}
  note:     {type: text}
  seal_no:  {type: text, label: {zh: 印章号, en: Seal number}}
  agreed:   {type: boolean}
  margin:   {type: integer}
  keeper:   {type: lookup, to: user}
  lines:    {type: lines, to: deal_line, by: deal}
  stage:
    type: select
    label: {zh: 阶段, en: Stage}
    options: {proposal: 报价, contract: 合同, won: 赢单}
---
object: deal_line
title: product
owner: none
fields:
  deal:    {type: lookup, to: deal, required: true, on_delete: cascade}
  product: {type: text, required: true}
---
pipeline: sales
object: deal
stages:
  - {stage: proposal, exit_when: ["margin > 10"], gate: {approval: leave}}
  - {stage: contract}
  - {stage: won, closed: won}
---
role: rep
label: Rep
objects:
  deal: {read: all, create: true, update: all, delete: all}
fields: {deal.margin: hidden}
---
role: legal
label: Legal
objects:
  deal: {read: all, update: all}
abilities: [exemptions]
"""
LEAVE = """
approval: leave
object: deal
order: 99
label: {zh: 出报价, en: Leave proposal}
start_when: "note == 'leave'"
flow: [{approve: manager, who: manager}]
"""
DISCOUNT = """
approval: discount
object: deal
order: 1
label: {zh: 折扣审批, en: Discount}
start_when: "amount > 100"
lock: {fields: [amount, discount], include: [lines]}
material: {fields: [amount, discount], on_change: reask_voted}
flow:
  - approve: manager
    who: manager
    due: 8 hours
  - approve: legal
    who: {role: legal}
    mode: any
    fields: {edit: [discount]}
on_approved: [{update: self, values: {agreed: true}}, {notify: submitter, text: It is yours}]
"""


class Approving:
    """The firm: 林 sells under 何; 周 and 陈 are legal; 秦 administers."""

    def __init__(self, workspace: Workspace, clock: FrozenClock, *flows: str) -> None:
        self.workspace, self.clock = workspace, clock
        self.publish(*flows)
        self.admin = as_user(workspace, ["legal"], name="秦管理", administrator=True)
        self.boss = as_user(workspace, ["rep"], name="何文静")
        self.lin = as_user(workspace, ["rep"], name="林若溪", manager=self.boss.actor.id, locale="zh")
        self.zhou = as_user(workspace, ["legal"], name="周雨桐")
        self.chen = as_user(workspace, ["legal"], name="陈思远")

    def publish(self, *flows: str) -> None:
        """Put other flows in the place of those that are there."""
        publish_texts(self.workspace, DEALS, LEAVE, *flows)

    def again(self, context: Context) -> Context:
        """The same person on the newest revision."""
        return self.workspace.context(context.actor, context.source)

    def deal(self, by: Context | None = None, **values: Any) -> int:
        """A deal of 林's."""
        made = {"name": "二期产线", "amount": 200, "discount": "0.2", "owner": self.lin.actor.id, **values}
        id = write(self.again(by or self.workspace.context(SYSTEM)), [Change("create", "deal", values=made)]).written[0].id
        assert id is not None
        return id

    def change(self, id: int, by: Context | None = None, *, reason: str = "", exempt: str = "", **values: Any) -> Any:
        """Change a deal, and say what became of it."""
        operation = Operation(reason=reason, exemptions=frozenset({exempt} if exempt else ()))
        return write(self.again(by or self.lin), [Change("update", "deal", id, values)], operation).written[0]

    def get(self, id: int) -> Mapping[str, Any]:
        """A deal's values."""
        return read.get(self.workspace.context(SYSTEM), "deal", id).values

    def submit(self, deal: int, by: Context | None = None, key: str = "", **more: Any) -> int:
        """Submit a deal; the instance."""
        return submit(self.again(by or self.lin), Request("deal", deal, **more), key)

    def started(self, **values: Any) -> tuple[int, int]:
        """A deal that was submitted by 林: its id, and the instance's."""
        deal = self.deal(**values)
        return deal, self.submit(deal)

    def do(self, instance: int, by: Context, body: c.Body, key: str = "") -> Result:
        """Carry a command out."""
        return act(self.again(by), instance, body, key)

    def task(self, instance: int, by: Context) -> c.TaskId:
        """The open task of somebody."""
        found = [row for row in self.rows("approval_task", instance_id=instance, status="open") if row["holder"] == self.code(by)]
        assert len(found) == 1, [row["holder"] for row in self.rows("approval_task", instance_id=instance)]
        return c.TaskId(found[0]["node"], found[0]["visit"], found[0]["slot"], found[0]["generation"])

    def agree(self, instance: int, by: Context, key: str = "", **edits: Any) -> Result:
        """Agree to one's task."""
        return self.do(instance, by, c.Agree(self.task(instance, by), edits=FrozenMap(edits)), key)

    def reject(self, instance: int, by: Context) -> Result:
        """Reject one's task."""
        return self.do(instance, by, c.Reject(self.task(instance, by), "no"))

    @staticmethod
    def code(person: Context) -> str:
        """Somebody as events name them."""
        assert person.actor.id is not None
        return encode(person.actor.id)

    def instance(self, id: int) -> Instance:
        """An instance as it stands."""
        with self.workspace.database.read() as connection:
            found = read_instance(connection, self.workspace.context(SYSTEM), id)
        assert found is not None
        return found

    def open(self, instance: int) -> set[str]:
        """The names of those who have open tasks."""
        names = {self.code(one): one.actor.name for one in (self.admin, self.boss, self.lin, self.zhou, self.chen)}
        return {names.get(row["holder"], row["holder"]) for row in self.rows("approval_task", instance_id=instance, status="open")}

    def sound(self) -> None:
        """All that always holds, holds."""
        assert check(self.workspace) == []

    def rows(self, table: str, **where: Any) -> list[Mapping[str, Any]]:
        """Rows of one of the wing's tables."""
        found = TABLES.tables[table]
        statement = select(found).where(*(found.c[name] == value for name, value in where.items())).order_by(*found.primary_key)
        with self.workspace.database.read() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]
