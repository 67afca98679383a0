"""Who may not see an amount can't learn it: not from any page, list, filter, sort, sum, search, export, history, error, import or answer."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import pytest

from looseleaf_platform.identity import tokens
from looseleaf_platform.importing import background
from looseleaf_platform.jobs.background import TOPIC, running
from looseleaf_platform.jobs.outbox import drain
from looseleaf_platform.publishing import export_documents
from looseleaf_platform.records.ids import encode
from support.html_forms import form_of
from support.workspaces import publish_texts

AMOUNT = "918273"
TRACES = re.compile(r"918[,.\s]?273|91\.8|578[,.\s]?511|37%|0\.37")
"""The amount however it is written, what a formula makes of it (578,511.99), and the masked discount."""


@pytest.fixture
def deals(firm: Any) -> dict[str, str]:
    """Two deals whose amounts a clerk may not see; she may change, import and export everything else of them."""
    texts = [
        text.replace(
            "  deal:    {read: all}", "  deal:    {read: all, create: true, update: all, delete: all, import: true, export: all}"
        ).replace(
            "search: [name]\nfields:\n  name:       {",
            "search: [name, amount]\nduplicates:\n  - {match: [amount], then: warn}\nfields:\n  name:       {",
        )
        for text in export_documents(firm.workspace).values()
    ]
    publish_texts(firm.workspace, *texts)
    account = encode(firm.make("account", firm.lin, name="恒拓"))
    more = encode(firm.make("deal", firm.lin, name="二期", account=account, amount=AMOUNT, discount="0.37", stage="open"))
    less = encode(firm.make("deal", firm.lin, name="一期", account=account, amount="17", discount="0.1", stage="open"))
    return {"account": account, "more": more, "less": less}


class Api:
    """The clerk's program."""

    def __init__(self, firm: Any) -> None:
        self.client = firm.app.test_client()
        self.headers = {"Authorization": f"Bearer {tokens.create(firm.as_(firm.gu), 'test')[1]}", "Accept-Language": "zh"}

    def __call__(self, method: str, path: str, **more: Any) -> Any:
        headers = {**self.headers, **more.pop("headers", {})}
        return self.client.open(f"/api/v1{path}", method=method, headers=headers, **more)


def rows(page: str) -> list[str]:
    return re.findall(r"data-row-link>([^<]+)</a>", page)


def alike(text: str, name: str) -> str:
    """What is said of a field without its name, and without the readable field whose name is spelled nearly like it."""
    return re.sub(r"：是不是“account”？", "", text.replace(name, "…"))


def silent(answer: Any, asked: str = "") -> None:
    """The answer holds no trace of the amount but what was asked itself, whatever its status (but never a fault of ours)."""
    assert answer.status_code < 500
    found = TRACES.search(
        re.sub(r'(?:href|src|content|data-csrf|value="[0-9A-Z]{13})="[^"]*"', "", answer.text.replace(asked, "") if asked else answer.text)
    )
    assert found is None, (answer.request.path, answer.text[max(0, found.start() - 200) : found.end() + 50])


def test_no_page_shows_it(firm: Any, deals: dict[str, str], gu: Any) -> None:
    deal = f"/records/deal/{deals['more']}"
    paths = [
        "/", "/records/deal", "/records/deal?view=all_deals", "/records/deal?view=all_deals&columns=amount,net_amount,discount",
        "/records/deal?view=all_deals&columns=account&columns=amount&columns=net_amount&columns=discount", deal, f"{deal}/edit", f"{deal}/history",
        f"{deal}/explanation", f"/records/account/{deals['account']}", f"/records/account/{deals['account']}/related/deals", "/search?q=二期",
        "/search?q=918273", "/records/deal/filter?view=all_deals", "/records/deal/filter?view=all_deals&field=amount",
        "/records/deal/lookup?q=二期&field=deal", "/records/deal/lookup?q=918273", f"/records/deal/deletion?id={deals['more']}",
        f"/records/deal/transfer?id={deals['more']}",
    ]  # fmt: skip
    for path in paths:
        silent(gu.get(path), AMOUNT if "q=" in path else "")
    assert "二期" in gu.page(deal)
    assert "金额" not in gu.page(deal)
    assert 'name="amount"' not in gu.page(f"{deal}/edit")


def test_no_condition_order_search_or_sum_tells_it(firm: Any, deals: dict[str, str], gu: Any) -> None:
    for field in ("amount", "net_amount", "discount"):
        for condition in (f"{field}:gt:100", f"{field}:eq:918273", f"{field}:empty:", f"{field}:between:1,20"):
            assert gu.get(f"/records/deal?view=all_deals&filter={condition}").status_code == 400, condition
        up, down = (gu.get(f"/records/deal?view=all_deals&sort={way}{field}") for way in ("", "-"))
        assert up.status_code == down.status_code == 400 or rows(up.text) == rows(down.text)  # what can't be had changes nothing
    assert rows(gu.page("/records/deal?view=all_deals&q=918273")) == []
    silent(gu.get("/records/deal?view=all_deals&q=918273"), AMOUNT)
    answer = gu.get("/records/deal/filtered?view=all_deals&field=amount&operator=gt&value=100")
    assert answer.status_code in (400, 404, 422) or gu.get(answer.headers["Location"]).status_code == 400
    silent(answer)


