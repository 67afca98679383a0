"""An inquiry becomes account and deal, as people see it: what would be made, what is there, choosing, faults, where it went."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from looseleaf_platform.records.ids import encode
from support.workspaces import publish_texts

FIXTURES = Path(__file__).parent / "fixtures"
FIRM_TEXT = (FIXTURES / "firm.yaml").read_text("utf-8")
INQUIRIES = "\n---\n" + (FIXTURES / "conversion.yaml").read_text("utf-8")
CONVERT = "convert-form"


@pytest.fixture
def inquiry(firm: Any) -> str:
    """An inquiry of 林若溪's; its address."""
    texts = FIRM_TEXT.replace(
        "  rival:    {read: all, create: true}\n",
        "  rival:    {read: all, create: true}\n  inquiry: {read: own, create: true, update: own}\n",
        1,
    )
    assert texts != FIRM_TEXT
    publish_texts(firm.workspace, texts + INQUIRIES)
    id = firm.make("inquiry", firm.lin, person="王建国", firm="恒拓精密有限公司", phone="13900010001", budget="200000 CNY")
    return f"/records/inquiry/{encode(id)}"


def test_an_inquiry_is_turned_into_a_deal_and_its_page_says_where_it_went(firm: Any, lin: Any, inquiry: str) -> None:
    account = encode(firm.make("account", firm.lin, name="恒拓精密"))
    page = lin.page(inquiry)
    assert "转成商机" in page
    address = f"{inquiry}/conversions/inquiry"
    shown = lin.page(address)
    assert re.search(r"使用“恒拓精密”.*客户名称相同.*补填：电话.*保持原样：客户名称", shown, re.DOTALL)
    form = lin.form(address, CONVERT)
    assert (form.values["account"], form.values["deal"], form.values["deal-name"]) == (account, "make", "恒拓精密有限公司 新商机")
    answer = lin.send(form, deal__dash__name="首单")
    assert "已转化" in answer.text
    [deal] = firm.records("deal")
    assert (deal.values["name"], encode(deal.values["account"]), str(deal.values["amount"].amount)) == ("首单", account, "200000.00")
    page = lin.page(inquiry)
    assert f"/records/deal/{encode(deal.id)}" in page
    assert f"{inquiry}/conversions/inquiry" not in page
    assert "已于 2026-03-02 转化" in lin.page(address)


def test_what_is_wrong_is_told_at_its_field_and_what_was_typed_stays(firm: Any, lin: Any, inquiry: str) -> None:
    form = lin.form(f"{inquiry}/conversions/inquiry", CONVERT)
    assert form.values["account"] == "make"
    answer = lin.send(form, deal__dash__name="", deal__dash__amount="很多")
    assert answer.status_code == 422
    assert len(re.findall(r'class="fault"', answer.text)) == 2
    assert "很多" in answer.text
    assert firm.records("deal") == firm.records("account") == ()
    assert lin.send(form, deal="skip").status_code == 200
    assert (len(firm.records("account")), firm.records("deal")) == (1, ())


def test_several_that_may_be_meant_are_to_be_chosen_by_whoever_may_see_it(firm: Any, lin: Any, chen: Any, inquiry: str) -> None:
    assert chen.get(f"{inquiry}/conversions/inquiry").status_code == 404
    one, other = (
        encode(firm.make("account", firm.lin, **values)) for values in ({"name": "恒拓精密"}, {"name": "蓝海", "phone": "13900010001"})
    )
    form = lin.form(f"{inquiry}/conversions/inquiry", CONVERT)
    assert "account" not in form.values
    assert "有 2 条记录可能相同" in lin.send(form).text
    assert lin.send(form, account=other).status_code == 200
    [deal] = firm.records("deal")
    assert encode(deal.values["account"]) == other != one


@pytest.mark.browser
@pytest.mark.parametrize("firm", ["sqlite"], indirect=True)
def test_in_a_browser_a_person_chooses_on_a_phone_and_at_a_desk(windows: Any, firm: Any, inquiry: str) -> None:
    firm.make("account", firm.lin, name="恒拓精密")
    phone = windows(firm.lin, viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    page = phone.open(inquiry)
    page.locator(".quick-actions").get_by_role("link", name="转成商机").click()
    expect(page.get_by_role("heading", name="转成商机")).to_be_visible()
    assert not phone.is_too_wide()
    assert not phone.findings()
    desk = windows(firm.lin, color_scheme="dark")
    page = desk.open(f"{inquiry}/conversions/inquiry")
    assert not desk.findings()
    deal = page.get_by_role("group", name="商机")
    deal.get_by_label("略过").check()
    expect(deal.get_by_label("商机名称")).to_be_hidden()
    deal.get_by_label("新建商机").check()
    deal.get_by_label("商机名称").fill("首单")
    page.get_by_role("button", name="转成商机").click()
    expect(page.get_by_role("region", name="转成商机").get_by_role("link", name="首单")).to_be_visible()
    assert not desk.findings()
