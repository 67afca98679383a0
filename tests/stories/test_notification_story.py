"""Notifications as people see them: the bell, the inbox, the way to the record, what was folded together, marking them read."""

from __future__ import annotations

import re
from typing import Any

import pytest

from looseleaf_platform.records.ids import encode
from looseleaf_workflow.notifications.telling import About, tell
from support.html_forms import form_of, forms_of
from support.queries import counted


def told(firm: Any, text: str, *users: int, record: int | None = None, topic: str = "") -> None:
    with firm.workspace.database.write() as connection:
        tell(connection, firm.workspace.clock(), dict.fromkeys(users, text), About("account", record), topic)


def bell(page: str) -> str:
    found = re.search(r'class="icon-button bell".*?</a>', page, re.DOTALL)
    assert found
    return re.sub(r"<svg.*?</svg>", "", found[0])


@pytest.fixture
def account(firm: Any) -> int:
    """An account of 林若溪's."""
    return firm.make("account", firm.lin, name="苏州恒拓", tier="a")


def test_the_bell_counts_on_every_page_and_the_inbox_leads_to_the_record(firm: Any, lin: Any, account: int) -> None:
    told(firm, "合同快到期了", firm.lin, record=account)
    assert "通知，1 条未读" in bell(lin.page("/records/deal"))
    page = lin.page("/notifications")
    assert "合同快到期了" in page
    assert "苏州恒拓" in page
    opening = next(form for form in forms_of(page) if re.search(r"/notifications/\w{13}$", form.action) and "stay" not in form.values)
    answer = lin.send(opening, follow=False)
    assert answer.headers["Location"] == f"/records/account/{encode(account)}"
    assert "通知，0 条未读" in bell(lin.page("/"))
    assert 'class="counter' not in bell(lin.page("/"))


def test_who_may_not_see_the_record_finds_no_title_and_no_way_there(firm: Any, gu: Any) -> None:
    told(
        firm,
        "请看一下",
        firm.gu,
        record=firm.make("deal", firm.lin, name="秘密", account=firm.make("account", firm.lin, name="甲", tier="a")),
    )
    page = gu.page("/notifications")
    assert "请看一下" in page
    assert "秘密" not in page
    assert not re.search(r'<main.*href="/records/', page, re.DOTALL)


def test_many_of_a_kind_are_one_line_that_unfolds(firm: Any, lin: Any, account: int) -> None:
    for number in range(3):
        told(firm, f"第 {number} 条", firm.lin, record=account, topic="t")
    page = lin.page("/notifications")
    assert "通知，1 条未读" in bell(page)
    assert ("第 0 条" in page, "第 2 条" in page) == (True, False)
    more = re.search(r'href="(/notifications/\w+)">还有 2 条', page)
    assert more
    assert all(f"第 {number} 条" in lin.page(more[1]) for number in range(3))


def test_everything_is_marked_read_but_what_came_after_the_page(firm: Any, lin: Any) -> None:
    told(firm, "先来的", firm.lin)
    form = form_of(lin.page("/notifications"), "/notifications/reading")
    told(firm, "后来的", firm.lin)
    page = lin.send(form).text
    assert "通知，1 条未读" in bell(page)
    assert "先来的" not in lin.page("/notifications?unread=1")
    assert "后来的" in lin.page("/notifications?unread=1")


def test_what_was_told_is_escaped(firm: Any, lin: Any) -> None:
    told(firm, "<script>alert(1)</script>", firm.lin)
    assert "<script>alert(1)" not in lin.page("/notifications")


def test_others_notifications_are_not_there(firm: Any, lin: Any, chen: Any) -> None:
    told(firm, "给林若溪", firm.lin)
    id = re.search(r'action="/notifications/(\w{13})"', lin.page("/notifications"))
    assert id
    assert "给林若溪" not in chen.page("/notifications")
    assert chen.get(f"/notifications/{id[1]}").status_code == 404
    assert chen.act(f"/notifications/{id[1]}").status_code == 404
    assert lin.get("/notifications?before=nonsense").status_code == 400


def test_the_bell_costs_one_query_and_the_inbox_few_however_much_is_in_it(firm: Any, lin: Any, account: int) -> None:
    for number in range(40):
        told(firm, str(number), firm.lin, record=account)
    lin.page("/notifications")
    with counted() as sent:
        lin.page("/notifications")
    assert len(sent) <= 8, "\n".join(sent)
    with counted() as sent:
        lin.page("/objects")
    assert sum("wf_notification" in statement for statement in sent) == 1
