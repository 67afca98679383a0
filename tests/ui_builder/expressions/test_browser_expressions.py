"""The browser's interpreter, run by Node, gives what Python gives, for random expressions over random rows."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from looseleaf_metadata.expressions.functions import CONVERSIONS, FUNCTIONS
from looseleaf_metadata.expressions.json_target import to_json
from looseleaf_metadata.expressions.python_target import compile_python
from looseleaf_metadata.expressions.wording import lower, upper
from support.expression_cases import AMBIENT, check, expressions, rows
from support.node import Node

ROOT = Path(__file__).parents[3]
ROWS = rows(40)


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """Node with expressions.js loaded."""
    script = ROOT / "ui_builder/looseleaf_ui_builder/assets/js/expressions.js"
    running = Node(ROOT / "tests/support/expressions_runner.mjs", str(script))
    yield running
    running.close()


def dumped(value: Any) -> Any:
    """A value as the API answers it."""
    match value:
        case Decimal():
            return f"{value:f}"
        case datetime():
            return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
        case date() | time():
            return value.isoformat()
        case timedelta():
            return duration(value)
        case tuple():
            return list(value)
        case int() if not isinstance(value, bool) and abs(value) >= 2**53:
            return str(value)
    return value


def duration(value: timedelta) -> str:
    """ISO 8601, as the duration field dumps it."""
    seconds = abs(value) // timedelta(seconds=1)
    days, rest = divmod(seconds, 86400)
    clock = "".join(f"{count}{unit}" for count, unit in ((rest // 3600, "H"), (rest // 60 % 60, "M"), (rest % 60, "S")) if count)
    return f"{'-' if value < timedelta() else ''}P{f'{days}D' if days else ''}{f'T{clock}' if clock else '' if days else 'T0S'}"


def scope_of(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the browser has it: record ids are texts."""
    return {
        name: str(value) if name in ("owner", "backup", "@me") and value is not None else dumped(value)
        for name, value in (row | AMBIENT).items()
    }


SCOPES = [scope_of(row) for row in ROWS]


@settings(max_examples=500, deadline=None)
@given(source=expressions())
def test_the_browser_gives_what_python_gives(node: Node, source: str) -> None:
    expression = check(source)
    compiled = compile_python(expression)
    answers = node.ask({"expression": to_json(expression), "scopes": SCOPES})
    for row, answer in zip(ROWS, answers, strict=True):
        try:
            expected = compiled(row | AMBIENT)
        except OverflowError:
            continue
        assert answer == dumped(expected), (source, row)


def test_the_browser_knows_every_function(node: Node) -> None:
    ambient = {"today", "now"}
    assert set(node.ask({})) == set(FUNCTIONS) - ambient | set(CONVERSIONS)


@pytest.mark.parametrize(
    ("source", "scope", "expected"),
    [
        ("amount * 2", {"amount": 12.5}, "25.00"),
        ("amount * 2", {"amount": "12.345"}, "24.70"),
        ("amount * 2", {"amount": {"amount": "3.00", "currency": "CNY"}}, "6.00"),
        ("amount + 1", {"amount": ""}, None),
        ("amount + 1", {"amount": "twelve"}, None),
        ("amount + 1", {}, None),
        ("fine + 0", {"fine": 1e-7}, "0.00000010"),
        ("quantity * quantity", {"quantity": "4000000000"}, None),
        ("closed", {"closed": None}, None),
        ("not closed", {}, True),
        ("name == ''", {"name": ""}, True),
        ("start_of_day(close_date)", {"close_date": "2026-03-08", "@timezone": "America/New_York"}, "2026-03-08T05:00:00Z"),
        ("date(created_at)", {"created_at": "2026-03-08T04:59:59+00:00", "@timezone": "America/New_York"}, "2026-03-07"),
        ("created_at + hours(1)", {"created_at": "2026-03-02 10:00+08:00"}, "2026-03-02T03:00:00Z"),
    ],
)
def test_values_of_a_form_are_understood(node: Node, source: str, scope: dict[str, Any], expected: Any) -> None:
    assert node.ask({"expression": to_json(check(source)), "scopes": [scope]}) == [expected]


def test_letters_of_all_the_world_change_their_case_alike(node: Node) -> None:
    letters = [chr(code) for code in range(1, sys.maxunicode) if unicodedata.ucd_3_2_0.category(chr(code)) not in ("Cn", "Cs")]
    text = "".join(letter for letter in letters if letter.lower() != letter or letter.upper() != letter)
    for source, change in (("lower(name)", lower), ("upper(name)", upper)):
        assert node.ask({"expression": to_json(check(source)), "scopes": [{"name": text}]}) == [change(text)]
