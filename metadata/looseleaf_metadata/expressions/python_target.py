"""From a checked expression to a Python function. Written as one lambda, made from typed nodes only: no source text gets into it.

Names and constants of the expression are held in the lambda's globals as `k0`, `k1`, …; operands in local names `t0`, `t1`, …
Knows nothing of SQL or of where values come from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from looseleaf_metadata.expressions import arithmetic, calendar, wording
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

Scope = Mapping[str, Any]
"""Values by dotted path, and "@me", "@now", "@today", "@timezone". Every path that the expression reads must be there."""
Compiled = Callable[[Scope], Any]

FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "min": arithmetic.any_minimum,
    "max": arithmetic.any_maximum,
    "abs": abs,
    "round": arithmetic.round_to,
    "floor": arithmetic.floor,
    "ceil": arithmetic.ceiling,
    "len": len,
    "lower": wording.lower,
    "upper": wording.upper,
    "trim": wording.trim,
    "contains": wording.contains,
    "starts_with": wording.starts_with,
    "ends_with": wording.ends_with,
    "days_between": calendar.days_between,
    "add_days": calendar.add_days,
    "add_months": calendar.add_months,
    "add_years": calendar.add_years,
    "year": lambda day: day.year,
    "quarter": calendar.quarter,
    "month": lambda day: day.month,
    "day": lambda day: day.day,
    "weekday": lambda day: day.isoweekday(),
    "start_of_year": calendar.start_of_year,
    "start_of_quarter": calendar.start_of_quarter,
    "start_of_month": calendar.start_of_month,
    "start_of_week": calendar.start_of_week,
    "end_of_month": calendar.end_of_month,
    **{name: partial(arithmetic.duration, unit_seconds=seconds) for name, seconds in UNIT_SECONDS.items()},
}
"""Functions of values that are not None, by name. Those with other habits (coalesce, concat, text, date, …) are written by the compiler."""
ZONED: Mapping[str, Callable[..., Any]] = {"date": calendar.local_date, "start_of_day": calendar.start_of_day}
"""Functions that take the time zone too."""
TEXT_OF: Mapping[Kind, Callable[..., Any]] = {
    Kind.NUMBER: arithmetic.decimal_text,
    Kind.DATE: lambda day: day.isoformat(),
    Kind.BOOLEAN: wording.boolean_text,
}
OPERATIONS: Mapping[tuple[str, Kind, Kind], Callable[..., Any]] = {
    ("+", Kind.DATE, Kind.DURATION): calendar.shift_date,
    ("-", Kind.DATE, Kind.DURATION): lambda day, duration: calendar.shift_date(day, -duration),
    ("-", Kind.DATE, Kind.DATE): calendar.between_dates,
    ("+", Kind.DATETIME, Kind.DURATION): calendar.shift_moment,
    ("-", Kind.DATETIME, Kind.DURATION): lambda moment, duration: calendar.shift_moment(moment, -duration),
    ("-", Kind.DATETIME, Kind.DATETIME): calendar.between_moments,
    ("+", Kind.DURATION, Kind.DURATION): lambda left, right: left + right,
    ("-", Kind.DURATION, Kind.DURATION): lambda left, right: left - right,
    ("*", Kind.DURATION, Kind.NUMBER): arithmetic.scale_duration,
    ("/", Kind.DURATION, Kind.NUMBER): arithmetic.share_duration,
    ("/", Kind.DURATION, Kind.DURATION): arithmetic.ratio_of_durations,
}
"""Operators on other than numbers and texts, by the kinds of both sides."""


def compile_python(expression: Expression) -> Compiled:
    """A function from a Scope to the expression's value. Raises OverflowError (TooLarge) where a value can't be held."""
    return compile_node(expression.root)


def compile_node(node: Node) -> Compiled:
    """A function from a Scope to the value of one typed node."""
    writer = _Writer()
    body = writer.write(node)
    if node.type.kind is Kind.NUMBER and node.type.scale and not isinstance(node, Path | Literal):
        body = writer.guarded([body], "{0} + 0")  # no negative zero
    return eval(f"lambda s: {body}", writer.globals)  # type: ignore[no-any-return]  # noqa: S307 - the text is ours: names and constants are in globals


def ambient_values(now: datetime, timezone: str, me: int | None) -> dict[str, Any]:
    """The values that come from the caller: keys of a Scope, and parameters of an SQL statement. `now` is aware."""
    moment = now.astimezone(UTC)
    return {"@me": me, "@now": moment, "@today": calendar.local_date(moment, timezone), "@timezone": timezone}


def nullable(node: Node) -> bool:
    """Whether the node's value can be None."""
    if isinstance(node, Literal):
        return node.value is None
    if isinstance(node, Compare | Logical):
        return False
    if isinstance(node, Unary):
        return node.operator != "not" and nullable(node.operand)
    if isinstance(node, Call):
        if node.function in ("contains", "starts_with", "ends_with", "concat", "count"):
            return False
        if node.function == "coalesce":
            return all(nullable(argument) for argument in node.arguments)
        return any(nullable(argument) for argument in node.arguments)
    if isinstance(node, Conditional):
        return nullable(node.then) or nullable(node.otherwise)
    if isinstance(node, Binary):
        return node.operator in ("/", "//", "%") or nullable(node.left) or nullable(node.right)
    return not isinstance(node, Ambient) or node.name == "me"


