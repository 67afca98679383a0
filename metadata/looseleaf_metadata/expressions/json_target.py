"""From a checked expression to plain JSON data: what expressions.js interprets in the browser. No source text, nothing to eval.

Every node is an object with `node` (its sort) and `kind` (of its value), numbers with `scale`. Knows nothing of screens.
"""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any

from looseleaf_metadata.expressions.nodes import (
    Ambient,
    Binary,
    Call,
    Compare,
    Conditional,
    Expression,
    ListOf,
    Literal,
    Logical,
    Node,
    Path,
    Unary,
)
from looseleaf_metadata.expressions.types import Kind


def to_json(expression: Expression) -> dict[str, Any]:
    """The expression as data: `root`, and what it needs of its caller: `reads` (dotted paths) and `ambient` ("me", "now", …)."""
    return {"root": _node(expression.root), "reads": sorted(expression.reads), "ambient": sorted(expression.ambient)}


def _node(node: Node) -> dict[str, Any]:
    typed: dict[str, Any] = {"kind": node.type.kind.value}
    if node.type.kind is Kind.NUMBER:
        typed["scale"] = node.type.scale
    return typed | _parts(node)


def _parts(node: Node) -> dict[str, Any]:
    match node:
        case Literal(value=value):
            return {"node": "literal", "value": _literal(value)}
        case Path(dotted=dotted):
            return {"node": "path", "name": dotted}
        case Ambient(name=name):
            return {"node": "ambient", "name": name}
        case Unary(operator=operator, operand=operand):
            return {"node": "unary", "operator": operator, "operand": _node(operand)}
        case Binary(operator=operator, left=left, right=right):
            return {"node": "binary", "operator": operator, "left": _node(left), "right": _node(right)}
        case Compare(operator=operator, left=left, right=right):
            return {"node": "compare", "operator": operator, "left": _node(left), "right": _node(right)}
        case Logical(operator=operator, operands=operands):
            return {"node": "logical", "operator": operator, "operands": [_node(operand) for operand in operands]}
        case Conditional(test=test, then=then, otherwise=otherwise):
            return {"node": "conditional", "test": _node(test), "then": _node(then), "otherwise": _node(otherwise)}
        case Call(function=function, arguments=arguments):
            return {"node": "call", "function": function, "arguments": [_node(argument) for argument in arguments]}
        case ListOf(items=items):
            return {"node": "list", "items": [_node(item) for item in items]}
    raise TypeError(type(node).__name__)


def _literal(value: Any) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date | time) else str(value)
