"""Lists of one's own records ask nothing more of each record, and find exactly what they found before: never a stranger's."""

from __future__ import annotations

import pytest

from looseleaf_metadata.loader import read_documents
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.errors import BadQuery
from looseleaf_platform.publishing import publish
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.reading.asked import understand
from looseleaf_platform.records.requests import Change, Condition, Group, Query
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace
from support.workspaces import as_user

MODEL = """
object: deal
label: Deal
fields:
  name: {type: text, required: true}
  stage: {type: select, options: {open: Open, won: Won}}
---
view: mine
object: deal
where: "owner == me and stage == 'open'"
---
role: rep
objects: {deal: {read: own, create: true, update: own}}
---
role: mate
objects: {deal: {read: team, create: true, update: own}}
---
role: winner
objects: {deal: {read: "own and stage == 'won'", create: true}}
---
role: blind
objects: {deal: {read: own, create: true}}
fields: {deal.owner: hidden}
"""


@pytest.fixture
def deals(workspace: Workspace) -> Workspace:
    """The model, and a deal of somebody else in each stage."""
    documents, problems = read_documents([("model.yaml", MODEL)])
    assert not problems
    publish(workspace, documents, actor=SYSTEM, reason="test")
    stranger = as_user(workspace, ["rep"], name="stranger")
    write(stranger, [Change("create", "deal", values={"name": stage, "stage": stage}) for stage in ("open", "won")])
    return workspace


def mine(context: Context) -> Condition:
    assert context.actor.id is not None
    return Condition("owner", "eq", encode(context.actor.id))


def names(context: Context, **query: object) -> list[str]:
    return [str(record.values["name"]) for record in read.page(context, "deal", Query(**query)).records]  # type: ignore[arg-type]


def is_own(context: Context, query: Query) -> bool:
    with context.workspace.database.read() as connection:
        return understand(context, connection, "deal", query).pinned.own


def test_ones_own_are_found_without_asking_for_rights_again(deals: Workspace) -> None:
    for role in ("rep", "mate"):
        me = as_user(deals, [role], name=role)
        write(me, [Change("create", "deal", values={"name": name, "stage": name}) for name in ("open", "won")])
        own, both = Query(where=Group("and", (mine(me),))), Query(where=Group("and", (mine(me), Condition("stage", "eq", "won"))))
        view = Query(expression=deals.runtime.model.views["mine"].where)
        assert is_own(me, own)
        assert is_own(me, both)
        assert is_own(me, view)
        assert names(me, where=own.where, sort=("name",)) == ["open", "won"]
        assert names(me, where=both.where) == ["won"]
        assert names(me, expression=view.expression) == ["open"]
        assert read.count(me, "deal", own) == (2, False)


def test_any_other_filter_keeps_within_reach(deals: Workspace) -> None:
    me = as_user(deals, ["rep"], name="me")
    write(me, [Change("create", "deal", values={"name": "mine", "stage": "won"})])
    won = Condition("stage", "eq", "won")
    stranger = Condition("owner", "ne", mine(me).value)
    for where in (
        Group("or", (mine(me), won)),
        Group("and", (mine(me),), negated=True),
        Group("and", (Group("or", (mine(me), won)),)),
        Group("and", (stranger,)),
        Group("and", (won,)),
    ):
        query = Query(where=where)
        assert not is_own(me, query), where
        assert set(names(me, where=where)) <= {"mine"}, where


def test_who_reaches_only_some_of_their_own_or_may_not_see_the_owner_is_asked_again(deals: Workspace) -> None:
    winner = as_user(deals, ["winner"], name="winner")
    write(winner, [Change("create", "deal", values={"name": name, "stage": name}) for name in ("open", "won")])
    assert not is_own(winner, Query(where=Group("and", (mine(winner),))))
    assert names(winner, where=Group("and", (mine(winner),))) == ["won"]
    blind = as_user(deals, ["blind"], name="blind")
    assert not read.may_use(blind, deals.runtime.model.views["mine"])
    with pytest.raises(BadQuery):
        names(blind, where=Group("and", (mine(blind),)))