class _Writer:
    """Writes one lambda body. Every method answers Python source of an expression."""

    def __init__(self) -> None:
        self.globals: dict[str, Any] = {"__builtins__": {}}
        self.names: dict[Any, str] = {}
        self.temporaries = 0

    def constant(self, value: Any) -> str:
        """The global name of a constant or function."""
        key = (type(value), str(value) if hasattr(value, "as_tuple") else value) if value.__hash__ else id(value)
        if key not in self.names:
            self.names[key] = f"k{len(self.names)}"
            self.globals[self.names[key]] = value
        return self.names[key]

    def temporary(self) -> str:
        """A new local name."""
        self.temporaries += 1
        return f"t{self.temporaries}"

    def operands(self, sources: list[str], nodes: list[Node] | None = None) -> tuple[list[str], list[str]]:
        """Names of the operands, and assignments to be tested for None. Constants need none."""
        names, assignments = [], []
        for index, source in enumerate(sources):
            if nodes is not None and isinstance(nodes[index], Literal) and not nullable(nodes[index]):
                names.append(source)
                continue
            name = self.temporary()
            names.append(name)
            assignments.append(f"({name} := {source})")
        return names, assignments

    def guarded(self, sources: list[str], template: str, nodes: list[Node] | None = None) -> str:
        """`template` over the operands, or None where one is None."""
        names, assignments = self.operands(sources, nodes)
        body = template.format(*names)
        tests = " or ".join(f"{assignment} is None" for assignment in assignments)
        return f"(None if {tests} else {body})" if tests else f"({body})"

    def holding(self, sources: list[str], template: str, nodes: list[Node]) -> str:
        """`template`, a test, over the operands; False where one is None."""
        names, assignments = self.operands(sources, nodes)
        tests = [f"{assignment} is not None" for assignment in assignments]
        return f"({' and '.join([*tests, template.format(*names)])})"

    def write(self, node: Node) -> str:
        """Python source of any node."""
        match node:
            case Literal(value=value):
                return self.constant(value) if value is not None else "None"
            case Path(dotted=dotted):
                return f"s[{self.constant(dotted)}]"
            case Ambient(name=name):
                return f"s[{self.constant('@' + name)}]"
            case Unary():
                return self.unary(node)
            case Binary():
                return self.binary(node)
            case Compare():
                return self.compare(node)
            case Logical(operator=operator, operands=operands):
                return f"({f' {operator} '.join(self.truth(operand) for operand in operands)})"
            case Conditional(test=test, then=then, otherwise=otherwise):
                return f"({self.write(then)} if {self.write(test)} else {self.write(otherwise)})"
            case Call():
                return self.call(node)
        raise TypeError(f"{type(node).__name__} has no value of its own")

    def truth(self, node: Node) -> str:
        """Source that is True or False: None counts as False."""
        source = self.write(node)
        return f"({source} is True)" if nullable(node) else source

    def unary(self, node: Unary) -> str:
        """`not x` and `-x`."""
        source = self.write(node.operand)
        return f"(not {source})" if node.operator == "not" else self.guarded([source], "-{0}", [node.operand])

    def binary(self, node: Binary) -> str:
        """Arithmetic; text `+`."""
        nodes = [node.left, node.right]
        sources = [self.write(node.left), self.write(node.right)]
        if node.left.type.kind is not Kind.NUMBER or node.right.type.kind is not Kind.NUMBER:
            function = OPERATIONS.get((node.operator, node.left.type.kind, node.right.type.kind))
            return self.guarded(sources, "{0} + {1}" if function is None else f"{self.constant(function)}({{0}}, {{1}})", nodes)
        scale = node.type.scale
        exact_product = node.operator == "*" and node.left.type.scale + node.right.type.scale == scale
        if node.operator in ("+", "-") or exact_product:
            return self.fitted(sources, f"{{0}} {node.operator} {{1}}", scale, nodes)
        exact = {"*": arithmetic.multiply, "/": arithmetic.divide, "//": arithmetic.floor_divide, "%": arithmetic.modulo}[node.operator]
        scaled = "" if node.operator == "//" else f", {scale}"
        return self.guarded(sources, f"{self.constant(exact)}({{0}}, {{1}}{scaled})", nodes)

    def fitted(self, sources: list[str], template: str, scale: int, nodes: list[Node]) -> str:
        """Arithmetic whose result must fit into its scale."""
        largest, smallest = self.constant(arithmetic.LIMITS[scale]), self.constant(-arithmetic.LIMITS[scale])
        result = self.temporary()
        fits = f"{result} if {smallest} <= ({result} := {template}) <= {largest} else {self.constant(arithmetic.too_large)}()"
        return self.guarded(sources, fits, nodes)

    def compare(self, node: Compare) -> str:
        """Comparisons: False where a side is None."""
        if node.operator in ("is", "is not"):
            if node.left.type.kind in (Kind.OPTIONS, Kind.RECORDS):
                return f"(not {'not ' if node.operator == 'is not' else ''}{self.write(node.left)})"
            return f"({self.write(node.left)} {node.operator} None)"
        if isinstance(node.right, ListOf):
            return self.in_list(node, node.right)
        if node.operator in ("in", "not in"):
            return self.contained(node)
        return self.holding([self.write(node.left), self.write(node.right)], f"{{0}} {node.operator} {{1}}", [node.left, node.right])

    def in_list(self, node: Compare, items: ListOf) -> str:
        """`x in [a, b]`; for `not in` every item must differ, and a None does not."""
        if all(isinstance(item, Literal) for item in items.items):
            values = self.constant(frozenset(item.value for item in items.items if isinstance(item, Literal)))
            return self.holding([self.write(node.left)], f"{{0}} {node.operator} {values}", [node.left])
        left, symbol, word = self.temporary(), *(("==", " or ") if node.operator == "in" else ("!=", " and "))
        tests = [self.holding([self.write(item)], f"{left} {symbol} {{0}}", [item]) for item in items.items]
        return f"(({left} := {self.write(node.left)}) is not None and ({word.join(tests)}))"

    def contained(self, node: Compare) -> str:
        """Membership in a set, or a part of a text. No set at all is an empty one."""
        sources = [self.write(node.left), self.write(node.right)]
        if node.right.type.kind is Kind.TEXT:
            return self.holding(sources, f"{{0}} {node.operator} {{1}}", [node.left, node.right])
        return self.holding(sources[:1], f"{{0}} {node.operator} ({sources[1]} or ())", [node.left])

    def call(self, node: Call) -> str:
        """A function; those that treat None in their own way first."""
        arguments = list(node.arguments)
        sources = [self.write(argument) for argument in arguments]
        match node.function:
            case "coalesce":
                return self.coalesce(sources)
            case "concat":
                return "(" + " + ".join(f"({source} or {self.constant('')})" for source in sources) + ")"
            case "count":
                return f"{self.constant(len)}({sources[0]} or ())"
            case "rescale":
                return self.guarded(sources, f"{self.constant(arithmetic.rescale)}({{0}}, {node.type.scale})", arguments)
            case "text":
                return self.text(sources, arguments)
        if node.function in ZONED:
            zoned = f"{self.constant(ZONED[node.function])}({{0}}, s[{self.constant('@timezone')}])"
            return self.guarded(sources, zoned, arguments)
        places = ", ".join(f"{{{index}}}" for index in range(len(sources)))
        template = f"{self.constant(FUNCTIONS[node.function])}({places})"
        return self.holding(sources, template, arguments) if node.type.kind is Kind.BOOLEAN else self.guarded(sources, template, arguments)

    def coalesce(self, sources: list[str]) -> str:
        """The first value that is not None."""
        written = sources[-1]
        for source in reversed(sources[:-1]):
            name = self.temporary()
            written = f"({name} if ({name} := {source}) is not None else {written})"
        return written

    def text(self, sources: list[str], arguments: list[Node]) -> str:
        """A value as text."""
        kind = arguments[0].type.kind
        if kind is Kind.DATETIME:
            return self.guarded(sources, f"{self.constant(calendar.local_minute_text)}({{0}}, s[{self.constant('@timezone')}])", arguments)
        return self.guarded(sources, f"{self.constant(TEXT_OF[kind])}({{0}})", arguments)
