"""The builder: a draft, its edits, two editors, the plan, publishing, revisions and the way back, as an administrator does it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from looseleaf_platform.records.ids import encode
from support.building import begin, edit_form, publish
from support.html_forms import form_of, forms_of
from support.workspaces import publish_texts


def change(visitor: Any, path: str, edit: str, told_by: dict[str, str] | None = None, **values: Any) -> str:
    """Carry out an edit with the form that the page at `path` offers; the page one comes to."""
    answer = visitor.send(edit_form(visitor.page(path), edit, **(told_by or {})), **values)
    assert answer.status_code == 200, answer.text
    return str(answer.text)


def add_field(visitor: Any, draft: str, object: str, kind: str, **values: Any) -> str:
    return change(visitor, f"{draft}/objects/{object}/fields/new?type={kind}", "add_field", **values)


def yaml_of(visitor: Any, draft: str, key: str) -> str:
    return visitor.form(f"{draft}/text?page={key}", "/edits").values["text"]


def test_an_object_is_built_field_by_field_published_and_used_at_once(firm: Any, admin: Any) -> None:
    draft = begin(admin)
    change(admin, draft, "add_object", name="site_visit", label_zh="拜访", label_en="Site visit", icon="map-pin", hue="sky")
    add_field(
        admin, draft, "site_visit", "text", name="subject", label_zh="主题", label_en="Subject", required="1", setting_max_length="60"
    )
    options = {
        "option_1_name": "planned",
        "option_1_zh": "计划中",
        "option_2_name": "held",
        "option_2_zh": "已完成",
        "option_2_hue": "moss",
    }
    add_field(admin, draft, "site_visit", "select", name="state", label_zh="状态", default="planned", **options)
    add_field(admin, draft, "site_visit", "lookup", name="account", label_zh="客户", setting_to="account", setting_on_delete="cascade")
    add_field(admin, draft, "site_visit", "currency", name="cost", label_zh="费用", label_en="Cost")
    add_field(
        admin, draft, "site_visit", "formula", name="with_tax", label_zh="含税费用", setting_returns="currency", setting_value="cost * 1.06"
    )
    rollup = {"setting_returns": "currency", "setting_from": "site_visit.account", "setting_sum": "cost"}
    page = add_field(admin, draft, "account", "rollup", name="visit_cost", label_zh="拜访费用", **rollup)
    assert "拜访费用" in page
    assert not admin.page(f"{draft}/problems").strip()
    assert "site_visit" in admin.page(f"{draft}/plan")
    publish(admin, draft)
    account = encode(firm.make("account", firm.lin, name="恒拓"))
    form = admin.form("/records/site_visit/new")
    assert form.values["state"] == "planned"
    assert admin.send(form, follow=False, name="首访", subject="看现场", account=account, cost="1200").status_code == 303
    visit = firm.records("site_visit")[0]
    assert visit.values["cost"].amount == 1200
    assert "¥1,272" in admin.page(f"/records/site_visit/{encode(visit.id)}")
    assert "¥1,200" in admin.page(f"/records/account/{account}")
    assert "主题" in admin.send(admin.form("/records/site_visit/new"), name="没有主题").text


def test_fields_are_changed_moved_and_taken_out_and_comments_stay(firm: Any, admin: Any) -> None:
    draft = begin(admin)
    key = "firm/object:account"
    text = yaml_of(admin, draft, key).replace("  notes:", "  # what everybody should know\n  notes:")
    change(admin, f"{draft}/text?page={key}", "write_yaml", text=text)
    path = f"{draft}/objects/account"
    change(admin, f"{path}/fields/notes", "set_field", label_zh="说明", setting_max_length="500", help_zh="给同事看")
    change(admin, path, "move_field", {"name": "notes", "way": "up"})
    change(admin, path, "remove_field", {"name": "revenue"})
    text = yaml_of(admin, draft, key)
    assert "# what everybody should know" in text
    assert text.index("  notes:") < text.index("  next_contact_on:")
    assert re.search(r"notes:.*?说明.*?max_length: 500", text, re.S)
    assert "revenue" not in text  # the highlights forget it too
    assert not admin.page(f"{draft}/problems").strip()
    account = encode(firm.make("account", firm.lin, name="恒拓", revenue="1310000"))
    assert re.search("revenue.*1", admin.page(f"{draft}/plan"), re.S)  # its data stays, and is counted
    publish(admin, draft)
    page = admin.page(f"/records/account/{account}")
    assert "1,310,000" not in page
    assert "说明" in page


def test_options_are_ordered_retired_and_renamed_in_their_table(firm: Any, admin: Any) -> None:
    draft = begin(admin)
    path = f"{draft}/objects/deal/fields/stage"
    form = edit_form(admin.page(path), "set_field")
    assert form.values["option_1_name"] == "open"
    admin.send(form, option_1_place="3", option_3_retired="1", option_4_name="paused", option_4_zh="搁置", option_4_place="1")
    text = yaml_of(admin, draft, "firm/object:deal")
    order = [text.index(name) for name in ("paused:", "won:", "open:")]
    assert order == sorted(order)
    assert re.search(r"lost:.*?retired: true", text, re.S)
    publish(admin, draft)
    page = admin.page("/records/deal/new")
    assert "搁置" in page
    assert "输单" not in re.findall(r'<option value="lost"[^>]*>[^<]*', page)


def test_rules_sections_and_columns_are_edited(firm: Any, admin: Any, lin: Any) -> None:
    draft = begin(admin)
    rules, form, lists = (f"{draft}/objects/deal?tab={tab}" for tab in ("rules", "form", "lists"))
    change(admin, rules, "add_rule", check="discount <= 0.5", at="discount", message_zh="折扣最多五折", message_en="At most half off")
    change(admin, rules, "set_rule", {"index": "0"}, message_zh="赢单要填金额")
    change(admin, form, "add_section", name="next", label_zh="下一步", label_en="Next")
    change(admin, form, "unplace_field", {"index": "0", "item": "7"})
    change(admin, form, "place_field", {"index": "3"}, field="next_step")
    change(admin, form, "move_section", {"index": "3", "way": "up"})
    change(admin, form, "set_section", {"index": "2"}, columns="1", visible_when="stage == 'open'")
    change(admin, lists, "add_column", {"page": "firm/view:all_deals"}, field="next_step")
    change(admin, lists, "move_column", {"page": "firm/view:all_deals", "item": "1", "way": "down"})
    change(admin, lists, "set_view", {"page": "firm/view:all_deals"}, where="amount > 0", sort="-amount", label_zh="有金额的")
    change(admin, lists, "add_view", name="lost_deals", label_zh="输单", label_en="Lost")
    text = yaml_of(admin, draft, "firm/form:deal")
    assert text.index("section: next") < text.index("section: outcome")
    assert re.search(r"columns: \[name, stage, account", yaml_of(admin, draft, "firm/view:all_deals"))
    publish(admin, draft)
    account = encode(firm.make("account", firm.lin, name="恒拓"))
    answer = lin.send(lin.form("/records/deal/new"), name="二期", account=account, discount="60")
    assert "折扣最多五折" in answer.text
    assert "有金额的" in lin.page("/records/deal")
    assert "下一步" in lin.page("/records/deal?view=all_deals")
    draft = begin(admin)
    admin.send(edit_form(admin.page(f"{draft}/objects/deal?tab=rules"), "set_rule", index="1"), edit="remove_rule")
    change(admin, f"{draft}/objects/deal?tab=form", "remove_section", {"index": "2"})
    publish(admin, draft)
    assert lin.send(lin.form("/records/deal/new"), name="二期", account=account, discount="60", follow=False).status_code == 303


def test_yaml_may_be_written_and_a_fault_is_shown_with_its_place(firm: Any, admin: Any) -> None:
    draft = begin(admin)
    key = "firm/object:account"
    good = yaml_of(admin, draft, key)
    change(admin, f"{draft}/text?page={key}", "write_yaml", text=good.replace("type: long_text", "type: longtext"))
    said = admin.page(f"{draft}/problems")
    line = next(number for number, text in enumerate(good.splitlines(), 1) if "type: long_text" in text)
    quoted = re.escape(key).replace("/", "(/|%2F)").replace(":", "(:|%3A)")
    assert re.search(rf"page={quoted}[^>]*>[^<]*:{line}<", said), said
    assert "long_text" in said  # the suggestion
    assert not [form for form in forms_of(admin.page(f"{draft}/plan")) if form.action.endswith("/publication")]
    change(admin, f"{draft}/text?page={key}", "write_yaml", text="object: account\nfields: [")
    assert "longtext" not in admin.page(f"{draft}/problems")
    assert admin.get(f"{draft}/objects/account").status_code == 200  # what can't be read is edited as YAML
    change(admin, f"{draft}/text?page={key}", "write_yaml", text=good)
    assert key not in admin.page(f"{draft}/problems")


@pytest.mark.parametrize("edit", ["add_object", "add_field", "move_field"])
def test_an_edit_that_makes_no_sense_is_answered_with_a_sentence(firm: Any, admin: Any, edit: str) -> None:
    draft = begin(admin)
    data = {
        "edit": edit,
        "page": "firm/object:account",
        "name": {"add_object": "deal", "add_field": "", "move_field": "nothing"}[edit],
        "way": "up",
    }
    answer = admin.act(f"{draft}/edits", type="text", version="1", back=draft, **data)
    assert answer.status_code == 200
    assert 'role="status"' in answer.text
    assert yaml_of(admin, draft, "firm/object:account").count("\n") > 5
    assert admin.act(f"{draft}/edits", edit="add_field", page="firm/object:account", name="x", type="no_such_type").status_code == 200


def test_the_second_of_two_editors_carries_out_the_edit_on_the_newest(firm: Any, admin: Any) -> None:
    draft = begin(admin)
    path = f"{draft}/objects/account/fields/new?type=text"
    mine, theirs = (edit_form(admin.page(path), "add_field") for _ in range(2))
    assert admin.send(theirs, name="theirs", label_zh="他的").status_code == 200
    answer = admin.send(mine, name="mine", label_zh="我的")
    assert answer.status_code == 409
    assert "mine" not in yaml_of(admin, draft, "firm/object:account")
    again = form_of(answer.text, "/edits")
    assert admin.send(again).status_code == 200
    text = yaml_of(admin, draft, "firm/object:account")
    assert text.index("theirs:") < text.index("mine:")


def test_a97_the_second_of_two_who_write_a_flow_sees_what_the_edit_would_undo(firm: Any, admin: Any) -> None:
    flow = '---\napproval: wins\nobject: deal\nstart_when: "amount > 100"\nflow:\n  - approve: boss\n    who: manager\n'
    publish_texts(firm.workspace, (Path(__file__).parent / "fixtures" / "firm.yaml").read_text("utf-8") + flow)
    draft, key = begin(admin), "firm/approval:wins"
    path, good = f"{draft}/text?page={key}", yaml_of(admin, draft, key)
    mine, theirs = (edit_form(admin.page(path), "write_yaml") for _ in range(2))
    assert admin.send(theirs, text=good + "max_rounds: 3\n").status_code == 200
    answer = admin.send(mine, text=good + "max_transfers: 2\n")
    assert answer.status_code == 409
    assert "<del>- max_rounds: 3</del>" in answer.text
    assert "<ins>+ max_transfers: 2</ins>" in answer.text
    assert "max_rounds: 3" in yaml_of(admin, draft, key)
    admin.send(form_of(answer.text, "/edits"))
    assert "max_transfers: 2" in yaml_of(admin, draft, key)


def test_a_draft_meets_what_was_published_meanwhile(firm: Any, admin: Any) -> None:
    mine, theirs = begin(admin, "我的"), begin(admin, "他的")
    add_field(admin, mine, "account", "text", name="mine", label_zh="我的")
    add_field(admin, theirs, "deal", "text", name="theirs", label_zh="他的")
    publish(admin, theirs)
    assert "mine" in admin.page(f"{mine}/plan")  # another page: merged without asking
    theirs = begin(admin, "再来")
    add_field(admin, theirs, "account", "text", name="theirs", label_zh="他的")
    publish(admin, theirs)
    answer = admin.get(f"{mine}/plan")
    assert answer.status_code == 409
    assert "firm/object:account" in answer.text
    assert admin.send(form_of(answer.text, "/rebase")).status_code == 200
    assert "mine" in yaml_of(admin, mine, "firm/object:account")


def test_the_plan_counts_and_names_the_records_that_break_what_is_new(firm: Any, admin: Any, lin: Any) -> None:
    account = encode(firm.make("account", firm.lin, name="恒拓"))
    for number in range(7):
        firm.make("deal", firm.lin, name=f"小单 {number}", account=account, amount=str(number))
    draft = begin(admin)
    change(
        admin,
        f"{draft}/objects/deal?tab=rules",
        "add_rule",
        check="amount > 3",
        at="amount",
        message_zh="要大于三",
        message_en="More than 3",
    )
    change(admin, f"{draft}/objects/deal/fields/close_date", "set_field", required="1")
    page = admin.page(f"{draft}/plan")
    assert re.search(r"要大于三.*?4 条记录", page, re.S)
    assert re.search(r"7 条记录", page)
    assert len(re.findall(r'<a href="/records/deal/[0-9A-Z]{13}">小单', page)) == 4 + 5  # samples: five at most
    publish(admin, draft)
    deal = encode(next(deal.id for deal in firm.records("deal") if deal.values["name"] == "小单 0"))
    form = lin.form(f"/records/deal/{deal}/edit")
    assert "预计成交日期" in lin.send(form, next_step="打电话").text  # the form asks for what is missing
    answer = lin.send(form, next_step="打电话", close_date="2026-03-28", follow=False)
    assert answer.status_code == 303  # the rule speaks of the amount, which stays as it is


def test_what_the_database_could_not_promise_keeps_a_draft_from_being_published(firm: Any, admin: Any) -> None:
    for _ in range(2):
        firm.make("account", firm.lin, name="恒拓")
    draft = begin(admin)
    text = yaml_of(admin, draft, "firm/object:account") + "unique:\n  - {fields: [name], message: {zh: 客户已存在, en: There already}}\n"
    change(admin, f"{draft}/text?page=firm/object:account", "write_yaml", text=text)
    page = admin.page(f"{draft}/plan")
    assert "2 条记录" in page
    assert not [form for form in forms_of(page) if form.action.endswith("/publication")]
    version = edit_form(admin.page(draft), "add_object").values["version"]
    answer = admin.act(f"{draft}/publication", version=version)
    assert "没有发布" in answer.text
    assert "客户已存在" not in admin.page("/records/account/new")


def test_revisions_say_who_when_and_why_and_lead_back(firm: Any, admin: Any) -> None:
    draft = begin(admin, "加一个字段")
    add_field(admin, draft, "account", "text", name="nickname", label_zh="昵称")
    page = publish(admin, draft, "客户要求")
    number = int(re.findall(r"<h1[^>]*>[^<]*?(\d+)", page)[0])
    assert "许知远" in page
    assert "客户要求" in page
    assert "昵称" in admin.page("/records/account/new")
    account = encode(firm.make("account", firm.lin, name="恒拓", nickname="小恒"))
    assert "客户要求" in admin.page("/builder/revisions")
    asked = admin.page(f"/builder/revisions/{number - 1}?rollback=1")
    assert "nickname" in asked
    assert "1" in asked
    answer = admin.send(form_of(asked, "/rollback"), reason="太早了")
    assert answer.status_code == 200
    assert "太早了" in answer.text
    assert "昵称" not in admin.page("/records/account/new")
    assert "小恒" not in admin.page(f"/records/account/{account}")
    answer = admin.send(form_of(admin.page(f"/builder/revisions/{number}?rollback=1"), "/rollback"))
    assert "小恒" in admin.page(f"/records/account/{account}")  # its data is back


def test_a_draft_is_discarded(firm: Any, admin: Any) -> None:
    draft = begin(admin, "白忙")
    assert "白忙" in admin.page("/builder/")
    admin.send(admin.form(draft, "/removal"))
    assert "白忙" not in admin.page("/builder/")
    assert admin.get(draft).status_code == 404


def test_pages_are_named_by_what_people_call_them(firm: Any, admin: Any) -> None:
    page = admin.page(begin(admin))
    for said in ("销售", "助理"):
        assert re.search(rf"role(:|%3A)[^>]*>{said}", page), said


def test_nobody_else_may_build(firm: Any, admin: Any, lin: Any) -> None:
    draft = begin(admin)
    for path in (
        "/builder/",
        draft,
        f"{draft}/plan",
        f"{draft}/objects/account",
        f"{draft}/text?page=firm/object:account",
        "/builder/revisions",
    ):
        assert lin.get(path).status_code == 403, path
    assert lin.act("/builder/drafts", name="x").status_code == 403
    assert lin.act(f"{draft}/edits", edit="remove_page", page="firm/object:deal", version="1").status_code == 403
    assert lin.act("/builder/revisions/1/rollback").status_code == 403
    assert "/builder" not in lin.page("/")
    assert admin.post("/builder/drafts", {"name": "x"}).status_code == 403  # without the token of the session
    assert firm.visitor().get("/builder/").status_code in (303, 401)
