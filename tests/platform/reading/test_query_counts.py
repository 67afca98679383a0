"""How often the database is asked: a page with the titles of its look-ups is one statement, one more for a count, a search, a field of links."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.context import Context
from looseleaf_platform.records import read
from looseleaf_platform.records.reading.statements import KEPT
from looseleaf_platform.records.requests import Query
from support.deals import acting, firm, fresh_workspace, make, query, where
from support.tally import DATABASES


@pytest.fixture(scope="module", params=DATABASES)
def context(request: pytest.FixtureRequest, vocabulary: Vocabulary) -> Iterator[Context]:
    """Thirty deals of one person."""
    with fresh_workspace(request, vocabulary) as workspace:
        context = firm(workspace)
        [user] = make(context, "user", [{"name": "Lin"}])
        accounts = make(context, "account", [{"name": f"account {number}", "owner": user} for number in range(5)])
        rows = [{"name": f"deal {number}", "owner": user, "account": accounts[number % 5], "amount": number} for number in range(30)]
        make(context, "deal", rows)
        yield context


@contextmanager
def statements(context: Context) -> Iterator[list[str]]:
    """The statements that go to the database meanwhile, but for the beginnings of transactions."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    engine = context.workspace.database.reader
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def own(context: Context) -> Context:
    """Lin, who sees her own records and what is shared with her."""
    return acting(context.workspace, read.page(context, "user", query(("name", "eq", "Lin"))).records[0].id, "own")


def newest(caller: Context) -> int:
    """The id of the newest deal, asked once a test."""
    if "newest" not in caller.memo:
        caller.memo["newest"] = read.page(caller, "deal", Query(size=1)).records[0].id
    return int(caller.memo["newest"])


COSTS: list[tuple[str, Callable[[Context], Any], int]] = [
    ("no look-ups", lambda caller: read.page(caller, "deal", Query(fields=("name", "amount", "net"))), 1),
    ("look-ups", lambda caller: read.page(caller, "deal", Query(fields=("name", "account", "owner", "created_by"))), 1),
    ("count", lambda caller: read.page(caller, "deal", Query(fields=("name",), count=True)), 2),
    (
        "filter and order",
        lambda caller: read.page(caller, "deal", query(("account.name", "ne", "x"), sort=("-amount",), fields=("name",))),
        1,
    ),
    ("search", lambda caller: read.page(caller, "deal", Query(search="deal 7", fields=("name",))), 2),
    ("links", lambda caller: read.page(caller, "deal", Query(fields=("name", "rivals"))), 2),
    ("look-up options", lambda caller: read.lookup(caller, "account", ""), 1),
    ("one record", lambda caller: read.get(caller, "deal", newest(caller), fields=("name", "amount", "net", "account", "owner")), 1),
    ("a whole record with links and lines", lambda caller: read.get(caller, "deal", newest(caller)), 3),
    ("totals", lambda caller: read.totals(caller, "deal", Query(), ["amount", "net"]), 1),
]


@pytest.mark.parametrize(("name", "ask", "expected"), COSTS, ids=[name for name, _, _ in COSTS])
@pytest.mark.parametrize("who", ["everything", "own"])
def test_a_read_asks_the_database_so_often(context: Context, name: str, ask: Callable[[Context], Any], expected: int, who: str) -> None:
    caller = own(context) if who == "own" else acting(context.workspace, 1, "everything")
    ask(caller)  # the first time also asks how much is shared with the caller
    with statements(context) as seen:
        ask(caller)
    assert len(seen) == expected, seen


def test_the_second_page_is_one_statement_too(context: Context) -> None:
    caller = acting(context.workspace, 1, "everything")
    for sort in [("-amount",), ("name",), ("-amount", "name"), ()]:
        first = read.page(caller, "deal", Query(sort=sort, size=10, fields=("name",)))
        with statements(context) as seen:
            second = read.page(caller, "deal", Query(sort=sort, size=10, after=first.next, fields=("name",)))
        assert len(second.records) == 10
        assert len(seen) == 1


def test_values_are_never_written_into_statements(context: Context) -> None:
    caller = own(context)
    asked = query(("name", "contains", "tell-tale"), ("amount", "gt", 424242), where(("account.city", "in", ["secret"])), search="hush")
    with statements(context) as seen:
        read.page(caller, "deal", asked)
    text = "".join(seen)
    assert not any(value in text for value in ("tell-tale", "424242", "secret", "hush", str(caller.actor.id)))


def test_kept_statements_are_bounded(context: Context) -> None:
    caller = acting(context.workspace, 1, "everything")
    names = ("name", "amount", "discount", "probability", "close_date", "stage", "notes", "city", "account", "created_at")
    for number in range(KEPT + 50):
        fields = tuple(name for place, name in enumerate(names) if number >> place & 1) or ("name",)
        read.page(caller, "deal", Query(fields=fields, size=1))
    assert len(caller.runtime.object("deal").memo["reads"].built) <= KEPT
