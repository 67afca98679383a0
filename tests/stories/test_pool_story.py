"""A pool as people see it: what lies there without its hidden fields, claiming one and several, the countdown on a record's page, giving back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from looseleaf_platform.records.ids import encode
from support.workspaces import publish_texts

FIRM_TEXT = (Path(__file__).parent / "fixtures" / "firm.yaml").read_text("utf-8")
LEADS = "\n---\n" + (Path(__file__).parent / "fixtures" / "pool.yaml").read_text("utf-8")


@pytest.fixture
def leads(firm: Any) -> list[int]:
    """Three leads in the pool of a firm."""
    texts = FIRM_TEXT.replace(
        "  rival:    {read: all, create: true}\n",
        "  rival:    {read: all, create: true}\n  lead: {read: own, create: true, update: own}\n",
        1,
    )
    publish_texts(firm.workspace, texts + LEADS)
    return [firm.make("lead", name=name, source="官网", mobile="13900010001") for name in ("恒拓", "蓝海", "远洋")]


def test_what_lies_in_the_pool_is_shown_without_its_hidden_fields(lin: Any, leads: list[int]) -> None:
    assert 'href="/pools"' in lin.page("/records/deal")
    assert re.search(r"线索公海.*?>3<", lin.page("/pools"), re.DOTALL)
    page = lin.page("/pools/leads")
    assert all(name in page for name in ("恒拓", "蓝海", "远洋", "官网"))
    for path in ("/pools/leads", f"/records/lead/{encode(leads[0])}", "/records/lead?view=all"):
        assert "0001000" not in lin.page(path).replace(" ", "")


def test_one_is_claimed_from_its_page_and_counts_down(firm: Any, lin: Any, leads: list[int]) -> None:
    path = f"/records/lead/{encode(leads[0])}"
    assert "在“线索公海”里" in lin.page(path)
    answer = lin.act("/pools/leads/claims", one=encode(leads[0]), open="1")
    assert "已领取 1 条" in answer.text
    assert firm.record("lead", leads[0]).values["owner"] == firm.lin
    page = lin.page(path)
    assert "10 天后退回“线索公海”" in page
    assert "可延后：新增一条电话（没有跟进，10 天）" in page
    assert "保护到" in page
    assert re.search(r"我负责的，以及何时退回.*?恒拓.*?还剩 10 天", lin.page("/pools/leads"), re.DOTALL)


def test_of_several_each_gets_its_own_answer(firm: Any, lin: Any, leads: list[int]) -> None:
    answer = lin.act("/pools/leads/claims", id=[encode(id) for id in leads])
    assert answer.status_code == 422
    assert "已领取 2 条" in answer.text
    assert "远洋：这里每天最多领取 2 条：今天已用完" in answer.text
    assert [firm.record("lead", id).values["owner"] for id in leads] == [firm.lin, firm.lin, None]


def test_who_comes_second_hears_who_was_first(lin: Any, chen: Any, leads: list[int]) -> None:
    lin.act("/pools/leads/claims", one=encode(leads[0]))
    assert "已被 林若溪 领取" in chen.act("/pools/leads/claims", one=encode(leads[0])).text


def test_one_gives_back_what_is_ones_own(firm: Any, lin: Any, leads: list[int]) -> None:
    lin.act("/pools/leads/claims", one=encode(leads[0]))
    assert "已退回“线索公海”" in lin.act("/pools/leads/returns", id=encode(leads[0])).text
    assert firm.record("lead", leads[0]).values["owner"] is None


def test_who_is_no_member_finds_no_pool(gu: Any, leads: list[int]) -> None:
    assert gu.get("/pools/leads").status_code == 404
    assert 'href="/pools"' not in gu.page("/records/deal")


def test_what_a_pool_asks_for_is_filled_in_beside_the_button_and_what_was_typed_stays(firm: Any, lin: Any, leads: list[int]) -> None:
    texts = FIRM_TEXT.replace("  rival:    {read: all, create: true}\n", "  rival:    {read: all}\n  lead: {read: own, update: own}\n", 1)
    publish_texts(firm.workspace, texts + LEADS.replace("claim: {per_day: 2}", "claim: {per_day: 2, ask: [source]}"))
    assert 'name="asked-source"' in lin.page("/pools/leads")
    assert 'name="asked-source"' in lin.page(f"/records/lead/{encode(leads[0])}")
    refused = lin.act("/pools/leads/claims", one=encode(leads[0]))
    assert (refused.status_code, "领取时要填“来源”" in refused.text) == (422, True)
    lin.act("/pools/leads/claims", id=[encode(id) for id in leads], **{"asked-source": "展会"})
    page = lin.page("/pools/leads")
    assert "蓝海" in page
    assert "展会" in lin.page(f"/records/lead/{encode(leads[0])}")
