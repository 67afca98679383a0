"""Expressions for SQLite: numbers are scaled 64-bit integers, and never become floats.

Plain operators where the result is sure to fit (a stored decimal has 18 digits), else the functions of `database/sqlite_functions.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Boolean, Date, Integer, Text, and_, case, cast, func, literal, literal_column, null, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement
from sqlalchemy.types import TypeEngine

from looseleaf_metadata.expressions.arithmetic import LARGEST, LONGEST
from looseleaf_metadata.expressions.json_target import node_to_json
from looseleaf_metadata.expressions.nodes import Ambient, Binary, Call, Conditional, Literal, Logical, Node, Path, Unary, walk
from looseleaf_metadata.expressions.types import Kind
from looseleaf_metadata.expressions.wording import WHITE_SPACE
from looseleaf_platform.database.types import ExactDecimal, Seconds
from looseleaf_platform.records.sql_nesting import ROOM, nesting
from looseleaf_platform.records.sql_target import WORKING_TYPES, Condition, Element, SqlScope, SqlTarget, typed, whole

DATE_FUNCTIONS: Mapping[str, str] = {
    "days_between": "date_days_between",
    "add_days": "date_add_days",
    "add_months": "date_add_months",
    "weekday": "date_weekday",
    "start_of_quarter": "date_start_of_quarter",
    "start_of_week": "date_start_of_week",
    "end_of_month": "date_end_of_month",
    "lower": "unicode_lower",
    "upper": "unicode_upper",
    "len": "length",
}
"""Functions that are one SQL function of the same arguments."""
NUMERIC = (Kind.NUMBER, Kind.DURATION)
"""Kinds that are integers in working form."""
PIECES: Mapping[str, tuple[int, int]] = {"year": (1, 4), "month": (6, 2), "day": (9, 2)}
"""Where the parts of a date stand in its text."""


class Computed(ExactDecimal):
    """A calculated decimal: unlike a stored one it may fill all 64 bits."""

    cache_ok = True


class json_holds(FunctionElement[bool]):
    """Whether a JSON list of texts has a text."""

    type = Boolean()
    inherit_cache = True


@compiles(json_holds)
def _write_json_holds(element: json_holds, compiler: SQLCompiler, **settings: Any) -> str:
    names, name = (compiler.process(clause, **settings) for clause in element.clauses)
    return f"EXISTS (SELECT 1 FROM json_each({names}) AS member WHERE member.value = {name})"  # noqa: S608 - compiled clauses


class SqliteTarget(SqlTarget):
    """SQL for SQLite."""

    def __init__(self, scope: SqlScope) -> None:
        super().__init__(scope)
        self._scaled: dict[int, tuple[Element, int]] = {}

    def scaled(self, node: Node) -> tuple[Element, int]:
        """A number or duration as an integer of its last decimal places, and the largest that it can be. Worked out once per node."""
        if id(node) not in self._scaled:
            self._scaled[id(node)] = self._scale(node)
        return self._scaled[id(node)]

    def _scale(self, node: Node) -> tuple[Element, int]:
        scale = node.type.scale
        match node:
            case Literal(value=None):
                return null(), 0
            case Literal(value=value) if node.type.kind is Kind.NUMBER:
                units = int(value.scaleb(scale)) if scale else value
                return literal(units, BigInteger()), abs(units)
            case Path() if node.type.kind is Kind.NUMBER:
                return self._column(node)
            case Unary(operator="-", operand=operand):
                element, bound = self.scaled(operand)
                return -element, bound
            case Binary(left=left, right=right) if left.type.kind in NUMERIC and right.type.kind in NUMERIC:
                return self._arithmetic(node)
            case Call(function="rescale", arguments=(argument,)):
                return self._rescale(*self.scaled(argument), argument.type.scale, scale)
            case Conditional():
                bound = max(self.scaled(node.then)[1], self.scaled(node.otherwise)[1])
                return self.choice(node), bound
            case Call(function="coalesce" | "min" | "max"):
                return self.call(node), max(self.scaled(argument)[1] for argument in node.arguments)
            case Call(function="year" | "quarter" | "month" | "day" | "weekday" | "len" | "count" | "days_between"):
                return self.call(node), 2**31
            case Call():
                return self.call(node), LARGEST
        return typed(self._value(node), BigInteger()), LONGEST

    def number(self, node: Node) -> Element:
        """A number, scaled by its node's scale."""
        return typed(self.scaled(node)[0], BigInteger())

    def _column(self, node: Path) -> tuple[Element, int]:
        stored = self.scope.column(node)
        kind = stored.type
        scale, bound = (kind.scale, 10**kind.precision) if isinstance(kind, ExactDecimal) else (0, LARGEST)
        if isinstance(kind, Computed):
            bound = LARGEST
        return self._rescale(typed(stored, BigInteger()), bound, scale, node.type.scale)

    def _rescale(self, element: Element, bound: int, scale: int, wanted: int) -> tuple[Element, int]:
        if wanted == scale:
            return element, bound
        factor = 10 ** abs(wanted - scale)
        if wanted < scale:
            return func.exact_round(element, whole(factor), whole(1), type_=BigInteger()), bound // factor + 1
        if bound * factor <= LARGEST:
            return element * whole(factor), bound * factor
        return func.exact_multiply(element, whole(factor), whole(1), type_=BigInteger()), LARGEST

    def _arithmetic(self, node: Binary) -> tuple[Element, int]:
        left, left_bound = self.scaled(node.left)
        right, right_bound = self.scaled(node.right)
        left_scale, right_scale, scale = node.left.type.scale, node.right.type.scale, node.type.scale
        if node.operator == "*":
            return self._product(left, left_bound, right, right_bound, 10 ** (left_scale + right_scale - scale))
        common = max(left_scale, right_scale)
        left_factor, right_factor = 10 ** (common - left_scale), 10 ** (common - right_scale)
        if node.operator in ("+", "-"):
            return self._sum(node.operator, (left, left_bound, left_factor), (right, right_bound, right_factor))
        function = {"/": func.exact_divide, "//": func.exact_floor_divide, "%": func.exact_modulo}[node.operator]
        if node.operator == "/":
            left_factor *= 10**scale
        return function(left, right, whole(left_factor), whole(right_factor), type_=BigInteger()), LARGEST

    def _product(self, left: Element, left_bound: int, right: Element, right_bound: int, drop: int) -> tuple[Element, int]:
        bound = left_bound * right_bound
        if drop == 1 and bound <= LARGEST:
            return left * right, bound
        return func.exact_multiply(left, right, whole(drop), type_=BigInteger()), min(bound // drop + 1, LARGEST)

    def _sum(self, operator: str, left: tuple[Element, int, int], right: tuple[Element, int, int]) -> tuple[Element, int]:
        bound = left[1] * left[2] + right[1] * right[2]
        if bound <= LARGEST:
            one = left[0] * whole(left[2]) if left[2] > 1 else left[0]
            other = right[0] * whole(right[2]) if right[2] > 1 else right[0]
            return (one + other if operator == "+" else one - other), bound
        sign = 1 if operator == "+" else -1
        return func.exact_add(left[0], whole(left[2]), right[0], whole(sign * right[2]), type_=BigInteger()), LARGEST

    def pair(self, left: Node, right: Node) -> tuple[Element, Element]:
        """Two values to compare: numbers at the larger scale. A product too large becomes a float here, in the right order still."""
        if left.type.kind is not Kind.NUMBER:
            return self.value(left), self.value(right)
        common = max(left.type.scale, right.type.scale)
        sides = []
        for node in (left, right):
            element = self.number(node)
            factor = 10 ** (common - node.type.scale)
            if factor > 1 and isinstance(node, Literal) and node.value is not None:
                units = int(node.value.scaleb(common)) if node.type.scale else node.value * factor
                element = literal(units, BigInteger()) if abs(units) <= LARGEST else literal_column(f"{units}.0", BigInteger())
            elif factor > 1:
                element = element * whole(factor)
            sides.append(element)
        return sides[0], sides[1]

    def where(self, node: Node) -> Condition:
        """A whole condition; a part that is nested too deep for SQLite's parser is worked out by Python's function."""
        if isinstance(node, Logical):
            made = (and_ if node.operator == "and" else or_)(*(self.where(operand) for operand in node.operands))
        else:
            made = self.condition(node)
        return self.evaluated(node) == whole(1) if self._too_deep(made, node) else made

    def result(self, node: Node) -> Element:
        """The value with the type that makes Python's value of it; see `where` for one that is nested too deep."""
        if isinstance(node, Path):
            return self.scope.column(node)
        value = self.value(node)
        if self._too_deep(value, node):
            value = typed(self.evaluated(node), WORKING_TYPES.get(node.type.kind, BigInteger()))
        if node.type.kind is Kind.NUMBER and node.type.scale:
            return typed(cast(value, BigInteger()) if isinstance(node, Literal) else value, Computed(18, node.type.scale))
        if node.type.kind is Kind.DURATION:
            return typed(func.exact_within(value, whole(LONGEST), type_=BigInteger()), Seconds())
        return value

    def _too_deep(self, made: Element, node: Node) -> bool:
        return nesting(made) > ROOM and all(found.type.kind is not Kind.RECORDS for found in walk(node))

    def evaluated(self, node: Node) -> Element:
        """The node as one function of what it reads."""
        inputs: dict[str, tuple[Kind, int, Element]] = {}
        for found in walk(node):
            if isinstance(found, Path):
                element = self.stored(found) if found.type.kind is Kind.OPTIONS else self.value(found)
                inputs[found.dotted] = (found.type.kind, found.type.scale, element)
            elif isinstance(found, Ambient):
                inputs["@" + found.name] = (found.type.kind, 0, self.value(found))
        inputs["@timezone"] = (Kind.TEXT, 0, self.timezone)
        listed = [(name, kind.value, scale) for name, (kind, scale, _) in inputs.items()]
        tree = json.dumps({"root": node_to_json(node), "inputs": listed}, ensure_ascii=False)
        elements = (element for _, _, element in inputs.values())
        return func.evaluate_expression(literal(tree, Text()), *elements, type_=BigInteger())

    def operation(self, node: Binary) -> Element:
        """Arithmetic with dates, moments and durations."""
        kinds = (node.left.type.kind, node.right.type.kind)
        if kinds[0] is Kind.DURATION:
            return self._arithmetic(node)[0]
        left, right = self.value(node.left), self.value(node.right)
        if kinds[1] is not Kind.DURATION:
            if kinds[0] is Kind.DATE:
                return func.date_days_between(right, left, type_=BigInteger()) * whole(86400)
            return func.moment_seconds_between(left, right, type_=BigInteger())
        seconds = right if node.operator == "+" else -right
        if kinds[0] is Kind.DATE:
            days = func.exact_floor_divide(seconds, whole(86400), whole(1), whole(1), type_=BigInteger())
            return func.date_add_days(left, days, type_=Date())
        return func.moment_shift(left, seconds, type_=WORKING_TYPES[Kind.DATETIME])

    def seconds(self, count: Node, unit: int) -> Element:
        """So many units of that many seconds, as a duration."""
        element, bound = self.scaled(count)
        return self._product(element, bound, whole(unit), unit, 10**count.type.scale)[0]

    def extreme(self, function: str, node: Call) -> Element:
        """The least or greatest; NULL where one is NULL."""
        values = [self.value(argument) for argument in node.arguments]
        return getattr(func, function)(*values, type_=values[0].type)  # type: ignore[no-any-return]

    def function(self, node: Call) -> Element:
        """A function of numbers, dates or texts."""
        name, arguments = node.function, node.arguments
        kind: TypeEngine[Any] = WORKING_TYPES.get(node.type.kind, BigInteger())
        if name in ("rescale", "floor", "ceil", "round"):
            return self._rounding(node)
        values = [self.value(argument) for argument in arguments]
        if name in DATE_FUNCTIONS:
            return getattr(func, DATE_FUNCTIONS[name])(*values, type_=kind)  # type: ignore[no-any-return]
        if name in PIECES:
            start, length = PIECES[name]
            return cast(func.substr(values[0], whole(start), whole(length), type_=Text()), Integer)
        if name in ("date", "start_of_day"):
            made = func.moment_local_date if name == "date" else func.moment_start_of_day
            return made(values[0], self.timezone, type_=kind)
        match name:
            case "add_years":
                return func.date_add_months(values[0], values[1] * whole(12), type_=kind)
            case "quarter":
                return (cast(func.substr(values[0], whole(6), whole(2), type_=Text()), Integer) + whole(2)).op("/", precedence=8)(whole(3))
            case "start_of_year":
                return func.substr(values[0], whole(1), whole(4), type_=Text()).concat(literal_column("'-01-01'", Text()))
            case "start_of_month":
                return func.substr(values[0], whole(1), whole(7), type_=Text()).concat(literal_column("'-01'", Text()))
        return func.trim(values[0], literal(WHITE_SPACE, Text()), type_=Text())

    def _rounding(self, node: Call) -> Element:
        if node.function == "rescale":
            return self.scaled(node)[0]
        element, _ = self.scaled(node.arguments[0])
        unit = 10 ** node.arguments[0].type.scale
        if node.function == "round":
            places = node.arguments[1]
            tens = 10**-places.value if isinstance(places, Literal) else 1
            return func.exact_round(element, whole(unit * tens), whole(tens), type_=BigInteger())
        if node.function == "floor":
            return func.exact_floor_divide(element, whole(unit), whole(1), whole(1), type_=BigInteger())
        return -func.exact_floor_divide(-element, whole(unit), whole(1), whole(1), type_=BigInteger())

    def text_test(self, function: str, text: Element, part: Element) -> Condition:
        """`contains`, `starts_with`, `ends_with`."""
        if function == "ends_with":
            return func.text_ends_with(text, part, type_=Integer()) == whole(1)
        found_at = self.position(text, part)
        return found_at == whole(1) if function == "starts_with" else found_at > whole(0)

    def as_text(self, node: Node) -> Element:
        """The text of a number, date, moment or boolean."""
        value = self.value(node)
        match node.type.kind:
            case Kind.NUMBER:
                return func.decimal_text(value, whole(node.type.scale), type_=Text())
            case Kind.DATETIME:
                return func.moment_local_text(value, self.timezone, type_=Text())
            case Kind.BOOLEAN:
                words = {1: literal_column("'true'", Text()), 0: literal_column("'false'", Text())}
                return case(words, value=typed(value, Integer()))
        return func.substr(value, whole(1), whole(10), type_=Text())

    def position(self, text: Element, part: Element) -> Element:
        """Where `part` begins in `text`."""
        return func.instr(text, part, type_=Integer())

    def holds(self, names: Element, name: Element) -> Condition:
        """Whether a JSON list has a text."""
        return json_holds(names, name)

    def members(self, names: Element) -> Element:
        """How many members a JSON list has."""
        return func.json_array_length(names, type_=Integer())
