"""Expressions for PostgreSQL: numbers are `numeric`, exact and without an upper limit; integers become numeric before they are calculated with.

Where a value is needed twice it is bound in a small subselect, so that deep expressions don't grow without end.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    Date,
    DateTime,
    Integer,
    Numeric,
    Text,
    TypeDecorator,
    cast,
    extract,
    func,
    literal,
    literal_column,
    null,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import Grouping
from sqlalchemy.sql.expression import FunctionElement

from looseleaf_metadata.expressions.arithmetic import LONGEST
from looseleaf_metadata.expressions.conversions import WORDS
from looseleaf_metadata.expressions.nodes import Binary, Call, Conditional, Literal, Node, Path, Unary
from looseleaf_metadata.expressions.types import Kind
from looseleaf_metadata.expressions.wording import WHITE_SPACE
from looseleaf_platform.database.types import ExactDecimal, Seconds, UtcDateTime
from looseleaf_platform.records.sql_target import WORKING_TYPES, Condition, Element, SqlTarget, typed, whole

NUMERIC = Numeric()
FINE = literal_column("1.0000000000000000000000000000000000000000", NUMERIC)
"""One, with so many places that a quotient times it is never rounded twice."""
DAYS = date.max.toordinal() - 1
"""Days from the first date to the last."""
FIRST, LAST = "'0001-01-01 00:00:00+00'::timestamptz", "'9999-12-31 23:59:59.999999+00'::timestamptz"


class WholeNumber(TypeDecorator[int]):
    """A calculated whole number: numeric in SQL, int in Python."""

    impl = Numeric
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Any) -> int | None:
        """What the driver gives to an int."""
        return None if value is None else int(value)


class BoundOnce(FunctionElement[Any]):
    """A template over arguments that may name each of them more than once: as `v.a`, `v.b`, …"""

    inherit_cache = True
    template = ""


@compiles(BoundOnce)
def _write_bound_once(element: BoundOnce, compiler: SQLCompiler, **settings: Any) -> str:
    names = "abcdefghijklmnopqrstuvwxyz"
    columns = [f"{compiler.process(clause, **settings)} AS n{index}" for index, clause in enumerate(element.clauses)]
    listed = ", ".join(f"v.n{index}" for index in range(len(columns)))
    tests = " OR ".join(f"v.n{index} IS NULL" for index in range(len(columns)))
    named = {name: f"v.n{index}" for index, name in enumerate(names[: len(columns)])}
    body = element.template.format(all=listed, any_null=tests, **named)
    # only templates of this module and compiled clauses
    return f"(SELECT {body} FROM (SELECT {', '.join(columns)} OFFSET 0) AS v)"  # noqa: S608


class numeric_modulo(BoundOnce):
    """The rest of a division that is rounded down."""

    type = NUMERIC
    inherit_cache = True
    template = "CASE WHEN {b} <> 0 THEN mod(mod({a}, {b}) + {b}, {b}) END"


class strict_least(BoundOnce):
    """The least, NULL where one is NULL."""

    inherit_cache = True
    template = "CASE WHEN {any_null} THEN NULL ELSE least({all}) END"


class strict_greatest(BoundOnce):
    """The greatest, NULL where one is NULL."""

    inherit_cache = True
    template = "CASE WHEN {any_null} THEN NULL ELSE greatest({all}) END"


class date_add_days(BoundOnce):
    """A date some days later; NULL beyond the years 1 to 9999."""

    type = Date()
    inherit_cache = True
    template = f"CASE WHEN {{a}} - DATE '0001-01-01' + {{b}} BETWEEN 0 AND {DAYS} THEN {{a}} + {{b}}::integer END"


class date_add_months(BoundOnce):
    """A date some months later; NULL beyond the years 1 to 9999."""

    type = Date()
    inherit_cache = True
    template = (
        "CASE WHEN extract(year FROM {a}) * 12 + extract(month FROM {a}) - 1 + {b} BETWEEN 12 AND 119999"
        " THEN ({a} + make_interval(months => {b}::integer))::date END"
    )


class moment_shift(BoundOnce):
    """A moment some seconds later; NULL beyond the years 1 to 9999."""

    type = UtcDateTime()
    inherit_cache = True
    template = (
        f"CASE WHEN extract(epoch FROM {{a}})::numeric + {{b}} BETWEEN extract(epoch FROM {FIRST})::numeric AND extract(epoch FROM {LAST})::numeric"
        " THEN {a} + {b}::double precision * interval '1 second' END"
    )


class within_duration(BoundOnce):
    """Seconds, NULL for more than a duration holds."""

    type = Seconds()
    inherit_cache = True
    template = f"CASE WHEN {{a}} BETWEEN -{LONGEST} AND {LONGEST} THEN {{a}} END"


CHOOSING = ("coalesce", "min", "max", "abs")
"""Functions whose result has the SQL type of what they are given."""
PARTS: Mapping[str, str] = {"year": "year", "quarter": "quarter", "month": "month", "day": "day", "weekday": "isodow"}
STARTS: Mapping[str, str] = {"start_of_year": "year", "start_of_quarter": "quarter", "start_of_month": "month", "start_of_week": "week"}


def collated(element: Element, name: str) -> Element:
    """A text under a collation: "C" orders by code point, "default" knows the letters of the database's language."""
    return Grouping(element).collate(name)


