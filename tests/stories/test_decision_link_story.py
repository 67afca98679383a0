"""Deciding by the link in a mail (A90): once, for that task as it stood, as that person, who need not sign in; looking decides nothing."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.database.system_tables import mail
from looseleaf_platform.jobs.outbox import drain
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_workflow.running import links, mailing, performing
from support.html_forms import form_of
from support.workspaces import publish_texts

FIXTURES = Path(__file__).parent / "fixtures"
TEXTS = (FIXTURES / "firm.yaml").read_text("utf-8").replace("deal:     {read: own", "deal:     {read: all")
FLOW = (FIXTURES / "approvals.yaml").read_text("utf-8")


@pytest.fixture
def begin(firm: Any) -> Any:
    """Publishes a flow, submits a deal of 林若溪's, and hands the mail to 陈启明 over: its subject and body, or "" where there is none."""

    def begun(flow: str = FLOW, site: str = "https://crm.firm.example") -> str:
        firm.workspace.site = site
        publish_texts(firm.workspace, TEXTS, flow)
        write(firm.workspace.context(SYSTEM), [Change("update", "user", firm.lin, {"manager": firm.chen})])
        account = firm.make("account", firm.lin, name="恒拓")
        values = {"name": "五轴线", "account": account, "discount": "0.2", "amount": {"amount": "5000", "currency": "CNY"}}
        firm.deal = f"/records/deal/{encode(firm.make('deal', firm.lin, **values))}"
        firm.visitor(firm.lin).act(f"{firm.deal}/submission")
        sent = posted(firm)
        return sent[-1] if sent else ""

    return begun


def posted(firm: Any) -> list[str]:
    """The mails to 陈启明 so far, oldest first."""
    drain(firm.workspace, {performing.MAIL_TOPIC: mailing.send})
    with firm.workspace.database.read() as connection:
        rows = connection.execute(select(mail).where(mail.c.recipient == "chen@firm.example").order_by(mail.c.id)).all()
    return [f"{row.subject}\n{row.body}" for row in rows]


def link_in(text: str) -> str:
    """The link of a mail, below the site's address."""
    (found,) = re.findall(r"https://crm\.firm\.example(/decisions/\S+)", text)
    return str(found)


def said(answer: Any) -> str:
    """The heading of a small page."""
    (found,) = re.findall(r"<h1[^>]*>(.*?)</h1>", answer.text)
    return str(found)


def test_a90_the_link_decides_once_as_its_reader_who_need_not_sign_in(firm: Any, begin: Any) -> None:
    text = begin()
    assert all(words in text for words in ("有一项审批等您处理：折扣审批 · 五轴线", "主管审批", "林若溪", "请不要转发"))
    path, stranger = link_in(text), firm.visitor()
    page = stranger.page(path)
    missing = [words for words in ("五轴线", "你以 陈启明 的身份决定", "5,000", "提交人") if words not in page]
    assert not missing
    form = form_of(page, "decision-form")
    answer = stranger.post(path, {**dict(form.filled()), "decision": "agree", "comment": "可以"})
    assert (answer.status_code, said(answer)) == (200, "完成")
    record = firm.visitor(firm.lin).page(firm.deal)
    assert re.search(r"<b>陈启明</b> 通过邮件链接同意", record)
    assert "“可以”" in record
    assert "填写下一步" in firm.visitor(firm.lin).page("/approvals")
    for again in (stranger.get(path), stranger.post(path, {"decision": "reject", "comment": "不"})):
        assert again.status_code in (409, 410)
        assert said(again) == "已经处理过了"
        assert "五轴线" not in again.text
    assert "rejected" not in firm.visitor(firm.lin).page(firm.deal)


def test_a90_looking_decides_nothing_however_often_and_the_page_runs_nothing_foreign(firm: Any, begin: Any) -> None:
    path, stranger = link_in(begin()), firm.visitor()
    for _ in range(3):
        assert stranger.client.head(path).status_code == 200
        answer = stranger.get(f"{path}?decision=agree")
        assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert "五轴线" in firm.visitor(firm.chen).page("/approvals")
    stranger.client.set_cookie("looseleaf_language", "en")
    assert "You decide as 陈启明." in stranger.page(path)


def test_a90_to_reject_one_says_why_and_the_link_stays_good_until_then(firm: Any, begin: Any) -> None:
    path, stranger = link_in(begin()), firm.visitor()
    refused = stranger.post(path, {"decision": "reject"})
    assert refused.status_code == 422
    assert "请说明原因" in refused.text
    assert stranger.post(path, {"decision": "transfer", "comment": "?"}).status_code == 422
    assert said(stranger.post(path, {"decision": "reject", "comment": "太多"})) == "完成"
    assert "已退回" in firm.visitor(firm.lin).page(firm.deal)


