"""A small firm for tests of rights and reads: accounts, deals with lines and rivals, two sales teams under one head office."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.context import SYSTEM, Actor, Context
from looseleaf_platform.records.requests import Change, Condition, Group, Query
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace
from support.clock import FrozenClock
from support.workspaces import publish_texts

OBJECTS = """
object: competitor
label: {zh: 竞品, en: Competitor}
title: name
owner: none
fields:
  name: {type: text, required: true}
---
object: account
label: {zh: 客户, en: Account}
plural: {zh: 客户, en: Accounts}
title: name
search: [name, code, phone]
highlights: [city]
fields:
  name:   {type: text, required: true}
  code:   {type: text}
  city:   {type: text}
  tier:   {type: select, options: {a: A, b: B, c: C}}
  credit: {type: currency}
  phone:  {type: phone}
  parent: {type: lookup, to: account, related_as: subsidiaries}
---
object: deal
label: {zh: 商机, en: Deal}
plural: {zh: 商机, en: Deals}
title: name
search: [name, notes, account.name]
fields:
  name:        {type: text, required: true}
  account:     {type: lookup, to: account, related_as: deals}
  amount:      {type: currency}
  discount:    {type: percent, default: 0}
  net:         {type: formula, returns: currency, value: "amount * (1 - discount)"}
  big:         {type: formula, returns: boolean, value: "net > 100000"}
  hint:        {type: formula, returns: boolean, value: "amount > 100000", reveals: true}
  probability: {type: integer}
  close_date:  {type: date}
  called_at:   {type: datetime}
  stage:       {type: select, default: open, options: {open: {zh: 进行中, en: Open}, won: {zh: 赢单, en: Won}, lost: {zh: 输单, en: Lost}}}
  notes:       {type: long_text}
  tags:        {type: tags}
  rivals:      {type: many_to_many, to: competitor}
  lines:       {type: lines, to: deal_line, by: deal}
  line_total:  {type: rollup, from: deal_line.deal, sum: total}
  city:        {type: formula, returns: text, value: "account.city"}
  credit:      {type: formula, returns: currency, value: "account.credit"}
---
object: deal_line
label: {zh: 明细, en: Deal line}
title: product
owner: none
fields:
  deal:     {type: lookup, to: deal, required: true, on_delete: cascade}
  product:  {type: text, required: true}
  price:    {type: currency}
  quantity: {type: integer, default: 1}
  total:    {type: currency}
"""

ROLES = """
role: everything
label: {zh: 全看, en: Sees everything}
objects:
  account:    {read: all, create: true, update: all, delete: all, export: all}
  deal:       {read: all, create: true, update: all, delete: all, export: all}
  competitor: {read: all}
abilities: [explain, share]
---
role: own
label: {zh: 自己的, en: Own records}
objects:
  account:    {read: own, update: own}
  deal:       {read: own, update: own, delete: own, create: true}
  competitor: {read: all}
---
role: team
label: {zh: 团队的, en: Team records}
objects:
  account: {read: team}
  deal:    {read: team, update: own}
---
role: team_tree
label: {zh: 团队及下级, en: Team and below}
objects:
  account: {read: team_tree, export: team_tree}
  deal:    {read: team_tree, update: team, export: team}
---
role: won_ones
label: {zh: 赢单的, en: Won ones}
objects:
  deal: {read: "stage == 'won'"}
---
role: own_or_tier_a
label: {zh: 自己的或 A 级, en: Own or tier A}
objects:
  deal: {read: "own or account.tier == 'a'", update: "own and stage == 'open'"}
---
role: nothing
label: {zh: 什么也不看, en: Sees nothing}
objects:
  deal: {read: none}
---
role: no_amount
label: {zh: 不看金额, en: Sees no amounts}
objects:
  account:    {read: all, export: all}
  deal:       {read: all, update: all, create: true, export: all, delete: all}
  competitor: {read: all}
fields:
  deal.amount: hidden
  deal.line_total: hidden
  deal_line.price: hidden
  deal_line.total: hidden
  account.credit: hidden
---
role: amount_of_own
label: {zh: 只看自己的金额, en: Sees own amounts}
objects:
  account: {read: all}
  deal:    {read: all, export: all}
fields:
  deal.amount: {masked: "not (owner == me)"}
  account.phone: masked
  account.name: {masked: "tier == 'c'"}
"""


@contextmanager
def fresh_workspace(request: pytest.FixtureRequest, vocabulary: Vocabulary) -> Iterator[Workspace]:
    """A fresh workspace on the database named by the fixture's parameter, for fixtures that live longer than a test."""
    databases = request.getfixturevalue(f"{request.param}_databases")
    template = databases.template("system", lambda url: Workspace.open(url, vocabulary).close())
    with databases.fresh(template) as url:
        workspace = Workspace.open(url, vocabulary, clock=FrozenClock())
        yield workspace
        workspace.close()


def firm(workspace: Workspace, *more: str) -> Context:
    """Publish objects, roles and `more` documents; returns the system's context."""
    publish_texts(workspace, OBJECTS, ROLES, *more)
    return workspace.context(SYSTEM, "api")


def make(context: Context, object_name: str, rows: Iterable[dict[str, Any]]) -> list[int]:
    """Create records in one operation; returns their ids."""
    changes = [Change("create", object_name, values=row) for row in rows]
    return [written.id for written in write(context, changes).written if written.id is not None]


def acting(workspace: Workspace, user: int, *roles: str, team: int | None = None, tree: Sequence[int] = ()) -> Context:
    """A caller with these roles and teams, whatever the database says of the user."""
    actor = Actor(id=user, name="Lin", roles=roles, team=team, team_tree=tuple(tree) or ((team,) if team else ()))
    return workspace.context(actor, "api")


def with_limits(context: Context, *limits: str) -> Context:
    """The same caller with a token that is limited."""
    return context.workspace.context(replace(context.actor, limits=frozenset(limits)), "api")


def where(*conditions: tuple[Any, ...], joined: str = "and", negated: bool = False) -> Group:
    """A filter of (path, operator, value) conditions and nested groups."""
    parts = tuple(part if isinstance(part, Group) else Condition(*part) for part in conditions)
    return Group(joined, parts, negated)  # type: ignore[arg-type]


def names(records: Iterable[Any]) -> list[str]:
    """The names of records, in their order."""
    return [record.values["name"] for record in records]


def query(*conditions: tuple[Any, ...], **more: Any) -> Query:
    """A query with a filter of conditions joined by "and"."""
    return Query(where=where(*conditions) if conditions else None, **more)
