"""Lists: views, filters, sort, search, pages, columns, saved views, export, and the queries that they cost."""

from __future__ import annotations

import re
from typing import Any

import pytest

from looseleaf_platform.records.ids import encode
from support.queries import counted


def titles(page: str) -> list[str]:
    """The names in the rows of a list, in order."""
    return re.findall(r"data-row-link>([^<]+)</a>", page)


@pytest.fixture
def deals(firm: Any) -> dict[str, int]:
    """Six deals of 林若溪, one of 陈启明."""
    account = encode(firm.make("account", firm.lin, name="苏州恒拓精密机械"))
    other = encode(firm.make("account", firm.lin, name="宁波海晟模具"))
    rows = [
        ("二期产线", account, "open", "1286000", "2026-03-28"),
        ("冷链分拣", account, "open", "918000", "2026-04-15"),
        ("变速箱壳体", other, "open", "2380000", "2026-03-10"),
        ("上下料改造", other, "won", "356000", "2026-03-05"),
        ("洁净车间", other, "lost", "640000", "2026-05-25"),
        ("老线维保", account, "open", None, None),
    ]
    made = {}
    for name, firm_id, stage, amount, day in rows:
        values = {"name": name, "account": firm_id, "stage": stage, "amount": amount, "close_date": day}
        made[name] = firm.make("deal", firm.lin, **values, **({"lost_reason": "价格"} if stage == "lost" else {}))
    made["别人的"] = firm.make("deal", firm.chen, name="别人的", account=other, stage="open", amount="1")
    return made


def test_the_first_view_opens_with_its_own_records_sort_columns_and_sum(deals: Any, lin: Any) -> None:
    page = lin.page("/records/deal")
    assert titles(page) == ["变速箱壳体", "二期产线", "冷链分拣", "老线维保"]
    assert "¥4,584,000" in page
    assert "别人的" not in page
    assert re.search(r'aria-current="page">我的进行中<span class="counter active">4<', page)


def test_filters_are_said_in_words_and_can_be_taken_away_one_by_one(deals: Any, lin: Any) -> None:
    page = lin.page("/records/deal?view=all_deals&filter=amount:ge:900000&filter=stage:in:open")
    assert titles(page) == ["二期产线", "冷链分拣", "变速箱壳体"]
    assert "金额" in page
    assert re.search(r'class="chip on"><b>[^<]*进行中', page)
    without = re.search(r'href="([^"]+)" hx-get="[^"]+" aria-label="去掉条件：金额', page)
    assert without
    assert "老线维保" in lin.page(without[1].replace("&amp;", "&"))


def test_a_filter_is_made_in_the_editor_with_the_fields_own_operators(firm: Any, deals: Any, lin: Any) -> None:
    editor = lin.page("/records/deal/filter?view=all_deals&field=stage")
    assert '<option value="won"' not in editor or "multi" not in editor
    assert "赢单" in editor
    answer = lin.get("/records/deal/filtered?view=all_deals&field=stage&operator=in&value=won&value=lost")
    assert answer.status_code == 303
    assert titles(lin.page(answer.headers["Location"])) == ["上下料改造", "洁净车间"]
    answer = lin.get("/records/deal/filtered?view=all_deals&field=amount&operator=gt&value=100万")
    assert titles(lin.page(answer.headers["Location"])) == ["二期产线", "变速箱壳体"]
    answer = lin.get("/records/deal/filtered?view=all_deals&field=close_date&operator=between&value=2026-03-06&value2=2026-03-31")
    assert titles(lin.page(answer.headers["Location"])) == ["二期产线", "变速箱壳体"]


def test_a_value_that_does_not_fit_comes_back_to_the_editor(deals: Any, lin: Any) -> None:
    answer = lin.get("/records/deal/filtered?field=amount&operator=gt&value=许多", **{"HX-Request": "true"})
    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == "#filter-form"
    assert "许多" in answer.text


def test_the_head_sorts_up_and_down(deals: Any, lin: Any) -> None:
    assert titles(lin.page("/records/deal?view=all_deals&sort=amount"))[:2] == ["上下料改造", "洁净车间"]
    page = lin.page("/records/deal?view=all_deals&sort=-amount")
    assert titles(page)[0] == "变速箱壳体"
    assert 'aria-sort="descending"' in page


def test_search_finds_chinese_and_pinyin(deals: Any, lin: Any) -> None:
    assert titles(lin.page("/records/deal?view=all_deals&q=产线")) == ["二期产线"]
    assert titles(lin.page("/records/deal?view=all_deals&q=lenglian")) == ["冷链分拣"]
    nothing = lin.page("/records/deal?view=all_deals&q=不存在的")
    assert "没有符合的记录" in nothing
    assert "清除条件" in nothing


def test_columns_are_chosen_and_ordered_by_the_reader(deals: Any, lin: Any) -> None:
    page = lin.page("/records/deal?view=all_deals&columns=stage&columns=net_amount")
    heads = re.findall(r'<th scope="col" class="[^"]*"[^>]*>(?:<a[^>]*>)?([^<]+)', page)
    assert heads == ["商机名称", "阶段", "折后金额"]


