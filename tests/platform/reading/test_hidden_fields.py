"""Who may not see `amount` learns nothing of it: every answer, faults too, is the same whatever the amounts are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import case, update

from looseleaf_metadata.expressions.check import check_expression
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import View
from looseleaf_metadata.problems import Place
from looseleaf_platform.access.explain import explain
from looseleaf_platform.context import Context
from looseleaf_platform.errors import BadQuery, LooseleafError
from looseleaf_platform.records import history, read
from looseleaf_platform.records.requests import Change, Condition, Group, Query
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace
from support.deals import acting, firm, make, query

SECRETS = ("amount", "net", "big", "credit", "line_total")
AMOUNTS = (1, 20, 300, 4000, 50_000, 600_000)


@pytest.fixture
def context(workspace: Workspace) -> Context:
    """Six deals whose names say nothing of their amounts."""
    context = firm(workspace)
    [account] = make(context, "account", [{"name": "恒拓精密", "credit": 987654}])
    rows = [
        {"name": f"d{number}", "account": account, "amount": amount, "lines": [{"product": "p", "price": amount, "total": amount}]}
        for number, amount in enumerate(AMOUNTS)
    ]
    ids = make(context, "deal", rows)
    write(context, [Change("update", "deal", id=ids[0], values={"amount": 7777, "name": "renamed"})])
    return context


def questions(caller: Context, ids: list[int]) -> dict[str, Callable[[], Any]]:
    """Every way to ask, each naming something that is hidden or might betray it."""
    asked: dict[str, Callable[[], Any]] = {
        "all": lambda: read.page(caller, "deal", Query(count=True)),
        "one": lambda: read.get(caller, "deal", ids[0]),
        "export": lambda: list(read.stream(caller, "deal", Query())),
        "look-up": lambda: read.lookup(caller, "deal", ""),
        "search": lambda: read.page(caller, "deal", Query(search="7777")),
        "titles": lambda: read.titles(caller, "deal", ids),
        "lines": lambda: read.page(caller, "deal_line", Query()),
        "account": lambda: read.page(caller, "account", Query()),
        "history": lambda: history.history(caller, "deal", ids[0]),
        "explained": lambda: explain(caller, caller.actor, "deal", ids[0], "read", "amount"),
        "path read": lambda: read.page(caller, "deal", Query(fields=("name", "account.credit"))),
        "path": lambda: read.page(caller, "deal", query(("account.credit", "gt", 1))),
        "line price": lambda: read.page(caller, "deal_line", query(("price", "gt", 100))),
        "line sort": lambda: read.page(caller, "deal_line", Query(sort=("-price",))),
        "line total": lambda: read.totals(caller, "deal_line", Query(), ["price"]),
    }
    for name in SECRETS:
        asked[f"filter {name}"] = lambda name=name: read.page(caller, "deal", query((name, "gt", 100)))
        asked[f"empty {name}"] = lambda name=name: read.page(caller, "deal", query((name, "empty", None)))
        asked[f"deep {name}"] = lambda name=name: read.count(
            caller, "deal", Query(where=Group("or", (Group("and", (Condition(name, "lt", 100),), negated=True),)))
        )
        asked[f"sort {name}"] = lambda name=name: read.page(caller, "deal", Query(sort=(f"-{name}",)))
        asked[f"fields {name}"] = lambda name=name: read.page(caller, "deal", Query(fields=("name", name)))
        asked[f"get {name}"] = lambda name=name: read.get(caller, "deal", ids[0], fields=(name,))
        for function in ("sum", "min", "max", "average", "count"):
            asked[f"{function} {name}"] = lambda name=name, function=function: read.totals(caller, "deal", Query(), [name], function)
        asked[f"view {name}"] = lambda name=name: read.page(caller, "deal", Query(expression=view_on(caller, name)))
        asked[f"export {name}"] = lambda name=name: list(read.stream(caller, "deal", Query(fields=(name,))))
    return asked


def view_on(caller: Context, name: str) -> Any:
    """The condition of a view that somebody wrote who sees more."""
    objects = caller.model.objects
    expression = check_expression(
        "big" if name == "big" else f"{name} is not None and {name} > 100", objects["deal"], objects, place=Place()
    )
    assert not isinstance(expression, list), expression
    return expression


def answers(caller: Context, ids: list[int]) -> dict[str, str]:
    """What is told, faults in both languages."""
    told = {}
    for name, ask in questions(caller, ids).items():
        try:
            told[name] = repr(ask())
        except LooseleafError as error:
            told[name] = f"{type(error).__name__} {error.message.translate('en')} {error.message.translate('zh')}"
    return told


def test_no_answer_depends_on_a_hidden_field(context: Context) -> None:
    ids = sorted(record.id for record in read.page(context, "deal", Query()).records)
    caller = replace(acting(context.workspace, 1, "no_amount"), source="screen")
    before = answers(caller, ids)
    change_all_amounts(context)
    assert read.totals(context, "deal", Query(), ["amount"])["amount"] != sum(AMOUNTS)
    assert answers(caller, ids) == before
    for name, told in before.items():
        for secret in ("7777", "987654", "600000", "50000"):
            assert secret not in told.replace("search='7777'", ""), (name, secret)


def change_all_amounts(context: Context) -> None:
    """Other amounts in another order, with nothing else changed: neither version nor time, nor what `hint` reveals on purpose."""
    columns = [("deal", "amount"), ("deal", "line_total"), ("account", "credit"), ("deal_line", "price")]
    with context.workspace.database.write() as connection:
        for object_name, field_name in columns:
            found = context.runtime.object(object_name)
            amounts = [column for column in found.fields[field_name].columns if not column.name.endswith("__currency")]
            other = {column: case((column > 100_000, column + 12_345), else_=90_000 - column) for column in amounts}
            connection.execute(update(found.table).values(other))


@pytest.mark.parametrize("name", SECRETS)
def test_a_hidden_field_is_refused_in_the_words_of_one_that_does_not_exist(context: Context, name: str) -> None:
    caller = acting(context.workspace, 1, "no_amount")
    for asked in (
        lambda name: read.page(caller, "deal", query((name, "gt", 1))),
        lambda name: read.page(caller, "deal", Query(sort=(name,))),
        lambda name: read.page(caller, "deal", Query(fields=(name,))),
        lambda name: read.totals(caller, "deal", Query(), [name]),
    ):
        with pytest.raises(BadQuery) as hidden:
            asked(name)
        with pytest.raises(BadQuery) as unknown:
            asked("zzz")
        assert str(hidden.value).partition(":")[0].replace(name, "zzz") == str(unknown.value)  # a hint names what is readable
        assert hidden.value.pointer == unknown.value.pointer


def test_a_suggestion_never_names_a_hidden_field(context: Context) -> None:
    with pytest.raises(BadQuery) as caught:
        read.page(acting(context.workspace, 1, "no_amount"), "deal", query(("amout", "gt", 1)))
    assert "amount" not in str(caught.value)


def test_a_view_on_what_is_hidden_can_not_be_used_and_names_nothing(context: Context) -> None:
    caller = acting(context.workspace, 1, "no_amount")
    views = {name: View(name, name, Label.of(name), "deal", where=view_on(context, name)) for name in SECRETS} | {
        "sorted": View("sorted", "sorted", Label.of("sorted"), "deal", sort=("-amount",))
    }
    for name, view in views.items():
        assert read.may_use(context, view)
        assert not read.may_use(caller, view)
        with pytest.raises(BadQuery) as caught:
            read.page(caller, "deal", Query(expression=view.where, sort=view.sort))
        assert name == "sorted" or name not in str(caught.value)
    assert read.may_use(caller, View("x", "x", Label.of("x"), "deal", where=view_on(context, "probability"), sort=("name",)))


def test_what_declares_to_reveal_is_seen(context: Context) -> None:
    records = read.page(acting(context.workspace, 1, "no_amount"), "deal", Query(sort=("id",))).records
    assert [record.values["hint"] for record in records] == [False, False, False, False, False, True]
    assert all(set(SECRETS).isdisjoint(record.values) for record in records)
