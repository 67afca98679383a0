"""Every widget: what a form sends is what the record holds, and the form of the record sends it back unchanged."""

from __future__ import annotations

import io
import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image

from looseleaf_platform.fields import FIELD_TYPES
from looseleaf_platform.fields.currency import Money
from looseleaf_platform.records.ids import encode
from looseleaf_ui_builder.web.assets import STATIC

TEMPLATES = STATIC.parent / "templates" / "fields"
UNEDITABLE = {"auto_number", "formula", "rollup", "record_id"}


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (4, 3), "teal").save(out, "PNG")
    return out.getvalue()


def upload(visitor: Any, name: str, content: bytes) -> Any:
    data = {"_csrf": visitor.csrf(), "file": (io.BytesIO(content), name)}
    return visitor.client.post("/files?name=paper", data=data, headers={"HX-Request": "true"})


def uploaded(visitor: Any, name: str, content: bytes) -> str:
    answer = upload(visitor, name, content)
    assert answer.status_code == 200, answer.text
    found = re.search(r'value="([0-9A-Z]{13})"', answer.text)
    assert found
    return found[1]


@pytest.mark.parametrize("name", sorted(FIELD_TYPES))
def test_a_field_types_widget_has_its_templates(name: str) -> None:
    widget = FIELD_TYPES[name].widget
    if name not in UNEDITABLE:
        assert (TEMPLATES / widget / "edit.html").is_file(), widget


def test_what_a_form_sends_is_what_the_record_holds_and_comes_back_unchanged(firm: Any, lin: Any) -> None:
    account, other = (encode(firm.make("account", firm.lin, name=name)) for name in ("恒拓", "海晟"))
    firm.make("exchange_rate", currency="USD", date="2026-03-01", rate="7.1")
    paper, photo = uploaded(lin, "合同.pdf", b"%PDF-1.7 made up"), uploaded(lin, "现场.png", picture())
    sent: dict[str, Any] = {
        "name": "样本一", "long": "第一行\n第二行", "rich": "<b>粗</b><script>alert(1)</script>", "whole": "1,234", "exact": "1.5",
        "money": "1200.50", "money__dot__currency": "USD", "share": "12.5", "day": "2026-03-28", "moment": "2026-03-02T14:30", "clock": "09:15",
        "length": "1 h 30 min", "agreed": ["false", "true"], "one": "red", "several": ["", "north", "east"], "words": "老客户, 展会", "parent": account,
        "friends": ["", account, other], "person": encode(firm.gu), "group": encode(firm.team), "mail": "Lin@Firm.example", "tel": "13800138000",
        "site": "firm.example/news", "place__dot__country": "CN", "place__dot__province": "江苏省", "place__dot__city": "苏州市",
        "place__dot__district": "虎丘区", "place__dot__street": "科灵路88号", "spot": "31.2989, 120.5853", "paper": ["", paper], "photo": ["", photo],
        "stars": "4", "tint": "#2645c0", "data": '{"a": [1, 2]}', "credit": "91110000600037341L",
    }  # fmt: skip
    answer = lin.send(lin.form("/records/specimen/new"), follow=False, **sent)
    assert answer.status_code == 303, re.findall(r'class="fault"[^>]*>.*?</p>', answer.text)
    id = firm.records("specimen")[0].id
    values = firm.record("specimen", id).values
    expected = {
        "long": "第一行\n第二行", "whole": 1234, "exact": Decimal("1.500"), "money": Money(Decimal("1200.50"), "USD"), "share": Decimal("0.1250"),
        "day": date(2026, 3, 28), "moment": datetime(2026, 3, 2, 6, 30, tzinfo=UTC), "clock": time(9, 15), "length": timedelta(minutes=90),
        "agreed": True, "one": "red", "several": ("north", "east"), "words": ("老客户", "展会"), "person": firm.gu, "group": firm.team, "stars": 4,
        "data": {"a": [1, 2]}, "number": "S-0001",
    }  # fmt: skip
    assert {name: values[name] for name in expected} == expected
    assert values["place"].line == "江苏省苏州市虎丘区科灵路88号"
    assert "script" not in values["rich"]
    assert {encode(friend) for friend in values["friends"]} == {account, other}
    page = lin.page(f"/records/specimen/{encode(id)}")
    for shown in ("样本一", "<b>粗</b>", "1,234", "US$1,200.50", "12.5%", "合同.pdf", "红", "老客户", "海晟", "S-0001", "顾晓燕"):
        assert shown in page, shown
    assert "没有改动" in lin.send(lin.form(f"/records/specimen/{encode(id)}/edit")).text
    assert firm.record("specimen", id).version == 1


