"""Which value may stand where another type is wanted, and the nodes that convert it. Knows nothing of names or source text.

Conversions are nodes of the tree (`rescale`, `date`, `start_of_day`, `text`), so that every target does the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time
from decimal import Decimal

from looseleaf_metadata.expressions.arithmetic import TooLarge, rescale
from looseleaf_metadata.expressions.nodes import Call, Conditional, ListOf, Literal, Node
from looseleaf_metadata.expressions.types import ANY, DATE, DATETIME, NULL, TEXT, TIME, ExpressionType, Kind, number
from looseleaf_metadata.problems import did_you_mean
from looseleaf_metadata.texts import Text

WORDS = (Kind.TEXT, Kind.OPTION)
"""Kinds whose values are a str."""
BROKEN = replace(ANY, object="broken")
"""The type of a node about which a problem was already told: everything goes with it, so that one fault is told once."""


class Mismatch(Exception):
    """Raised where types don't go together. `at`: the node at fault, None for the whole operation."""

    def __init__(self, code: str, message: Text, suggestion: Text | None = None, at: Node | None = None) -> None:
        self.code, self.message, self.suggestion, self.at = code, message, suggestion, at
        super().__init__(str(message))


def kind_word(type: ExpressionType) -> Text:
    """The kind of a value in words for people."""
    words = {
        Kind.TEXT: Text("a text"),
        Kind.NUMBER: Text("a number"),
        Kind.BOOLEAN: Text("yes or no"),
        Kind.DATE: Text("a date"),
        Kind.DATETIME: Text("a date with time"),
        Kind.TIME: Text("a time of day"),
        Kind.DURATION: Text("a duration"),
        Kind.OPTION: Text("an option"),
        Kind.OPTIONS: Text("a set of options"),
        Kind.RECORD: Text("a record of {object}", object=type.object),
        Kind.RECORDS: Text("a list of records"),
        Kind.NULL: Text("no value"),
    }
    return words.get(type.kind, Text("a value of unknown kind"))


def is_null(node: Node) -> bool:
    """Whether the node is the literal None."""
    return isinstance(node, Literal) and node.value is None


def is_text_literal(node: Node) -> bool:
    """Whether the node is a quoted text."""
    return isinstance(node, Literal) and isinstance(node.value, str)


def convert(node: Node, wanted: ExpressionType) -> Node | None:
    """`node` as a value of `wanted`, or None where it can't be one. Numbers are rounded to the wanted scale."""
    have = node.type
    if have is BROKEN or wanted.kind is Kind.ANY:
        return node
    if is_null(node):
        return Literal(wanted, node.offset, None)
    if have.kind is Kind.NUMBER and wanted.kind is Kind.NUMBER:
        return to_scale(node, wanted.scale)
    if have.kind in WORDS and wanted.kind in WORDS:
        return node
    if have.kind is wanted.kind:
        return node if have.kind not in (Kind.RECORD, Kind.RECORDS) or have.object == wanted.object else None
    if wanted.kind is Kind.DATE and have.kind is Kind.DATETIME:
        return Call(DATE, node.offset, "date", (node,))
    if wanted.kind is Kind.DATETIME and have.kind is Kind.DATE:
        return Call(DATETIME, node.offset, "start_of_day", (node,))
    if wanted.kind is Kind.DATETIME and is_text_literal(node):
        day = date_literal(node)
        return Call(DATETIME, node.offset, "start_of_day", (day,))
    if wanted.kind is Kind.DATE and is_text_literal(node):
        return date_literal(node)
    if wanted.kind is Kind.TIME and is_text_literal(node):
        return _time_literal(node)
    return None


def to_scale(node: Node, scale: int) -> Node:
    """A number with that scale; a literal becomes another literal."""
    if node.type.scale == scale:
        return node
    if isinstance(node, Literal):
        try:
            return Literal(number(scale), node.offset, rescale(node.value, scale))
        except TooLarge as error:
            raise Mismatch("out-of-range", error.message, at=node) from None
    return Call(number(scale), node.offset, "rescale", (node,))


