"""The slow, plain reading of an expression, by simpleeval itself: what the compiled targets are tested against.

The typed tree is written back as a Python syntax tree and handed to simpleeval's evaluator with null-safe operators; numbers are
fractions, rounded where the tree says so. Written apart from python_target.py on purpose; calendars are shared.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from simpleeval import EvalWithCompoundTypes

from looseleaf_metadata.expressions import calendar, wording
from looseleaf_metadata.expressions.arithmetic import EXACT, LARGEST, TooLarge
from looseleaf_metadata.expressions.functions import UNIT_SECONDS
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

SYMBOLS: Mapping[str, type[ast.AST]] = {
    "+": ast.Add,
    "-": ast.Sub,
    "*": ast.Mult,
    "/": ast.Div,
    "//": ast.FloorDiv,
    "%": ast.Mod,
    "==": ast.Eq,
    "!=": ast.NotEq,
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
    "in": ast.In,
    "not in": ast.NotIn,
    "is": ast.Is,
    "is not": ast.IsNot,
    "and": ast.And,
    "or": ast.Or,
}


def evaluate(expression: Expression, scope: Mapping[str, Any]) -> Any:
    """The value of an expression, worked out by simpleeval. Raises OverflowError where a value can't be held."""
    names = {key: _inward(value) for key, value in scope.items()}
    evaluator = EvalWithCompoundTypes(operators=dict(OPERATORS), functions=_functions(scope.get("@timezone", "UTC")), names=names)
    value = evaluator.eval(expression.source, previously_parsed=ast.Expr(_written(expression.root)))
    return _outward(value, expression.root)


def _inward(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, tuple):
        return value or None
    return Fraction(value) if isinstance(value, int | Decimal) else value


def _outward(value: Any, root: Node) -> Any:
    if isinstance(value, Fraction):
        scale = root.type.scale
        units = Decimal(_nearest(value * 10**scale)).scaleb(-scale, EXACT)
        return units if scale and root.type.kind is Kind.NUMBER else int(units)
    return value


def _written(node: Node) -> ast.expr:
    """The node as a syntax tree: operators stay operators, numbers are rounded by calls of `to_scale`."""
    match node:
        case Literal(value=value):
            return ast.Constant(_inward(value))
        case Path(dotted=dotted):
            return ast.Name(dotted, ast.Load())
        case Ambient(name=name):
            return ast.Name("@" + name, ast.Load())
        case Unary(operator="not", operand=operand):
            return ast.UnaryOp(ast.Not(), _written(operand))
        case Unary(operand=operand):
            return ast.UnaryOp(ast.USub(), _written(operand))
        case Logical(operator=symbol, operands=operands):
            return _call("truth", ast.BoolOp(SYMBOLS[symbol](), [_call("truth", _written(operand)) for operand in operands]))  # type: ignore[arg-type]
        case Conditional(test=test, then=then, otherwise=otherwise):
            return ast.IfExp(_written(test), _written(then), _written(otherwise))
        case ListOf(items=items):
            return ast.List([_written(item) for item in items], ast.Load())
        case Compare(operator="in" | "not in", left=left, right=right) if right.type.kind is Kind.TEXT and not isinstance(right, ListOf):
            return _call("contains" if node.operator == "in" else "lacks", _written(right), _written(left))
        case Compare(operator=symbol, left=left, right=right):
            return ast.Compare(_written(left), [SYMBOLS[symbol]()], [_written(right)])  # type: ignore[list-item]
        case Binary():
            return _arithmetic(node)
        case Call():
            return _function(node)
    raise TypeError(type(node).__name__)


