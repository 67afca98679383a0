"""The walk over a typed expression that both SQL dialects share: names, conditions, nulls, choices, lists.

A value is in *working form* here: on SQLite a number is an integer scaled by its node's scale; a duration is whole seconds; all else
is typed as in `database/types.py`. In a *condition* NULL may stand for false; a boolean *value* is never NULL where Python has no None.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Protocol

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    Text,
    Time,
    and_,
    case,
    false,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
    true,
    type_coerce,
)
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.types import TypeEngine

from looseleaf_metadata.expressions.functions import UNIT_SECONDS
from looseleaf_metadata.expressions.nodes import Ambient, Binary, Call, Compare, Conditional, ListOf, Literal, Logical, Node, Path, Unary
from looseleaf_metadata.expressions.python_target import nullable
from looseleaf_metadata.expressions.types import Kind
from looseleaf_platform.database.types import UtcDateTime

Element = ColumnElement[Any]
Condition = ColumnElement[bool]


class SqlScope(Protocol):
    """What the names of an expression mean in a statement. `dialect`: "sqlite" or "postgresql".

    A scope may also have `contains(path, element)`, for the membership of a record in a many-to-many field.
    """

    dialect: str

    @property
    def me(self) -> Element:
        """The id of whoever asks."""

    @property
    def now(self) -> Element:
        """The moment, typed UtcDateTime."""

    @property
    def today(self) -> Element:
        """The date of whoever asks, typed Date."""

    @property
    def timezone(self) -> str | Element:
        """The IANA name of the time zone of whoever asks."""

    def column(self, path: Path) -> Element:
        """The SQL of a path, as it is stored: with the type of its column."""


WORKING_TYPES: Mapping[Kind, TypeEngine[Any]] = {
    Kind.TEXT: Text(),
    Kind.OPTION: Text(),
    Kind.BOOLEAN: Boolean(),
    Kind.DATE: Date(),
    Kind.DATETIME: UtcDateTime(),
    Kind.TIME: Time(),
    Kind.DURATION: BigInteger(),
    Kind.RECORD: BigInteger(),
}
"""The type of a value in working form, numbers aside."""


def whole(number: int) -> Element:
    """A whole number of the compiler's own, written into the statement."""
    return literal_column(str(number), BigInteger())


def typed(element: Element, type: TypeEngine[Any]) -> Element:
    """`element` as of that type, without a cast. A parameter keeps the type by which its value is bound."""
    return element if isinstance(element, BindParameter) else type_coerce(element, type)


