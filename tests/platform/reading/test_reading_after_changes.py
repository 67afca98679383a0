"""Reads of what was just written: lines, long exports, capped counts, the recycle bin."""

from __future__ import annotations

from decimal import Decimal

import pytest

from looseleaf_platform.context import Context
from looseleaf_platform.errors import NotThere
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import COUNT_CAP, Change, Query
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace
from support.deals import firm, make, names, query


@pytest.fixture
def context(workspace: Workspace) -> Context:
    """A firm without any records."""
    return firm(workspace)


def test_lines_come_with_their_record(context: Context) -> None:
    lines = [{"product": "Pump", "price": 10, "quantity": 2, "total": 20}, {"product": "Valve", "price": 5, "total": 5}]
    [deal] = make(context, "deal", [{"name": "with lines", "lines": lines}])
    record = read.get(context, "deal", deal)
    assert [(line.values["product"], line.values["total"].amount) for line in record.values["lines"]] == [("Pump", 20), ("Valve", 5)]
    assert record.values["line_total"] == Decimal("25.00")
    assert names(read.page(context, "deal", query(("line_total", "gt", 20))).records) == ["with lines"]
    assert [line.values["product"] for line in read.related(context, "deal", deal, "deal_lines", Query(sort=("product",))).records] == [
        "Pump",
        "Valve",
    ]


def test_exports_stream_everything_in_order(context: Context) -> None:
    make(context, "competitor", [{"name": f"c{number:04}"} for number in range(2100)])
    streamed = [record.values["name"] for record in read.stream(context, "competitor", Query(sort=("name",)))]
    assert len(streamed) == 2100
    assert streamed == sorted(streamed)


def test_the_recycle_bin_is_apart(context: Context) -> None:
    kept, deleted = make(context, "deal", [{"name": "kept"}, {"name": "deleted"}])
    write(context, [Change("delete", "deal", id=deleted)])
    assert names(read.page(context, "deal", Query()).records) == ["kept"]
    binned = read.page(context, "deal", Query(deleted=True)).records
    assert names(binned) == ["deleted"]
    assert binned[0].values["deleted_at"] is not None
    assert read.get(context, "deal", deleted, deleted=True).id == deleted
    for id, in_bin in ((deleted, False), (kept, True)):
        with pytest.raises(NotThere):
            read.get(context, "deal", id, deleted=in_bin)


def test_counts_are_capped(context: Context) -> None:
    make(context, "competitor", [{"name": f"c{number}"} for number in range(COUNT_CAP + 5)])
    assert read.count(context, "competitor", Query()) == (COUNT_CAP, True)
