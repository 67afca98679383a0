"""Exact arithmetic of the expression language on Python values: the definition that SQL and the browser follow.

A number is an int, or a Decimal with the scale of its node. Halves round away from zero. What doesn't fit into a 64-bit
integer of its last decimal place is TooLarge. Arguments are never None here: callers deal with nulls.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, NoReturn

from looseleaf_metadata.expressions.types import DIVISION_SCALE, MAX_SCALE
from looseleaf_metadata.texts import Text

Number = int | Decimal
EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
"""Wide enough that nothing is rounded twice."""
UNITS = tuple(Decimal(1).scaleb(-scale) for scale in range(MAX_SCALE + 1))
"""By scale: one unit of the last decimal place."""
LARGEST = 2**63 - 1
"""The largest number of last decimal places that a value may have."""
LIMITS: tuple[Number, ...] = (LARGEST, *(Decimal(LARGEST).scaleb(-scale, EXACT) for scale in range(1, MAX_SCALE + 1)))
"""By scale: the largest value."""
SECOND = timedelta(seconds=1)
LONGEST = int(timedelta.max.total_seconds()) - 1
"""The most seconds of a duration, either way."""


class TooLarge(OverflowError):
    """A value of an expression that can't be held exactly. `message` is for people."""

    def __init__(self) -> None:
        self.message = Text("A calculated value is too large")
        super().__init__(str(self.message))


def too_large() -> NoReturn:
    """Raise TooLarge, from inside compiled expressions."""
    raise TooLarge


def fit(value: Number, scale: int) -> Number:
    """`value` itself. Raises TooLarge where it can't be held with `scale` places."""
    limit = LIMITS[scale]
    if -limit <= value <= limit:
        return value
    raise TooLarge


def rescale(value: Number, scale: int) -> Number:
    """`value` rounded to `scale` places: an int for 0, else a Decimal with exactly so many."""
    if scale == 0:
        return fit(value if isinstance(value, int) else int(value.to_integral_value(ROUND_HALF_UP)), 0)
    if not -LIMITS[scale] <= value <= LIMITS[scale]:
        raise TooLarge
    return Decimal(value).quantize(UNITS[scale], context=EXACT)


def multiply(left: Number, right: Number, scale: int) -> Number:
    """The product rounded to `scale` places."""
    product = left * right if isinstance(left, int) and isinstance(right, int) else EXACT.multiply(Decimal(left), Decimal(right))
    return rescale(product, scale)


def divide(left: Number, right: Number, scale: int = DIVISION_SCALE) -> Number | None:
    """The quotient rounded to `scale` places; None for a division by zero."""
    if not right:
        return None
    return rescale(EXACT.divide(Decimal(left), Decimal(right)), scale)


def floor_divide(left: Number, right: Number) -> int | None:
    """The quotient rounded down to a whole number; None for a division by zero."""
    if not right:
        return None
    return int(fit(_floor_quotient(left, right), 0))


def modulo(left: Number, right: Number, scale: int) -> Number | None:
    """What `floor_divide` leaves: it has the sign of `right`. None for a division by zero."""
    if not right:
        return None
    if isinstance(left, int) and isinstance(right, int):
        return left % right
    rest = EXACT.subtract(Decimal(left), EXACT.multiply(Decimal(right), Decimal(_floor_quotient(left, right))))
    return rescale(rest, scale)


def _floor_quotient(left: Number, right: Number) -> int:
    if isinstance(left, int) and isinstance(right, int):
        return left // right
    scale = max(-int(Decimal(value).as_tuple().exponent) for value in (left, right))
    return int(Decimal(left).scaleb(scale, EXACT)) // int(Decimal(right).scaleb(scale, EXACT))


def round_to(value: Number, places: int) -> Number:
    """`value` rounded to `places` decimal places; negative places round to tens, hundreds, …"""
    if places >= 0:
        return rescale(value, places)
    unit = 10**-places
    whole = EXACT.divide(Decimal(value), Decimal(unit)).to_integral_value(ROUND_HALF_UP)
    return fit(int(whole) * unit, 0)


def floor(value: Number) -> int:
    """The largest whole number not above `value`."""
    return value.__floor__()


def ceiling(value: Number) -> int:
    """The smallest whole number not below `value`."""
    return value.__ceil__()


def decimal_text(value: Number) -> str:
    """A number as text with all places of its scale: `12.50`, `-3`."""
    return f"{value + 0:f}" if isinstance(value, Decimal) else str(value)


def duration(count: Number, unit_seconds: int) -> timedelta:
    """`count` units as a duration of whole seconds."""
    return seconds_to_duration(multiply(count, unit_seconds, 0))


def seconds_to_duration(seconds: Any) -> timedelta:
    """Whole seconds as a duration. Raises TooLarge beyond what a duration holds."""
    if not -LONGEST <= seconds <= LONGEST:
        raise TooLarge
    return timedelta(seconds=int(seconds))


def scale_duration(value: timedelta, factor: Number) -> timedelta:
    """A duration times a number, in whole seconds."""
    return seconds_to_duration(multiply(value // SECOND, factor, 0))


def share_duration(value: timedelta, divisor: Number) -> timedelta | None:
    """A duration divided by a number, in whole seconds; None for a division by zero."""
    return None if not divisor else seconds_to_duration(divide(value // SECOND, divisor, 0))


def ratio_of_durations(left: timedelta, right: timedelta) -> Number | None:
    """How many times `right` goes into `left`; None where `right` is no time at all."""
    return divide(left // SECOND, right // SECOND)


def any_minimum(*values: Any) -> Any:
    """The least of values of one type."""
    return min(values)


def any_maximum(*values: Any) -> Any:
    """The greatest of values of one type."""
    return max(values)
