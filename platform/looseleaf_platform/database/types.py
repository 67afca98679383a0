"""Column types that behave the same on PostgreSQL and SQLite. They know nothing of fields or records.

Every type loads exactly the Python value that was bound: Decimal, aware datetime, timedelta, tuple of str, JSON data.
In SQL on SQLite a decimal is an integer scaled by 10**scale, a moment text like `2026-03-02 10:00:00.000000` in UTC, names a JSON list.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import orjson
from sqlalchemy import BigInteger, DateTime, Dialect, Numeric, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.types import TypeDecorator, TypeEngine

from looseleaf_metadata.texts import Text as Sentence
from looseleaf_platform.errors import Invalid

MAX_SQLITE_DIGITS = 18
"""A scaled 64-bit integer holds 18 decimal digits for sure."""
_CONTEXT = Context(prec=80, rounding=ROUND_HALF_UP)


class OutOfRange(Invalid, OverflowError, DontWrapMixin):
    """A number that the column can't hold: refused instead of storing something else."""

    def __init__(self, value: Any, precision: int, scale: int) -> None:
        Invalid.__init__(
            self,
            "out-of-range",
            Sentence("{value} is too large: {digits} digits before the point at most", value=str(value), digits=precision - scale),
        )


class ExactDecimal(TypeDecorator[Decimal]):
    """An exact decimal: `numeric(precision, scale)` on PostgreSQL, a 64-bit integer scaled by 10**scale on SQLite.

    A bound value is rounded half away from zero to `scale`; one of more than `precision` digits raises OutOfRange.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, precision: int = MAX_SQLITE_DIGITS, scale: int = 2) -> None:
        if not 0 <= scale <= precision <= MAX_SQLITE_DIGITS:
            raise ValueError(f"numeric({precision}, {scale}) can't be held exactly on both databases")
        super().__init__(precision, scale)
        self.precision, self.scale = precision, scale
        self._limit = 10**precision
        self._unit = Decimal(1).scaleb(-scale)

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column's real type."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(Numeric(self.precision, self.scale, asdecimal=True))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """Decimal (or int) to what the driver takes."""
        if value is None:
            return None
        decimal = Decimal(value)
        if not decimal.is_finite() or decimal.adjusted() > self.precision:
            raise OutOfRange(value, self.precision, self.scale)
        scaled = int(decimal.scaleb(self.scale, _CONTEXT).to_integral_value(ROUND_HALF_UP))
        if abs(scaled) >= self._limit:
            raise OutOfRange(value, self.precision, self.scale)
        return scaled if dialect.name == "sqlite" else Decimal(scaled).scaleb(-self.scale, _CONTEXT)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """What the driver gives to a Decimal with exactly `scale` places."""
        if value is None:
            return None
        if dialect.name == "sqlite":
            return Decimal(value).scaleb(-self.scale, _CONTEXT)
        return Decimal(value).quantize(self._unit, context=_CONTEXT)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware datetimes in, aware UTC datetimes out. Naive ones raise ValueError."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column's real type: `timestamptz`, or text that sorts on SQLite."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; without its zone for SQLite, whose text has none."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class JsonText(TypeDecorator[Any]):
    """JSON data kept as text: never queried inside. None is NULL."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Data to its JSON text; Decimals and other odd values become strings."""
        return None if value is None else orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """The data again."""
        return None if value is None else orjson.loads(value)


class Seconds(TypeDecorator[timedelta]):
    """A duration in whole seconds."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        """timedelta to seconds; fractions are cut off."""
        return None if value is None else value // timedelta(seconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> timedelta | None:
        """Seconds to timedelta."""
        return None if value is None else timedelta(seconds=int(value))


class Names(TypeDecorator[tuple[str, ...]]):
    """A list of names: `text[]` on PostgreSQL, a JSON array as text on SQLite. No names at all is NULL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column's real type."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(Text()))

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> Any:
        """Names to an array."""
        if not value:
            return None
        return orjson.dumps(list(value)).decode() if dialect.name == "sqlite" else list(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[str, ...]:
        """The names, () for NULL."""
        if value is None:
            return ()
        return tuple(orjson.loads(value) if isinstance(value, str) else value)
