"""The mapping that `retail` ships, on the first lines of the real set: what is stored is what the file says, and faults are explained.

The whole set takes minutes: `benchmarks/retail_import.py` imports it on either database.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from looseleaf_platform.context import Context
from looseleaf_platform.importing.mapping import ImportMapping
from looseleaf_platform.importing.running import run_import
from looseleaf_platform.workspace import Workspace
from support import retail
from support.shared_data import shared

LINES = 6000
OBJECTS = ("account", "product", "retail_order", "retail_order_line")


@pytest.fixture(scope="session")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first lines of the set."""
    return retail.unpack(shared("data", "uci-online-retail", "online_retail.csv.gz"), tmp_path_factory.mktemp("retail") / "set.csv", LINES)


@pytest.fixture
def shop(workspace: Workspace) -> tuple[Workspace, Context, ImportMapping]:
    """A workspace with the template, on either database."""
    return workspace, *retail.prepare(workspace)


def test_totals_per_month_and_country_and_every_order_are_those_of_the_file(
    shop: tuple[Workspace, Context, ImportMapping], extract: Path
) -> None:
    workspace, context, mapping = shop
    wanted = retail.expected(extract)
    assert wanted.guests > 500  # lines without a customer are kept
    assert wanted.cancelled > 10
    assert len(wanted.totals) > 5
    first = run_import(context, extract, mapping)
    assert (first.lines, first.refused) == (LINES, 0)
    found = retail.stored(workspace)
    assert retail.differences(wanted, found) == []
    assert found.total == wanted.total
    again = run_import(context, extract, mapping)
    assert {name: set(counts) for name, counts in again.objects.items()} == {name: {"same"} for name in OBJECTS}
    assert retail.differences(wanted, retail.stored(workspace)) == []


def test_planted_faults_are_explained_and_the_rest_is_kept(
    shop: tuple[Workspace, Context, ImportMapping], extract: Path, tmp_path: Path
) -> None:
    workspace, context, mapping = shop
    head, *good = extract.read_text("utf-8").splitlines()[:41]
    number = "900001,22423,REGENCY CAKESTAND 3 TIER"
    faulty = [
        f"{number},some,2010-12-01 09:00:00,12.75,17850,United Kingdom",
        f"{number},2,2010-02-31 09:00:00,12.75,17850,United Kingdom",
        f"{number},2,2010-12-01 09:00:00,a lot,17850,United Kingdom",
        "900001,22423,=cmd|' /C calc'!A0,2,2010-12-01 09:00:00,12.75,17850,United Kingdom",
        f"900001,22423,{'X' * 300},2,2010-12-01 09:00:00,12.75,17850,United Kingdom",
        f"{'9' * 50},22423,NUMBER,2,2010-12-01 09:00:00,12.75,17850,United Kingdom",
        "900002,22423,NUL \x00,2,2010-12-01 09:00:00,12.75,17850,United Kingdom",
    ]
    path, rejects = tmp_path / "faulty.csv", tmp_path / "rejects.csv"
    path.write_text("\n".join([head, *good[:20], *faulty, *good[20:]]) + "\n", "utf-8")
    report = run_import(context, path, mapping, rejects=rejects)
    explained = {refusal.line: dict(refusal.reasons) for refusal in report.samples}
    assert sorted(explained) == list(range(22, 29))
    columns = ("Quantity", "InvoiceDate", "UnitPrice", "Description", "Description", "InvoiceNo", "Description")
    for line, column in zip(range(22, 29), columns, strict=True):
        assert any(column in named for named in explained[line]), (line, column, explained[line])
        assert all(explained[line].values())
    assert len(rejects.read_text("utf-8-sig").splitlines()) == 1 + len(faulty)
    sound = tmp_path / "sound.csv"
    sound.write_text("\n".join([head, *good]) + "\n", "utf-8")
    wanted, found = retail.expected(sound), retail.stored(workspace)
    assert (found.lines, found.total) == (wanted.lines, Decimal(wanted.total))