class PostgresqlTarget(SqlTarget):
    """SQL for PostgreSQL."""

    def number(self, node: Node) -> Element:
        """A number: numeric, or an integer where it is a column or a part of a date."""
        match node:
            case Literal(value=None):
                return null()
            case Literal(value=int(value)):
                return literal(value, BigInteger())
            case Literal(value=value):
                return literal(value, NUMERIC)
            case Path():
                return self._column(node)
            case Unary(operator="-", operand=operand):
                return -self.exact(operand)
            case Binary():
                return self._arithmetic(node)
            case Conditional():
                return typed(self.choice(node), NUMERIC)
            case Call():
                return self.call(node)
        raise TypeError(f"{type(node).__name__} is no number")

    def exact(self, node: Node) -> Element:
        """A number, or a duration's seconds, as numeric: what arithmetic needs."""
        if isinstance(node, Literal) and isinstance(node.value, int):
            return literal(Decimal(node.value), NUMERIC)
        element = self.value(node)
        perhaps_integer = isinstance(node, Conditional) or (isinstance(node, Call) and node.function in CHOOSING)
        return cast(element, NUMERIC) if isinstance(element.type, Integer) or (perhaps_integer and not node.type.scale) else element

    def _column(self, node: Path) -> Element:
        stored = self.scope.column(node)
        if isinstance(stored.type, Integer | WholeNumber):
            return stored
        return typed(stored, NUMERIC)

    def _arithmetic(self, node: Binary) -> Element:
        left, right = self.exact(node.left), self.exact(node.right)
        scale = node.type.scale
        match node.operator:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                product = left * right
                return (
                    product if node.left.type.scale + node.right.type.scale == scale else func.round(product, whole(scale), type_=NUMERIC)
                )
            case "/":
                return func.round(self._quotient(left, right), whole(scale), type_=NUMERIC)
            case "//":
                return func.floor(self._quotient(left, right), type_=NUMERIC)
        return numeric_modulo(left, right)

    def _quotient(self, left: Element, right: Element) -> Element:
        return left * FINE / func.nullif(right, whole(0), type_=NUMERIC)

    def pair(self, left: Node, right: Node) -> tuple[Element, Element]:
        """Two values to compare."""
        return self.value(left), self.value(right)

    def ordered(self, element: Element, node: Node) -> Element:
        """Texts are ordered by code point, whatever the database's language."""
        return collated(element, "C") if node.type.kind in WORDS else element

    def result(self, node: Node) -> Element:
        """The value with the type that makes Python's value of it."""
        if isinstance(node, Path):
            return self.scope.column(node)
        value = self.value(node)
        if node.type.kind is Kind.NUMBER:
            if isinstance(node, Literal):
                value = cast(value, NUMERIC)
            return typed(value, ExactDecimal(18, node.type.scale) if node.type.scale else WholeNumber())
        if node.type.kind is Kind.DURATION:
            return within_duration(value)
        return value

    def operation(self, node: Binary) -> Element:
        """Arithmetic with dates, moments and durations."""
        kinds = (node.left.type.kind, node.right.type.kind)
        if kinds[0] is Kind.DURATION:
            return self._arithmetic(node)
        left = self.value(node.left)
        if kinds[1] is not Kind.DURATION:
            right = self.value(node.right)
            if kinds[0] is Kind.DATE:
                return cast(self._days(right, left), NUMERIC) * whole(86400)
            return func.trunc(extract("epoch", left - right), type_=NUMERIC)
        seconds = self.exact(node.right) if node.operator == "+" else -self.exact(node.right)
        if kinds[0] is Kind.DATE:
            return date_add_days(left, func.floor(seconds / whole(86400), type_=NUMERIC))
        return moment_shift(left, seconds)

    def _days(self, start: Element, end: Element) -> Element:
        return type_coerce(end - start, Integer())

    def value(self, node: Node) -> Element:
        """The value of a node; a calculated duration is numeric."""
        if node.type.kind is Kind.DURATION and isinstance(node, Binary | Unary | Call):
            return typed(self._value(node), NUMERIC)
        return super().value(node)

    def seconds(self, count: Node, unit: int) -> Element:
        """So many units of that many seconds, as a duration."""
        return func.round(self.exact(count) * whole(unit), type_=NUMERIC)

    def extreme(self, function: str, node: Call) -> Element:
        """The least or greatest; NULL where one is NULL."""
        values = [self.value(argument) for argument in node.arguments]
        if node.type.kind is Kind.TEXT:
            values = [collated(value, "C") for value in values]
        chosen = strict_least(*values) if function == "min" else strict_greatest(*values)
        return typed(chosen, WORKING_TYPES.get(node.type.kind, NUMERIC))

    def function(self, node: Call) -> Element:
        """A function of numbers, dates or texts."""
        name, arguments = node.function, node.arguments
        match name:
            case "rescale":
                return func.round(self.exact(arguments[0]), whole(node.type.scale), type_=NUMERIC)
            case "floor" | "ceil":
                return getattr(func, name)(self.exact(arguments[0]), type_=NUMERIC)  # type: ignore[no-any-return]
            case "round":
                places = arguments[1].value if isinstance(arguments[1], Literal) else 0
                return func.round(self.exact(arguments[0]), whole(places), type_=NUMERIC)
            case "lower" | "upper":
                letters = collated(self.value(arguments[0]), "default")  # not the "C" that ordering may have left on it
                return getattr(func, name)(letters, type_=Text())  # type: ignore[no-any-return]
            case "trim":
                return func.btrim(self.value(arguments[0]), literal(WHITE_SPACE, Text()), type_=Text())
            case "len":
                return func.char_length(self.value(arguments[0]), type_=Integer())
        return self._of_date(name, arguments)

    def _of_date(self, name: str, arguments: tuple[Node, ...]) -> Element:
        first = self.value(arguments[0])
        if name in PARTS:
            return cast(extract(PARTS[name], first), BigInteger)
        if name in STARTS:
            return cast(func.date_trunc(literal_column(f"'{STARTS[name]}'"), cast(first, DateTime())), Date)
        match name:
            case "end_of_month":
                start = func.date_trunc(literal_column("'month'"), cast(first, DateTime()))
                return cast(start + literal_column("interval '1 month' - interval '1 day'"), Date)
            case "date":
                return cast(func.timezone(self.timezone, first), Date)
            case "start_of_day":
                return func.timezone(self.timezone, cast(first, DateTime()), type_=UtcDateTime())
            case "days_between":
                return self._days(first, self.value(arguments[1]))
            case "add_days":
                return date_add_days(first, self.exact(arguments[1]))
        months = self.exact(arguments[1])
        return date_add_months(first, months if name == "add_months" else months * whole(12))

    def text_test(self, function: str, text: Element, part: Element) -> Condition:
        """`contains`, `starts_with`, `ends_with`."""
        if function == "ends_with":
            text, part = func.reverse(text, type_=Text()), func.reverse(part, type_=Text())
        found_at = self.position(text, part)
        return found_at > whole(0) if function == "contains" else found_at == whole(1)

    def as_text(self, node: Node) -> Element:
        """The text of a number, date, moment or boolean."""
        match node.type.kind:
            case Kind.NUMBER:
                return cast(func.round(self.exact(node), whole(node.type.scale), type_=NUMERIC), Text)
            case Kind.DATE:
                return func.to_char(self.value(node), literal_column("'YYYY-MM-DD'"), type_=Text())
            case Kind.DATETIME:
                return func.to_char(func.timezone(self.timezone, self.value(node)), literal_column("'YYYY-MM-DD HH24:MI'"), type_=Text())
        return cast(self.value(node), Text)

    def position(self, text: Element, part: Element) -> Element:
        """Where `part` begins in `text`."""
        return func.strpos(text, part, type_=Integer())

    def holds(self, names: Element, name: Element) -> Condition:
        """Whether a stored array has a text; an index on the array serves."""
        return type_coerce(names, ARRAY(Text())).contains(cast(array([name]), ARRAY(Text())))

    def members(self, names: Element) -> Element:
        """How many members a stored array has."""
        return func.cardinality(names, type_=Integer())