def test_every_value_can_be_taken_away_again(firm: Any, lin: Any) -> None:
    id = encode(
        firm.make("specimen", firm.lin, name="x", words=["a"], money="5", place={"province": "江苏省"}, several=["north"], day="2026-03-02")
    )
    form = lin.form(f"/records/specimen/{id}/edit")
    blank = {"words": "", "money": "", "place__dot__province": "", "several": [""], "day": ""}
    assert lin.send(form, follow=False, **blank).status_code == 303
    values = firm.record("specimen", id).values
    assert [values[name] or None for name in ("words", "money", "place", "several", "day")] == [None] * 5


def test_script_in_any_text_is_shown_as_text(firm: Any, lin: Any) -> None:
    evil = '<img src=x onerror="alert(1)">'
    account = encode(firm.make("account", firm.lin, name=evil, notes=evil))
    firm.make("deal", firm.lin, name=evil, account=account, next_step=evil)
    for path in ("/records/account", f"/records/account/{account}", f"/records/account/{account}/edit", "/records/deal?view=all_deals", "/",
                 f"/records/account/{account}/history", f"/records/account/deletion?id={account}", "/search?q=img"):  # fmt: skip
        assert "<img src=x" not in lin.page(path), path


def test_a_file_is_given_only_to_those_who_may_read_its_record(firm: Any, lin: Any, chen: Any, gu: Any) -> None:
    paper = uploaded(lin, "合同.pdf", b"%PDF-1.7 made up")
    answer = lin.send(lin.form("/records/specimen/new"), follow=False, name="带附件", paper=["", paper])
    id = encode(firm.records("specimen")[0].id)
    assert answer.status_code == 303
    address = f"/records/specimen/{id}/files/paper/{paper}"
    given = lin.get(address)
    assert given.data == b"%PDF-1.7 made up"
    assert "sandbox" in given.headers["Content-Security-Policy"]
    assert chen.get(address).status_code == 200
    assert gu.get(address).status_code == 404
    assert lin.get(f"/records/specimen/{id}/files/photo/{paper}").status_code == 404
    assert firm.visitor().get(address).status_code == 303


def test_nobody_attaches_a_file_that_somebody_else_uploaded(firm: Any, lin: Any, chen: Any) -> None:
    paper = uploaded(lin, "工资.pdf", b"%PDF-1.7 secret")
    chen.send(chen.form("/records/specimen/new"), follow=False, name="偷", paper=["", paper])
    assert not firm.records("specimen")[0].values["paper"]


def test_html_is_saved_to_disk_and_a_false_image_is_refused(lin: Any, firm: Any) -> None:
    page = uploaded(lin, "evil.html", b"<script>alert(1)</script>")
    lin.send(lin.form("/records/specimen/new"), follow=False, name="x", paper=["", page])
    given = lin.get(f"/records/specimen/{encode(firm.records('specimen')[0].id)}/files/paper/{page}")
    assert given.headers["Content-Disposition"].startswith("attachment")
    assert given.mimetype == "application/octet-stream"
    assert upload(lin, "photo.png", b"not a picture").status_code == 422
    assert upload(lin, "empty.txt", b"").status_code == 422