class SqlTarget(ABC):
    """Compiles nodes for one scope. Subclasses: one per dialect."""

    def __init__(self, scope: SqlScope) -> None:
        self.scope = scope

    # conditions

    def where(self, node: Node) -> Condition:
        """A whole condition for WHERE."""
        return self.condition(node)

    def condition(self, node: Node) -> Condition:
        """`node` as a condition: NULL counts as false."""
        match node:
            case Literal(value=value):
                return true() if value else false()
            case Logical(operator="and", operands=operands):
                return and_(*(self.condition(operand) for operand in operands))
            case Logical(operands=operands):
                return or_(*(self.condition(operand) for operand in operands))
            case Unary(operator="not", operand=operand):
                return self.negation(operand)
            case Compare():
                return self.compare(node)
            case Call(function="contains" | "starts_with" | "ends_with"):
                return self.call(node)
        return self.value(node)

    def negation(self, node: Node) -> Condition:
        """`not node`: true where `node` is NULL."""
        if isinstance(node, Compare) and node.operator in ("is", "is not"):
            return not_(self.compare(node))
        if isinstance(node, Unary):
            return not_(self.negation(node.operand))
        return self.condition(node).is_not(true())

    def truth(self, node: Node) -> Condition:
        """A condition as a value: true or false, never NULL."""
        known = isinstance(node, Unary | Literal) or (isinstance(node, Compare) and node.operator in ("is", "is not"))
        found = self.condition(node)
        return found if known else found.is_(true())

    def compare(self, node: Compare) -> Condition:
        """A comparison; NULL, that counts as false, where a side is NULL."""
        if node.operator in ("is", "is not"):
            test = self.stored(node.left)
            return test.is_(null()) if node.operator == "is" else test.is_not(null())
        if isinstance(node.right, ListOf):
            return self.in_list(node, node.right)
        if node.operator in ("in", "not in"):
            return self.contained(node)
        left, right = self.pair(node.left, node.right)
        if node.operator in ("==", "!="):
            return left == right if node.operator == "==" else left != right
        left, right = self.ordered(left, node.left), self.ordered(right, node.right)
        match node.operator:
            case "<":
                return left < right
            case "<=":
                return left <= right
            case ">":
                return left > right
        return left >= right

    def in_list(self, node: Compare, items: ListOf) -> Condition:
        """`x in [a, b]`."""
        left = self.value(node.left)
        if not items.items:
            return false() if node.operator == "in" else left.is_not(null())
        values = [self.value(item) for item in items.items]
        return left.in_(values) if node.operator == "in" else left.not_in(values)

    def contained(self, node: Compare) -> Condition:
        """Membership in a set or list, or a part of a text. No set at all is an empty one."""
        present = node.operator == "in"
        left = self.value(node.left)
        if node.right.type.kind is Kind.TEXT:
            found_at = self.position(self.value(node.right), left)
            return found_at > whole(0) if present else found_at == whole(0)
        if isinstance(node.right, Path) and node.right.type.kind is Kind.RECORDS:
            held: Condition = self.scope.contains(node.right, left)  # type: ignore[attr-defined]
        else:
            held = self.holds(self.stored(node.right), left)
        if present:
            return held
        absent = not_(func.coalesce(held, false(), type_=Boolean()))
        return and_(left.is_not(null()), absent) if nullable(node.left) else absent

    # values

    def stored(self, node: Node) -> Element:
        """A path as its column is, any other node as a value: enough to ask whether it is NULL."""
        return self.scope.column(node) if isinstance(node, Path) else self.value(node)

    def value(self, node: Node) -> Element:
        """The value of a node in working form."""
        if node.type.kind is Kind.NUMBER:
            return self.number(node)
        made = self._value(node)
        kind = WORKING_TYPES.get(node.type.kind)
        return made if kind is None else typed(made, kind)

    def _value(self, node: Node) -> Element:
        match node:
            case Literal(value=value):
                return self.literal(value, node.type.kind)
            case Path():
                return self.scope.column(node)
            case Ambient(name=name):
                return {"me": self.scope.me, "now": self.scope.now}[name] if name != "today" else self.scope.today
            case Conditional():
                return self.choice(node)
            case Unary(operator="-", operand=operand):
                return -self.value(operand)
            case Binary(operator="+") if node.type.kind is Kind.TEXT:
                return self.value(node.left).concat(self.value(node.right))
            case Binary():
                return self.operation(node)
            case Call() if node.type.kind is not Kind.BOOLEAN or node.function == "coalesce":
                return self.call(node)
        return self.truth(node)

    def choice(self, node: Conditional) -> Element:
        """`then if test else otherwise`."""
        return case((self.condition(node.test), self.value(node.then)), else_=self.value(node.otherwise))

    def literal(self, value: Any, kind: Kind) -> Element:
        """A constant as a bind parameter."""
        if value is None:
            return null()
        if kind is Kind.DURATION:
            return literal(int(value.total_seconds()), BigInteger())
        return literal(value, WORKING_TYPES[kind])

    @property
    def timezone(self) -> Element:
        """The time zone as an element."""
        zone = self.scope.timezone
        return literal(zone, Text()) if isinstance(zone, str) else zone

    def call(self, node: Call) -> Element:
        """A function."""
        function, arguments = node.function, node.arguments
        if function in ("contains", "starts_with", "ends_with"):
            return self.text_test(function, self.value(arguments[0]), self.value(arguments[1]))
        if function == "coalesce":
            return func.coalesce(*(self.value(argument) for argument in arguments), type_=WORKING_TYPES.get(node.type.kind))
        if function == "concat":
            return self.concatenation([self.value(argument) for argument in arguments])
        if function == "text":
            return self.as_text(arguments[0])
        if function == "count":
            return func.coalesce(self.members(self.stored(arguments[0])), whole(0), type_=BigInteger())
        if function in UNIT_SECONDS:
            return self.seconds(arguments[0], UNIT_SECONDS[function])
        if function in ("min", "max"):
            return self.extreme(function, node)
        if function == "abs":
            return func.abs(self.value(arguments[0]))
        return self.function(node)

    def concatenation(self, values: list[Element]) -> Element:
        """Texts in a row, nothing for NULL."""
        made = [func.coalesce(value, literal_column("''", Text()), type_=Text()) for value in values]
        row: Element = made[0]
        for value in made[1:]:
            row = row.concat(value)
        return row

    # what the dialects do in their own way

    @abstractmethod
    def number(self, node: Node) -> Element:
        """A number in working form."""

    @abstractmethod
    def pair(self, left: Node, right: Node) -> tuple[Element, Element]:
        """Two values in a form in which they can be compared."""

    @abstractmethod
    def result(self, node: Node) -> Element:
        """The value of a whole expression, typed so that rows hold what Python would give."""

    @abstractmethod
    def operation(self, node: Binary) -> Element:
        """Arithmetic with dates, moments and durations."""

    @abstractmethod
    def function(self, node: Call) -> Element:
        """A function without a form of its own above."""

    @abstractmethod
    def seconds(self, count: Node, unit: int) -> Element:
        """So many units of that many seconds, as a duration."""

    @abstractmethod
    def extreme(self, function: str, node: Call) -> Element:
        """The least or greatest; NULL where one is NULL."""

    @abstractmethod
    def text_test(self, function: str, text: Element, part: Element) -> Condition:
        """`contains`, `starts_with`, `ends_with`."""

    @abstractmethod
    def as_text(self, node: Node) -> Element:
        """The text of a number, date, moment or boolean."""

    @abstractmethod
    def position(self, text: Element, part: Element) -> Element:
        """Where `part` begins in `text`, 1-based; 0 where it doesn't."""

    @abstractmethod
    def holds(self, names: Element, name: Element) -> Condition:
        """Whether a stored set of names has `name`."""

    @abstractmethod
    def members(self, names: Element) -> Element:
        """How many names a stored set has."""

    def ordered(self, element: Element, node: Node) -> Element:
        """A side of `<` and its like: texts are ordered by code point."""
        return element
