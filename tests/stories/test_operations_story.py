"""Notifications, automations and background work in a real browser: quiet, readable for everybody, no wider than a phone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from looseleaf_platform.database.system_tables import outbox
from looseleaf_platform.jobs.outbox import drain, put
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_workflow.extension import WORKFLOW
from support.workspaces import publish_texts

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("firm", ["sqlite"], indirect=True)]

FIRM_TEXT = (Path(__file__).parent / "fixtures" / "firm.yaml").read_text("utf-8")
RULES = """
---
automation: follow
label: {zh: 赢单跟进, en: Follow up}
object: deal
trigger: {field_changed: stage, to: won}
steps:
  - {notify: n, who: {user: admin@firm.example}, text: "赢单：{{ name }}"}
  - {update: note, values: {next_step: "回访 {{ name }}"}}
  - {assign: up, who: {manager: {of: owner}}}
"""


@pytest.fixture
def busy(firm: Any) -> None:
    """Two deals that were won, which somebody was told of; runs that failed, and a message that was given up."""
    publish_texts(firm.workspace, FIRM_TEXT + RULES)
    account = firm.make("account", firm.lin, name="苏州恒拓", tier="a")
    for name in ("五轴加工线二期", "老线维保"):
        deal = firm.make("deal", firm.lin, name=name, account=account, amount="1")
        write(firm.as_(firm.lin), [Change("update", "deal", deal, {"stage": "won"})])
    while drain(firm.workspace, WORKFLOW.handlers):
        pass
    with firm.workspace.database.write() as connection:
        id = put(connection, firm.workspace, "poison", {})
        connection.execute(
            update(outbox).where(outbox.c.id == id).values(done_at=firm.workspace.clock(), error="ZeroDivisionError: " + "x" * 300)
        )


@pytest.mark.parametrize(
    "settings",
    [{"viewport": {"width": 1440, "height": 900}}, {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}],
    ids=["desktop", "phone"],
)
def test_from_the_bell_to_the_run_that_failed(windows: Any, firm: Any, busy: None, settings: dict[str, Any]) -> None:
    window = windows(firm.admin, **settings)
    found: dict[str, Any] = {}

    def look() -> None:
        findings = window.findings()
        if findings or window.is_too_wide():
            found[window.page.url] = findings or "too wide"

    page = window.open("/")
    page.get_by_role("link", name="通知，2 条未读").click()
    expect(page.get_by_text("赢单：五轴加工线二期")).to_be_visible()
    look()
    page.get_by_role("link", name="还有 1 条").click()
    expect(page.get_by_text("赢单：老线维保")).to_be_visible()
    look()
    page.go_back()
    page.get_by_role("button", name="五轴加工线二期", exact=True).first.click()
    expect(page.get_by_role("heading", name="五轴加工线二期")).to_be_visible()
    expect(page.get_by_role("link", name="通知，1 条未读")).to_be_visible()
    window.open("/automations")
    look()
    page.get_by_role("link", name="赢单跟进").click()
    page.get_by_text("停用", exact=True).first.click()
    expect(page.get_by_label("原因")).to_be_visible()
    look()
    page.get_by_role("link", name=re.compile("^失败")).click()
    page.locator("tbody a").first.click()
    expect(page.get_by_role("button", name="从失败的步骤重试")).to_be_visible()
    page.get_by_text("输入").first.click()
    look()
    window.open("/automations/follow/trial")
    box = page.get_by_role("combobox", name="商机")
    box.press_sequentially("老线")
    page.get_by_role("option", name="老线维保").click()
    page.get_by_role("button", name="看看会做什么").click()
    expect(page.get_by_text("这不会触发它")).to_be_visible()
    look()
    window.open("/jobs")
    look()
    page.get_by_role("button", name=re.compile("重做：poison")).click()
    expect(page.get_by_text("已重新安排：1")).to_be_visible()
    assert not found
