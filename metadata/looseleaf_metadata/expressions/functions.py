"""The whitelist of functions: what each takes and gives. Targets implement them by the same names.

Knows nothing of how they are computed: that is arithmetic.py, calendar.py, wording.py, the SQL target and expressions.js.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from looseleaf_metadata.expressions.conversions import (
    BROKEN,
    WORDS,
    Mismatch,
    common_type,
    convert,
    is_text_literal,
    kind_word,
    to_scale,
    unify,
)
from looseleaf_metadata.expressions.nodes import Ambient, Call, Literal, Node
from looseleaf_metadata.expressions.operators import broken
from looseleaf_metadata.expressions.types import BOOLEAN, DATE, DATETIME, DURATION, INTEGER, MAX_SCALE, TEXT, ExpressionType, Kind
from looseleaf_metadata.texts import Text

Build = Callable[[tuple[Node, ...], int], Node]


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language. `signature` and `example` are for people; `build` types a call, raising Mismatch."""

    name: str
    signature: str
    example: str
    fewest: int
    most: int | None
    build: Build

    def call(self, arguments: Sequence[Node], offset: int) -> Node:
        """The typed call. Raises Mismatch."""
        if len(arguments) < self.fewest or (self.most is not None and len(arguments) > self.most):
            message = Text("{name} is called with the wrong number of values", name=self.name)
            raise Mismatch("arguments", message, Text("write {word}", word=self.signature))
        if any(argument.type is BROKEN for argument in arguments):
            return broken(offset)
        return self.build(tuple(arguments), offset)


def _number(node: Node) -> Node:
    if node.type.kind is Kind.NUMBER:
        return node
    raise Mismatch("type", Text("A number is needed here, this is {kind}", kind=kind_word(node.type)), at=node)


def _whole(node: Node) -> Node:
    if node.type.kind is Kind.NUMBER and node.type.scale == 0:
        return node
    hint = Text("write {word}", word="round(…)") if node.type.kind is Kind.NUMBER else None
    raise Mismatch("type", Text("A whole number is needed here"), hint, node)


def _text(node: Node) -> Node:
    if node.type.kind in WORDS:
        return node
    hint = Text("write {word}", word="text(…)")
    raise Mismatch("type", Text("A text is needed here, this is {kind}", kind=kind_word(node.type)), hint, node)


def _day(node: Node) -> Node:
    converted = convert(node, DATE) if node.type.kind is not Kind.NULL else None
    if converted is None:
        raise Mismatch("type", Text("A date is needed here, this is {kind}", kind=kind_word(node.type)), at=node)
    return converted


def _fixed(name: str, takes: Sequence[Callable[[Node], Node]], gives: ExpressionType) -> Build:
    """A function whose arguments and result have fixed types."""

    def build(arguments: tuple[Node, ...], offset: int) -> Node:
        return Call(gives, offset, name, tuple(take(argument) for take, argument in zip(takes, arguments, strict=True)))

    return build


def _extreme(name: str) -> Build:
    def build(arguments: tuple[Node, ...], offset: int) -> Node:
        unified = unify(arguments)
        kind = common_type(unified)
        if kind.kind not in (Kind.NUMBER, Kind.DATE, Kind.DATETIME, Kind.TIME, Kind.DURATION, Kind.TEXT):
            raise Mismatch("type", Text("{kind} has no order", kind=kind_word(kind)))
        return Call(kind, offset, name, unified)

    return build


def _coalesce(arguments: tuple[Node, ...], offset: int) -> Node:
    unified = unify(arguments)
    return Call(common_type(unified), offset, "coalesce", unified)


def _absolute(arguments: tuple[Node, ...], offset: int) -> Node:
    node = arguments[0] if arguments[0].type.kind is Kind.DURATION else _number(arguments[0])
    return Call(node.type, offset, "abs", (node,))


def _round(arguments: tuple[Node, ...], offset: int) -> Node:
    value = _number(arguments[0])
    places = 0
    if len(arguments) == 2:
        literal = arguments[1]
        if not isinstance(literal, Literal) or type(literal.value) is not int or not -12 <= literal.value <= MAX_SCALE:
            raise Mismatch("type", Text("The number of places is written as a whole number from -12 to {most}", most=MAX_SCALE), at=literal)
        places = literal.value
    if places >= 0:
        return to_scale(value, places)
    return Call(INTEGER, offset, "round", (value, Literal(INTEGER, offset, places)))


def _towards(name: str) -> Build:
    def build(arguments: tuple[Node, ...], offset: int) -> Node:
        value = _number(arguments[0])
        return value if value.type.scale == 0 else Call(INTEGER, offset, name, (value,))

    return build


def _length(arguments: tuple[Node, ...], offset: int) -> Node:
    if arguments[0].type.kind is Kind.OPTIONS:
        return Call(INTEGER, offset, "count", arguments)
    return Call(INTEGER, offset, "len", (_text(arguments[0]),))


def _as_text(node: Node) -> Node:
    if node.type.kind in WORDS:
        return node
    if node.type.kind in (Kind.NUMBER, Kind.DATE, Kind.DATETIME, Kind.BOOLEAN):
        return Call(TEXT, node.offset, "text", (node,))
    raise Mismatch("type", Text("{kind} has no text form", kind=kind_word(node.type)), at=node)


def _concat(arguments: tuple[Node, ...], offset: int) -> Node:
    return Call(TEXT, offset, "concat", tuple(_as_text(argument) for argument in arguments))