def _call(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _arithmetic(node: Binary) -> ast.expr:
    left, right = _written(node.left), _written(node.right)
    if node.left.type.kind is Kind.DURATION:
        left = _call("seconds_of", left)
    if node.right.type.kind is Kind.DURATION and node.left.type.kind is Kind.DURATION:
        right = _call("seconds_of", right)
    result: ast.expr = ast.BinOp(left, SYMBOLS[node.operator](), right)  # type: ignore[arg-type]
    if node.type.kind is Kind.NUMBER:
        return _call("to_scale", result, ast.Constant(node.type.scale))
    if node.type.kind is Kind.DURATION and node.left.type.kind is Kind.DURATION:
        return _call("duration", result, ast.Constant(1))
    return _call("cut", result) if node.type.kind is Kind.DURATION else result


def _function(node: Call) -> ast.expr:
    arguments = [_written(argument) for argument in node.arguments]
    if node.function == "coalesce":
        chosen = arguments[-1]
        for argument in reversed(arguments[:-1]):
            chosen = ast.IfExp(_call("given", argument), argument, chosen)
        return chosen
    if node.function == "rescale":
        return _call("to_scale", *arguments, ast.Constant(node.type.scale))
    if node.function == "text":
        return _call("text", *arguments, ast.Constant(node.arguments[0].type.scale))
    if node.function in UNIT_SECONDS:
        return _call("duration", *arguments, ast.Constant(UNIT_SECONDS[node.function]))
    return _call(node.function, *arguments)


def _strict(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *values: None if any(value is None for value in values) else function(*values)


def _holding(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *values: all(value is not None for value in values) and bool(function(*values))


def _nearest(value: Fraction) -> int:
    whole = int(abs(value) + Fraction(1, 2))
    return whole if value >= 0 else -whole


def _to_scale(value: Fraction, scale: int) -> Fraction:
    units = _nearest(value * 10**scale)
    if abs(units) > LARGEST:
        raise TooLarge
    return Fraction(units, 10**scale)


def _duration(count: Fraction, unit: int) -> timedelta:
    return timedelta(seconds=_nearest(count * unit))


def _text(value: Any, scale: int) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Fraction):
        units = _nearest(abs(value) * 10**scale)
        digits = str(units).rjust(scale + 1, "0")
        return ("-" if value < 0 else "") + (f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits)
    return str(value)


def _differs(left: Any, items: Any) -> bool:
    return left is not None and all(item is not None and left != item for item in items)


def _whole(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of dates, texts and whole numbers whose whole results become fractions."""
    return _strict(lambda *values: _inward(function(*(int(value) if isinstance(value, Fraction) else value for value in values))))


def _shift(sign: int) -> Callable[[Any, Any], Any]:
    def shifted(left: Any, right: Any) -> Any:
        if isinstance(right, timedelta) and not isinstance(left, timedelta):
            step = sign * right
            return left + step if hasattr(left, "hour") else calendar.shift_date(left, step)
        return left + right if sign > 0 else left - right

    return _strict(shifted)


OPERATORS: Mapping[type[ast.AST], Callable[..., Any]] = {
    ast.Add: _shift(1),
    ast.Sub: _shift(-1),
    ast.Mult: _strict(operator.mul),
    ast.Div: _strict(lambda left, right: left / right if right else None),
    ast.FloorDiv: _strict(lambda left, right: Fraction(left // right) if right else None),
    ast.Mod: _strict(lambda left, right: left % right if right else None),
    ast.USub: _strict(operator.neg),
    ast.Not: operator.not_,
    ast.Eq: _holding(operator.eq),
    ast.NotEq: _holding(operator.ne),
    ast.Lt: _holding(operator.lt),
    ast.LtE: _holding(operator.le),
    ast.Gt: _holding(operator.gt),
    ast.GtE: _holding(operator.ge),
    ast.Is: lambda left, right: left is None,
    ast.IsNot: lambda left, right: left is not None,
    ast.In: lambda left, items: left is not None and items is not None and left in items,
    ast.NotIn: lambda left, items: _differs(left, items or ()),
}


def _functions(timezone: str) -> dict[str, Callable[..., Any]]:
    dated = (
        "add_days",
        "add_months",
        "add_years",
        "days_between",
        "quarter",
        "start_of_year",
        "start_of_quarter",
        "start_of_month",
        "start_of_week",
        "end_of_month",
    )
    return {
        **{name: _whole(getattr(calendar, name)) for name in dated},
        **{name: _whole(operator.attrgetter(name)) for name in ("year", "month", "day")},
        **{name: _strict(getattr(wording, name)) for name in ("lower", "upper", "trim")},
        **{name: _holding(getattr(wording, name)) for name in ("contains", "starts_with", "ends_with")},
        "lacks": _holding(lambda text, part: part not in text),
        "weekday": _whole(lambda day: day.isoweekday()),
        "truth": bool,
        "to_scale": _strict(_to_scale),
        "duration": _strict(_duration),
        "seconds_of": _strict(lambda value: Fraction(value // timedelta(seconds=1))),
        "cut": _strict(lambda value: timedelta(seconds=int(Fraction(value // timedelta(microseconds=1), 1_000_000)))),
        "text": _strict(
            lambda value, scale: calendar.local_minute_text(value, timezone) if hasattr(value, "hour") else _text(value, scale)
        ),
        "concat": lambda *values: "".join(value or "" for value in values),
        "given": lambda value: value is not None,
        "count": lambda items: Fraction(len(items or ())),
        "len": _strict(lambda text: Fraction(len(text))),
        "min": _strict(min),
        "max": _strict(max),
        "abs": _strict(abs),
        "floor": _strict(lambda value: Fraction(value.__floor__())),
        "ceil": _strict(lambda value: Fraction(value.__ceil__())),
        "round": _strict(lambda value, places: Fraction(_nearest(value / Fraction(10) ** -places)) * Fraction(10) ** -places),
        "date": _strict(lambda moment: calendar.local_date(moment, timezone)),
        "start_of_day": _strict(lambda day: calendar.start_of_day(day, timezone)),
    }
