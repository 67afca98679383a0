"""The types of the expression language. Every node of a checked expression carries one of these.

Knows nothing of fields, tables or the web: a field type says which of these its values are.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MAX_SCALE = 10
"""Most decimal places a node may carry; a division is rounded to DIVISION_SCALE places."""
DIVISION_SCALE = 6


class Kind(StrEnum):
    """The kinds of value an expression can have."""

    TEXT = "text"
    NUMBER = "number"  # exact: int where scale is 0, else decimal.Decimal
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"  # aware, UTC
    TIME = "time"
    DURATION = "duration"  # datetime.timedelta; in SQL whole seconds
    OPTION = "option"  # the option's name, a str
    OPTIONS = "options"  # a set of option names or tags: tuple[str, ...]
    RECORD = "record"  # the id (int) of a record of `object`
    RECORDS = "records"  # many ids
    JSON = "json"  # opaque: may only be compared with None
    NULL = "null"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class ExpressionType:
    """Kind of a value, with the scale of numbers, the object of records and the names of options.

    `scale`: decimal places of a NUMBER. `object`: target object's name for RECORD(S).
    `options`: allowed names for OPTION(S), empty when open (tags).
    """

    kind: Kind
    scale: int = 0
    object: str = ""
    options: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.object}" if self.kind is Kind.RECORD else self.kind.value


TEXT = ExpressionType(Kind.TEXT)
INTEGER = ExpressionType(Kind.NUMBER, 0)
BOOLEAN = ExpressionType(Kind.BOOLEAN)
DATE = ExpressionType(Kind.DATE)
DATETIME = ExpressionType(Kind.DATETIME)
TIME = ExpressionType(Kind.TIME)
DURATION = ExpressionType(Kind.DURATION)
JSON = ExpressionType(Kind.JSON)
NULL = ExpressionType(Kind.NULL)
ANY = ExpressionType(Kind.ANY)


def number(scale: int) -> ExpressionType:
    """An exact number with `scale` decimal places (0 to MAX_SCALE)."""
    return ExpressionType(Kind.NUMBER, min(scale, MAX_SCALE))


def record(object_name: str) -> ExpressionType:
    """A reference to one record of `object_name`."""
    return ExpressionType(Kind.RECORD, object=object_name)


def option(names: tuple[str, ...]) -> ExpressionType:
    """One of the named options."""
    return ExpressionType(Kind.OPTION, options=names)
