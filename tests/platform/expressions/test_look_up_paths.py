"""Paths through look-ups, formulas of formulas and many-to-many fields in SQL, on published objects with real records."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from looseleaf_metadata.expressions.check import check_expression
from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.expressions.python_target import ambient_values
from looseleaf_metadata.problems import Place
from looseleaf_platform.context import SYSTEM
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.sql_expressions import compile_condition, compile_sql
from looseleaf_platform.records.sql_scope import TableScope
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace
from support.workspaces import publish_texts

COMPANY = """
object: company
label: Company
title: name
fields:
  name: {type: text, required: true}
  parent: {type: lookup, to: company}
  region: {type: text}
  limit: {type: currency}
  tier: {type: select, options: {gold: Gold, basic: Basic}}
"""
DEAL = """
object: deal
label: Deal
title: name
fields:
  name: {type: text, required: true}
  company: {type: lookup, to: company}
  amount: {type: currency}
  discount: {type: percent}
  partners: {type: many_to_many, to: company}
  net: {type: formula, returns: currency, value: "amount * (1 - coalesce(discount, 0))"}
  over: {type: formula, returns: currency, value: "max(net - company.limit, 0)"}
"""


@pytest.fixture
def deals(workspace: Workspace) -> Workspace:
    """Two companies, one below the other, and three deals."""
    publish_texts(workspace, COMPANY, DEAL)
    context = workspace.context(SYSTEM)

    def create(kind: str, /, **values: Any) -> int:
        made = write(context, [Change("create", kind, values=values)]).written[0].id
        assert made is not None
        return made

    group = create("company", name="Group", region="east", limit="1000", tier="gold")
    branch = create("company", name="Branch", region="west", limit="50", parent=group)
    create("deal", name="a", company=branch, amount="100.05", discount="0.15", partners=[group])
    create("deal", name="b", company=group, amount="10", partners=[group, branch])
    create("deal", name="c")
    return workspace


def found(workspace: Workspace, source: str) -> list[Any]:
    """The expression's value for each deal, in order of their names."""
    runtime = workspace.runtime
    expression = check_expression(source, runtime.model.objects["deal"], runtime.model.objects, place=Place())
    assert isinstance(expression, Expression), [problem.as_text() for problem in expression]
    deal = runtime.object("deal")
    scope = TableScope(runtime, deal)
    title = deal.fields["name"].main
    parameters = ambient_values(workspace.clock(), "Asia/Shanghai", 1)
    with workspace.database.read() as connection:
        values = list(
            connection.execute(select(compile_sql(expression, scope)).select_from(scope.at).order_by(title), parameters).scalars()
        )
        if expression.type.kind.value == "boolean":
            holding = set(connection.execute(select(title).where(compile_condition(expression, scope)), parameters).scalars())
            assert holding == {name for name, value in zip("abc", values, strict=True) if value}
    return values


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("company.name", ["Branch", "Group", None]),
        ("company.parent.region", ["east", None, None]),
        ("company.parent.tier == 'gold'", [True, False, False]),
        ("not (company.region == 'east')", [True, False, True]),
        ("company.parent is None", [False, True, True]),
        ("text(net)", ["85.04", "10.00", None]),
        ("text(over)", ["35.04", "0.00", None]),
        ("over > 0 and company.parent.limit >= 1000", [True, False, False]),
        ("company.parent.parent.name is None", [True, True, True]),
        ("company in partners", [False, True, False]),
        ("company.parent in partners", [True, False, False]),
        ("company.parent not in partners", [False, False, False]),
        ("company == company.parent", [False, False, False]),
        ("concat(name, '@', company.name)", ["a@Branch", "b@Group", "c@"]),
    ],
)
def test_paths_reach_through_look_ups(deals: Workspace, source: str, expected: list[Any]) -> None:
    assert found(deals, source) == expected
