"""A whole expression as one SQL function of SQLite: for those nested too deep for its parser, which takes about 20 levels.

The statement carries the expression's tree as JSON and its inputs as they are stored; Python's compiled function does the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any

from looseleaf_metadata.expressions.arithmetic import EXACT, SECOND, seconds_to_duration
from looseleaf_metadata.expressions.json_target import from_json
from looseleaf_metadata.expressions.python_target import Compiled, compile_node
from looseleaf_metadata.expressions.types import ExpressionType, Kind


def evaluate_expression(tree: str, *inputs: Any) -> Any:
    """The value of `{"root": node, "inputs": [[name, kind, scale], …]}` for these inputs; both ways in stored form. NULL for what is too large."""
    compiled, loaders, dump = _compiled(tree)
    try:
        value = compiled({name: None if stored is None else load(stored) for (name, load), stored in zip(loaders, inputs, strict=True)})
        return None if value is None else dump(value)
    except OverflowError:
        return None


@lru_cache(maxsize=1024)
def _compiled(tree: str) -> tuple[Compiled, tuple[tuple[str, Callable[[Any], Any]], ...], Callable[[Any], Any]]:
    data = json.loads(tree)
    root = from_json(data["root"])
    loaders = tuple((name, _loader(ExpressionType(Kind(kind), scale))) for name, kind, scale in data["inputs"])
    return compile_node(root), loaders, _dumper(root.type)


def _loader(kind: ExpressionType) -> Callable[[Any], Any]:
    """From the stored form to Python's value."""
    match kind.kind:
        case Kind.NUMBER if kind.scale:
            return lambda stored: Decimal(stored).scaleb(-kind.scale, EXACT)
        case Kind.BOOLEAN:
            return bool
        case Kind.DATE:
            return date.fromisoformat
        case Kind.DATETIME:
            return lambda stored: datetime.fromisoformat(stored).replace(tzinfo=UTC)
        case Kind.TIME:
            return time.fromisoformat
        case Kind.DURATION:
            return seconds_to_duration
        case Kind.OPTIONS:
            return lambda stored: tuple(json.loads(stored))
    return lambda stored: stored


def _dumper(kind: ExpressionType) -> Callable[[Any], Any]:
    """From Python's value to the stored form."""
    match kind.kind:
        case Kind.NUMBER if kind.scale:
            return lambda value: int(value.scaleb(kind.scale, EXACT))
        case Kind.BOOLEAN:
            return int
        case Kind.DATE:
            return date.isoformat
        case Kind.DATETIME:
            return lambda value: value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        case Kind.TIME:
            return lambda value: value.isoformat("microseconds")
        case Kind.DURATION:
            return lambda value: value // SECOND
    return lambda value: value