def test_long_lists_come_in_pages_forth_and_back(firm: Any, lin: Any) -> None:
    for number in range(55):
        firm.make("account", firm.lin, name=f"客户 {number:02}")
    page = lin.page("/records/account?sort=name")
    assert titles(page)[0] == "客户 00"
    assert len(titles(page)) == 50
    onward = re.search(r'rel="next" href="([^"]+)"', page)
    assert onward
    second = lin.page(onward[1].replace("&amp;", "&"))
    assert titles(second) == [f"客户 {number}" for number in range(50, 55)]
    back = re.search(r'rel="prev" href="([^"]+)"', second)
    assert back
    assert titles(lin.page(back[1].replace("&amp;", "&"))) == titles(page)
    assert lin.get("/records/account?after=nonsense").status_code == 200


def test_a_view_is_saved_changed_shared_and_removed(firm: Any, deals: Any, lin: Any, chen: Any, admin: Any) -> None:
    token = lin.csrf()
    data = {"_csrf": token, "name": "大单", "view": "all_deals", "filter": "amount:ge:900000", "sort": "-amount", "columns": "name,amount"}
    answer = lin.post("/records/deal/views", data, follow=False)
    assert answer.status_code == 303
    page = lin.page(answer.headers["Location"])
    assert titles(page) == ["变速箱壳体", "二期产线", "冷链分拣"]
    assert re.search(r'aria-current="page">大单', page)
    assert "大单" not in chen.page("/records/deal")
    id = re.search(r"view=p:([0-9A-Z]{13})", answer.headers["Location"].replace("%3A", ":"))
    assert id
    lin.post("/records/deal/views", {**data, "id": id[1], "name": "超大单", "filter": "amount:ge:2000000"})
    assert titles(lin.page(answer.headers["Location"])) == ["变速箱壳体"]
    assert lin.post("/records/deal/views", {**data, "name": "共享", "shared": "1"}).status_code == 403
    admin.post("/records/deal/views", {**data, "_csrf": admin.csrf(), "name": "共享的", "shared": "1"})
    assert "共享的" in chen.page("/records/deal")
    lin.act("/records/deal/views/removal", id=id[1])
    assert "超大单" not in lin.page("/records/deal")


def test_an_export_holds_what_is_on_the_screen_and_defuses_formulas(firm: Any, deals: Any, lin: Any, gu: Any) -> None:
    firm.make("account", firm.lin, name="=cmd|' /C calc'!A0")
    text = lin.act("/records/account/export", view="all", columns="name,owner").text
    assert text.startswith("\ufeffid,客户名称,负责人\r\n")
    assert "'=cmd" in text
    assert lin.act("/records/deal/export", view="all_deals", filter="stage:in:won").text.count("\r\n") == 2
    ticked = lin.act("/records/deal/export", view="all_deals", id=encode(deals["二期产线"]), format="csv").text
    assert ticked.count("\r\n") == 2
    assert lin.act("/records/deal/export", view="all_deals", format="xlsx").data.startswith(b"PK")
    assert gu.post("/records/deal/export", {"_csrf": gu.csrf()}).status_code == 404


def test_an_unknown_field_operator_or_view_is_told_apart_from_a_fault_of_ours(deals: Any, lin: Any) -> None:
    assert lin.get("/records/deal?filter=nothing:eq:1").status_code == 400
    assert lin.get("/records/deal?filter=amount:like:1").status_code == 400
    assert lin.get("/records/deal?filter=close_date:eq:soon").status_code == 400
    assert lin.get("/records/deal?view=nothing").status_code == 200
    assert lin.get("/records/deal?columns=nothing,stage").status_code == 200


def test_everything_is_searched_at_once(deals: Any, lin: Any) -> None:
    page = lin.get("/search?q=恒拓", **{"HX-Request": "true"}).text
    assert "苏州恒拓精密机械" in page
    assert "别人的" not in lin.get("/search?q=别人", **{"HX-Request": "true"}).text


@pytest.mark.parametrize(
    ("path", "most"), [("/records/deal", 12), ("/records/deal?view=all_deals&filter=stage:in:open&q=产线", 14), ("/", 16)]
)
def test_a_page_costs_few_queries(deals: Any, lin: Any, path: str, most: int) -> None:
    lin.page(path)
    with counted() as sent:
        lin.page(path)
    assert len(sent) <= most, "\n".join(sent)


def test_a_records_page_costs_few_queries_whatever_hangs_on_it(firm: Any, deals: Any, lin: Any) -> None:
    path = f"/records/account/{encode(firm.records('account')[0].id)}"
    lin.page(path)
    with counted() as sent:
        lin.page(path)
    assert len(sent) <= 18, "\n".join(sent)


def test_a_column_may_look_through_a_lookup(firm: Any, deals: Any, lin: Any) -> None:
    firm.make("deal", firm.lin, name="路径", account=encode(firm.make("account", firm.lin, name="甲", tier="a")))
    page = lin.page("/records/deal?view=all_deals&columns=account.tier&filter=account.tier:in:a&sort=account.name")
    assert titles(page) == ["路径"]
    assert "客户 · 等级" in page
    assert "A 级" in page


def test_who_has_nothing_in_the_first_view_begins_with_all(deals: Any, admin: Any) -> None:
    assert "别人的" in titles(admin.page("/records/deal"))
    page = admin.page("/records/deal?view=my_open_deals")
    assert titles(page) == []
    assert "这个视图里没有商机" in page
    assert "view=all_deals" in page[page.index("这个视图里没有商机") :]


def test_an_object_without_any_record_says_so_at_its_first_view(firm: Any, lin: Any) -> None:
    page = lin.page("/records/deal")
    assert titles(page) == []
    assert re.search(r'aria-current="(?:page|true)"[^>]*>\s*我的进行中', page)
