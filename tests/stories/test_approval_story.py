"""Approvals as people use them: submitting from the record's page, the inbox, deciding with a comment, sending back, handing on, taking back, the way that needs leave."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from support.html_forms import form_of
from support.queries import counted
from support.workspaces import publish_texts

FIXTURES = Path(__file__).parent / "fixtures"
TEXTS = (FIXTURES / "firm.yaml").read_text("utf-8") + "\n---\n" + (FIXTURES / "approvals.yaml").read_text("utf-8")


@pytest.fixture
def deal(firm: Any) -> str:
    """The address of a deal of 林若溪's with a discount; 陈启明 is above her and sees what she sees."""
    publish_texts(firm.workspace, TEXTS.replace("deal:     {read: own", "deal:     {read: all"))
    write(firm.workspace.context(SYSTEM), [Change("update", "user", firm.lin, {"manager": firm.chen})])
    account = firm.make("account", firm.lin, name="恒拓")
    values = {"name": "五轴线", "account": account, "discount": "0.2", "amount": {"amount": "5000", "currency": "CNY"}}
    return f"/records/deal/{encode(firm.make('deal', firm.lin, **values))}"


def links(page: str, words: str) -> list[str]:
    """Addresses of the links that say something."""
    return [
        found.replace("&amp;", "&") for found in re.findall(rf'href="([^"]+)"[^>]*>(?:<svg[^>]*><use[^>]*></use></svg>)?{words}</a>', page)
    ]


def decided(visitor: Any, page: str, words: str, **said: Any) -> Any:
    """What comes of a decision: its link on a page, its form, filled in and sent."""
    (path,) = links(visitor.page(page), words)[:1]
    return visitor.send(form_of(visitor.page(path), "task-form"), **{f"said__dot__{name}": value for name, value in said.items()})


def test_a_record_is_submitted_agreed_to_and_handled(firm: Any, lin: Any, chen: Any, deal: str) -> None:
    assert "这条记录要经过“折扣审批”" in lin.page(deal)
    ahead = lin.page(f"{deal}/submission")
    assert re.search(r"主管审批.*?陈启明.*?填写下一步", ahead, re.DOTALL)
    page = lin.send(form_of(ahead, "submission-form")).text
    assert "已提交审批" in page
    assert re.search(r'<li class="now" aria-current="step"><p class="stop">主管审批.*?陈启明.*?截止', page, re.DOTALL)
    assert re.search(r'<li class="ahead"><p class="stop">填写下一步', page)
    assert not links(page, "同意")
    assert re.search(r'title="审批">.*?<span class="counter hot">1</span>', chen.page("/"), re.DOTALL)
    inbox = chen.page("/approvals")
    assert all(words in inbox for words in ("待我审批", "五轴线", "折扣审批", "主管审批", "林若溪", "截止"))
    assert "没有等你处理的" in lin.page("/approvals")
    answer = decided(chen, "/approvals", "同意", comment="战略客户，保住二期。")
    assert answer.request.path == "/approvals"
    page = lin.page(deal)
    assert "“战略客户，保住二期。”" in page
    assert decided(lin, deal, "标记完成").status_code == 422
    done = decided(lin, deal, "标记完成").text
    assert "next_step" in done
    (path,) = links(lin.page(deal), "标记完成")[:1]
    answer = lin.send(form_of(lin.page(path), "task-form"), next_step="签约")
    assert "已通过" in answer.text
    assert firm.record("deal", deal.rpartition("/")[2]).values["next_step"] == "签约"
    assert "五轴线" in chen.page("/approvals?tab=decided")
    assert re.search(r"五轴线.*?已通过", lin.page("/approvals?tab=submitted"), re.DOTALL)


def test_sent_back_it_is_submitted_again(lin: Any, chen: Any, deal: str) -> None:
    lin.act(f"{deal}/submission")
    assert decided(chen, deal, "驳回").status_code == 422
    assert "退回给提交人" in chen.page(links(chen.page(deal), "驳回")[0])
    decided(chen, deal, "驳回", comment="折扣太大")
    page = lin.page(deal)
    assert "已退回" in page
    assert "折扣太大" in page
    decided(lin, deal, "再次提交", comment="已和客户谈过")
    assert "五轴线" in chen.page("/approvals")