def test_a90_a_link_of_a_task_that_went_on_is_over_and_the_next_mail_has_a_new_one(firm: Any, begin: Any) -> None:
    first, chen, stranger = link_in(begin()), firm.visitor(firm.chen), firm.visitor()
    (task,) = re.findall(r"/approvals/tasks/(\w+)/reject", chen.page("/approvals"))
    chen.act(f"/approvals/tasks/{task}/reject", **{"said.comment": "最多 10%"})
    lin = firm.visitor(firm.lin)
    (again,) = re.findall(r"/approvals/tasks/(\w+)/resubmit", lin.page(firm.deal))[:1]
    lin.act(f"/approvals/tasks/{again}/resubmit")
    second = link_in(posted(firm)[-1])
    assert first != second
    assert said(stranger.post(first, {"decision": "agree"})) == "已经处理过了"
    (task,) = re.findall(r"/approvals/tasks/(\w+)/transfer", chen.page(firm.deal))
    chen.act(f"/approvals/tasks/{task}/transfer", **{"said.person": encode(firm.gu)})
    assert said(stranger.post(second, {"decision": "agree"})) == "已经处理过了"
    assert "五轴线" in firm.visitor(firm.gu).page("/approvals")


def test_a90_a_link_expires_and_is_void_once_its_reader_has_left(firm: Any, begin: Any, clock: Any) -> None:
    flow = FLOW.replace(", due: 8 hours", "")
    first, stranger = link_in(begin(flow)), firm.visitor()
    clock.advance(days=links.VALID.days, minutes=1)
    assert said(stranger.post(first, {"decision": "agree"})) == "链接已过期"
    assert stranger.get(first).status_code == 410
    second = link_in(begin(flow))
    write(firm.workspace.context(SYSTEM), [Change("update", "user", firm.chen, {"state": "gone"})])
    assert stranger.get(second).status_code == 404
    assert stranger.post(second, {"decision": "agree"}).status_code == 404
    assert stranger.get("/decisions/guessed").status_code == 404


def test_a90_what_the_step_hides_is_neither_in_the_mail_nor_on_the_page(firm: Any, begin: Any) -> None:
    hides = FLOW.replace("who: manager, due", "who: manager, fields: {hide: [amount, name]}, due")
    text = begin(hides.replace("lock: {fields: [amount, discount]}", "lock: {fields: [discount]}"))
    page = firm.visitor().page(link_in(text))
    assert "五轴线" not in text + page
    assert "5,000" not in page
    assert "进行中" in page
    assert links.concealed(firm.workspace.runtime.model.object("deal"), ("amount",)) == {"amount", "net_amount"}


def test_a90_guessing_is_limited(firm: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "PER_ADDRESS", links.Limit("decision-link-address", 2, 15))
    stranger = firm.visitor()
    assert [stranger.get("/decisions/guessed").status_code for _ in range(3)] == [404, 404, 429]


@pytest.mark.parametrize(
    ("flow", "site", "mailed", "decides"),
    [
        ("mail: tell\n", "https://crm.firm.example", True, False),
        ("mail: none\n", "https://crm.firm.example", False, False),
        ("", "", False, False),
    ],
)
def test_a_flow_says_whether_it_mails_and_whether_the_mail_decides(
    firm: Any, begin: Any, flow: str, site: str, mailed: bool, decides: bool
) -> None:
    text = begin(FLOW.replace("lock:", f"{flow}lock:", 1), site)
    assert bool(text) is mailed
    assert ("/decisions/" in text) is decides
    assert ("https://crm.firm.example/approvals/" in text) is mailed


def test_a_mail_is_sent_once_however_often_its_message_is_handled(firm: Any, begin: Any) -> None:
    begin()
    handled: list[Any] = []
    firm.visitor(firm.lin).act(f"{firm.deal}/submission")
    publish_texts(firm.workspace, TEXTS, FLOW)
    deal = firm.make("deal", firm.lin, name="二期", account=firm.records("account")[0].id, discount="0.2")
    firm.visitor(firm.lin).act(f"/records/deal/{encode(deal)}/submission")
    drain(firm.workspace, {performing.MAIL_TOPIC: lambda _, message: handled.append(message)})
    for _ in range(2):
        mailing.send(firm.workspace, handled[-1])
    assert sum("二期" in text for text in posted(firm)) == 1
