"""A score as people see it: total and grade on the record's page and how they come about, in a real browser as well."""

from __future__ import annotations

import re
from typing import Any

import pytest

from looseleaf_platform.records.ids import encode
from stories.test_clock_story import FIRM_TEXT, pass_time
from support.clock import FrozenClock
from support.workspaces import publish_texts

SCORED = """
---
extend: account
fields:
  value: {type: integer, label: {zh: 价值分, en: Value}, read_only: true}
  grade: {type: select, label: {zh: 价值等级, en: Grade}, read_only: true, options: {vip: {label: VIP, hue: vermilion}, plain: {label: {zh: 普通, en: Plain}, hue: slate}}}
---
score: worth
label: {zh: 客户价值, en: Customer value}
object: account
field: value
grade: grade
criteria:
  - {criterion: tier, label: {zh: 客户等级, en: Tier}, by: tier, points: {a: 40, b: -10}}
  - {criterion: revenue, label: {zh: 大客户, en: Large}, when: "revenue > 1000000", points: 70}
highest: 100
grades: [{grade: vip, from: 60}, {grade: plain, from: 0}]
"""


def card(page: str) -> str:
    """The text of the card of scores."""
    found = re.search(r'<details class="score".*?</details>', page, re.DOTALL)
    return "" if found is None else re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0]))


def test_the_page_says_what_a_customer_is_worth_and_how_that_comes_about(firm: Any, lin: Any, clock: FrozenClock) -> None:
    publish_texts(firm.workspace, FIRM_TEXT + SCORED)
    account = firm.make("account", firm.lin, name="恒拓", tier="a", revenue="2000000")
    path = f"/records/account/{encode(account)}"
    said = card(lin.page(path))
    assert "客户价值 – 正在重新计分" in said
    pass_time(firm, clock, seconds=1)
    said = card(lin.page(path))
    assert "客户价值 100 VIP" in said
    assert "正在重新计分" not in said
    assert "客户等级 等级为“A 级” +40" in said
    assert "大客户 年营业额大于 1000000 +70" in said
    assert "总分最高 100 −10" in said
    history = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", lin.page(f"{path}/history")))
    assert re.search(r"活页 修改 · 自动.{0,20}客户价值 价值分 100", history), history


@pytest.mark.browser
@pytest.mark.parametrize("firm", ["sqlite"], indirect=True)
def test_a_score_opens_at_a_desk_and_on_a_phone(firm: Any, windows: Any, clock: FrozenClock) -> None:
    publish_texts(firm.workspace, FIRM_TEXT + SCORED)
    account = firm.make("account", firm.lin, name="恒拓", tier="a")
    pass_time(firm, clock, seconds=1)
    desk = {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"}
    phone = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}
    for size in (desk, phone):
        window = windows(firm.lin, **size)
        page = window.open(f"/records/account/{encode(account)}")
        page.locator(".score summary").click()
        page.locator(".score dl").wait_for()
        assert (window.findings(), window.is_too_wide()) == ([], False)
