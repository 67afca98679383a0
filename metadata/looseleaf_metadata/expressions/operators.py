"""Types of operators: what may be added, compared, contained. Returns typed nodes, raises Mismatch. Knows nothing of source text."""

from __future__ import annotations

from datetime import date

from looseleaf_metadata.expressions.conversions import (
    BROKEN,
    WORDS,
    Mismatch,
    check_options,
    convert,
    date_literal,
    is_null,
    is_text_literal,
    kind_word,
    unify,
)
from looseleaf_metadata.expressions.nodes import Ambient, Binary, Call, Compare, ListOf, Literal, Logical, Node, Unary, children
from looseleaf_metadata.expressions.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    DIVISION_SCALE,
    DURATION,
    INTEGER,
    TEXT,
    ExpressionType,
    Kind,
    number,
)
from looseleaf_metadata.texts import Text

PRODUCT_SCALE = 6
"""A product is rounded to the sum of its factors' scales, but to at most this (or the larger factor scale), so that money stays far from overflow."""

NUMBER, DURATION_KIND, DATE_KIND, DATETIME_KIND = Kind.NUMBER, Kind.DURATION, Kind.DATE, Kind.DATETIME

RESULTS: dict[tuple[str, Kind, Kind], ExpressionType] = {
    ("+", DATE_KIND, DURATION_KIND): DATE,
    ("-", DATE_KIND, DURATION_KIND): DATE,
    ("-", DATE_KIND, DATE_KIND): DURATION,
    ("+", DATETIME_KIND, DURATION_KIND): DATETIME,
    ("-", DATETIME_KIND, DURATION_KIND): DATETIME,
    ("-", DATETIME_KIND, DATETIME_KIND): DURATION,
    ("+", DURATION_KIND, DURATION_KIND): DURATION,
    ("-", DURATION_KIND, DURATION_KIND): DURATION,
    ("*", DURATION_KIND, NUMBER): DURATION,
    ("/", DURATION_KIND, NUMBER): DURATION,
    ("/", DURATION_KIND, DURATION_KIND): number(DIVISION_SCALE),
}
"""Operators on other than two numbers or two texts, by the kinds of both sides."""
ORDERED = (Kind.NUMBER, Kind.TEXT, Kind.DATE, Kind.DATETIME, Kind.TIME, Kind.DURATION)
EQUATED = (*ORDERED, Kind.OPTION, Kind.BOOLEAN, Kind.RECORD)


def broken(offset: int) -> Node:
    """A stand-in for a node about which a problem was told."""
    return Literal(BROKEN, offset, None)


def unary(operator: str, operand: Node, offset: int) -> Node:
    """`not x`, `-x`, `+x`."""
    if operand.type is BROKEN:
        return broken(offset)
    if operator == "not":
        return Unary(BOOLEAN, offset, "not", boolean(operand))
    if operand.type.kind not in (Kind.NUMBER, Kind.DURATION):
        raise Mismatch("type", Text("A sign needs a number, this is {kind}", kind=kind_word(operand.type)), at=operand)
    if isinstance(operand, Literal) and operand.value is not None:
        return operand if operator == "+" else Literal(operand.type, offset, -operand.value + 0)
    return operand if operator == "+" else Unary(operand.type, offset, "-", operand)


def boolean(node: Node) -> Node:
    """`node` where yes or no is needed. Raises Mismatch."""
    if node.type.kind is Kind.BOOLEAN or node.type is BROKEN:
        return node
    suggestion = None if isinstance(node, Literal) else Text("write {word}", word="… is not None")
    raise Mismatch("type", Text("Yes or no is needed here, this is {kind}", kind=kind_word(node.type)), suggestion, node)


def logical(operator: str, operands: list[Node], offset: int) -> Node:
    """`a and b`, `a or b`."""
    return Logical(BOOLEAN, offset, operator, tuple(boolean(operand) for operand in operands))


