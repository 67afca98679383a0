"""Inbound events, as people look after them: the secret, what came, the run it set off, why nothing was found, handling one again."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from looseleaf_platform.jobs.outbox import drain
from looseleaf_workflow.automations.sending import signature
from looseleaf_workflow.extension import WORKFLOW
from support.html_forms import form_of
from support.workspaces import publish_texts

FIRM_TEXT = (Path(__file__).parent / "fixtures" / "firm.yaml").read_text("utf-8")
RULES = """
---
inbound: site_visit
label: {zh: 网站访问, en: Site visit}
event_id: visit
fields:
  visit: {type: text, required: true}
  deal: {type: text, required: true}
---
automation: note_visit
label: {zh: 记下访问, en: Note a visit}
object: deal
trigger: {event: site_visit, match: {name: event.deal}}
steps: [{update: note, values: {next_step: "客户看了官网 {{ event.visit }}"}}]
---
role: ops
abilities: [automations]
objects: {deal: {read: all}}
"""


@pytest.fixture
def ops(firm: Any, chen: Any) -> Any:
    """陈启明 looks after automations, in a firm whose site tells of visits."""
    publish_texts(firm.workspace, FIRM_TEXT + RULES)
    firm.make("role_member", user=firm.chen, role="ops")
    return chen


def tell(firm: Any, secret: str, visit: str, deal: str) -> int:
    """The site tells of a visit, and what follows from that happens."""
    body = json.dumps({"visit": visit, "deal": deal}).encode()
    headers = {"Looseleaf-Signature": signature(secret, int(firm.workspace.clock().timestamp()), body), "Content-Type": "application/json"}
    answer = firm.app.test_client().post("/api/v1/inbound/site_visit", data=body, headers=headers)
    while drain(firm.workspace, WORKFLOW.handlers):
        pass
    return int(answer.status_code)


def main(page: str) -> str:
    return re.sub(r"<svg.*?</svg>", "", page[page.index("<main") :], flags=re.DOTALL)


def test_a_source_gets_its_secret_once_and_what_it_tells_leads_to_a_run(firm: Any, admin: Any, ops: Any, lin: Any) -> None:
    assert "还没有密钥" in main(ops.page("/inbound/site_visit"))
    assert ops.act("/inbound/site_visit/secret").status_code == 403
    page = admin.send(form_of(admin.page("/inbound/site_visit"), "/inbound/site_visit/secret")).text
    found = re.search(r'value="(lli_[^"]+)"', page)
    assert found
    assert found[1] not in admin.page("/inbound/site_visit")
    deal = firm.make("deal", name="二期", account=firm.make("account", name="恒拓"), owner=firm.lin)
    assert [tell(firm, found[1], *said) for said in (("v1", "二期"), ("v2", "三期"))] == [202, 202]
    assert tell(firm, "lli_other", "v3", "二期") == 401
    assert firm.record("deal", deal).values["next_step"] == "客户看了官网 v1"
    page = main(ops.page("/inbound"))
    assert re.search(r"网站访问.*?v2.*?没有找到记录.*?记下访问: 没有找到.*?三期.*?v1.*?完成", page, re.DOTALL)
    run = re.search(r"/runs/\w{13}", page)
    assert run
    assert "记下访问" in main(ops.page(run[0]))
    assert "v3" not in page
    later = firm.make("deal", name="三期", account=firm.make("account", name="远洋"), owner=firm.lin)
    assert "将再处理一次" in ops.send(form_of(ops.page("/inbound/site_visit?state=unmatched"), "/retry")).text
    while drain(firm.workspace, WORKFLOW.handlers):
        pass
    assert firm.record("deal", later).values["next_step"] == "客户看了官网 v2"
    assert 'href="/inbound"' not in lin.page("/records/deal")
    assert lin.get("/inbound").status_code == 403
