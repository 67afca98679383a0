"""The firm that the chaos drill works in: deals that set an automation off, and an approval of those that are large."""

from __future__ import annotations

from dataclasses import dataclass

from looseleaf_platform.identity import tokens
from looseleaf_platform.records.ids import encode
from looseleaf_ui_builder.wings import open_workspace
from support.workspaces import as_user, publish_texts

METADATA = """
object: deal
label: {zh: 商机, en: Deal}
title: name
owner: optional
fields:
  name:   {type: text, required: true}
  amount: {type: decimal, scale: 2}
  agreed: {type: boolean}
  marks:  {type: tags}
---
object: line
title: name
fields:
  deal: {type: lookup, to: deal, required: true}
  name: {type: text, required: true}
---
role: rep
label: Rep
objects:
  deal: {create: all, read: all, update: all}
  line: {create: all, read: all}
---
role: legal
label: Legal
objects: {deal: {read: all}}
---
automation: welcome
label: {zh: 新商机, en: New deal}
object: deal
trigger: created
steps:
  - {create: line, object: line, values: {deal: "{{ id }}", name: "{{ name }}"}}
  - {webhook: outside, url: "SINK", body: {name: "{{ name }}"}, retry: {max: 20}}
  - {update: mark, values: {marks: [welcomed]}}
  - {email: write, to: "desk@firm.example", subject: "{{ name }}", body: "new"}
---
approval: large
object: deal
label: {zh: 大额审批, en: Large deals}
start_when: "amount > 100"
lock: {fields: [amount]}
flow:
  - {approve: manager, who: manager, due: 8 hours}
  - {approve: legal, who: {role: legal}}
on_approved: [{update: self, values: {agreed: true}}]
"""


@dataclass(frozen=True, slots=True)
class People:
    """The tokens of 林, who sells, of her manager 何, and of 周, who is legal."""

    seller: str
    manager: str
    legal: str


def found(url: str, sink: str) -> People:
    """Set the firm up in an empty database."""
    workspace = open_workspace(url)
    publish_texts(workspace, METADATA.replace("SINK", sink))
    manager = as_user(workspace, ["rep"], name="何文静")
    seller = as_user(workspace, ["rep"], name="林若溪", manager=encode(manager.actor.id or 0))
    everybody = (seller, manager, as_user(workspace, ["legal"], name="周雨桐"))
    made = [tokens.create(workspace.context(workspace.actor(one.actor.id or 0), "api"), "drill")[1] for one in everybody]
    workspace.close()
    return People(*made)
