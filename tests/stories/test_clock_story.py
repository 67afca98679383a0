"""What is promised of a deal, as people see it: what is left of the time, what would stop it, that it is too late; and a deal that rests too long."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from looseleaf_platform.jobs.outbox import drain
from looseleaf_platform.records.ids import encode
from looseleaf_workflow.extension import WORKFLOW
from support.clock import FrozenClock
from support.workspaces import publish_texts

FIRM_TEXT = (Path(__file__).parent / "fixtures" / "firm.yaml").read_text("utf-8")
CLOCKS = """
---
calendar: office
timezone: Asia/Shanghai
hours: {mon-fri: ["09:00-12:00", "13:30-18:00"]}
---
pipeline: sales
object: deal
calendar: office
stages:
  - {stage: open, stall: {after: 2 workdays}}
  - {stage: won, closed: won}
  - {stage: lost, closed: lost}
---
sla: offers
object: deal
calendar: office
clocks:
  - {clock: price, label: {zh: 报价时限, en: Offer}, stop: "amount is not None", pause_when: "next_step == 'wait'", target: 4 workhours}
"""


@pytest.fixture
def deal(firm: Any) -> int:
    """A deal of 林若溪's in a firm that promises offers within four hours, on a Monday at 9:30."""
    publish_texts(firm.workspace, FIRM_TEXT + CLOCKS)
    account = firm.make("account", firm.lin, name="恒拓")
    return int(firm.make("deal", firm.lin, name="五轴线", account=account))


def pass_time(firm: Any, clock: FrozenClock, **time: float) -> None:
    """Time passes, and what is due happens."""
    clock.advance(**time)
    for _ in range(3):
        for chore in WORKFLOW.chores:
            chore(firm.workspace)
        drain(firm.workspace, WORKFLOW.handlers)


def card(page: str) -> str:
    """The text of the card of promises."""
    found = re.search(r'<section class="clocks".*?</section>', page, re.DOTALL)
    return "" if found is None else re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0]))


def test_the_page_says_what_is_left_in_working_time_and_what_would_stop_it(firm: Any, lin: Any, deal: int, clock: FrozenClock) -> None:
    path = f"/records/deal/{encode(deal)}"
    pass_time(firm, clock, hours=2, minutes=45)  # 12:15, in the break
    said = card(lin.page(path))
    assert "报价时限" in said
    assert "还剩 1 小时 30 分（工作时间）" in said
    assert "3月2日 15:00 到期" in said
    assert "停止条件：已填写金额" in said
    pass_time(firm, clock, hours=3)
    assert "已超时 15 分（工作时间）" in card(lin.page(path))
    assert 'class="clock missed"' in lin.page(path)


def test_a_deal_that_rests_too_long_says_so_on_its_path(firm: Any, lin: Any, deal: int, clock: FrozenClock) -> None:
    path = f"/records/deal/{encode(deal)}"
    assert "停滞" not in lin.page(path)
    pass_time(firm, clock, days=2, minutes=1)
    assert re.search(r'class="stage-rest".*?在“进行中”停滞过久.*?自 3月4日 09:30', lin.page(path), re.DOTALL)
