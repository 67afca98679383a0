"""A small firm that converts its leads, and every way to convert as one call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Change, Query
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace
from looseleaf_workflow.conversions.deciding import Choice, Prospect, Wish, look_ahead
from looseleaf_workflow.conversions.doing import Converted, convert
from looseleaf_workflow.tables import TABLES
from support.workspaces import as_user, publish_texts

OBJECTS = """
object: account
label: {zh: 客户, en: Account}
title: name
fields:
  name:   {type: text, required: true, label: {zh: 名称, en: Name}}
  phone:  {type: phone, label: {zh: 电话, en: Phone}}
  region: {type: select, options: {east: 华东, south: 华南}, label: {zh: 大区, en: Region}}
  source: {type: select, options: {web: 官网, fair: 展会}, label: {zh: 来源, en: Source}}
  status: {type: select, default: prospect, options: {prospect: 潜在, customer: 成交}}
  revenue: {type: currency}
  papers: {type: file}
duplicates:
  - {match: [name]}
  - {match: [phone]}
---
object: contact
label: {zh: 联系人, en: Contact}
title: name
fields:
  name:    {type: text, required: true}
  account: {type: lookup, to: account, required: true}
  mobile:  {type: phone, label: {zh: 手机, en: Mobile}}
  consent: {type: boolean}
duplicates:
  - {match: [mobile]}
---
object: deal
label: {zh: 商机, en: Deal}
title: name
fields:
  name:    {type: text, required: true}
  account: {type: lookup, to: account, required: true}
  contact: {type: lookup, to: contact}
  amount:  {type: currency}
  campaign: {type: text}
  large:   {type: boolean}
  stage:   {type: select, default: qualify, options: {qualify: 接触, won: 赢}}
rules:
  - {check: "amount is None or amount > 0", at: amount, message: {zh: 金额要大于零, en: The amount is above zero}}
---
object: lead
label: {zh: 线索, en: Lead}
title: name
owner: optional
fields:
  name:     {type: text, required: true}
  company:  {type: text}
  mobile:   {type: phone}
  region:   {type: select, options: {east: 华东, south: 华南}}
  source:   {type: select, options: {web: 官网, fair: 展会, call: 电话}}
  budget:   {type: currency}
  campaign: {type: text}
  consent:  {type: boolean}
  papers:   {type: file}
  status:   {type: select, default: new, options: {new: 新, converted: 已转化, closed: 关闭}}
  account:  {type: lookup, to: account}
  contact:  {type: lookup, to: contact}
  deal:     {type: lookup, to: deal}
---
object: talk
title: subject
fields:
  subject: {type: text, required: true}
  lead:    {type: lookup, to: lead, on_delete: cascade}
  account: {type: lookup, to: account}
  deal:    {type: lookup, to: deal}
---
object: todo
title: subject
fields:
  subject: {type: text, required: true}
  lead:    {type: lookup, to: lead}
  account: {type: lookup, to: account}
---
role: rep
objects:
  account: {read: team, create: true, update: own}
  contact: {read: team, create: true, update: own}
  deal:    {read: own, create: true, update: own}
  lead:    {read: own, create: true, update: own}
  talk:    {read: own, create: true, update: own}
  todo:    {read: own, create: true, update: own}
fields:
  account.revenue: hidden
---
role: helper
objects:
  account: {read: all, create: true}
  contact: {read: all, create: true}
  deal:    {read: all, create: true}
  lead:    {read: all, update: all}
fields:
  lead.budget: hidden
  lead.region: masked
  deal.campaign: read
"""
CONVERSION = """
conversion: lead
object: lead
label: {zh: 转化, en: Convert}
when: "status == 'new'"
targets:
  - target: account
    from:
      name: company
      phone: mobile
      region: region
      papers: papers
      source: {field: source, options: {call: web}}
    set: {status: prospect}
    ask: [name]
  - target: contact
    link: {account: account}
    from: {name: name, mobile: mobile, consent: consent}
  - target: deal
    match: never
    may_skip: true
    link: {account: account, contact: contact}
    from: {amount: budget, campaign: campaign}
    set: {name: {value: "concat(coalesce(company, name), ' ', '首单')"}, large: {value: "budget > 1000"}}
    ask: [name, amount]
then:
  set: {status: converted}
  link: {account: account, contact: contact, deal: deal}
history:
  - {from: talk.lead, link: {account: account, deal: deal}}
  - {from: todo.lead, link: {account: account}, move: true}
"""
PEOPLE = (("林若溪", "rep", "East"), ("陈思远", "rep", "East"), ("吴晓", "rep", "West"), ("顾明", "helper", "East"))


class Converting:
    """The firm: 林 and 陈 sell in one team, 吴 in another; 顾 helps without knowing the budgets."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        query = Query(fields=("id", "name"), sort=("id",))
        found = {record.values["name"]: record.id for record in read.page(self.system, "user", query).records}
        self.lin, self.chen, self.wu, self.gu = (workspace.context(workspace.actor(found[name]), "api") for name, *_ in PEOPLE)

    @classmethod
    def found(cls, workspace: Workspace) -> None:
        """Publish what the firm has, and hire its people."""
        publish_texts(workspace, OBJECTS, CONVERSION)
        system = workspace.context(SYSTEM)
        teams = {name: write(system, [Change("create", "team", values={"name": name})]).written[0].id for name in ("East", "West")}
        for name, role, team in PEOPLE:
            as_user(workspace, [role], name=name, team=teams[team])

    def publish(self, *texts: str) -> None:
        """Put other metadata in the place of what is there."""
        publish_texts(self.workspace, *texts)

    def again(self, context: Context) -> Context:
        """The same person on the newest revision."""
        return self.workspace.context(context.actor, context.source)

    @property
    def system(self) -> Context:
        """The system itself."""
        return self.workspace.context(SYSTEM)

    def make(self, object: str, by: Context | None = None, **values: Any) -> int:
        """Create a record."""
        id = write(self.again(by or self.lin), [Change("create", object, values=values)]).written[0].id
        assert id is not None
        return id

    def lead(self, by: Context | None = None, **values: Any) -> int:
        """Create a lead."""
        return self.make("lead", by, **{"name": "王建国", "company": "恒拓精密有限公司", "mobile": "13900010001", **values})

    def get(self, object: str, id: int | None) -> Mapping[str, Any]:
        """A record's values, as the system sees them."""
        assert id is not None
        return read.get(self.system, object, id).values

    def all(self, object: str) -> list[Mapping[str, Any]]:
        """All records of an object."""
        return [record.values for record in read.page(self.system, object, Query(sort=("id",), size=200)).records]

    def preview(self, id: int, by: Context | None = None, name: str = "lead", **choices: Choice) -> Prospect:
        """What would become of a lead."""
        return look_ahead(self.again(by or self.lin), name, [Wish(id, choices)])[0]

    def convert(self, *ids: int, by: Context | None = None, name: str = "lead", **choices: Choice) -> list[Converted]:
        """Convert leads, all with the same choices."""
        return convert(self.again(by or self.lin), name, [Wish(id, choices) for id in ids])

    def rows(self, table: str) -> list[Mapping[str, Any]]:
        """Rows of one of the wing's tables."""
        found = TABLES.tables[table]
        with self.workspace.database.read() as connection:
            return [dict(row) for row in connection.execute(select(found).order_by(*found.primary_key)).mappings()]