def binary(operator: str, left: Node, right: Node, offset: int) -> Node:
    """Arithmetic, and `+` of texts."""
    if BROKEN in (left.type, right.type):
        return broken(offset)
    kinds = (left.type.kind, right.type.kind)
    if operator in "+*" and (kinds == (NUMBER, DURATION_KIND) or (kinds[0] is DURATION_KIND and kinds[1] in (DATE_KIND, DATETIME_KIND))):
        left, right = right, left
    elif set(kinds) == {DATE_KIND, DATETIME_KIND} and operator == "-":
        left, right = _moment(left), _moment(right)
    kinds = (left.type.kind, right.type.kind)
    if kinds == (NUMBER, NUMBER):
        return Binary(_number_result(operator, left.type.scale, right.type.scale), offset, operator, left, right)
    if operator == "+" and kinds[0] in WORDS and kinds[1] in WORDS:
        return Binary(TEXT, offset, "+", left, right)
    result = RESULTS.get((operator, *kinds))
    if result is None:
        raise Mismatch("type", _no_arithmetic(operator, left, right), _arithmetic_hint(operator, left, right))
    return Binary(result, offset, operator, left, right)


def _number_result(operator: str, left: int, right: int) -> ExpressionType:
    if operator == "*":
        return number(min(left + right, max(PRODUCT_SCALE, left, right)))
    if operator == "/":
        return number(DIVISION_SCALE)
    return INTEGER if operator == "//" else number(max(left, right))


def _no_arithmetic(operator: str, left: Node, right: Node) -> Text:
    one, other = kind_word(left.type), kind_word(right.type)
    return Text("'{operator}' doesn't work between {one} and {other}", operator=operator, one=one, other=other)


def _arithmetic_hint(operator: str, left: Node, right: Node) -> Text | None:
    kinds = {left.type.kind, right.type.kind}
    if Kind.NULL in kinds:
        return Text("arithmetic with None gives no value")
    if kinds & {DATE_KIND, DATETIME_KIND} and NUMBER in kinds:
        return Text("write {word}", word="days(7)")
    if operator == "+" and kinds & set(WORDS):
        return Text("write {word}", word="concat(…, …)")
    return None


def _moment(node: Node) -> Node:
    return convert(node, DATETIME) or node


def compare(operator: str, left: Node, right: Node, offset: int) -> Node:
    """`==`, `!=`, `<`, `<=`, `>`, `>=`, `is None`, `is not None`, `in`, `not in`."""
    if operator in ("in", "not in"):
        return membership(operator, left, right, offset)
    if BROKEN in (left.type, right.type):
        return broken(offset)
    if is_null(left) and not is_null(right):
        left, right = right, left
    if is_null(right):
        return _null_test(operator, left, right, offset)
    if operator in ("is", "is not"):
        word = "==" if operator == "is" else "!="
        raise Mismatch("type", Text("'{word}' tests only for None", word=operator), Text("write {word}", word=word))
    return _compare_values(operator, left, right, offset)


def _null_test(operator: str, left: Node, right: Node, offset: int) -> Node:
    if operator in ("==", "is"):
        return Compare(BOOLEAN, offset, "is", left, right)
    if operator in ("!=", "is not"):
        return Compare(BOOLEAN, offset, "is not", left, right)
    raise Mismatch("type", Text("A comparison with None never holds"), Text("write {word}", word="is None"))


def _compare_values(operator: str, left: Node, right: Node, offset: int) -> Node:
    for one, other in ((left, right), (right, left)):
        if one.type.kind is DATETIME_KIND and is_text_literal(other):
            left, right = (left, date_literal(right)) if other is right else (date_literal(left), right)
    if {left.type.kind, right.type.kind} == {DATE_KIND, DATETIME_KIND}:
        return _day_against_moment(operator, left, right, offset)
    if left.type.kind is Kind.NUMBER and right.type.kind is Kind.NUMBER:
        return Compare(BOOLEAN, offset, operator, left, right)
    left, right = _same_kind(left, right)
    allowed = EQUATED if operator in ("==", "!=") else ORDERED
    for node in (left, right):
        if node.type.kind not in allowed:
            raise Mismatch("type", Text("{kind} can't be compared by '{operator}'", kind=kind_word(node.type), operator=operator))
    return Compare(BOOLEAN, offset, operator, left, right)