def test_no_export_holds_it(firm: Any, deals: dict[str, str], gu: Any) -> None:
    for columns in ("", "name,amount", "name,net_amount,discount"):
        answer = gu.act("/records/deal/export", view="all_deals", columns=columns)
        silent(answer)
        assert "折后" not in answer.text.split("\r\n")[0]
    silent(gu.act("/records/deal/export", view="all_deals", filter="amount:gt:100"))
    assert "二期" in gu.act("/records/deal/export", view="all_deals").text


def test_no_error_conflict_or_duplicate_warning_tells_it(firm: Any, deals: dict[str, str], gu: Any, admin: Any) -> None:
    path = f"/records/deal/{deals['more']}/edit"
    mine, theirs = gu.form(path), admin.form(path)
    assert admin.send(theirs, follow=False, next_step="他的", amount="918274").status_code == 303
    answer = gu.send(mine, next_step="我的")
    assert answer.status_code == 409
    assert not re.search(r"918[,.]?27[34]", answer.text)
    assert "金额" not in answer.text
    form = gu.form(path)
    silent(gu.send(form, stage="won", amount="1"))  # the rule speaks of the amount
    assert firm.record("deal", deals["more"]).values["amount"].amount == 918274
    hint = gu.post("/records/deal/duplicates", {"_csrf": gu.csrf(), "name": "x", "amount": "918274"})
    assert "二期" not in hint.text
    silent(hint)
    new = gu.send(gu.form("/records/deal/new"), name="三期", account=deals["account"], amount="918274")
    assert "二期" not in re.sub(r"(?s)<nav.*?</nav>", "", new.text) or new.status_code in (200, 403)
    silent(new)


def test_no_import_reads_or_writes_it(firm: Any, deals: dict[str, str], gu: Any) -> None:
    file = "商机名称,金额,折后金额\n二期,1,2\n".encode()
    page = gu.post("/imports/", {"_csrf": gu.csrf(), "object": "deal", "file": (io.BytesIO(file), "deals.csv")})
    assert page.status_code == 200
    form = form_of(page.text, "/imports/files/")
    assert '<option value="amount"' not in page.text
    for changes in ({"column_0": "name", "column_1": "amount", "key": "name"}, {"column_0": "name", "column_1": "amount", "key": "amount"}):
        tried = gu.send(form, follow=False, **changes)
        silent(tried)
        if tried.status_code == 303:
            drain(firm.workspace, {TOPIC: running({background.KIND: background.work})})
            report = gu.get(tried.headers["Location"])
            silent(report)
            assert not re.search(r"(?s)<tbody><tr><td>商机</td><td class=\"right\">\d+</td><td class=\"right\">[1-9]", report.text)
    assert firm.record("deal", deals["more"]).values["amount"].amount == int(AMOUNT)


def test_no_answer_of_the_api_holds_it(firm: Any, deals: dict[str, str]) -> None:
    api = Api(firm)
    id = deals["more"]

    def where(op: str, value: object = None, field: str = "amount") -> dict[str, str]:
        return {"filter": json.dumps({"field": field, "op": op, "value": value})}

    answers = {
        "get": api("GET", f"/records/deal/{id}"),
        "fields": api("GET", f"/records/deal/{id}?fields=amount"),
        "list": api("GET", "/records/deal"),
        "filter": api("GET", "/records/deal", query_string=where("gt", 100)),
        "through": api("GET", "/records/deal_line", query_string=where("gt", 100, "deal.amount")),
        "sort": api("GET", "/records/deal?sort=-amount"),
        "search": api("GET", "/records/deal?search=918273"),
        "patch": api("PATCH", f"/records/deal/{id}", json={"amount": "5"}, headers={"If-Match": '"1"'}),
        "won": api("PATCH", f"/records/deal/{id}", json={"stage": "won"}, headers={"If-Match": '"1"'}),
        "stale": api("PATCH", f"/records/deal/{id}", json={"name": "x"}, headers={"If-Match": '"99"'}),
        "post": api("POST", "/records/deal", json={"name": "x", "account": deals["account"], "amount": "5"}),
        "openapi": api("GET", "/openapi.json"),
        "metadata": api("GET", "/metadata/objects/deal"),
    }
    for name, answer in answers.items():
        assert answer.status_code < 500, name
        assert not TRACES.search(answer.text), (name, answer.text)
    assert "amount" not in answers["get"].json
    assert {answers[name].status_code for name in ("filter", "through", "sort", "fields")} == {400}
    assert answers["search"].json["data"] == []
    assert answers["patch"].status_code in (403, 422)
    assert '"net_amount"' not in answers["openapi"].text
    names = [field["name"] for field in answers["metadata"].json["fields"]]
    assert not {"amount", "net_amount"} & set(names)
    unknown = api("GET", "/records/deal", query_string=where("gt", 100, "no_such_field"))
    assert alike(unknown.text, "no_such_field") == alike(answers["filter"].text, "amount")  # hidden and unknown look the same


def test_a_hidden_field_and_an_unknown_one_look_the_same_on_the_screens(firm: Any, deals: dict[str, str], gu: Any) -> None:
    hidden, unknown = (gu.get(f"/records/deal?view=all_deals&filter={name}:gt:1") for name in ("amount", "nothing"))
    assert hidden.status_code == unknown.status_code == 400
    assert alike(hidden.text, "amount") == alike(unknown.text, "nothing")
