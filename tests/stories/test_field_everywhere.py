"""A field that comes into force is everywhere at once, with no restart and no failed request; rolled back it is gone; again, its data is back."""

from __future__ import annotations

import io
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from looseleaf_platform import publishing
from looseleaf_platform.identity import tokens
from looseleaf_platform.records.ids import encode
from looseleaf_ui_builder.compose import create_app
from looseleaf_ui_builder.wings import open_workspace
from support.building import begin, edit_form, publish
from support.workspaces import publish_texts

NAME, LABEL, VALUE = "credit_line", "授信额度", "48000"
PLACES = ("form", "record", "list", "columns", "filter", "mapping", "export", "api", "openapi", "metadata")


class Api:
    """A program with a token of an administrator's or another's."""

    def __init__(self, firm: Any, user: int) -> None:
        self.client = firm.app.test_client()
        self.headers = {"Authorization": f"Bearer {tokens.create(firm.as_(user), 'test')[1]}", "Accept-Language": "zh"}

    def __call__(self, method: str, path: str, **more: Any) -> Any:
        return self.client.open(f"/api/v1{path}", method=method, headers=self.headers, **more)


def places(visitor: Any, api: Api, deal: str) -> set[str]:
    """Where a reader meets the field. Every door is a request of its own."""
    found = {
        "form": f'name="{NAME}"' in visitor.page(f"/records/deal/{deal}/edit"),
        "record": LABEL in visitor.page(f"/records/deal/{deal}"),
        "list": re.search(rf"<th[^>]*>(?:<a[^>]*>)?{LABEL}", visitor.page(f"/records/deal?view=all_deals&columns=name&columns={NAME}")),
        "columns": f'name="columns" value="{NAME}"' in visitor.page("/records/deal?view=all_deals"),
        "filter": f'<option value="{NAME}"' in visitor.page("/records/deal/filter?view=all_deals"),
        "mapping": suggested(visitor),
        "export": LABEL in visitor.act("/records/deal/export", view="all_deals", columns=f"name,{NAME}").text,
        "api": NAME in api("GET", f"/records/deal/{deal}").json,
        "openapi": f'"{NAME}"' in api("GET", "/openapi.json").text,
        "metadata": NAME in [field["name"] for field in api("GET", "/metadata/objects/deal").json["fields"]],
    }
    assert set(found) == set(PLACES)
    return {name for name, there in found.items() if there}


def suggested(visitor: Any) -> bool:
    """Whether the import of a file with such a column offers the field for it."""
    file = (io.BytesIO(f"商机名称,{LABEL}\n三期,1\n".encode()), "deals.csv")
    answer = visitor.post("/imports/", {"_csrf": visitor.csrf(), "object": "deal", "file": file})
    assert answer.status_code == 200, answer.text
    return f'<option value="{NAME}" selected' in answer.text


@contextmanager
def crowd(firm: Any, deal: str, account: str) -> Iterator[list[str]]:
    """People and programs that keep working meanwhile; what failed for them. All have done something before and after."""
    failed: list[str] = []
    over, rounds = threading.Event(), [0, 0, 0, 0]

    def again(number: int, work: Callable[[], Any]) -> None:
        while not over.is_set():
            try:
                answer = work()
                if answer.status_code not in (200, 201, 303):
                    failed.append(f"{number}: {answer.status_code} {answer.text[:300]}")
            except Exception as error:
                failed.append(f"{number}: {error!r}")
            rounds[number] += 1

    reader, writer, program, other = firm.visitor(firm.lin), firm.visitor(firm.admin), Api(firm, firm.admin), Api(firm, firm.lin)
    form = writer.form("/records/account/new")
    works = (
        lambda: reader.get(f"/records/deal/{deal}"),
        lambda: writer.send(form, follow=False, name="写入", _confirmed="yes"),
        lambda: program("POST", "/records/deal", json={"name": "接口", "account": account, "amount": "5"}),
        lambda: other("GET", "/records/deal?sort=-amount&count=true"),
    )
    threads = [threading.Thread(target=again, args=each) for each in enumerate(works)]
    for thread in threads:
        thread.start()
    try:
        yield failed
        reached = [count + 2 for count in rounds]
        while any(thread.is_alive() for thread in threads) and any(now < then for now, then in zip(rounds, reached, strict=True)):
            over.wait(0.05)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert min(rounds) >= 2


