"""The compiled Python function gives what simpleeval gives, for random expressions over random rows."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings

from looseleaf_metadata.expressions.python_target import compile_python
from looseleaf_metadata.expressions.reference import evaluate
from support.expression_cases import AMBIENT, check, expressions, rows

ROWS = rows(24)


def attempt(function: Any, *arguments: Any) -> Any:
    """The value, or the word for one that is too large."""
    try:
        return function(*arguments)
    except OverflowError:
        return "too large"


@settings(max_examples=400, deadline=None)
@given(expressions())
def test_the_compiled_function_equals_simpleeval(source: str) -> None:
    expression = check(source)
    compiled = compile_python(expression)
    for row in ROWS:
        scope = row | AMBIENT
        expected, found = attempt(evaluate, expression, scope), attempt(compiled, scope)
        if expected == "too large":
            continue  # the compiled function may know the result before it comes to the part that is too large
        assert (found, type(found)) == (expected, type(expected)), (source, row)
