"""Masked fields: withheld where the condition holds, and not to be found out by filters, order, totals, search or formulas."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.context import Context
from looseleaf_platform.errors import BadQuery
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Query
from support.deals import acting, firm, fresh_workspace, make, names, query
from support.tally import DATABASES

MORE = """
role: all_deals
label: {zh: 全部商机, en: All deals}
objects:
  account: {read: own}
  deal:    {read: all}
"""


@pytest.fixture(scope="module", params=DATABASES)
def context(request: pytest.FixtureRequest, vocabulary: Vocabulary) -> Iterator[Context]:
    """Two people with two deals each."""
    with fresh_workspace(request, vocabulary) as workspace:
        context = firm(workspace, MORE)
        lin, zhou = make(context, "user", [{"name": "Lin"}, {"name": "Zhou"}])
        accounts = make(
            context,
            "account",
            [
                {"name": "恒拓精密", "tier": "a", "city": "上海", "phone": "13812345678"},
                {"name": "隐名公司", "tier": "c", "phone": "13887654321"},
            ],
        )
        make(
            context,
            "deal",
            [
                {"name": "l1", "owner": lin, "amount": 100, "account": accounts[0]},
                {"name": "l2", "owner": lin, "amount": 400, "account": accounts[1]},
                {"name": "z1", "owner": zhou, "amount": 200},
                {"name": "z2", "owner": zhou, "amount": 300},
            ],
        )
        yield context


@pytest.fixture
def lin(context: Context) -> Context:
    """Lin, who sees amounts of her own deals only."""
    user = read.page(context, "user", query(("name", "eq", "Lin"))).records[0].id
    return acting(context.workspace, user, "amount_of_own")


def test_withheld_values_are_absent_and_said_to_be(lin: Context) -> None:
    records = {record.values["name"]: record for record in read.page(lin, "deal", Query()).records}
    assert records["l1"].values["amount"].amount == 100
    assert records["l1"].masked == frozenset()
    assert records["z1"].values["amount"] is None
    assert records["z1"].values["net"] is None
    assert records["z1"].masked == {"amount", "net", "big"}
    assert records["z1"].values["hint"] is False
    single = read.get(lin, "deal", records["z1"].id)
    assert single.values["amount"] is None
    assert "amount" in single.masked


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (("amount", "gt", 250), ["l2"]),
        (("amount", "gt", 50), ["l1", "l2"]),
        (("amount", "lt", 250), ["l1"]),
        (("amount", "eq", 200), []),
        (("amount", "in", [200, 300, 400]), ["l2"]),
        (("amount", "ne", 200), ["l1", "l2", "z1", "z2"]),
        (("amount", "ne", 300), ["l1", "l2", "z1", "z2"]),
        (("amount", "empty", None), ["z1", "z2"]),
        (("net", "ge", 200), ["l2"]),
    ],
)
def test_filters_treat_withheld_values_as_empty(lin: Context, condition: tuple[object, ...], expected: list[str]) -> None:
    assert names(read.page(lin, "deal", query(condition, sort=("name",))).records) == expected


def test_order_puts_withheld_values_last_and_says_nothing_of_them(lin: Context) -> None:
    assert names(read.page(lin, "deal", Query(sort=("-amount", "name"))).records) == ["l2", "l1", "z1", "z2"]
    assert names(read.page(lin, "deal", Query(sort=("amount", "-name"))).records) == ["l1", "l2", "z2", "z1"]
    page = read.page(lin, "deal", Query(sort=("-amount", "name"), size=3))
    assert names(read.page(lin, "deal", Query(sort=("-amount", "name"), after=page.next)).records) == ["z2"]


def test_totals_leave_withheld_values_out(lin: Context) -> None:
    assert read.totals(lin, "deal", Query(), ["amount"]) == {"amount": Decimal("500.00")}
    assert read.totals(lin, "deal", Query(), ["amount"], "min") == {"amount": Decimal("100.00")}
    assert read.totals(lin, "deal", Query(), ["amount"], "count") == {"amount": 2}


def test_exports_withhold_too(lin: Context) -> None:
    exporter = acting(lin.workspace, lin.actor.id or 0, "amount_of_own")
    assert {record.values["name"] for record in read.stream(exporter, "deal", Query()) if record.values["amount"] is None} == {"z1", "z2"}


def test_a_field_that_is_always_withheld_can_not_be_asked_by(lin: Context) -> None:
    record = read.page(lin, "account", query(("tier", "eq", "a"))).records[0]
    assert record.masked == {"phone"}
    assert record.values["phone"] is None
    for asked in (query(("phone", "not_empty", None)), Query(sort=("phone",))):
        with pytest.raises(BadQuery, match="withheld"):
            read.page(lin, "account", asked)


def test_formulas_and_paths_do_not_look_into_records_out_of_sight(context: Context) -> None:
    nobody = acting(context.workspace, 1, "won_ones", "all_deals")
    records = {record.values["name"]: record for record in read.page(nobody, "deal", Query()).records}
    assert records["l1"].values["account"] is not None
    assert records["l1"].titles == {"owner": "Lin"}
    assert records["l1"].values["city"] is None
    assert records["l1"].masked == {"city", "credit"}
    assert records["z1"].masked == frozenset()
    for condition in [("city", "eq", "上海"), ("account.city", "eq", "上海"), ("account.name", "contains", "恒"), ("credit", "gt", 1)]:
        assert read.page(nobody, "deal", query(condition)).records == ()
    assert len(read.page(nobody, "deal", query(("account.city", "ne", "上海"))).records) == 4
    assert names(read.page(nobody, "deal", Query(sort=("city", "name"))).records) == ["l1", "l2", "z1", "z2"]
    assert read.page(nobody, "deal", Query(search="恒拓")).records == ()
    assert names(read.page(context, "deal", query(("city", "eq", "上海"))).records) == ["l1"]


def test_search_does_not_find_by_what_is_withheld(lin: Context, context: Context) -> None:
    assert names(read.page(context, "account", Query(search="5678")).records) == ["恒拓精密"]
    assert read.page(lin, "account", Query(search="5678")).records == ()
    assert names(read.page(context, "account", Query(search="隐名")).records) == ["隐名公司"]
    assert read.page(lin, "account", Query(search="隐名")).records == ()
    assert read.page(lin, "account", Query(search="yinming")).records == ()
    assert names(read.page(lin, "account", Query(search="恒拓精密")).records) == ["恒拓精密"]
    assert names(read.page(lin, "deal", Query(search="恒拓")).records) == ["l1"]
    assert read.page(lin, "deal", Query(search="隐名")).records == ()


def test_values_read_through_look_ups_are_withheld_too(lin: Context) -> None:
    asked = Query(fields=("name", "account.name", "account.phone"))
    records = {record.values["name"]: record for record in read.page(lin, "deal", asked).records}
    assert records["l1"].values["account.name"] == "恒拓精密"
    assert records["l1"].masked == {"account.phone"}
    assert records["l2"].values["account.name"] is None
    assert records["l2"].masked == {"account.name", "account.phone"}


def test_titles_are_withheld_with_the_field_they_are_made_of(lin: Context) -> None:
    by_name = {record.values["name"]: record for record in read.page(lin, "deal", Query()).records}
    assert by_name["l1"].titles["account"] == "恒拓精密"
    assert "account" not in by_name["l2"].titles
    options = {title for _, title, _ in read.lookup(lin, "account", "")}
    assert options == {"恒拓精密", ""}