def test_a_task_is_handed_on_urged_and_others_are_asked(firm: Any, lin: Any, chen: Any, gu: Any, deal: str) -> None:
    lin.act(f"{deal}/submission")
    task = links(chen.page(deal), "转交")[0]
    assert "请选择一个人" in chen.act(task).text
    chen.act(task, **{"said.person": encode(firm.gu)})
    assert "五轴线" in gu.page("/approvals")
    page = lin.page(deal)
    (urge,) = re.findall(r'action="(/approvals/tasks/\w+/urge)"', page)
    assert "已催办" in lin.act(urge).text
    assert lin.act(urge).status_code == 409
    asked = decided(gu, deal, "征求意见", comment="可以吗？", person=encode(firm.admin))
    assert asked.status_code == 200
    assert "许知远" in gu.page(deal)
    (comment,) = links(gu.page(deal), "评论")
    gu.send(form_of(gu.page(comment), "deed-form"), said__dot__comment="等一下")
    assert "“等一下”" in lin.page(deal)


def test_the_submitter_takes_it_back_and_nobody_else_does(lin: Any, chen: Any, admin: Any, deal: str) -> None:
    lin.act(f"{deal}/submission")
    (withdraw,) = links(lin.page(deal), "撤回申请")
    assert not links(chen.page(deal), "撤回申请")
    assert chen.act(withdraw).status_code == 403
    assert "已撤回" in lin.send(form_of(lin.page(withdraw), "deed-form"), said__dot__comment="写错了").text
    assert chen.act(withdraw).status_code in (403, 409)
    assert links(admin.page(deal), "终止") == []


def test_who_agreed_opens_the_own_decision_again(lin: Any, chen: Any, deal: str) -> None:
    lin.act(f"{deal}/submission")
    decided(chen, deal, "同意")
    (path,) = links(chen.page(deal), "收回我的同意")
    assert "同意" in chen.send(form_of(chen.page(path), "deed-form")).text
    assert links(chen.page(deal), "同意")


def test_who_does_not_see_the_record_decides_all_the_same_and_learns_nothing_of_it(firm: Any, lin: Any, chen: Any, deal: str) -> None:
    publish_texts(firm.workspace, TEXTS)
    lin.act(f"{deal}/submission")
    inbox = chen.page("/approvals")
    assert "五轴线" not in inbox
    assert chen.get(deal).status_code == 404
    (path,) = links(inbox, "折扣审批")
    assert "五轴线" not in chen.page(path)
    assert decided(chen, path, "同意").request.path == "/approvals"


def test_a_stage_that_needs_leave_is_asked_for(lin: Any, chen: Any, deal: str) -> None:
    asked = lin.page(f"{deal}/stages/stage/won")
    (path,) = links(asked, "申请审批")
    lin.send(form_of(lin.page(path), "submission-form"))
    assert "赢单审批" in chen.page("/approvals")
    decided(chen, "/approvals", "同意")
    assert re.search(r'aria-current="step"><span class="stage">赢单', lin.page(deal))


def test_pages_about_approvals_cost_few_queries_however_many_wait(firm: Any, lin: Any, chen: Any, deal: str) -> None:
    lin.act(f"{deal}/submission")
    with counted() as one:
        chen.page("/approvals")
    account = firm.records("account")[0].id
    for number in range(4):
        id = firm.make("deal", firm.lin, name=f"{number} 号线", account=account, discount="0.3")
        lin.act(f"/records/deal/{encode(id)}/submission")
    with counted() as five:
        chen.page("/approvals")
    assert len(five) == len(one)


def test_a89_the_ticked_are_decided_together_each_by_itself(firm: Any, lin: Any, chen: Any, deal: str) -> None:
    account = firm.records("account")[0].id
    more = [firm.make("deal", firm.lin, name=f"{number} 号线", account=account, discount="0.3") for number in (1, 2)]
    for path in (deal, *(f"/records/deal/{encode(id)}" for id in more)):
        lin.act(f"{path}/submission")
    page = chen.page("/approvals")
    tasks = re.findall(r'form="ticked" name="task" value="(\w+)"', page)
    assert len(tasks) == 3
    assert "五轴线：请说明原因" in chen.act("/approvals/decisions", task=tasks, decision="reject").text
    assert "已处理 2 项" in chen.act("/approvals/decisions", task=tasks[:2], decision="agree", comment="都好").text
    answer = chen.act("/approvals/decisions", task=tasks[1:], decision="agree")
    assert answer.status_code == 422
    assert "已处理 1 项" in answer.text
    assert "陈启明 已经处理了这个任务" in answer.text
    assert chen.act("/approvals/decisions", decision="agree").status_code == 400