def _date(arguments: tuple[Node, ...], offset: int) -> Node:
    first = arguments[0]
    if len(arguments) == 1:
        if first.type.kind in (Kind.DATE, Kind.DATETIME) or is_text_literal(first):
            return _day(first)
        raise Mismatch("type", Text("A date is made of a quoted date, of a date with time, or of year, month and day"), at=first)
    try:
        year, month, day = (argument.value for argument in arguments if isinstance(argument, Literal))
        return Literal(DATE, offset, date(year, month, day))
    except (ValueError, TypeError, OverflowError):
        raise Mismatch("not-a-date", Text("Year, month and day of no date"), Text("write {word}", word="date(2026, 3, 31)")) from None


def _date_part(name: str) -> tuple[str, str, str, int, int, Build]:
    return (name, f"{name}(date)", f"{name}(today())", 1, 1, _fixed(name, (_day,), INTEGER))


def _date_start(name: str) -> tuple[str, str, str, int, int, Build]:
    return (name, f"{name}(date)", f"created_at >= {name}(today())", 1, 1, _fixed(name, (_day,), DATE))


def _ambient(name: str, gives: ExpressionType) -> Build:
    return lambda arguments, offset: Ambient(gives, offset, name)


_LISTED: tuple[tuple[str, str, str, int, int | None, Build], ...] = (
    ("today", "today()", "close_date >= today()", 0, 0, _ambient("today", DATE)),
    ("now", "now()", "created_at > now() - hours(2)", 0, 0, _ambient("now", DATETIME)),
    ("min", "min(a, b, …)", "min(amount, 1000)", 2, None, _extreme("min")),
    ("max", "max(a, b, …)", "max(amount - paid, 0)", 2, None, _extreme("max")),
    ("abs", "abs(number)", "abs(balance)", 1, 1, _absolute),
    ("round", "round(number, places)", "round(amount / 3, 2)", 1, 2, _round),
    ("floor", "floor(number)", "floor(score / 10)", 1, 1, _towards("floor")),
    ("ceil", "ceil(number)", "ceil(quantity / 12)", 1, 1, _towards("ceil")),
    ("len", "len(text)", "len(name) >= 2", 1, 1, _length),
    ("lower", "lower(text)", "lower(email)", 1, 1, _fixed("lower", (_text,), TEXT)),
    ("upper", "upper(text)", "upper(code)", 1, 1, _fixed("upper", (_text,), TEXT)),
    ("trim", "trim(text)", "trim(name)", 1, 1, _fixed("trim", (_text,), TEXT)),
    ("contains", "contains(text, part)", "contains(name, '集团')", 2, 2, _fixed("contains", (_text, _text), BOOLEAN)),
    ("starts_with", "starts_with(text, part)", "starts_with(code, 'CN-')", 2, 2, _fixed("starts_with", (_text, _text), BOOLEAN)),
    ("ends_with", "ends_with(text, part)", "ends_with(email, '.cn')", 2, 2, _fixed("ends_with", (_text, _text), BOOLEAN)),
    ("coalesce", "coalesce(a, b, …)", "coalesce(discount, 0)", 2, None, _coalesce),
    ("concat", "concat(a, b, …)", "concat(name, ' (', year(close_date), ')')", 1, None, _concat),
    ("text", "text(value)", "text(amount)", 1, 1, lambda arguments, offset: _as_text(arguments[0])),
    ("date", "date(year, month, day)", "close_date > date('2026-03-31')", 1, 3, _date),
    ("start_of_day", "start_of_day(date)", "start_of_day(close_date)", 1, 1, _fixed("start_of_day", (_day,), DATETIME)),
    ("days_between", "days_between(start, end)", "days_between(today(), close_date)", 2, 2, _fixed("days_between", (_day, _day), INTEGER)),
    ("add_days", "add_days(date, count)", "add_days(today(), 14)", 2, 2, _fixed("add_days", (_day, _whole), DATE)),
    ("add_months", "add_months(date, count)", "add_months(start_date, 12)", 2, 2, _fixed("add_months", (_day, _whole), DATE)),
    ("add_years", "add_years(date, count)", "add_years(start_date, 1)", 2, 2, _fixed("add_years", (_day, _whole), DATE)),
    *(_date_part(name) for name in ("year", "quarter", "month", "day", "weekday")),
    *(_date_start(name) for name in ("start_of_year", "start_of_quarter", "start_of_month", "start_of_week")),
    ("end_of_month", "end_of_month(date)", "close_date <= end_of_month(today())", 1, 1, _fixed("end_of_month", (_day,), DATE)),
    ("days", "days(count)", "now() - created_at > days(7)", 1, 1, _fixed("days", (_number,), DURATION)),
    ("hours", "hours(count)", "created_at + hours(8)", 1, 1, _fixed("hours", (_number,), DURATION)),
    ("minutes", "minutes(count)", "created_at + minutes(30)", 1, 1, _fixed("minutes", (_number,), DURATION)),
)

FUNCTIONS = MappingProxyType({row[0]: Function(*row) for row in _LISTED})
"""Every function that an expression may call, by name."""
CONVERSIONS = ("rescale", "count")
"""Calls that the checker puts in: a number with another scale; the number of a set's members. Not for people to write."""
UNIT_SECONDS = MappingProxyType({"days": 86400, "hours": 3600, "minutes": 60})
"""Seconds of one unit of the functions that make durations."""
