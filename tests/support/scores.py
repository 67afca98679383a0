"""A small firm whose leads and customers are scored: the texts, and every way to change what a score is counted from as one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.jobs.outbox import drain
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace
from looseleaf_workflow.automations.settling import settle
from looseleaf_workflow.scores.watching import TOPIC
from support.clock import FrozenClock
from support.workspaces import as_user, publish_texts

FIRM = """
object: customer
title: name
owner: optional
fields:
  name:       {type: text, required: true}
  level:      {type: select, label: {zh: 等级, en: Level}, options: {gold: 金, plain: 普通}}
  tags:       {type: tags}
  paid:       {type: rollup, from: bill.customer, count: true, where: "settled"}
  worth:      {type: integer, read_only: true}
  best:       {type: rollup, from: lead.customer, max: points}
---
object: bill
title: number
owner: optional
fields:
  number:   {type: text, required: true}
  settled:  {type: boolean}
  customer: {type: lookup, to: customer, on_delete: cascade}
---
object: lead
label: {zh: 线索, en: Lead}
title: name
owner: optional
fields:
  name:      {type: text, required: true}
  source:    {type: select, label: {zh: 来源, en: Source}, options: {web: {zh: 官网, en: Website}, friend: {zh: 转介绍, en: Referral}, cold: {zh: 陌拜, en: Cold call}}}
  mobile:    {type: text, label: {zh: 手机, en: Mobile}}
  interest:  {type: rating, label: {zh: 意向, en: Interest}, max: 5}
  closed:    {type: boolean}
  seen_on:   {type: date, label: {zh: 最近联系, en: Last seen}}
  customer:  {type: lookup, label: {zh: 客户, en: Customer}, to: customer}
  reachable: {type: formula, returns: boolean, value: "mobile is not None"}
  points:    {type: integer, label: {zh: 评分, en: Score}, read_only: true}
  grade:     {type: select, label: {zh: 级别, en: Grade}, read_only: true, options: {a: A, b: B, c: C}}
---
role: rep
label: Rep
objects:
  customer: {read: own}
  bill:     {read: all}
  lead:     {read: all, create: true, update: all}
fields:
  lead.mobile: hidden
---
role: boss
label: Boss
objects:
  customer: {read: all, create: true, update: all}
  bill:     {read: all, create: true, update: all}
  lead:     {read: all, create: true, update: all, delete: all}
"""
SCORE = """
score: lead_score
label: {zh: 线索评分, en: Lead score}
object: lead
field: points
grade: grade
where: "not closed"
criteria:
  - {criterion: source, label: {zh: 来源, en: Source}, by: source, points: {friend: 30, web: 15, cold: -5}}
  - {criterion: reachable, label: {zh: 可联系, en: Can be reached}, when: reachable, points: 20, group: person}
  - {criterion: interest, label: {zh: 意向, en: Interest}, points: "interest * 8", group: person}
  - {criterion: fresh, label: {zh: 近期联系, en: Seen lately}, points: 20, fades: {since: seen_on, days: 10}}
  - {criterion: known, label: {zh: 金牌客户, en: Gold customer}, when: "customer.level == 'gold'", points: 25}
groups:
  - {group: person, label: {zh: 人, en: Person}, most: 45}
highest: 100
grades:
  - {grade: a, from: 70}
  - {grade: b, from: 30}
  - {grade: c, from: 0}
"""


class Scored:
    """The firm with some scores: 何 sees everything, 林 neither mobiles nor customers of others."""

    def __init__(self, workspace: Workspace, clock: FrozenClock, *texts: str) -> None:
        self.workspace, self.clock = workspace, clock
        publish_texts(workspace, FIRM, *texts)
        self.boss = as_user(workspace, ["boss"], name="何文静", locale="zh")
        self.lin = as_user(workspace, ["rep"], name="林若溪", locale="en")
        self.settle()

    @property
    def system(self) -> Context:
        """The system itself, on the newest revision."""
        return self.workspace.context(SYSTEM)

    def by(self, context: Context) -> Context:
        """The same person on the newest revision."""
        return self.workspace.context(context.actor, context.source)

    def publish(self, *texts: str) -> None:
        """Put other scores in the place of those that are there, and let that be done."""
        publish_texts(self.workspace, FIRM, *texts)
        self.settle()

    def settle(self) -> None:
        """Let everything happen that is due."""
        settle(self.workspace.context(SYSTEM, "job"), "lead", 0, {})

    def make(self, object: str = "lead", **values: Any) -> int:
        """Create a record, without letting anything follow yet."""
        named = "number" if object == "bill" else "name"
        id = write(self.system, [Change("create", object, values={named: "王建国", **values})]).written[0].id
        assert id is not None
        return id

    def change(self, id: int, object: str = "lead", **values: Any) -> None:
        """Change a record, and let follow what follows."""
        write(self.system, [Change("update", object, id, values)])
        self.settle()

    def get(self, id: int, object: str = "lead") -> Mapping[str, Any]:
        """A record's values, once everything is done."""
        self.settle()
        return read.get(self.system, object, id).values

    def score(self, id: int) -> tuple[int | None, str | None]:
        """A lead's total and grade, once everything is done."""
        values = self.get(id)
        return values["points"], values["grade"]

    def messages(self) -> int:
        """How many messages about scores are handled until none is left."""
        handled: list[object] = []
        handlers = {topic: handler for extension in self.workspace.extensions for topic, handler in extension.handlers.items()}
        counted = {TOPIC: lambda workspace, message: (handled.append(message), handlers[TOPIC](workspace, message))[1]}
        while drain(self.workspace, {**handlers, **counted}):
            pass
        return len(handled)