def apply_yaml(firm: Any, admin: Any) -> None:
    """The template again, with one field more."""
    texts = publishing.export_documents(firm.workspace)
    with_field = [
        text.replace("  next_step:", f"  {NAME}: {{type: currency, label: {{zh: {LABEL}, en: Credit line}}}}\n  next_step:")
        for text in texts.values()
    ]
    assert with_field != list(texts.values())
    publish_texts(firm.workspace, *with_field, reason="YAML")


def build(firm: Any, admin: Any) -> None:
    """The same in the builder."""
    draft = begin(admin)
    form = edit_form(admin.page(f"{draft}/objects/deal/fields/new?type=currency"), "add_field")
    admin.send(form, name=NAME, label_zh=LABEL, label_en="Credit line")
    publish(admin, draft)


@pytest.mark.parametrize("way", [apply_yaml, build], ids=["yaml", "builder"])
def test_a_new_field_is_everywhere_at_once_and_goes_and_comes_back_whole(firm: Any, admin: Any, lin: Any, way: Any) -> None:
    account = encode(firm.make("account", firm.lin, name="恒拓"))
    deal = encode(firm.make("deal", firm.lin, name="二期", account=account, amount="1286000"))
    api = Api(firm, firm.admin)
    assert places(admin, api, deal) == set()
    before = publishing.export_documents(firm.workspace), firm.workspace.refresh().revision
    with crowd(firm, deal, account) as failed:
        way(firm, admin)
        assert places(admin, api, deal) == set(PLACES)
        assert lin.send(lin.form(f"/records/deal/{deal}/edit"), follow=False, **{NAME: VALUE}).status_code == 303
        assert "¥48,000" in lin.page(f"/records/deal/{deal}")
        assert lin.page(f"/records/deal?view=all_deals&filter={NAME}:gt:1").count("data-row-link") == 1
        with_it = firm.workspace.refresh().revision
        back = admin.act(f"/builder/revisions/{before[1]}/rollback", reason="太早了")
        assert back.status_code == 200
        assert places(admin, api, deal) == set()
        assert publishing.export_documents(firm.workspace) == before[0]
        assert "1,286,000" in lin.page(f"/records/deal/{deal}")
        admin.act(f"/builder/revisions/{with_it}/rollback")
        assert places(admin, api, deal) == set(PLACES)
        assert "¥48,000" in lin.page(f"/records/deal/{deal}")
    assert not failed, failed[:3]


def test_a_role_that_hides_the_new_field_hides_it_everywhere(firm: Any, admin: Any, gu: Any) -> None:
    account = encode(firm.make("account", firm.lin, name="恒拓"))
    deal = encode(firm.make("deal", firm.lin, name="二期", account=account))
    texts = publishing.export_documents(firm.workspace).values()
    field = f"  {NAME}: {{type: text, label: {{zh: {LABEL}, en: Credit line}}}}\n  next_step:"
    publish_texts(
        firm.workspace,
        *(
            text.replace("  next_step:", field).replace("deal.amount: hidden", f"deal.amount: hidden\n  deal.{NAME}: hidden")
            for text in texts
        ),
    )
    api = Api(firm, firm.gu)
    assert LABEL in admin.page(f"/records/deal/{deal}")
    assert LABEL not in gu.page(f"/records/deal/{deal}")
    assert LABEL not in gu.page(f"/records/deal?view=all_deals&columns=name&columns={NAME}")
    assert f'"{NAME}"' not in api("GET", "/openapi.json").text
    assert NAME not in api("GET", f"/records/deal/{deal}").json
    assert gu.get(f"/records/deal?filter={NAME}:eq:1").status_code == 400
    assert f'"{NAME}"' not in api("GET", "/metadata/objects/deal").text


def test_a_second_process_serves_the_new_field_too(firm: Any, admin: Any) -> None:
    account = encode(firm.make("account", firm.lin, name="恒拓"))
    url = firm.workspace.database.writer.url.render_as_string(hide_password=False)
    other = open_workspace(url, clock=firm.workspace.clock)
    client = create_app(other, TESTING=True).test_client()
    headers = {"Authorization": f"Bearer {tokens.create(firm.as_(firm.admin), 'test')[1]}"}
    assert NAME not in client.get(f"/api/v1/records/account/{account}", headers=headers).json
    draft = begin(admin)
    admin.send(edit_form(admin.page(f"{draft}/objects/account/fields/new?type=text"), "add_field"), name=NAME, label_zh=LABEL)
    publish(admin, draft)
    until = time.monotonic() + 20  # it asks for news once a second
    while NAME not in (found := client.get(f"/api/v1/records/account/{account}", headers=headers).json) and time.monotonic() < until:
        time.sleep(0.1)
    assert NAME in found
    other.close()
