"""The page of background work: what failed is found and done again, by administrators only."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from looseleaf_platform.database.system_tables import outbox
from looseleaf_platform.jobs.outbox import put
from looseleaf_platform.records.ids import encode


def test_an_administrator_finds_what_failed_and_has_it_done_again(firm: Any, admin: Any) -> None:
    with firm.workspace.database.write() as connection:
        id = put(connection, firm.workspace, "poison", {})
        connection.execute(update(outbox).where(outbox.c.id == id).values(done_at=firm.workspace.clock(), error="<b>no way</b>"))
    page = admin.page("/jobs")
    assert "后台任务" in page
    assert "&lt;b&gt;no way" in page
    assert "已重新安排：1" in admin.act("/jobs/messages", one=encode(id)).text
    assert "no way" not in admin.page("/jobs")
    with firm.workspace.database.read() as connection:
        assert connection.scalar(select(outbox.c.done_at).where(outbox.c.id == id)) is None
    assert [admin.act(path, **data).status_code for path, data in (("/jobs/nothing", {}), ("/jobs/messages", {"one": "x"}))] == [404, 404]


def test_nobody_else_sees_it(firm: Any, lin: Any, admin: Any) -> None:
    assert 'href="/jobs"' in admin.page("/")
    assert 'href="/jobs"' not in lin.page("/")
    assert (lin.get("/jobs").status_code, lin.act("/jobs/messages").status_code) == (403, 403)
