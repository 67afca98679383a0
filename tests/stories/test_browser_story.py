"""The screens in a real browser: no violation of the policy, no axe finding, keys, dialogs, live forms, phones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from looseleaf_platform.identity import sessions
from looseleaf_platform.records.ids import encode
from support.workspaces import publish_texts

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("firm", ["sqlite"], indirect=True)]

SAVED = re.compile(r"/records/\w+/\w+$")
"""Where a form leads that was saved."""


@pytest.fixture
def stock(firm: Any) -> dict[str, str]:
    """An account with two deals of 林若溪."""
    account = encode(firm.make("account", firm.lin, name="苏州恒拓精密机械", tier="a", phone="13800138000"))
    deal = encode(
        firm.make(
            "deal",
            firm.lin,
            name="五轴加工线二期",
            account=account,
            amount="1286000",
            discount="0.1",
            close_date="2026-03-28",
            lines=[{"product": "加工单元", "quantity": "2", "price": "490000"}],
        )
    )
    firm.make("deal", firm.lin, name="老线维保", account=account)
    return {"account": account, "deal": deal}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_on_any_kind_of_screen(windows: Any, firm: Any, stock: dict[str, str], theme: str) -> None:
    window = windows(firm.lin, color_scheme=theme, viewport={"width": 1440, "height": 900})
    paths = [
        "/", "/records/deal", "/records/deal?view=all_deals&filter=amount:gt:1", "/records/rival", f"/records/deal/{stock['deal']}",
        f"/records/deal/{stock['deal']}/edit", f"/records/deal/{stock['deal']}/history", "/records/specimen/new", "/settings", "/recycle-bin",
        f"/records/deal/transfer?id={stock['deal']}", f"/records/deal/{stock['deal']}/shares", "/search?q=恒拓", "/objects",
    ]  # fmt: skip
    found = {path: findings for path in paths if (window.open(path) and (findings := window.findings()))}
    visitor = windows(None, color_scheme=theme)
    for path in ("/sign-in", "/password/forgotten", "/nowhere"):
        visitor.open(path)
        found.update({path: findings} if (findings := visitor.findings()) else {})
    administrator = windows(firm.admin, color_scheme=theme)
    administrator.open("/people")
    found.update({"/people": findings} if (findings := administrator.findings()) else {})
    assert not found


def test_no_screen_is_wider_than_a_phone(windows: Any, firm: Any, stock: dict[str, str]) -> None:
    window = windows(firm.lin, viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    paths = ["/", "/records/deal?view=all_deals", f"/records/deal/{stock['deal']}", f"/records/deal/{stock['deal']}/edit", "/records/specimen/new",
             f"/records/deal/{stock['deal']}/history", f"/records/account/{stock['account']}/related/deals", "/settings", "/objects"]  # fmt: skip
    assert not [path for path in paths if window.open(path) and window.is_too_wide()]
    page = window.open("/records/deal?view=all_deals")
    expect(page.get_by_role("navigation", name="底部导航")).to_be_visible()
    assert not window.findings()


def test_a_deal_is_made_by_keyboard_with_a_lookup_by_pinyin_and_live_formulas(windows: Any, firm: Any, stock: dict[str, str]) -> None:
    page = windows(firm.lin).open("/records/deal")
    page.keyboard.press("c")
    page.wait_for_url("**/records/deal/new")
    page.get_by_label("商机名称").fill("三期产线")
    account = page.get_by_role("combobox", name="客户")
    account.press_sequentially("hengtuo")
    expect(page.get_by_role("option", name="苏州恒拓精密机械")).to_be_visible()
    account.press("Enter")
    expect(account).to_have_value("苏州恒拓精密机械")
    page.locator("#f-amount").fill("20万")
    page.get_by_label("折扣").fill("10")
    expect(page.locator("[data-computed=net_amount]")).to_have_text("¥180,000")
    page.get_by_role("button", name="添加一行").click()
    page.locator("#f-lines-0-product").fill("夹具")
    page.locator("#f-lines-0-quantity").fill("3")
    page.locator("#f-lines-0-price").fill("500")
    expect(page.locator("[data-line] [data-computed=total]")).to_have_text("¥1,500")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="三期产线")).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="已新建商机“三期产线”")).to_be_visible()
    deal = next(deal for deal in firm.records("deal") if deal.values["name"] == "三期产线")
    assert firm.record("deal", deal.id).values["line_total"] == 1500


def test_fields_come_and_go_with_what_is_chosen(windows: Any, firm: Any, stock: dict[str, str]) -> None:
    page = windows(firm.lin).open(f"/records/deal/{stock['deal']}/edit")
    reason = page.get_by_label("输单原因")
    expect(reason).to_be_hidden()
    page.get_by_label("阶段").select_option("lost")
    expect(reason).to_be_visible()
    expect(reason).to_have_attribute("aria-required", "true")
    page.get_by_label("阶段").select_option("won")
    expect(reason).to_be_hidden()


def test_faults_move_the_focus_to_the_summary_and_its_links_to_the_fields(windows: Any, firm: Any, stock: dict[str, str]) -> None:
    window = windows(firm.lin)
    page = window.open(f"/records/deal/{stock['deal']}/edit")
    page.get_by_label("商机名称").fill("")
    page.locator("#f-amount").fill("很多")
    page.get_by_role("button", name="保存商机").click()
    summary = page.locator("#fault-summary")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("有 2 处需要改")
    summary.get_by_role("link", name="金额").click()
    expect(page.locator("#f-amount")).to_be_focused()
    expect(page.locator("#f-amount")).to_have_value("很多")
    assert not window.findings()


def test_two_people_saving_the_same_field_meet_in_a_dialog(windows: Any, firm: Any, stock: dict[str, str]) -> None:
    mine, theirs = windows(firm.lin), windows(firm.admin)
    path = f"/records/deal/{stock['deal']}/edit"
    mine.open(path).get_by_label("下一步").fill("提交付款修订稿")
    other = theirs.open(path)
    other.get_by_label("下一步").fill("周四与沈总会面")
    other.locator("#f-amount").fill("1300000")
    other.get_by_role("button", name="保存商机").click()
    expect(other).to_have_url(SAVED)
    mine.page.get_by_role("button", name="保存商机").click()
    dialog = mine.page.get_by_role("dialog", name="许知远也改了这条记录")
    expect(dialog).to_be_visible()
    assert not mine.findings()
    expect(dialog.get_by_label("周四与沈总会面")).to_be_checked()
    dialog.get_by_label("提交付款修订稿").check()
    dialog.get_by_role("button", name="按所选保存").click()
    expect(mine.page).to_have_url(SAVED)
    values = firm.record("deal", stock["deal"]).values
    assert values["next_step"] == "提交付款修订稿"
    assert values["amount"].amount == 1300000


def test_a_likely_duplicate_is_named_while_typing(windows: Any, firm: Any, stock: dict[str, str]) -> None:
    page = windows(firm.lin).open("/records/account/new")
    page.get_by_label("电话").fill("138 0013 8000")
    page.get_by_label("客户名称").click()
    expect(page.get_by_text("可能已有这个客户")).to_be_visible()
    expect(page.get_by_role("link", name="苏州恒拓精密机械")).to_be_visible()


def test_a_record_is_made_in_place_from_a_lookup(windows: Any, firm: Any, stock: dict[str, str]) -> None:
    page = windows(firm.lin).open("/records/deal/new")
    account = page.get_by_role("combobox", name="客户")
    account.press_sequentially("海晟模具")
    page.get_by_role("option", name="新建客户“海晟模具”").click()
    dialog = page.get_by_role("dialog", name="新建客户")
    expect(dialog.get_by_label("客户名称")).to_have_value("海晟模具")
    dialog.get_by_role("button", name="保存客户").click()
    expect(dialog).to_be_hidden()
    expect(account).to_have_value("海晟模具")
    assert "海晟模具" in {account.values["name"] for account in firm.records("account")}


def test_a_list_is_filtered_sorted_and_searched_without_leaving_it(windows: Any, firm: Any, stock: dict[str, str]) -> None:
    window = windows(firm.lin)
    page = window.open("/records/deal?view=all_deals")
    rows = page.locator("[data-row-link]")
    expect(rows).to_have_count(2)
    page.get_by_role("button", name="条件", exact=True).click()
    for part, value in (("#filter-field", "amount"), ("#filter-operator", "ge")):
        with page.expect_response(re.compile("filter")):
            page.locator(part).select_option(value)
        page.wait_for_timeout(300)  # until the form that was sent stands in its place
    page.locator("#f-value").fill("100万")
    page.get_by_role("button", name="添加条件").click()
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile("filter=amount"))
    assert not window.findings()
    page.get_by_role("link", name="去掉条件").click()
    expect(rows).to_have_count(2)
    page.keyboard.press("/")
    page.keyboard.type("维保")
    expect(rows).to_have_count(1)
    expect(page.locator("#list-search")).to_be_focused()


def test_rows_are_walked_ticked_and_deleted_by_keyboard(windows: Any, firm: Any, stock: dict[str, str]) -> None:
    page = windows(firm.lin).open("/records/deal?view=all_deals")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    bar = page.get_by_role("toolbar", name="已勾选的记录")
    expect(bar).to_contain_text("已选 2 条")
    bar.get_by_role("button", name="删除").click()
    dialog = page.get_by_role("dialog", name="删除 2 条商机？")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    bar.get_by_role("button", name="删除").click()
    page.get_by_role("button", name="删除 2 条商机").click()
    expect(page.get_by_text("已删除 2 条商机，可从回收站恢复")).to_be_visible()
    assert not firm.records("deal")


def test_share_transfer_and_explanation_open_over_the_record(windows: Any, firm: Any, stock: dict[str, str]) -> None:
    window = windows(firm.lin)
    page = window.open(f"/records/deal/{stock['deal']}")
    for entry, heading in (
        ("共享", "共享“五轴加工线二期”"),
        ("转移", "转移“五轴加工线二期”"),
        ("我为什么能看到", "我为什么能看到“五轴加工线二期”"),
    ):
        page.get_by_role("button", name="更多操作").click()
        page.get_by_role("link", name=entry).click()
        expect(page.get_by_role("dialog", name=heading)).to_be_visible()
        assert not window.findings()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog", name=heading)).to_be_hidden()


def test_what_was_typed_survives_leaving_the_page(windows: Any, firm: Any, stock: dict[str, str]) -> None:
    window = windows(firm.lin)
    page = window.open("/records/account/new")
    page.get_by_label("客户名称").fill("海晟模具")
    page.wait_for_timeout(600)
    page.on("dialog", lambda dialog: dialog.accept())
    window.open("/")
    page = window.open("/records/account/new")
    page.get_by_role("button", name="继续填写").click()
    expect(page.get_by_label("客户名称")).to_have_value("海晟模具")


def test_a_lost_connection_costs_nothing_that_was_typed(windows: Any, firm: Any, stock: dict[str, str]) -> None:
    window = windows(firm.lin)
    page = window.open(f"/records/deal/{stock['deal']}/edit")
    page.get_by_label("下一步").fill("打电话")
    window.context.set_offline(True)
    page.get_by_role("button", name="保存商机").click()
    expect(page.get_by_text("没存上，网络断了。内容还在")).to_be_visible()
    expect(page.get_by_label("下一步")).to_have_value("打电话")
    window.context.set_offline(False)
    page.get_by_role("button", name="保存商机").click()
    expect(page.get_by_role("heading", name="五轴加工线二期")).to_be_visible()


def test_being_signed_out_while_typing_costs_nothing(windows: Any, firm: Any, stock: dict[str, str]) -> None:
    window = windows(firm.lin)
    page = window.open(f"/records/deal/{stock['deal']}/edit")
    page.get_by_label("下一步").fill("打电话")
    with firm.workspace.database.write() as connection:
        sessions.end_all(connection, firm.workspace, firm.lin)
    page.get_by_role("button", name="保存商机").click()
    expect(page.get_by_text("登录已失效。在另一个标签页重新登录，内容还在")).to_be_visible()
    expect(page.get_by_label("下一步")).to_have_value("打电话")
    window.sign_in(firm.lin)
    with page.expect_response("**/session/token"):
        page.evaluate("dispatchEvent(new Event('focus'))")
    page.get_by_role("button", name="保存商机").click()
    expect(page.get_by_role("heading", name="五轴加工线二期")).to_be_visible()


def test_language_and_theme_are_switched_from_the_menu(windows: Any, firm: Any) -> None:
    page = windows(firm.lin).open("/records/deal")
    page.get_by_role("button", name="我的菜单：林若溪").first.click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Deals", exact=True)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="My menu: 林若溪").first.click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_the_palette_finds_records_of_all_objects(windows: Any, firm: Any, stock: dict[str, str]) -> None:
    page = windows(firm.lin).open("/")
    page.keyboard.press("Control+k")
    page.get_by_role("searchbox", name="搜索记录").fill("恒拓")
    expect(page.locator("#palette-results").get_by_role("link", name="苏州恒拓精密机械")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="苏州恒拓精密机械")).to_be_visible()


PIPELINE = """
---
pipeline: sales
object: deal
label: {zh: 销售流程, en: Sales}
stages:
  - stage: open
    do: [首次拜访, {action: date, label: {zh: 约定日期, en: Agree on a date}, when: "close_date is not None"}]
    exit_when: [{check: "amount > 1000", label: {zh: 金额够大, en: The amount is worth it}}]
  - {stage: won, closed: won}
  - {stage: lost, closed: lost, reasons: lost_reason}