def test_an_old_link_says_that_the_task_is_over(lin: Any, chen: Any, deal: str) -> None:
    lin.act(f"{deal}/submission")
    path = links(chen.page("/approvals"), "同意")[0]
    chen.act(path)
    answer = chen.client.get(path, follow_redirects=True)
    assert "这个任务已经结束" in answer.text
    assert chen.act(path).status_code == 409


def test_whoever_submits_picks_the_people_that_the_flow_leaves_to_them(firm: Any, lin: Any, chen: Any, gu: Any, deal: str) -> None:
    picking = (
        '---\napproval: pick\nobject: deal\nlabel: {zh: 自选审批, en: Picked}\nstart_when: "discount == 0.05"\norder: 3\n'
        "flow: [{approve: two, label: {zh: 自选审批人, en: Picked}, who: {submitter_picks: {fewest: 2, most: 2}}}]\n"
    )
    publish_texts(firm.workspace, TEXTS.replace("deal:     {read: own", "deal:     {read: all") + picking)
    own = f"/records/deal/{encode(firm.make('deal', firm.lin, name='小单', account=firm.records('account')[0].id, discount='0.05'))}"
    form = form_of(lin.page(f"{own}/submission"), "submission-form")
    assert [name for name in form.values if name.startswith("pick.")] == ["pick.two~1", "pick.two~2"]
    one = lin.act(f"{own}/submission", **{"pick.two~1": encode(firm.chen)})
    assert one.status_code == 422
    lin.act(f"{own}/submission", **{"pick.two~1": encode(firm.chen), "pick.two~2": encode(firm.gu)})
    assert "小单" in chen.page("/approvals")
    assert "自选审批" in gu.page("/approvals")
    assert deal


def test_a87_what_was_approved_is_taken_back_from_its_record(firm: Any, lin: Any, chen: Any, deal: str) -> None:
    flow = (
        '---\napproval: small\nobject: deal\nlabel: {zh: 小额审批, en: Small}\nstart_when: "discount == 0.05"\norder: 3\n'
        "reverse: {who: manager}\nflow: [{approve: boss, who: manager}]\n"
    )
    publish_texts(firm.workspace, TEXTS.replace("deal:     {read: own", "deal:     {read: all") + flow)
    own = f"/records/deal/{encode(firm.make('deal', firm.lin, name='小单', account=firm.records('account')[0].id, discount='0.05'))}"
    lin.act(f"{own}/submission")
    decided(chen, "/approvals", "同意")
    assert not links(lin.page(own), "反审核")
    (path,) = links(chen.page(own), "反审核")
    page = chen.send(form_of(chen.page(path), "deed-form"), said__dot__comment="客户取消").text
    assert "已反审核" in page
    assert "“客户取消”" in page
    assert deal


def test_nobody_reads_or_acts_on_what_is_not_theirs(firm: Any, lin: Any, chen: Any, gu: Any, deal: str) -> None:
    publish_texts(firm.workspace, TEXTS.replace("deal:    {read: all}", "deal:    {read: own}"))
    lin.act(f"{deal}/submission")
    task = links(chen.page("/approvals"), "同意")[0]
    (path,) = links(chen.page("/approvals"), "折扣审批")
    assert gu.get(task.partition("?")[0]).status_code == 404
    assert gu.act(task.partition("?")[0]).status_code == 404
    assert gu.get(path).status_code == 404
    assert gu.act(f"{path}/comment", **{"said.comment": "hi"}).status_code == 404
    assert gu.get(f"{deal}/submission").status_code == 404
    assert lin.get(f"{path}/nonsense").status_code == 404
    assert lin.get(task.partition("?")[0]).status_code == 404
