"""Making, changing, sharing and deleting records on the generated screens, as people do it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from looseleaf_platform.fields.currency import Money
from looseleaf_platform.records.ids import encode
from support.html_forms import form_of


def id_in(address: str) -> str:
    found = re.search(r"/records/\w+/([0-9A-Z]{13})", address)
    assert found, address
    return found[1]


def test_a_record_is_made_with_the_form_and_then_stands_on_its_page(firm: Any, lin: Any) -> None:
    account = encode(firm.make("account", firm.lin, name="苏州恒拓精密机械"))
    form = lin.form(f"/records/deal/new?account={account}")
    assert form.values["account"] == account
    assert form.values["owner"] == encode(firm.lin)
    answer = lin.send(form, follow=False, name="五轴加工线二期", amount="￥128.6万", discount="10", close_date="2026-03-28")
    assert answer.status_code == 303
    page = lin.page(answer.headers["Location"])
    assert "五轴加工线二期" in page
    assert "¥1,286,000" in page
    assert "¥1,157,400" in page  # the formula
    assert "苏州恒拓精密机械" in page
    deal = firm.record("deal", id_in(answer.headers["Location"]))
    assert deal.values["amount"] == Money(Decimal("1286000.00"), "CNY")
    assert deal.values["discount"] == Decimal("0.10")


def test_a_script_is_told_where_to_go_instead_of_redirected(firm: Any, lin: Any) -> None:
    form = lin.form("/records/account/new")
    answer = lin.post(form.action, form.filled(name="恒拓"), **{"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.headers["HX-Redirect"].startswith("/records/account/")


def test_faults_stand_at_their_fields_and_in_a_summary_and_nothing_typed_is_lost(firm: Any, lin: Any) -> None:
    account = encode(firm.make("account", firm.lin, name="恒拓"))
    form = lin.form("/records/deal/new")
    answer = lin.send(form, account=account, amount="很多", close_date="2026-02-31", next_step="打电话", discount="250")
    assert answer.status_code == 422
    assert not firm.records("deal")
    text = answer.text
    assert 'class="fault-summary"' in text
    for field in ("name", "amount", "close_date", "discount"):
        assert f'href="#f-{field}"' in text, field
        assert f'id="f-{field}-fault"' in text, field
        assert re.search(rf'id="f-{field}"[^>]*aria-describedby="f-{field}-fault"[^>]*aria-invalid="true"', text), field
    for typed in ("很多", "2026-02-31", "打电话", 'value="250"', 'value="恒拓"'):
        assert typed in text, typed


def test_a_rule_speaks_at_its_field_in_the_readers_language(firm: Any, lin: Any) -> None:
    account = encode(firm.make("account", firm.lin, name="恒拓"))
    form = lin.form("/records/deal/new")
    assert "赢单要有金额" in lin.send(form, name="二期", account=account, stage="won").text
    lin.act("/language", to="en", back="/")
    form = lin.form("/records/deal/new")
    assert "A won deal needs an amount" in lin.send(form, name="二期", account=account, stage="won").text


def test_a_field_is_required_only_where_its_condition_holds(firm: Any, lin: Any) -> None:
    account = encode(firm.make("account", firm.lin, name="恒拓"))
    form = lin.form("/records/deal/new")
    answer = lin.send(form, name="二期", account=account, stage="lost")
    assert answer.status_code == 422
    assert 'href="#f-lost_reason"' in answer.text
    assert lin.send(form, name="二期", account=account, stage="lost", lost_reason="价格", follow=False).status_code == 303


def test_two_people_changing_different_fields_are_merged_with_a_note(firm: Any, admin: Any, lin: Any) -> None:
    account = firm.make("account", firm.lin, name="恒拓", notes="旧")
    path = f"/records/account/{encode(account)}/edit"
    mine, theirs = lin.form(path), admin.form(path)
    assert admin.send(theirs, follow=False, notes="新").status_code == 303
    answer = lin.send(mine, tier="a")
    assert answer.status_code == 200
    assert "已合并" in answer.text
    assert "备注" in answer.text
    record = firm.record("account", account)
    assert (record.values["tier"], record.values["notes"]) == ("a", "新")


def test_two_people_changing_the_same_field_are_asked_and_choose(firm: Any, admin: Any, lin: Any) -> None:
    account = firm.make("account", firm.lin, name="恒拓", notes="旧", revenue="1310000")
    path = f"/records/account/{encode(account)}/edit"
    mine, theirs = lin.form(path), admin.form(path)
    assert admin.send(theirs, follow=False, notes="等待回复", revenue="1240000", tier="b").status_code == 303
    answer = lin.send(mine, notes="周四见面", revenue="1286000")
    assert answer.status_code == 409
    assert "许知远也改了这条记录" in answer.text
    for shown in ("¥1,286,000", "¥1,240,000", "¥1,310,000", "周四见面", "等待回复"):
        assert shown in answer.text, shown
    assert firm.record("account", account).values["notes"] == "等待回复"
    again = form_of(answer.text, "record-form")
    assert again.values["tier"] == "b"
    saved = lin.send(again, follow=False, _choose__dash__notes="yours", _choose__dash__revenue="theirs")
    assert saved.status_code == 303
    record = firm.record("account", account)
    assert record.values["notes"] == "周四见面"
    assert record.values["revenue"] == Money(Decimal("1240000.00"), "CNY")
    assert record.values["tier"] == "b"


def test_two_people_changing_the_same_row_are_asked_about_the_list(firm: Any, admin: Any, lin: Any) -> None:
    account = encode(firm.make("account", firm.lin, name="恒拓"))
    lines = [{"product": "加工单元", "quantity": "2", "price": "490000"}, {"product": "夹具", "quantity": "1", "price": "214000"}]
    deal = encode(firm.make("deal", firm.lin, name="二期", account=account, lines=lines))
    path = f"/records/deal/{deal}/edit"
    mine, theirs = lin.form(path), admin.form(path)
    assert admin.send(theirs, follow=False, lines__dash__0__dash__price="480000").status_code == 303
    answer = lin.send(mine, lines__dash__0__dash__price="500000")
    assert answer.status_code == 409
    assert "加工单元 · 2 · ¥500,000" in answer.text
    assert "加工单元 · 2 · ¥480,000" in answer.text
    again = form_of(answer.text, "record-form")
    assert lin.send(again, follow=False, _choose__dash__lines="yours").status_code == 303
    rows = firm.record("deal", deal).values["lines"]
    assert [row.values["price"].amount for row in rows] == [500000, 214000]


def test_saving_an_unchanged_form_stores_nothing(firm: Any, lin: Any) -> None:
    account = firm.make("account", firm.lin, name="恒拓", revenue="1310000.50", next_contact_on="2026-03-05", phone="13800138000")
    form = lin.form(f"/records/account/{encode(account)}/edit")
    assert "没有改动" in lin.send(form).text
    assert firm.record("account", account).version == 1


def test_a_likely_duplicate_is_named_before_it_is_made(firm: Any, lin: Any) -> None:
    firm.make("account", firm.lin, name="苏州恒拓精密机械有限公司", phone="13800138000")
    form = lin.form("/records/account/new")
    answer = lin.send(form, name="恒拓机床", phone="138-0013-8000")
    assert answer.status_code == 422
    assert "苏州恒拓精密机械有限公司" in answer.text
    assert len(firm.records("account")) == 1
    hint = lin.post("/records/account/duplicates", {**form.values, "phone": "+86 138 0013 8000"}, **{"HX-Request": "true"})
    assert "苏州恒拓精密机械有限公司" in hint.text
    assert lin.send(form, follow=False, name="恒拓机床", phone="138-0013-8000", _confirmed="yes").status_code == 303
    assert len(firm.records("account")) == 2


def test_lines_are_added_changed_and_removed_with_their_record(firm: Any, lin: Any) -> None:
    account = encode(firm.make("account", firm.lin, name="恒拓"))
    form = lin.form("/records/deal/new")
    rows = {
        "lines__dash__0__dash__product": "加工单元", "lines__dash__0__dash__quantity": "2", "lines__dash__0__dash__price": "490000",
        "lines__dash__1__dash__product": "夹具", "lines__dash__1__dash__quantity": "1", "lines__dash__1__dash__price": "214000",
        "lines__dash__2__dash__product": "", "lines__dash__2__dash__quantity": "", "lines__dash__2__dash__price": "",
    }  # fmt: skip
    answer = lin.send(form, follow=False, name="二期", account=account, **rows)
    assert answer.status_code == 303, answer.text
    id = id_in(answer.headers["Location"])
    page = lin.page(answer.headers["Location"])
    assert "加工单元" in page
    assert "¥1,194,000" in page  # the roll-up of both rows
    form = lin.form(f"/records/deal/{id}/edit")
    assert form.values["lines-0-product"] == "加工单元"
    changes = {"lines__dash__0__dash__price": "500000", **dict.fromkeys(_names_of_row(form, 1))}
    assert lin.send(form, follow=False, **changes).status_code == 303
    deal = firm.record("deal", id)
    assert [row.values["product"] for row in deal.values["lines"]] == ["加工单元"]
    assert deal.values["line_total"] == Decimal("1000000.00")


def _names_of_row(form: Any, number: int) -> list[str]:
    return [name.replace(".", "__dot__").replace("-", "__dash__") for name in form.values if name.startswith(f"lines-{number}-")]


def test_a_fault_in_a_row_points_at_its_cell(firm: Any, lin: Any) -> None:
    account = encode(firm.make("account", firm.lin, name="恒拓"))
    form = lin.form("/records/deal/new")
    answer = lin.send(form, name="二期", account=account, lines__dash__0__dash__quantity="-3", lines__dash__0__dash__product="夹具")
    assert answer.status_code == 422
    assert 'href="#f-lines-0-quantity"' in answer.text
    assert 'value="夹具"' in answer.text


def test_linked_records_are_chosen_and_shown(firm: Any, lin: Any) -> None:
    account = encode(firm.make("account", firm.lin, name="恒拓"))
    rivals = [encode(firm.make("rival", name=name)) for name in ("甲公司", "乙公司")]
    answer = lin.send(lin.form("/records/deal/new"), name="二期", account=account, rivals=rivals)
    assert "甲公司" in answer.text
    assert "乙公司" in answer.text
    form = lin.form(f"/records/deal/{encode(firm.records('deal')[0].id)}/edit")
    assert form.values.getlist("rivals") == ["", *sorted(rivals)]


def test_deleting_asks_first_and_the_recycle_bin_gives_back(firm: Any, lin: Any) -> None:
    account = firm.make("account", firm.lin, name="恒拓")
    deal = firm.make("deal", firm.lin, name="二期", account=encode(account))
    asked = lin.page(f"/records/account/deletion?id={encode(account)}")
    assert "删除“恒拓”？" in asked
    answer = lin.act("/records/account/deletion", id=encode(account))
    assert "回收站" in answer.text
    assert lin.get(f"/records/account/{encode(account)}").status_code == 404
    assert lin.get(f"/records/deal/{encode(deal)}").status_code == 404  # it belonged to the account
    assert "恒拓" in lin.page("/records/account?bin=1&view=all")
    assert "客户" in lin.page("/recycle-bin")
    assert lin.act("/records/account/restoration", id=encode(account)).status_code == 200
    assert lin.get(f"/records/account/{encode(account)}").status_code == 200


def test_several_records_are_deleted_at_once_or_not_at_all(firm: Any, lin: Any) -> None:
    mine = firm.make("account", firm.lin, name="我的")
    others = firm.make("account", firm.chen, name="别人的")
    token = lin.csrf()
    answer = lin.post("/records/account/deletion", {"_csrf": token, "id": [encode(mine), encode(others)]})
    assert answer.status_code in (403, 404, 422)
    assert len(firm.records("account")) == 2


def test_a_record_changes_hands_with_what_belongs_to_its_owner(firm: Any, lin: Any) -> None:
    account = firm.make("account", firm.lin, name="恒拓")
    mine = firm.make("deal", firm.lin, name="我的商机", account=encode(account))
    chens = firm.make("deal", firm.chen, name="别人的商机", account=encode(account))
    form = lin.form(f"/records/account/transfer?id={encode(account)}", "transfer")
    assert form.values.getlist("along") == ["deals"]
    answer = lin.send(form, owner=encode(firm.gu), reason="调岗")
    assert "已把 2 条记录转给顾晓燕" in answer.text
    assert firm.record("account", account).values["owner"] == firm.gu
    assert firm.record("deal", mine).values["owner"] == firm.gu
    assert firm.record("deal", chens).values["owner"] == firm.chen


def test_a_record_is_shared_and_the_share_taken_back(firm: Any, lin: Any, chen: Any) -> None:
    account = encode(firm.make("account", firm.lin, name="恒拓"))
    deal = encode(firm.make("deal", firm.lin, name="二期", account=account))
    assert chen.get(f"/records/deal/{deal}").status_code == 404
    answer = lin.act(f"/records/deal/{deal}/shares", user=encode(firm.chen), kind="user", level="read")
    assert "已共享" in answer.text
    assert chen.get(f"/records/deal/{deal}").status_code == 200
    assert chen.get(f"/records/deal/{deal}/edit").status_code == 403
    assert "陈启明" in lin.page(f"/records/deal/{deal}/shares")
    lin.act(f"/records/deal/{deal}/shares", **{"with": encode(firm.chen), "kind": "user", "end": "1"})
    assert chen.get(f"/records/deal/{deal}").status_code == 404


def test_the_history_says_who_changed_what_from_what_to_what(firm: Any, lin: Any) -> None:
    account = encode(firm.make("account", firm.lin, name="恒拓", tier="a"))
    lin.send(lin.form(f"/records/account/{account}/edit"), tier="b", notes="老客户")
    page = lin.page(f"/records/account/{account}/history")
    assert "林若溪" in page
    assert re.search(r"A 级</s>.*?<b>B 级</b>", page, re.S)
    assert "老客户" in page


def test_why_is_explained(firm: Any, lin: Any) -> None:
    account = encode(firm.make("account", firm.chen, name="恒拓"))
    page = lin.page(f"/records/account/{account}/explanation")
    assert "查看: 是" in page
    assert "修改: 否" in page


def test_a_clerk_never_learns_a_hidden_field_and_sees_a_masked_one_withheld(firm: Any, gu: Any) -> None:
    account = encode(firm.make("account", firm.lin, name="恒拓"))
    deal = encode(firm.make("deal", firm.lin, name="二期", account=account, amount="918273", discount="0.37"))
    pages = [
        gu.page(path)
        for path in ("/records/deal", "/records/deal?view=all_deals", f"/records/deal/{deal}", f"/records/deal/{deal}/history")
    ]
    for page in pages:
        assert "918" not in page.replace("918px", "")
        assert "37%" not in page
        assert "折后金额" not in page
    assert "对你隐藏" in pages[2]
    assert gu.get("/records/deal?filter=amount:gt:1").status_code == 400
    assert gu.get("/records/deal?filter=discount:gt:0.1").status_code == 400
    assert "918" not in gu.page("/records/deal?sort=-amount&columns=amount,discount")
    assert gu.get(f"/records/deal/{deal}/edit").status_code == 403
    assert gu.get("/records/deal/new").status_code == 404


def test_another_persons_record_looks_like_none_at_all(firm: Any, chen: Any) -> None:
    account = encode(firm.make("account", firm.lin, name="恒拓"))
    deal = encode(firm.make("deal", firm.lin, name="二期", account=account))
    unknown = encode(firm.lin)
    for path in ("", "/edit", "/history", "/explanation", "/shares"):
        assert chen.get(f"/records/deal/{deal}{path}").status_code == chen.get(f"/records/deal/{unknown}{path}").status_code
    pages = [chen.get(f"/records/deal/{id}").text.replace(id, "") for id in (deal, unknown)]
    assert pages[0] == pages[1]
    assert chen.get("/records/deal/not-an-id").status_code == 404
    assert chen.get("/records/nothing").status_code == 404