"""


@pytest.mark.parametrize("settings", [{}, {"viewport": {"width": 390, "height": 844}, "has_touch": True}], ids=["desktop", "phone"])
def test_a_deal_goes_through_its_stages_by_the_keyboard(firm: Any, windows: Any, settings: dict[str, Any]) -> None:
    publish_texts(firm.workspace, (Path(__file__).parent / "fixtures" / "firm.yaml").read_text("utf-8") + PIPELINE)
    account = firm.make("account", firm.lin, name="恒拓")
    deal = firm.make("deal", firm.lin, name="五轴线", account=account, amount="5000", close_date="2026-05-01")
    window = windows(firm.lin, **settings)
    page = window.open(f"/records/deal/{encode(deal)}")
    assert window.findings() == []
    assert not window.is_too_wide()
    page.get_by_role("link", name="输单").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("输单原因")).to_be_visible()
    assert window.findings() == []
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="首次拜访").press("Enter")
    expect(page.get_by_role("button", name="首次拜访")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="赢单").press("Enter")
    expect(page.locator(".stage-path [aria-current=step]")).to_contain_text("赢单")
    assert firm.record("deal", deal).values["stage"] == "won"


@pytest.mark.parametrize("settings", [{}, {"viewport": {"width": 360, "height": 740}, "has_touch": True}], ids=["desktop", "phone"])
def test_a_lead_is_claimed_from_the_pool_and_counts_down(firm: Any, windows: Any, settings: dict[str, Any]) -> None:
    fixtures = Path(__file__).parent / "fixtures"
    texts, pool = ((fixtures / name).read_text("utf-8") for name in ("firm.yaml", "pool.yaml"))
    may_read = texts.replace(
        "  rival:    {read: all, create: true}\n", "  rival:    {read: all, create: true}\n  lead:     {read: own}\n", 1
    )
    publish_texts(firm.workspace, f"{may_read}\n---\n{pool}")
    for name in ("恒拓", "蓝海"):
        firm.make("lead", name=name, source="官网", mobile="13900010001")
    window = windows(firm.lin, **settings)
    page = window.open("/pools/leads")
    assert (window.findings(), window.is_too_wide()) == ([], False)
    page.get_by_role("button", name="领取 恒拓").press("Enter")
    expect(page.get_by_role("region", name="我负责的，以及何时退回")).to_contain_text("还剩 10 天")
    assert (window.findings(), window.is_too_wide()) == ([], False)
    page.get_by_role("link", name="恒拓").click()
    expect(page.get_by_role("region", name="线索公海")).to_contain_text("10 天后退回")
    assert (window.findings(), window.is_too_wide()) == ([], False)
