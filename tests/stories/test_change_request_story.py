"""Asking for a change of what is approved, on screens and by the API: the form, before and after for those who decide, and nothing for who may not know."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.identity import tokens
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from support.html_forms import form_of
from support.workspaces import publish_texts

FIXTURES = Path(__file__).parent / "fixtures"
TEXTS = (FIXTURES / "firm.yaml").read_text("utf-8").replace("deal:     {read: own", "deal:     {read: all")
FLOWS = """
approval: discount
object: deal
label: {zh: 折扣审批, en: Discount approval}
flow: [{approve: manager, label: {zh: 主管审批, en: Manager}, who: manager}]
change: {flow: change, fields: [amount, close_date]}
---
approval: change
object: deal
order: 2
label: {zh: 变更审批, en: Change}
flow: [{approve: manager, label: {zh: 主管审批, en: Manager}, who: manager}]
"""


@pytest.fixture
def deal(firm: Any) -> Any:
    """Makes a deal of 林若溪's that 陈启明 approved; `hide`: what the step of its changes hides."""

    def made(hide: str = "") -> str:
        flow = FLOWS.rstrip()
        shown = flow if not hide else flow.removesuffix("}]") + f", fields: {{hide: [{hide}]}}}}]\n"
        publish_texts(firm.workspace, TEXTS, shown)
        write(firm.workspace.context(SYSTEM), [Change("update", "user", firm.lin, {"manager": firm.chen})])
        account = firm.make("account", firm.lin, name="恒拓")
        values = {"name": "五轴线", "account": account, "discount": "0.2", "amount": {"amount": "5000", "currency": "CNY"}}
        path = f"/records/deal/{encode(firm.make('deal', firm.lin, **values))}"
        firm.visitor(firm.lin).act(f"{path}/submission")
        agree(firm)
        return path

    return made


def agree(firm: Any) -> None:
    """陈启明 agrees to what waits for him."""
    chen = firm.visitor(firm.chen)
    page = chen.page("/approvals")
    task = page.partition("/approvals/tasks/")[2].partition("/")[0]
    chen.act(f"/approvals/tasks/{task}/agree")


def test_a86_a_change_is_asked_for_on_the_record_s_page_and_shown_before_and_after(firm: Any, lin: Any, chen: Any, deal: Any) -> None:
    path = deal()
    refused = lin.send(lin.form(f"{path}/edit"), amount="6000")
    assert refused.status_code == 422
    assert "请在记录页面使用“申请变更”" in refused.text
    assert f"{path}/change" in lin.page(path)
    form = form_of(lin.page(f"{path}/change"), "change-form")
    assert lin.send(form).status_code == 422
    page = lin.send(form, amount="6000", said__dot__comment="客户加了一台").text
    assert "审批通过之前原值不变" in page
    assert "“客户加了一台”" in page
    assert f"{path}/change" not in page
    shown = chen.page(path)
    assert re.search(r"金额</dt><dd><del>[^<]*5,000[^<]*</del> → <ins>[^<]*6,000[^<]*</ins>", shown)
    agree(firm)
    assert firm.record("deal", path.rpartition("/")[2]).values["amount"].amount == 6000
    assert f"{path}/change" in lin.page(path)


def test_a86_the_api_asks_for_it_and_shows_no_more_than_the_reader_may_know(firm: Any, deal: Any) -> None:
    path = deal(hide="amount")
    sent = {"changes": {"amount": {"amount": "6000", "currency": "CNY"}, "close_date": "2026-09-30"}}
    keys = {person: {"Authorization": f"Bearer {tokens.create(firm.as_(person), 'test')[1]}"} for person in (firm.lin, firm.chen)}
    address, client = f"/api/v1{path}/approvals", firm.app.test_client()
    answer = client.post(address, json=sent, headers=keys[firm.lin])
    assert answer.status_code == 201
    assert [one["field"] for one in answer.json["data"]["changes"]] == ["amount", "close_date"]
    for_chen = client.get(address, headers=keys[firm.chen]).json["data"][0]
    assert for_chen["changes"] == [{"field": "close_date", "before": None, "after": "2026-09-30"}]
    assert "6,000" not in firm.visitor(firm.chen).page(f"/approvals/{for_chen['id']}")
    refused = client.post(address, json={"changes": {"name": "x"}}, headers=keys[firm.lin])
    assert (refused.status_code, refused.json["errors"][0]["pointer"]) == (422, "/changes/name")
