"""The reference page names every function and operator, and its examples are true."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from looseleaf_metadata.expressions.check import check_expression
from looseleaf_metadata.expressions.functions import FUNCTIONS
from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.expressions.parse import MAX_DEPTH, MAX_LENGTH, MAX_NODES
from looseleaf_metadata.expressions.python_target import ambient_values, compile_python
from looseleaf_metadata.expressions.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    DURATION,
    INTEGER,
    TEXT,
    TIME,
    ExpressionType,
    Kind,
    number,
    option,
    record,
)
from looseleaf_metadata.problems import Place

PAGE = (Path(__file__).parents[3] / "docs/reference/expressions.md").read_text("utf-8")
TYPES = {
    "amount": number(2),
    "paid": number(2),
    "discount": number(4),
    "quantity": INTEGER,
    "name": TEXT,
    "note": TEXT,
    "close_date": DATE,
    "created_at": DATETIME,
    "opens": TIME,
    "spent": DURATION,
    "closed": BOOLEAN,
    "source": option(("web", "event", "referral")),
    "tags": ExpressionType(Kind.OPTIONS),
    "owner": record("user"),
}
RECORD = {
    "amount": Decimal("100.05"),
    "paid": None,
    "discount": Decimal("0.1500"),
    "quantity": 7,
    "name": "恒拓精密 ABC",
    "note": None,
    "close_date": date(2026, 3, 31),
    "created_at": datetime(2026, 3, 2, tzinfo=UTC),
    "opens": time(9, 30),
    "spent": timedelta(minutes=90),
    "closed": False,
    "source": "web",
    "tags": ("vip", "老客户"),
    "owner": 5,
} | ambient_values(datetime(2026, 3, 2, 15, 30, tzinfo=UTC), "Asia/Shanghai", 5)
EXAMPLES = [
    tuple(part.strip() for part in line.split("→"))
    for block in re.findall(r"```expressions\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
    if line
]


@pytest.mark.parametrize(("source", "expected"), EXAMPLES)
def test_an_example_gives_what_the_page_says(source: str, expected: str) -> None:
    expression = check_expression(source, None, {}, place=Place(), extra=TYPES)
    assert isinstance(expression, Expression), [problem.as_text() for problem in expression]
    found = compile_python(expression)(RECORD)
    assert str(found).removesuffix(", 0:00:00") == expected


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_an_example(name: str) -> None:
    assert any(re.search(rf"\b{name}\(", source) for source, _ in EXAMPLES)


@pytest.mark.parametrize(
    "operator",
    ["+", "-", "*", "/", "//", "%", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "is None", "is not None", "and", "or", "not", "if"],
)
def test_every_operator_has_an_example(operator: str) -> None:
    assert any(f" {operator} " in f" {source} " for source, _ in EXAMPLES)


@pytest.mark.parametrize(("name", "function"), FUNCTIONS.items())
def test_the_built_in_example_of_a_function_is_an_expression(name: str, function: object) -> None:
    example = FUNCTIONS[name].example
    extra = TYPES | {
        **{word: number(2) for word in ("balance", "score")},
        **dict.fromkeys(("email", "code"), TEXT),
        "start_date": DATE,
    }
    checked = check_expression(example, None, {}, place=Place(), extra=extra)
    assert isinstance(checked, Expression), [problem.as_text() for problem in checked]
    assert name in example


def test_the_limits_are_those_of_the_parser() -> None:
    assert f"{MAX_LENGTH:,} characters, {MAX_NODES} parts and {MAX_DEPTH} levels" in PAGE
