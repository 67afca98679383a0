"""The abstract syntax of a checked expression: frozen nodes, each with its type. Three targets walk them.

A `Path` names a value of the record under evaluation (`amount`) or of a record reached through
look-ups (`account.owner.team`). `me`, `now` and `today` are `Ambient` values, given by the caller.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from looseleaf_metadata.expressions.types import ExpressionType


@dataclass(frozen=True, slots=True)
class Node:
    """Base of all nodes. `offset` is the column (0-based character) in the expression's source."""

    type: ExpressionType
    offset: int


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A constant: str, int, Decimal, bool, None, date, datetime, time or timedelta."""

    value: Any


@dataclass(frozen=True, slots=True)
class Path(Node):
    """A field, or a field reached through look-ups: `("account", "owner", "team")`."""

    names: tuple[str, ...]

    @property
    def dotted(self) -> str:
        """The path as written: `account.owner.team`. Also its key in an evaluation scope."""
        return ".".join(self.names)


@dataclass(frozen=True, slots=True)
class Ambient(Node):
    """`me`, `now()` or `today()`: `name` is "me", "now" or "today"; scope key is "@" + name."""

    name: str


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`operator` is "-", "+" or "not"."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """`operator` is one of + - * / % // and the text concatenation "+"."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Compare(Node):
    """`operator` is one of == != < <= > >= in, not in, is, is not (the last two only with None)."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logical(Node):
    """`operator` is "and" or "or"; two or more operands."""

    operator: str
    operands: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Conditional(Node):
    """`then if test else otherwise`."""

    test: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A call of a whitelisted function by name."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    """A literal list, only to the right of `in`."""

    items: tuple[Node, ...]


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def children(node: Node) -> tuple[Node, ...]:
    """The operands of a node."""
    match node:
        case Unary(operand=operand):
            return (operand,)
        case Binary(left=left, right=right) | Compare(left=left, right=right):
            return (left, right)
        case Logical(operands=items) | Call(arguments=items) | ListOf(items=items):
            return items
        case Conditional(test=test, then=then, otherwise=otherwise):
            return (test, then, otherwise)
    return ()


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked expression: source text, typed tree, and every path that it reads.

    `object` is the name of the object whose record it is evaluated on ("" for none).
    `reads` are dotted paths; `ambient` the subset of {"me", "now", "today", "timezone"} that it uses.
    """

    source: str
    object: str
    root: Node
    reads: frozenset[str]
    ambient: frozenset[str]

    @property
    def type(self) -> ExpressionType:
        """The type of its value."""
        return self.root.type
