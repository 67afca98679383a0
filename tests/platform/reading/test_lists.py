"""Lists: filters of every kind, through relations, nested; order with empty values last; pages forwards and backwards; counts and totals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from looseleaf_metadata.expressions.check import check_expression
from looseleaf_metadata.problems import Place
from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.context import Context
from looseleaf_platform.errors import BadQuery, NotThere
from looseleaf_platform.fields.currency import Money
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Query
from support.deals import firm, fresh_workspace, make, names, query, where
from support.tally import DATABASES


@pytest.fixture(scope="module", params=DATABASES)
def context(request: pytest.FixtureRequest, vocabulary: Vocabulary) -> Iterator[Context]:
    """A firm with three accounts and six deals, only read by these tests."""
    with fresh_workspace(request, vocabulary) as workspace:
        context = firm(workspace)
        fill(context)
        yield context


def fill(context: Context) -> None:
    """The accounts and deals."""
    accounts = make(
        context,
        "account",
        [
            {"name": "恒拓精密", "city": "上海", "tier": "a", "credit": 5000},
            {"name": "Northwind", "city": "London", "tier": "b"},
            {"name": "无城市", "tier": "c"},
        ],
    )
    rivals = make(context, "competitor", [{"name": "Acme"}, {"name": "Globex"}])
    rows: list[dict[str, Any]] = [
        {"name": "d1", "account": accounts[0], "amount": 100, "close_date": "2026-03-01", "probability": 10, "tags": ["x", "y"]},
        {"name": "d2", "account": accounts[0], "amount": 300000, "close_date": "2026-03-05", "stage": "won", "rivals": rivals},
        {"name": "d3", "account": accounts[1], "amount": 200, "probability": 30, "stage": "lost", "rivals": rivals[:1]},
        {"name": "d4", "account": accounts[2], "close_date": "2026-04-01", "probability": 30},
        {"name": "d5", "amount": "50.50", "close_date": "2026-02-01", "discount": "10%", "tags": ["y"]},
        {"name": "d6", "account": accounts[1], "amount": 200, "probability": 20},
    ]
    make(context, "deal", rows)
    return context


def found(context: Context, *conditions: Any, **more: Any) -> list[str]:
    """The names of the deals for which the conditions hold, by name."""
    return names(read.page(context, "deal", query(*conditions, sort=("name",), **more)).records)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (("amount", "gt", 150), ["d2", "d3", "d6"]),
        (("amount", "eq", "200"), ["d3", "d6"]),
        (("amount", "ne", 200), ["d1", "d2", "d4", "d5"]),
        (("amount", "between", [100, 200]), ["d1", "d3", "d6"]),
        (("amount", "empty", None), ["d4"]),
        (("net", "lt", 50), ["d5"]),
        (("big", "eq", True), ["d2"]),
        (("name", "contains", "D1"), ["d1"]),
        (("stage", "in", ["won", "lost"]), ["d2", "d3"]),
        (("stage", "not_in", ["won", "lost"]), ["d1", "d4", "d5", "d6"]),
        (("close_date", "le", "2026-03-01"), ["d1", "d5"]),
        (("close_date", "this_month", None), ["d1", "d2"]),
        (("close_date", "not_empty", None), ["d1", "d2", "d4", "d5"]),
        (("tags", "has_any", ["x"]), ["d1"]),
        (("tags", "has_all", ["x", "y"]), ["d1"]),
        (("rivals", "not_empty", None), ["d2", "d3"]),
        (("account.city", "eq", "上海"), ["d1", "d2"]),
        (("account.city", "empty", None), ["d4", "d5"]),
        (("account.city", "ne", "上海"), ["d3", "d4", "d5", "d6"]),
        (("account.tier", "in", ["a", "c"]), ["d1", "d2", "d4"]),
        (("account.credit", "ge", 5000), ["d1", "d2"]),
        (("city", "contains", "lon"), ["d3", "d6"]),
        (("account.parent.name", "eq", "x"), []),
        (("created_at", "ge", "2026-01-01"), ["d1", "d2", "d3", "d4", "d5", "d6"]),
        (("owner", "me", None), []),
    ],
)
def test_a_filter_finds_its_records(context: Context, condition: tuple[Any, ...], expected: list[str]) -> None:
    assert found(context, condition) == expected


def test_filters_nest(context: Context) -> None:
    either = where(("amount", "gt", 1000), where(("stage", "eq", "lost"), ("probability", "eq", 30)), joined="or")
    assert found(context, either) == ["d2", "d3"]
    assert found(context, where(either, negated=True)) == ["d1", "d4", "d5", "d6"]
    assert found(context, where(("amount", "gt", 150), negated=True)) == ["d1", "d4", "d5"]
    assert found(context, where(joined="or")) == ["d1", "d2", "d3", "d4", "d5", "d6"]
    assert found(context, where(negated=True)) == []


def test_a_views_condition_and_a_persons_filter_must_both_hold(context: Context) -> None:
    objects = context.model.objects
    expression = check_expression("stage == 'open' and account.tier != 'b'", objects["deal"], objects, place=Place())
    assert not isinstance(expression, list)
    assert found(context, expression=expression) == ["d1", "d4"]
    assert found(context, ("amount", "gt", 1), expression=expression) == ["d1"]


def test_the_same_form_of_filter_is_reused_with_other_values(context: Context) -> None:
    assert found(context, ("amount", "gt", 150), ("stage", "in", ["won", "lost"])) == ["d2", "d3"]
    assert found(context, ("amount", "gt", 250), ("stage", "in", ["won"])) == ["d2"]
    assert found(context, ("amount", "gt", 1), ("stage", "in", ["open", "lost", "won"])) == ["d1", "d2", "d3", "d5", "d6"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (("name",), ["d1", "d2", "d3", "d4", "d5", "d6"]),
        (("-amount", "name"), ["d2", "d3", "d6", "d1", "d5", "d4"]),
        (("amount", "-name"), ["d5", "d1", "d6", "d3", "d2", "d4"]),
        (("probability", "amount"), ["d1", "d6", "d3", "d4", "d5", "d2"]),
        (("-probability", "-amount"), ["d3", "d4", "d6", "d1", "d2", "d5"]),
        (("-probability", "amount", "-name"), ["d3", "d4", "d6", "d1", "d5", "d2"]),
        (("-close_date",), ["d4", "d2", "d1", "d5", "d6", "d3"]),
        (("close_date",), ["d5", "d1", "d2", "d4", "d3", "d6"]),
        (("-net",), ["d2", "d6", "d3", "d1", "d5", "d4"]),
        (("account.name", "name"), ["d3", "d6", "d1", "d2", "d4", "d5"]),
        ((), ["d6", "d5", "d4", "d3", "d2", "d1"]),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 4, 6])
def test_pages_walk_the_order_forwards_and_back(context: Context, sort: tuple[str, ...], expected: list[str], size: int) -> None:
    if "account.name" in sort:  # databases differ in how they order scripts
        expected = names(read.page(context, "deal", Query(sort=sort)).records)
        assert expected[-1] == "d5"
    walked, page = [], read.page(context, "deal", Query(sort=sort, size=size))
    assert page.previous == ""
    while True:
        walked.append(names(page.records))
        if not page.next:
            break
        page = read.page(context, "deal", Query(sort=sort, size=size, after=page.next))
    assert [name for part in walked for name in part] == expected
    back = [walked[-1]]
    while page.previous:
        page = read.page(context, "deal", Query(sort=sort, size=size, before=page.previous))
        back.insert(0, names(page.records))
    assert back == walked


def test_records_carry_parsed_values_and_titles(context: Context) -> None:
    record = read.page(context, "deal", query(("name", "eq", "d2"))).records[0]
    assert record.values["amount"] == Money(Decimal("300000.00"), "CNY")
    assert record.values["net"] == Decimal("300000.00")
    assert record.values["big"] is True
    assert record.values["close_date"] == date(2026, 3, 5)
    assert record.values["city"] == "上海"
    assert record.values["tags"] is None
    assert record.titles["account"] == "恒拓精密"
    assert record.version == 1
    assert "rivals" not in record.values
    whole = read.get(context, "deal", record.id)
    assert whole.titles["rivals"] in ("Acme, Globex", "Globex, Acme")
    assert len(whole.values["rivals"]) == 2
    assert whole.values["lines"] == ()


def test_only_the_fields_asked_for_are_read(context: Context) -> None:
    record = read.page(context, "deal", query(fields=("amount", "account"), sort=("name",))).records[0]
    assert set(record.values) == {"amount", "account"}
    with_links = read.page(context, "deal", query(("name", "eq", "d3"), fields=("rivals",))).records[0]
    assert with_links.titles["rivals"] == "Acme"


def test_fields_can_be_read_through_look_ups(context: Context) -> None:
    asked = ("name", "account.city", "account.credit", "account.tier", "account.parent", "city")
    records = {record.values["name"]: record for record in read.page(context, "deal", Query(fields=asked)).records}
    assert records["d1"].values["account.city"] == "上海"
    assert records["d1"].values["account.credit"] == Money(Decimal("5000.00"), "CNY")
    assert records["d3"].values["account.tier"] == "b"
    assert records["d5"].values["account.city"] is None
    with pytest.raises(BadQuery, match="no field"):
        read.page(context, "deal", Query(fields=("account.nonsense",)))


def test_a_page_can_be_counted(context: Context) -> None:
    assert read.count(context, "deal", query(("amount", "gt", 150))) == (3, False)
    page = read.page(context, "deal", Query(size=2, count=True))
    assert (page.count, page.capped, len(page.records)) == (6, False, 2)


def test_totals_are_exact_and_follow_the_filter(context: Context) -> None:
    assert read.totals(context, "deal", Query(), ["amount", "probability"]) == {"amount": Decimal("300550.50"), "probability": 90}
    assert read.totals(context, "deal", query(("amount", "lt", 250)), ["net"]) == {"net": Decimal("545.45")}
    assert read.totals(context, "deal", Query(), ["amount"], "max") == {"amount": Decimal("300000.00")}
    assert read.totals(context, "deal", Query(), ["amount"], "min") == {"amount": Decimal("50.50")}
    assert read.totals(context, "deal", Query(), ["probability"], "average") == {"probability": Decimal("22.50")}
    assert read.totals(context, "deal", Query(), ["amount"], "count") == {"amount": 5}
    assert read.totals(context, "deal", query(("name", "eq", "nobody")), ["amount"]) == {"amount": None}


def test_related_lists_belong_to_their_record(context: Context) -> None:
    account = read.page(context, "account", query(("name", "eq", "Northwind"))).records[0]
    page = read.related(context, "account", account.id, "deals", Query(sort=("name",), count=True))
    assert (names(page.records), page.count) == (["d3", "d6"], 2)
    with pytest.raises(NotThere):
        read.related(context, "account", account.id, "nonsense", Query())
    with pytest.raises(NotThere):
        read.related(context, "account", 1, "deals", Query())


BAD: list[tuple[dict[str, Any], str, str]] = [
    ({"where": where(("amout", "gt", 1))}, "/filter/0", "did you mean 'amount'?"),
    ({"where": where(("account.sity", "eq", "x"))}, "/filter/0", "no field “sity”"),
    ({"where": where(("name.city", "eq", "x"))}, "/filter/0", "leads nowhere"),
    ({"where": where(("amount", "gt", "much"))}, "/filter/0", "Amount"),
    ({"where": where(("amount", "like", 1))}, "/filter/0", "can't be filtered by"),
    ({"where": where(where(("name", "eq", "x"), ("close_date", "gt", "2026-02-31")))}, "/filter/0/1", "Close date"),
    ({"where": where(("account", "eq", "恒拓"))}, "/filter/0", "not a record"),
    ({"sort": ("nonsense",)}, "/sort/0", "no field"),
    ({"sort": ("name", "-lines")}, "/sort/1", "can't be sorted by"),
    ({"sort": ("rivals",)}, "/sort/0", "can't be sorted by"),
    ({"sort": ("name",) * 6}, "/sort", "at most 5"),
    ({"fields": ("name", "nome")}, "/fields/1", "did you mean 'name'?"),
    ({"size": 0}, "/page/size", "1 to 200"),
    ({"size": 201}, "/page/size", "1 to 200"),
    ({"search": "x" * 201}, "/search", "200"),
    ({"after": "nonsense"}, "/page/after", "page mark"),
    ({"before": "AAAA"}, "/page/before", "page mark"),
    ({"after": "x" * 10_000}, "/page/after", "page mark"),
    ({"where": where(*[("name", "eq", "x")] * 101)}, "/filter", "at most 100"),
]


@pytest.mark.parametrize(("asked", "pointer", "words"), BAD)
def test_a_bad_query_is_told_with_its_place(context: Context, asked: dict[str, Any], pointer: str, words: str) -> None:
    with pytest.raises(BadQuery) as caught:
        read.page(context, "deal", Query(**asked))
    assert caught.value.pointer == pointer
    assert words in str(caught.value)


def test_filters_nest_only_so_deep(context: Context) -> None:
    deep = where(("name", "eq", "x"))
    for _ in range(10_000):
        deep = where(deep)
    with pytest.raises(BadQuery, match="nests at most"):
        read.page(context, "deal", Query(where=deep))


def test_a_cursor_is_good_for_its_own_list_only(context: Context) -> None:
    cursor = read.page(context, "deal", Query(sort=("name",), size=1)).next
    for sort in [("-name",), ("amount",), ()]:
        with pytest.raises(BadQuery, match="page mark"):
            read.page(context, "deal", Query(sort=sort, after=cursor))
    with pytest.raises(BadQuery, match="page mark"):
        read.page(context, "account", Query(sort=("name",), after=cursor))
    with pytest.raises(BadQuery):
        read.page(context, "deal", Query(sort=("name",), after=cursor, before=cursor))


def test_a_record_can_be_found_by_the_id_that_people_see(context: Context) -> None:
    record = read.page(context, "deal", query(("name", "eq", "d1"))).records[0]
    assert found(context, ("id", "eq", encode(record.id))) == ["d1"]
    assert found(context, ("account", "eq", encode(record.values["account"]))) == ["d1", "d2"]
