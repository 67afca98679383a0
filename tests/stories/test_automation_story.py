"""Looking after automations, as people do it: the list, a run with its steps, trying again, switches, why it did not run, what it would do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from looseleaf_platform.jobs.outbox import drain
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from looseleaf_workflow.extension import WORKFLOW
from support.html_forms import form_of
from support.queries import counted
from support.workspaces import publish_texts

FIRM_TEXT = (Path(__file__).parent / "fixtures" / "firm.yaml").read_text("utf-8")
RULES = """
---
automation: follow
label: {zh: 赢单跟进, en: Follow up}
object: deal
trigger: {field_changed: stage, to: won}
steps: [{update: note, values: {next_step: "回访 {{ name }}"}}, {assign: up, who: {manager: {of: owner}}}]
---
automation: greet
label: {zh: 手动问候, en: Greet}
object: deal
trigger: manual
steps: [{notify: n, who: owner, text: "你好 {{ name }}"}]
---
role: ops
label: {zh: 运维, en: Operations}
abilities: [automations]
objects: {deal: {read: all}, account: {read: all}}
"""


@pytest.fixture
def deal(firm: Any) -> int:
    """A deal of 林若溪's, who has no manager: following up on it fails."""
    publish_texts(firm.workspace, FIRM_TEXT + RULES)
    return firm.make("deal", firm.lin, name="二期", account=firm.make("account", firm.lin, name="甲", tier="a"), amount="4711")


@pytest.fixture
def ops(firm: Any, deal: int) -> Any:
    """陈启明, who looks after automations now."""
    firm.make("role_member", user=encode(firm.chen), role="ops")
    return firm.visitor(firm.chen)


def settle(firm: Any) -> None:
    while drain(firm.workspace, WORKFLOW.handlers):
        pass


def win(firm: Any, deal: int) -> None:
    write(firm.as_(firm.lin), [Change("update", "deal", deal, {"stage": "won"})])
    settle(firm)


def main(page: str) -> str:
    return re.sub(r"<svg.*?</svg>", "", page[page.index("<main") :], flags=re.DOTALL)


def run_of(page: str) -> str:
    found = re.search(r"/runs/\w{13}", main(page))
    assert found
    return found[0]


def test_a_failed_run_is_found_understood_and_tried_again_from_the_step_that_failed(firm: Any, ops: Any, deal: int) -> None:
    win(firm, deal)
    page = main(ops.page("/automations"))
    assert re.search(r"赢单跟进.*?字段变化时.*?启用.*?失败.*?state=failed\">1<", page, re.DOTALL)
    address = run_of(ops.page("/automations/follow?state=failed"))
    run = main(ops.page(address))
    assert "二期" in run
    assert re.search(r"note.*?完成.*?回访 二期|note.*?update.*?up.*?assign.*?失败", run, re.DOTALL)
    assert "没有可以接手的人" in run or "There is nobody to give the record to" in run
    write(firm.workspace.context(firm.as_(firm.admin).actor, "api"), [Change("update", "user", firm.lin, {"manager": encode(firm.gu)})])
    assert "将再试一次" in ops.act(f"{address}/retry", **{"from": "step", "version": "original"}).text
    settle(firm)
    assert "从失败的步骤重试" not in ops.page(address)
    assert firm.record("deal", deal).values["owner"] == firm.gu


def test_t51_one_is_switched_off_with_a_reason_and_on_again(firm: Any, ops: Any, deal: int) -> None:
    page = ops.act("/automations/follow", on="0", reason="价格有误").text
    assert "陈启明 于" in page
    assert "价格有误" in page
    win(firm, deal)
    assert firm.record("deal", deal).values["next_step"] is None
    why = main(ops.page(f"/automations/follow/trial?record={encode(deal)}"))
    assert re.search(r"没有运行：\s*它已被停用", why, re.DOTALL)
    assert "停用" in ops.act("/automations/follow", on="1").text
    ops.act("/automations", on="0", reason="维护")
    assert main(ops.page("/automations")).count("暂扣：已全部停用") == 2
    assert "维护" in ops.page("/automations/follow")


def test_t47_t50_why_it_did_not_run_and_what_it_would_do(firm: Any, ops: Any, deal: int) -> None:
    settle(firm)
    listed = re.search(r'href="(/automations\?object=deal[^"]*)"', ops.page(f"/records/deal/{encode(deal)}"))
    assert listed
    assert f"/automations/follow/trial?record={encode(deal)}" in ops.page(listed[1].replace("&amp;", "&"))
    page = main(ops.page(f"/automations/follow/trial?record={encode(deal)}&field=stage&value=won"))
    assert "作为测试执行这一步" not in page
    assert "没有运行：" in page
    assert "这会触发它。" in page
    assert re.search(r"note.*?回访 二期.*?up.*?没有人可以接这条记录", page, re.DOTALL)
    assert firm.record("deal", deal).values["next_step"] is None
    assert "这不会触发它：" in ops.page(f"/automations/follow/trial?record={encode(deal)}&field=next_step&value=x")


def test_t48_who_writes_automations_does_one_step_as_a_test(firm: Any, admin: Any, ops: Any, deal: int) -> None:
    page = admin.page(f"/automations/follow/trial?record={encode(deal)}&field=name&value=样品")
    answer = admin.send(form_of(page, "/automations/follow/test"))
    settle(firm)
    assert answer.status_code == 200
    assert firm.record("deal", deal).values["next_step"] == "回访 样品"
    assert all('<span class="tag">测试</span>' in main(page) for page in (answer.text, admin.page("/automations/follow")))
    assert ops.act("/automations/follow/test", record=encode(deal), step="note").status_code == 403


def test_one_that_waits_for_a_hand_is_started_on_a_record(firm: Any, ops: Any, deal: int) -> None:
    page = ops.page(f"/automations/greet/trial?record={encode(deal)}")
    assert "在这条记录上启动" in page
    assert "已启动" in ops.act("/automations/greet/runs", record=encode(deal)).text
    settle(firm)
    assert "你好 二期" in firm.visitor(firm.lin).page("/notifications")


def test_nobody_else_sees_or_does_any_of_it(firm: Any, lin: Any, deal: int) -> None:
    assert 'href="/automations"' not in lin.page("/records/deal")
    for path in ("/automations", "/automations/follow", f"/automations/follow/trial?record={encode(deal)}", "/runs/0000000000001"):
        assert lin.get(path).status_code == 403
    for path in ("/automations", "/automations/follow", "/automations/greet/runs", "/runs/0000000000001/retry", "/runs/0000000000001/end"):
        assert lin.act(path, on="0", record=encode(deal)).status_code == 403


def test_what_is_not_there_and_what_is_no_id_is_told_so(ops: Any) -> None:
    assert 'href="/automations"' in ops.page("/records/deal")
    assert [ops.get(path).status_code for path in ("/automations/none", "/runs/nonsense", "/runs/0000000000001")] == [404, 404, 404]
    assert ops.get("/automations/follow?before=x").status_code == 400


def test_a_page_of_runs_costs_few_queries(firm: Any, ops: Any, deal: int) -> None:
    win(firm, deal)
    for path, most in (("/automations", 10), ("/automations/follow", 14)):
        ops.page(path)
        with counted() as sent:
            ops.page(path)
        assert len(sent) <= most, "\n".join(sent)