def date_literal(node: Node) -> Literal:
    """A text literal such as '2026-03-01' as a date. Raises Mismatch."""
    assert isinstance(node, Literal)  # noqa: S101 - callers looked
    try:
        if len(node.value) != 10:
            raise ValueError
        return Literal(DATE, node.offset, date.fromisoformat(node.value))
    except ValueError:
        example = Text("write {word}", word="'2026-03-31'")
        raise Mismatch("not-a-date", Text("'{value}' is not a date", value=node.value), example, node) from None


def _time_literal(node: Node) -> Literal:
    assert isinstance(node, Literal)  # noqa: S101 - callers looked
    try:
        if len(node.value) not in (5, 8):
            raise ValueError
        return Literal(TIME, node.offset, time.fromisoformat(node.value))
    except ValueError:
        example = Text("write {word}", word="'09:30'")
        raise Mismatch("not-a-time", Text("'{value}' is not a time of day", value=node.value), example, node) from None


def unify(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """The nodes as values of one common type. Raises Mismatch."""
    if any(node.type is BROKEN for node in nodes):
        return tuple(nodes)
    known = [node.type for node in nodes if node.type.kind is not Kind.NULL]
    if not known:
        raise Mismatch("no-type", Text("At least one of the values must not be None"))
    common = _common(known)
    converted = [convert(node, common) for node in nodes]
    for node, result in zip(nodes, converted, strict=True):
        if result is None or common.kind in (Kind.JSON, Kind.ANY, Kind.RECORDS, Kind.OPTIONS):
            message = Text("{one} and {other} can't be mixed", one=kind_word(known[0]), other=kind_word(node.type))
            raise Mismatch("type", message, at=node)
    return tuple(node if result is None else result for node, result in zip(nodes, converted, strict=True))


def _common(types: Sequence[ExpressionType]) -> ExpressionType:
    first = types[0]
    kinds = {type.kind for type in types}
    if kinds == {Kind.NUMBER}:
        return number(max(type.scale for type in types))
    if len(set(types)) == 1:
        return first
    if kinds <= set(WORDS):
        return TEXT
    return next((type for type in types if type.kind not in WORDS), first)


def common_type(nodes: Sequence[Node]) -> ExpressionType:
    """The type of a choice between unified nodes."""
    types = [node.type for node in nodes]
    if any(type is BROKEN for type in types):
        return BROKEN
    return _common([type for type in types if type.kind is not Kind.NULL] or [NULL])


def check_options(node: Node, options: Sequence[str]) -> None:
    """Raise Mismatch for a quoted text among the outcomes of `node` that is none of the option names."""
    if isinstance(node, Literal) and isinstance(node.value, str):
        if options and node.value not in options:
            suggestion = did_you_mean(node.value, options) or Text("options: {names}", names=name_list(options))
            raise Mismatch("unknown-option", Text("'{name}' is not an option", name=node.value), suggestion, node)
    elif isinstance(node, Conditional):
        check_options(node.then, options)
        check_options(node.otherwise, options)
    elif isinstance(node, ListOf):
        for item in node.items:
            check_options(item, options)
    elif isinstance(node, Call) and node.function == "coalesce":
        for argument in node.arguments:
            check_options(argument, options)


def name_list(names: Sequence[str]) -> str:
    """Up to eight names, and dots for more."""
    return ", ".join(names[:8]) + (", …" if len(names) > 8 else "")


def literal_number(value: int | Decimal, offset: int) -> Literal:
    """A number as a literal of its own scale. Raises Mismatch where it has too many digits."""
    scale = max(0, -int(value.as_tuple().exponent)) if isinstance(value, Decimal) else 0
    probe = Literal(number(0), offset, None)
    if scale > 10:
        raise Mismatch("out-of-range", Text("A number has at most {digits} decimal places", digits=10), at=probe)
    try:
        return Literal(number(scale), offset, rescale(value, scale))
    except TooLarge:
        raise Mismatch("out-of-range", Text("The number is too large"), at=probe) from None
