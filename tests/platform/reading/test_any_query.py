"""Whatever is asked, the answer is a page or a plain fault: values of every kind, made-up cursors, odd names."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.context import Context
from looseleaf_platform.errors import BadQuery
from looseleaf_platform.fields.operators import OPERATORS
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Condition, Group, Page, Query
from support.deals import firm, fresh_workspace, make
from support.tally import DATABASES

FIELDS = (
    "id",
    "name",
    "account",
    "owner",
    "amount",
    "discount",
    "net",
    "big",
    "probability",
    "close_date",
    "called_at",
    "stage",
    "notes",
    "tags",
    "rivals",
    "lines",
    "line_total",
    "city",
    "version",
    "created_at",
    "account.credit",
    "account.tier",
)
SORTABLE = ("name", "amount", "net", "probability", "close_date", "called_at", "stage", "version", "account", "big", "discount")
texts = st.text(max_size=12) | st.sampled_from(
    ["", "today", "2026-02-31", "1e99", "9" * 40, "-1", "NaN", "\x00", "%", "😀", "’; drop table deal"]
)
plain = texts | st.integers() | st.floats() | st.booleans() | st.none() | st.decimals() | st.dates()
values = plain | st.lists(plain, max_size=4) | st.dictionaries(st.sampled_from(["amount", "currency", "x"]), plain, max_size=2)
relaxed = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module", params=DATABASES)
def context(request: pytest.FixtureRequest, vocabulary: Vocabulary) -> Iterator[Context]:
    """Three deals."""
    with fresh_workspace(request, vocabulary) as workspace:
        context = firm(workspace)
        make(context, "deal", [{"name": f"d{number}", "amount": number, "probability": number, "tags": ["x"]} for number in range(3)])
        yield context


@relaxed
@given(path=st.sampled_from(FIELDS) | texts, operator=st.sampled_from([*OPERATORS, "nonsense"]), value=values, negated=st.booleans())
def test_any_filter(context: Context, path: str, operator: str, value: Any, negated: bool) -> None:
    asked = Query(where=Group("and", (Condition(path, operator, value),), negated))
    with suppress(BadQuery):
        assert isinstance(read.page(context, "deal", asked), Page)
    with suppress(BadQuery):
        read.count(context, "deal", asked)


@relaxed
@given(sort=st.sampled_from(SORTABLE), down=st.booleans(), parts=st.lists(plain, min_size=1, max_size=3), backwards=st.booleans())
def test_any_cursor(context: Context, sort: str, down: bool, parts: list[Any], backwards: bool) -> None:
    keys = ("-" + sort if down else sort,)
    genuine = read.page(context, "deal", Query(sort=keys, size=1)).next
    mark = orjson.loads(urlsafe_b64decode(genuine + "=" * (-len(genuine) % 4)))[0]
    try:
        made_up = urlsafe_b64encode(orjson.dumps([mark, *parts], default=str)).decode().rstrip("=")
    except (TypeError, ValueError):
        return
    with suppress(BadQuery):
        read.page(context, "deal", Query(sort=keys, **{"before" if backwards else "after": made_up}))


@relaxed
@given(text=st.text(max_size=60))
def test_any_search_and_any_names(context: Context, text: str) -> None:
    read.page(context, "deal", Query(search=text))
    read.lookup(context, "deal", text)
    for asked in (Query(sort=(text,)), Query(fields=(text,)), Query(after=text or "x"), Query(before=text or "x")):
        with suppress(BadQuery):
            read.page(context, "deal", asked)
    with suppress(BadQuery):
        read.totals(context, "deal", Query(), [text])


@pytest.mark.parametrize("value", [10**30, Decimal("1e40"), "9" * 60, -(2**63) - 1])
@pytest.mark.parametrize("path", ["amount", "probability", "net", "discount", "line_total", "version"])
def test_numbers_beyond_all_bounds_are_refused_or_compared(context: Context, path: str, value: Any) -> None:
    for operator in ("gt", "lt", "eq", "in"):
        with suppress(BadQuery):
            read.page(context, "deal", Query(where=Group("and", (Condition(path, operator, [value] if operator == "in" else value),))))
