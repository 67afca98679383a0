"""Imports on the screens: a file uploaded, mapped, tried, imported in the background, its rejects given back, and the mapping remembered."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import select

from looseleaf_platform.database.system_tables import outbox
from looseleaf_platform.jobs.outbox import drain
from looseleaf_platform.jobs.standing import Staff
from looseleaf_platform.publishing import export_documents
from looseleaf_ui_builder.staffing import make_staff
from support.html_forms import Form, form_of
from support.workspaces import publish_texts

FIRM_TEXT = (Path(__file__).parent / "fixtures" / "firm.yaml").read_text("utf-8")
ROWS = "客户名称,电话,等级,年营业额,下次联系,没有这一栏\n"
GOOD = "苏州恒拓精密机械,0512-66668888,A 级,￥1286.50万,2026年3月28日,甲\n宁波海晟模具,13800138000,b,9000,2026-04-15,乙\n"


@pytest.fixture
def staff(firm: Any) -> Iterator[Staff]:
    """The threads that do background work, as in a serving process."""
    staff = make_staff(firm.workspace)
    staff.start()
    yield staff
    staff.stop()


def upload(visitor: Any, text: str | bytes, name: str = "客户.csv", object: str = "account") -> Any:
    """Send a file; the page one comes to."""
    data = text if isinstance(text, bytes) else text.encode()
    return visitor.post("/imports/", {"_csrf": visitor.csrf(), "object": object, "file": (io.BytesIO(data), name)})


def mapping_form(answer: Any) -> Form:
    assert answer.status_code == 200, answer.text
    return form_of(answer.text, "/imports/files/")


def finished(visitor: Any, address: str) -> str:
    """The page of an import when it is over."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        page = visitor.page(address)
        if "every 1s" not in page:
            return str(page)
        time.sleep(0.1)
    raise AssertionError(visitor.page(address))


def counts(page: str) -> list[str]:
    """New, changed, the same, refused of the first object."""
    return re.findall(r'<td class="right">(\d+)</td>', page)[:4]


def test_a_file_is_uploaded_mapped_tried_and_imported(firm: Any, admin: Any, staff: Staff) -> None:
    form = mapping_form(upload(admin, ROWS + GOOD))
    assert [form.values[f"column_{index}"] for index in range(6)] == ["name", "phone", "tier", "revenue", "next_contact_on", ""]
    tried = admin.send(form, follow=False, key="name")
    assert tried.status_code == 303
    page = finished(admin, tried.headers["Location"])
    assert counts(page) == ["2", "0", "0", "0"]
    assert "试导入" in page
    assert not firm.records("account")
    run = admin.send(form_of(page, "/run"), follow=False)
    page = finished(admin, run.headers["Location"])
    assert counts(page) == ["2", "0", "0", "0"]
    made = {str(account.values["name"]): account.values for account in firm.records("account")}
    assert made["苏州恒拓精密机械"]["tier"] == "a"
    assert made["苏州恒拓精密机械"]["revenue"].amount == 12865000
    assert str(made["苏州恒拓精密机械"]["next_contact_on"]) == "2026-03-28"
    assert made["宁波海晟模具"]["owner"] == firm.admin
    assert "客户.csv" in admin.page("/imports/")


def test_the_mapping_is_remembered_for_files_with_the_same_columns(firm: Any, admin: Any, staff: Staff) -> None:
    form = mapping_form(upload(admin, "抬头,内容\n恒拓,老客户\n"))
    assert form.values["column_0"] == ""
    tried = admin.send(form, follow=False, column_0="name", column_1="notes", key="name")
    finished(admin, admin.send(form_of(finished(admin, tried.headers["Location"]), "/run"), follow=False).headers["Location"])
    answer = upload(admin, "抬头,内容\n恒拓,新内容\n海晟,新客户\n".encode("gbk"), "第二次.csv")
    form = mapping_form(answer)
    assert "已按上次" in answer.text
    assert (form.values["column_0"], form.values["column_1"], form.values["key"]) == ("name", "notes", "name")
    page = finished(admin, admin.send(form, follow=False).headers["Location"])
    assert counts(page) == ["1", "1", "0", "0"]


def test_what_is_refused_comes_back_as_a_file_with_its_reasons(firm: Any, admin: Any, staff: Staff) -> None:
    faults = "=cmd|' /C calc'!A0,,,,,\n好名字,,,很多,2026-02-31,\n,,,,,\n" + "长" * 200 + ",,,,,\n😀客户,,,,,\n"
    form = mapping_form(upload(admin, ROWS + GOOD + faults))
    page = finished(admin, admin.send(form, follow=False, key="name").headers["Location"])
    assert counts(page)[0] == "3"
    for row, column in ((4, "客户名称"), (5, "年营业额"), (5, "下次联系"), (7, "客户名称")):
        assert re.search(rf"<td>{row}</td><td>{column}</td><td>[^<]+</td>", page), (row, column)
    page = finished(admin, admin.send(form_of(page, "/run"), follow=False).headers["Location"])
    link = re.search(r'href="([^"]+/rejects)"', page)
    assert link
    answer = admin.get(link[1])
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0][:5] == ROWS.strip().split(",")[:5]
    assert [row[-2] for row in rows[1:]] == ["4", "5", "7"]
    assert rows[1][0].startswith("'=")  # a formula stays text
    assert "下次联系" in rows[2][-1]
    assert len(firm.records("account")) == 3