def _same_kind(left: Node, right: Node) -> tuple[Node, Node]:
    """Both sides as one kind: literals follow the other side. Raises Mismatch."""
    for one, other in ((left, right), (right, left)):
        if one.type.kind is Kind.OPTION:
            check_options(other, one.type.options)
    if is_text_literal(left) and not is_text_literal(right):
        changed = convert(left, right.type)
        return (changed, right) if changed else _refuse(left, right)
    changed = convert(right, left.type)
    return (left, changed) if changed else _refuse(left, right)


def _refuse(left: Node, right: Node) -> tuple[Node, Node]:
    hint = None
    if Kind.RECORD in (left.type.kind, right.type.kind) and set(WORDS) & {left.type.kind, right.type.kind}:
        hint = Text("compare a field of the record: {word}", word="account.name == '…'")
    message = Text("{one} can't be compared with {other}", one=kind_word(left.type), other=kind_word(right.type))
    raise Mismatch("type", message, hint)


def _day_against_moment(operator: str, left: Node, right: Node, offset: int) -> Node:
    """A moment lies on a day: order against a fixed day is tested by the day's beginning, so that an index on the moment serves."""
    if left.type.kind is Kind.DATE:
        mirrored = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(operator, operator)
        return _day_against_moment(mirrored, right, left, offset)
    if operator in ("==", "!=") or not _fixed(right):
        return Compare(BOOLEAN, offset, operator, Call(DATE, left.offset, "date", (left,)), right)
    if operator in ("<=", ">"):
        next_day = Call(DATE, right.offset, "add_days", (right, Literal(INTEGER, right.offset, 1)))
        return Compare(BOOLEAN, offset, "<" if operator == "<=" else ">=", left, _moment(next_day))
    return Compare(BOOLEAN, offset, operator, left, _moment(right))


def _fixed(node: Node) -> bool:
    """Whether a date is the same for every record, and has a day after it."""
    if isinstance(node, Literal):
        return bool(node.value != date.max)
    return isinstance(node, Ambient) or (isinstance(node, Call | Binary) and all(_fixed(child) for child in children(node)))


def membership(operator: str, left: Node, right: Node, offset: int) -> Node:
    """`x in ['a', 'b']`, `'vip' in tags`, `me in members`, `'部' in name`."""
    if BROKEN in (left.type, right.type):
        return broken(offset)
    if isinstance(right, ListOf):
        return _in_list(operator, left, right, offset)
    kind = right.type.kind
    if kind is Kind.OPTIONS and left.type.kind in WORDS:
        check_options(left, right.type.options)
        return Compare(BOOLEAN, offset, operator, left, right)
    if kind is Kind.RECORDS and left.type.kind is Kind.RECORD and left.type.object == right.type.object:
        return Compare(BOOLEAN, offset, operator, left, right)
    if kind is Kind.TEXT and left.type.kind is Kind.TEXT and not is_text_literal(right):
        return Compare(BOOLEAN, offset, operator, left, right)
    hint = Text("write {word}", word="['…', '…']") if is_text_literal(right) else None
    message = Text(
        "'{operator}' doesn't work between {one} and {other}", operator=operator, one=kind_word(left.type), other=kind_word(right.type)
    )
    raise Mismatch("type", message, hint)


def _in_list(operator: str, left: Node, right: ListOf, offset: int) -> Node:
    if any(item.type is BROKEN for item in right.items):
        return broken(offset)
    items = []
    for item in right.items:
        if is_null(item):
            raise Mismatch("type", Text("None is never in a list"), Text("write {word}", word="… is None"), item)
        test = _compare_values("==", left, item, offset)
        assert isinstance(test, Compare)  # noqa: S101 - by construction
        left, converted = test.left, test.right
        items.append(converted)
    if left.type.kind is Kind.NUMBER:
        left, *items = unify([left, *items])
    return Compare(BOOLEAN, offset, operator, left, ListOf(left.type, right.offset, tuple(items)))
