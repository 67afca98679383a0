"""From a checked expression to plain JSON data, and back: what expressions.js interprets in the browser. No source text, nothing to eval.

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
from looseleaf_metadata.expressions.types import ExpressionType, Kind


def to_json(expression: Expression) -> dict[str, Any]:
    """The expression as data: `root`, and what it needs of its caller: `reads` (dotted paths) and `ambient` ("me", "now", …)."""
    return {"root": node_to_json(expression.root), "reads": sorted(expression.reads), "ambient": sorted(expression.ambient)}


def from_json(data: dict[str, Any]) -> Node:
    """The tree of `node_to_json` again, as far as a target needs it: kinds and scales, no option names or objects."""
    kind = ExpressionType(Kind(data["kind"]), data.get("scale", 0))

    def child(name: str) -> Node:
        return from_json(data[name])

    def several(name: str) -> tuple[Node, ...]:
        return tuple(from_json(item) for item in data[name])

    match data["node"]:
        case "literal":
            return Literal(kind, 0, _read_literal(data["value"], kind))
        case "path":
            return Path(kind, 0, tuple(data["name"].split(".")))
        case "ambient":
            return Ambient(kind, 0, data["name"])
        case "unary":
            return Unary(kind, 0, data["operator"], child("operand"))
        case "binary":
            return Binary(kind, 0, data["operator"], child("left"), child("right"))
        case "compare":
            return Compare(kind, 0, data["operator"], child("left"), child("right"))
        case "logical":
            return Logical(kind, 0, data["operator"], several("operands"))
        case "conditional":
            return Conditional(kind, 0, child("test"), child("then"), child("otherwise"))
        case "call":
            return Call(kind, 0, data["function"], several("arguments"))
        case "list":
            return ListOf(kind, 0, several("items"))
    raise ValueError(f"unknown node {data['node']}")


def _read_literal(value: Any, kind: ExpressionType) -> Any:
    if value is None or isinstance(value, bool):
        return value
    match kind.kind:
        case Kind.NUMBER:
            return Decimal(value) if kind.scale else int(value)
        case Kind.DATE:
            return date.fromisoformat(value)
        case Kind.TIME:
            return time.fromisoformat(value)
    return value


def node_to_json(node: Node) -> dict[str, Any]:
    """One node, and all below it, as data."""
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
            return {"node": "unary", "operator": operator, "operand": node_to_json(operand)}
        case Binary(operator=operator, left=left, right=right):
            return {"node": "binary", "operator": operator, "left": node_to_json(left), "right": node_to_json(right)}
        case Compare(operator=operator, left=left, right=right):
            return {"node": "compare", "operator": operator, "left": node_to_json(left), "right": node_to_json(right)}
        case Logical(operator=operator, operands=operands):
            return {"node": "logical", "operator": operator, "operands": [node_to_json(operand) for operand in operands]}
        case Conditional(test=test, then=then, otherwise=otherwise):
            return {"node": "conditional", "test": node_to_json(test), "then": node_to_json(then), "otherwise": node_to_json(otherwise)}
        case Call(function=function, arguments=arguments):
            return {"node": "call", "function": function, "arguments": [node_to_json(argument) for argument in arguments]}
        case ListOf(items=items):
            return {"node": "list", "items": [node_to_json(item) for item in items]}
    raise TypeError(type(node).__name__)


def _literal(value: Any) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date | time) else str(value)