def test_a_lookup_offers_what_may_be_seen_and_to_make_one(firm: Any, lin: Any) -> None:
    firm.make("account", firm.lin, name="苏州恒拓精密机械")
    options = lin.page("/records/account/lookup?q=hengtuo&box=f-account-box")
    assert "苏州恒拓精密机械" in options
    assert "新建客户“hengtuo”" in options
    assert "/records/account/new?box=f-account-box" in options


def test_a_record_made_in_place_reports_back_to_its_lookup(firm: Any, lin: Any) -> None:
    quick = lin.get("/records/account/new?box=f-account-box&name=恒拓", **{"HX-Request": "true"}).text
    assert "<dialog" in quick
    answer = lin.post("/records/account", {"_csrf": lin.csrf(), "_box": "f-account-box", "name": "恒拓"}, **{"HX-Request": "true"})
    id = encode(firm.records("account")[0].id)
    assert f'data-behaviour="record-made" data-box="f-account-box" data-id="{id}" data-title="恒拓"' in answer.text


def test_regions_come_below_each_other(lin: Any) -> None:
    assert "苏州市" in lin.page("/regions?within=江苏省")
    assert "虎丘区" in lin.page("/regions?within=江苏省/苏州市")
    assert lin.page("/regions?within=北京市").count("<option") == 1
    assert "朝阳区" in lin.page("/regions?within=北京市/北京市")
    assert "<select" not in lin.page("/address?name=place&place.country=DE")


def test_settings_change_language_and_time_zone_and_passwords(firm: Any, lin: Any) -> None:
    form = lin.form("/settings", "/settings")
    assert "Settings saved" in lin.send(form, locale="en", timezone="Europe/Berlin").text
    assert "My settings" in lin.page("/settings")
    assert lin.send(form, timezone="Mars/Olympus").status_code == 422
    answer = lin.act("/settings/password", old="three green apples", password="five red cherries", again="five red cherries")
    assert "Password changed" in answer.text
    assert lin.act("/settings/password", old="wrong", password="five red cherries", again="five red cherries").status_code == 422


def test_sessions_and_tokens_are_listed_and_ended(firm: Any, lin: Any) -> None:
    elsewhere = firm.visitor(firm.lin)
    assert lin.act("/settings/sessions").status_code == 200
    assert elsewhere.get("/").status_code == 303
    answer = lin.act("/settings/tokens", name="报表", days="30")
    secret = re.search(r'value="(ll_[^"]+)"', answer.text)
    assert secret
    bearer = {"Authorization": f"Bearer {secret[1]}"}
    client = firm.app.test_client()
    assert client.get("/api/v1/records/account", headers=bearer).status_code == 200
    id = re.search(r'name="id" value="([0-9A-Z]{13})"', lin.page("/settings"))
    assert id
    lin.act("/settings/tokens/revocation", id=id[1])
    assert client.get("/api/v1/records/account", headers=bearer).status_code == 401


def test_roles_are_given_on_the_people_page(firm: Any, admin: Any, lin: Any, gu: Any) -> None:
    assert gu.get("/records/specimen").status_code == 404
    admin.act(f"/people/{encode(firm.gu)}/roles", role="rep")
    assert gu.get("/records/specimen").status_code == 200
    assert lin.get("/people").status_code == 403
    assert lin.act(f"/people/{encode(firm.lin)}/roles", role="clerk").status_code == 403


def test_the_home_page_shows_what_is_due_and_what_was_worked_on(firm: Any, lin: Any) -> None:
    account = encode(firm.make("account", firm.lin, name="恒拓"))
    firm.make("deal", firm.lin, name="二期", account=account, close_date="2026-02-20")
    page = lin.page("/")
    assert "上午好，林若溪" in page
    assert "二期" in page
    assert "恒拓" in page
    assert "已过期" in page
    assert "新建" in lin.page("/objects")
