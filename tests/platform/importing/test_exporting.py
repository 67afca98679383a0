"""Exports: what the reader may read, in both forms, with nothing in them that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from looseleaf_platform.context import SYSTEM
from looseleaf_platform.errors import BadQuery, NotAllowed
from looseleaf_platform.importing.exporting import prepare, write_csv, write_xlsx
from looseleaf_platform.records.requests import Change, Query
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace
from support.workspaces import as_user, publish_texts

DEAL = """
object: account
label: {zh: 客户, en: Account}
title: name
fields:
  name: {type: text, required: true}
  industry: {type: text}
  owner_phone: {type: phone}
---
object: deal
label: {zh: 商机, en: Deal}
fields:
  name: {type: text, required: true}
  amount: {type: currency}
  close_date: {type: date}
  mobile: {type: phone}
  stage: {type: select, options: {won: {zh: 赢单, en: Won}}}
  account: {type: lookup, to: account}
---
role: reader
objects: {deal: {read: all, export: all}, account: {read: all}}
fields: {deal.amount: hidden, deal.mobile: masked, account.industry: hidden, account.owner_phone: masked}
---
role: boss
objects: {deal: {read: all, export: all}, account: {read: all}}
---
role: looker
objects: {deal: {read: all}}
"""


@pytest.fixture
def filled(workspace: Workspace) -> Workspace:
    """Two deals, one with a dangerous name."""
    publish_texts(workspace, DEAL)
    rows: list[dict[str, Any]] = [
        {"name": "=cmd()", "amount": "1200.50 CNY", "close_date": "2026-03-02", "mobile": "13800138000", "stage": "won"},
        {"name": "二期产线", "amount": "-5 CNY"},
    ]
    firm = Change("create", "account", values={"name": "恒拓", "industry": "模具", "owner_phone": "13900139000"}, reference="firm")
    rows[1]["account"] = {"$ref": "firm"}
    write(workspace.context(SYSTEM), [firm, *(Change("create", "deal", values=row) for row in rows)])
    return workspace


def rows_of(data: bytes) -> list[list[str]]:
    """The rows of an exported CSV."""
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def test_an_export_holds_what_the_list_shows_and_guards_formulas(filled: Workspace) -> None:
    boss = as_user(filled, ["boss"], locale="en")
    headings, *rows = rows_of(b"".join(write_csv(prepare(boss, "deal", Query(sort=("name",))))))
    assert headings == ["id", "Name", "Amount", "Close date", "Mobile", "Stage", "Account"]
    assert rows[0][1] == "'=cmd()"
    assert rows[0][3:6] == ["2026-03-02", rows[0][4], "Won"]


def test_hidden_fields_are_absent_and_masked_ones_are_withheld(filled: Workspace) -> None:
    reader = as_user(filled, ["reader"], locale="en")
    data = b"".join(write_csv(prepare(reader, "deal", Query())))
    assert b"Amount" not in data
    assert b"1200" not in data
    assert b"13800138000" not in data
    with pytest.raises(BadQuery):
        prepare(reader, "deal", Query(), ["amount"])


def test_columns_through_look_ups_come_along_within_the_rights_to_what_they_reach(filled: Workspace) -> None:
    columns = ["name", "account", "account.industry", "account.owner_phone"]
    boss = as_user(filled, ["boss"], locale="en")
    headings, *rows = rows_of(b"".join(write_csv(prepare(boss, "deal", Query(sort=("name",)), columns))))
    assert headings == ["id", "Name", "Account", "Account · Industry", "Account · Owner phone"]
    assert [row[1:4] for row in rows] == [["'=cmd()", "", ""], ["二期产线", "恒拓", "模具"]]
    reader = as_user(filled, ["reader"], locale="en")
    data = b"".join(write_csv(prepare(reader, "deal", Query(), ["name", "account.owner_phone"])))
    assert b"***" in data
    assert b"139" not in data
    for path in ("account.industry", "account.nothing", "name.first"):
        with pytest.raises(BadQuery):
            prepare(reader, "deal", Query(), [path])


def test_a_workbook_holds_text_as_text(filled: Workspace, tmp_path: Path) -> None:
    boss = as_user(filled, ["boss"], locale="zh")
    assert write_xlsx(prepare(boss, "deal", Query(sort=("name",))), tmp_path / "deals.xlsx") == 2
    sheet = openpyxl.load_workbook(tmp_path / "deals.xlsx").active
    assert [cell.value for cell in sheet[1]][:2] == ["id", "Name"]
    assert sheet["B2"].value == "=cmd()"
    assert sheet["B2"].data_type == "s"


def test_who_may_not_export_is_refused(filled: Workspace) -> None:
    with pytest.raises(NotAllowed):
        prepare(as_user(filled, ["looker"]), "deal", Query())
