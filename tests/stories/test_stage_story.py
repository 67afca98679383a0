"""A deal on its way through the stages, as people see it: the path on its page, what is missing, key actions, two who move it at once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from looseleaf_platform.records.ids import encode
from support.html_forms import form_of
from support.workspaces import publish_texts

FIRM_TEXT = (Path(__file__).parent / "fixtures" / "firm.yaml").read_text("utf-8")
PIPELINE = """
---
pipeline: sales
object: deal
label: {zh: 销售流程, en: Sales}
stages:
  - stage: open
    do:
      - {action: visit, label: {zh: 首次拜访, en: First visit}}
      - {action: date, label: {zh: 约定日期, en: Agree on a date}, when: "close_date is not None"}
    exit_when: [{check: "amount > 1000", label: {zh: 金额够大, en: The amount is worth it}}]
  - {stage: won, closed: won, require: [next_step], back: reason}
  - {stage: lost, closed: lost, reasons: lost_reason}
---
role: overseer
label: {zh: 监管, en: Overseer}
includes: [rep]
abilities: [exemptions]
"""


@pytest.fixture
def deal(firm: Any) -> str:
    """A deal of 林若溪's in a firm that has a pipeline; its address."""
    publish_texts(firm.workspace, FIRM_TEXT + PIPELINE)
    account = firm.make("account", firm.lin, name="恒拓")
    return f"/records/deal/{encode(firm.make('deal', firm.lin, name='五轴线', account=account))}"


def test_the_path_shows_where_the_deal_stands_and_what_keeps_it_there(lin: Any, deal: str) -> None:
    page = lin.page(deal)
    path = page[page.index('class="stage-path"') : page.index("</section>", page.index('class="stage-path"'))]
    assert re.search(r'<li class="current" aria-current="step">\s*<span class="stage">进行中', path)
    assert re.findall(r'<li class="ahead (\w+)"', path) == ["won", "lost"]
    assert re.search(r'class="tick unmet">.*?金额够大.*?未满足', path, re.DOTALL)
    assert re.search(r'aria-pressed="false">.*?首次拜访', path, re.DOTALL)
    assert re.search(r"约定日期.*?待办", path, re.DOTALL)


def test_a_stage_that_is_out_of_reach_says_why_and_is_reached_once_the_work_is_done(firm: Any, lin: Any, deal: str) -> None:
    move = f"{deal}/stages/stage/won"
    asked = lin.page(move)
    for text in ("“进行中”里还没做：首次拜访", "“进行中”里还没做：约定日期", "离开“进行中”的条件：金额够大"):
        assert text in asked
    assert lin.act(move, version="1").status_code == 422
    lin.act(f"{deal}/stages/stage", action="visit", done="1")
    assert re.search(r'aria-pressed="true">.*?首次拜访', lin.page(deal), re.DOTALL)
    lin.send(lin.form(f"{deal}/edit"), amount="5000", close_date="2026-05-01")
    form = form_of(lin.page(move), "move-form")
    missing = lin.send(form)
    assert missing.status_code == 422
    assert "“赢单”要求填写这一项" in missing.text
    moved = lin.send(form_of(missing.text, "move-form"), next_step="交付")
    assert "已移到“赢单”" in moved.text
    record = firm.records("deal")[0]
    assert (record.values["stage"], record.values["next_step"]) == ("won", "交付")


def test_a_lost_deal_is_asked_for_its_reason_and_a_way_back_for_another(firm: Any, lin: Any, deal: str) -> None:
    form = form_of(lin.page(f"{deal}/stages/stage/lost"), "move-form")
    assert "lost_reason" in form.values
    lin.send(form, lost_reason="价格")
    assert firm.records("deal")[0].values["lost_reason"] == "价格"
    page = lin.page(deal)
    assert 'class="stage-work"' not in page
    again = form_of(page, f"{deal}/stages/stage/open")
    lin.send(again)
    assert (firm.records("deal")[0].values["stage"], firm.records("deal")[0].values["lost_reason"]) == ("open", None)


def test_s06_who_moves_a_card_too_late_is_told_where_it_stands_and_may_try_again(firm: Any, lin: Any, chen: Any, deal: str) -> None:
    form = form_of(lin.page(f"{deal}/stages/stage/lost"), "move-form")
    lin.send(lin.form(f"{deal}/edit"), next_step="别人先改了")
    late = lin.send(form, lost_reason="价格")
    assert late.status_code == 409
    assert "现在处于“进行中”" in late.text
    assert "价格" in late.text
    lin.send(form_of(late.text, "move-form"))
    assert firm.records("deal")[0].values["stage"] == "lost"


def test_s01_an_overseer_may_let_it_pass_with_a_reason(firm: Any, lin: Any, deal: str) -> None:
    assert "override" not in lin.page(f"{deal}/stages/stage/won")
    admin = firm.visitor(firm.admin)
    admin.send(admin.form(f"{deal}/edit"), amount="500")
    form = form_of(admin.page(f"{deal}/stages/stage/won"), "move-form")
    assert "请说明为什么不按“销售流程”的要求办" in admin.send(form, override="1", next_step="交付").text
    admin.send(form, override="1", reason="总经理同意", next_step="交付")
    assert firm.records("deal")[0].values["stage"] == "won"


def test_it_speaks_english_too_and_who_may_only_read_sees_no_buttons(firm: Any, lin: Any, deal: str) -> None:
    lin.act("/language", to="en", back="/")
    page = lin.page(deal)
    for text in ("Key actions", "To leave this stage", "The amount is worth it", "day 1"):
        assert text in page
    assert lin.get(f"{deal}/stages/stage/nowhere").status_code == 404
    assert lin.get(f"{deal}/stages/name/won").status_code == 404


def test_the_change_history_tells_of_moves_like_of_any_change(lin: Any, deal: str) -> None:
    lin.send(form_of(lin.page(f"{deal}/stages/stage/lost"), "move-form"), lost_reason="价格")
    history = lin.page(f"{deal}/history")
    assert "进行中" in history
    assert "输单" in history
