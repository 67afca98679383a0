"""Roll-ups as they are written, read in one place: which child records, which function, of which field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from looseleaf_metadata.expressions.types import DIVISION_SCALE, INTEGER, ExpressionType, Kind, number
from looseleaf_metadata.kinds.field_schema import ROLLUP_FUNCTIONS
from looseleaf_metadata.model import Field

SUMMED = frozenset({Kind.NUMBER, Kind.DURATION})
ORDERED = frozenset({Kind.NUMBER, Kind.DURATION, Kind.DATE, Kind.DATETIME, Kind.TIME})


@dataclass(frozen=True, slots=True)
class Rollup:
    """`function` (count, sum, min, max, average) over the field `of` ("" for count) of the `child` records whose look-up `by` points here."""

    child: str
    by: str
    function: str
    of: str


def rollup_of(settings: Mapping[str, Any]) -> Rollup | None:
    """The roll-up that a field's settings describe; None unless exactly one function is given."""
    child, _, by = str(settings.get("from", "")).partition(".")
    given = [name for name in ROLLUP_FUNCTIONS if settings.get(name)]
    if len(given) != 1:
        return None
    of = settings[given[0]]
    return Rollup(child, by, given[0], of if isinstance(of, str) else "")


def fits(function: str, kind: Kind) -> bool:
    """Whether a function can be taken of values of that kind."""
    return function == "count" or kind is Kind.ANY or kind in (ORDERED if function in ("min", "max") else SUMMED)


def result_type(function: str, of: ExpressionType) -> ExpressionType:
    """The type of a roll-up over values of type `of`."""
    if function == "count":
        return INTEGER
    return number(max(of.scale, DIVISION_SCALE)) if function == "average" and of.kind is Kind.NUMBER else of


def shown_as(of: Field) -> str:
    """The field type that shows a roll-up over the field `of`: money stays money, a percentage a percentage. "" where the value's kind says enough."""
    name = str(of.settings.get("returns", "")) if of.type in ("formula", "rollup") else of.type
    return name if name in ("currency", "percent") else ""
