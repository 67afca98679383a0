"""Approvals in a real browser: submitted, decided by the keyboard in a dialog over the page, on a phone too; no finding of axe's, no violation of the policy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from support.workspaces import publish_texts

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("firm", ["sqlite"], indirect=True)]
DESK = {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"}
PHONE = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}


def test_a_discount_is_submitted_at_the_desk_and_agreed_to_on_a_phone(firm: Any, windows: Any) -> None:
    fixtures = Path(__file__).parent / "fixtures"
    firm_text, approvals = ((fixtures / name).read_text("utf-8") for name in ("firm.yaml", "approvals.yaml"))
    publish_texts(firm.workspace, firm_text.replace("deal:     {read: own", "deal:     {read: all") + "\n---\n" + approvals)
    write(firm.workspace.context(SYSTEM), [Change("update", "user", firm.lin, {"manager": firm.chen})])
    account = firm.make("account", firm.lin, name="恒拓")
    deal = f"/records/deal/{encode(firm.make('deal', firm.lin, name='五轴线', account=account, discount='0.2'))}"

    desk = windows(firm.lin, **DESK)
    page = desk.open(deal)
    page.get_by_role("link", name="提交审批").click()
    dialog = page.get_by_role("dialog", name="提交审批“五轴线”")
    expect(dialog).to_contain_text("陈启明")
    assert not desk.findings()
    dialog.get_by_role("button", name="提交").click()
    expect(page.get_by_role("region", name="折扣审批")).to_contain_text("陈启明")
    page.wait_for_load_state("networkidle")
    assert not desk.findings()

    phone = windows(firm.chen, **PHONE)
    page = phone.open("/approvals")
    assert not phone.is_too_wide()
    assert not phone.findings()
    page.get_by_role("link", name="驳回").click()
    dialog = page.get_by_role("dialog", name="驳回")
    dialog.get_by_role("textbox", name="评论").press("Control+Enter")
    expect(dialog).to_be_visible()
    dialog.get_by_role("link", name="取消").click()
    page.get_by_role("link", name="五轴线").click()
    page.wait_for_load_state("networkidle")
    assert not phone.is_too_wide()
    page.get_by_role("link", name="同意").click()
    dialog = page.get_by_role("dialog", name="同意")
    dialog.get_by_role("textbox", name="评论").fill("战略客户")
    assert not phone.findings()
    dialog.get_by_role("button", name="同意").click()
    expect(page.get_by_role("region", name="折扣审批")).to_contain_text("“战略客户”")