def test_a_workbook_and_a_ready_made_mapping(firm: Any, admin: Any, staff: Staff) -> None:
    definition = "import: visits\nlabel: {zh: 展会名单, en: Fair}\ntargets:\n  - object: account\n    key: name\n    fields: {name: Company, notes: {template: 'Stand {Stand}'}}\n"
    publish_texts(firm.workspace, *export_documents(firm.workspace).values(), definition)
    book = openpyxl.Workbook()
    for row in (["Company", "Stand"], ["恒拓", 12], ["海晟", 14]):
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    answer = upload(admin, stream.getvalue(), "fair.xlsx")
    assert "展会名单" in answer.text
    form = mapping_form(answer)
    page = finished(admin, admin.send(form, follow=False, definition="visits").headers["Location"])
    page = finished(admin, admin.send(form_of(page, "/run"), follow=False).headers["Location"])
    assert counts(page) == ["2", "0", "0", "0"]
    assert {account.values["notes"] for account in firm.records("account")} == {"Stand 12", "Stand 14"}


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "empty.csv"),
        (b"\xff\x00\xfe\x81\x20\xff\xff", "noise.csv"),
        (b"PK\x03\x04nonsense", "book.xlsx"),
        (b",,,\n1,2,3\n", "no-heads.csv"),
    ],
)
def test_a_file_that_can_not_be_read_is_answered_with_a_sentence(firm: Any, admin: Any, data: bytes, name: str) -> None:
    answer = upload(admin, data, name)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_a_mapping_that_can_not_work_comes_back_with_the_reason(firm: Any, admin: Any) -> None:
    form = mapping_form(upload(admin, ROWS + GOOD))
    nothing = {f"column_{index}": "" for index in range(6)}
    answer = admin.send(form, **nothing, key="")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert admin.post("/imports/", {"_csrf": admin.csrf(), "object": "account"}).status_code == 422  # no file


def test_nobody_imports_without_the_right_or_sees_anothers_import(firm: Any, admin: Any, lin: Any, gu: Any) -> None:
    form = mapping_form(upload(admin, ROWS + GOOD))
    tried = admin.send(form, follow=False, key="name").headers["Location"]
    drain(firm.workspace, {})
    for stranger in (lin, gu):
        assert stranger.get("/imports/").status_code == 403
        assert upload(stranger, ROWS + GOOD).status_code in (403, 404)
        assert stranger.get(f"{form.action}?object=account").status_code in (403, 404)
        assert stranger.get(tried).status_code == 404
        assert stranger.get(f"{tried}/rejects").status_code == 404
        assert "/imports" not in stranger.page("/records/account")
    assert admin.get("/imports/not-an-id").status_code == 404
    assert admin.get("/imports/files/..%2F..%2Fsecret.csv?object=account").status_code == 404


@pytest.mark.parametrize("left_out", [False, True])
def test_t15_the_screen_says_which_automations_listen_and_lets_them_be_left_out(
    firm: Any, admin: Any, staff: Staff, left_out: bool
) -> None:
    welcome = "automation: welcome\nlabel: {zh: 欢迎新客户, en: Welcome}\nobject: account\ntrigger: created\nsteps: [{update: n, values: {notes: 欢迎}}]\n"
    deaf = welcome.replace("welcome", "deaf").replace("欢迎新客户", "不听导入").replace("trigger:", "sources: [screen]\ntrigger:")
    publish_texts(firm.workspace, "\n---\n".join((FIRM_TEXT, welcome, deaf)))
    tried = admin.send(mapping_form(upload(admin, ROWS + GOOD)), follow=False, key="name")
    page = finished(admin, tried.headers["Location"])
    assert ("欢迎新客户" in page, "不听导入" in page) == (True, False)
    run = admin.send(form_of(page, "/run"), follow=False, **({"without_automations": "1"} if left_out else {}))
    finished(admin, run.headers["Location"])
    until = time.monotonic() + 60
    while _waits(firm) and time.monotonic() < until:
        time.sleep(0.1)
    assert {account.values["notes"] for account in firm.records("account")} == {None if left_out else "欢迎"}


def _waits(firm: Any) -> bool:
    """Whether messages of automations are still to be handled."""
    with firm.workspace.database.read() as connection:
        waiting = select(outbox.c.id).where(outbox.c.done_at.is_(None), outbox.c.topic.like("automation%")).limit(1)
        return connection.scalar(waiting) is not None
