"""Cursors: where a page ended, as text that callers hand back and need not understand.

A cursor is bound to the object and the order it was made for, and its values are checked like any input. It holds only values of
sort keys that its reader was shown.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NoReturn

import orjson

from looseleaf_metadata.expressions.types import Kind
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import BadQuery

LONGEST = 8000

_WRITTEN: dict[type, Callable[[Any], Any]] = {
    Decimal: str,
    datetime: lambda value: value.astimezone(UTC).isoformat(),
    date: date.isoformat,
    time: time.isoformat,
    timedelta: lambda value: value // timedelta(microseconds=1),
}


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError(value)
    return moment


def _plain(kind: type) -> Callable[[Any], Any]:
    def same(value: Any) -> Any:
        if type(value) is not kind:
            raise TypeError(value)
        return value

    return same


def _number(value: Any) -> Decimal | int:
    if type(value) is int:
        return value
    number = Decimal(_plain(str)(value))
    if not number.is_finite() or number.adjusted() > 30:
        raise ValueError(value)
    return number


_READ: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: _plain(str),
    Kind.OPTION: _plain(str),
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _plain(bool),
    Kind.DATE: date.fromisoformat,
    Kind.DATETIME: _moment,
    Kind.TIME: time.fromisoformat,
    Kind.DURATION: lambda value: timedelta(microseconds=_plain(int)(value)),
    Kind.RECORD: _plain(int),
}


def encode_cursor(binding: str, values: Sequence[Any], id: int) -> str:
    """The cursor after a record with these sort `values`. `binding` says for what the cursor is good."""
    written = [_WRITTEN.get(type(value), lambda value: value)(value) for value in values]
    return urlsafe_b64encode(orjson.dumps([_mark(binding), *written, id])).decode().rstrip("=")


def decode_cursor(cursor: str, binding: str, kinds: Sequence[Kind], pointer: str) -> tuple[Any, ...]:
    """The sort values and, last, the id. Raises BadQuery for anything that `encode_cursor` wouldn't have made for `binding`."""
    try:
        parts = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))) if len(cursor) <= LONGEST else None
        if not isinstance(parts, list) or len(parts) != len(kinds) + 2 or parts[0] != _mark(binding):
            _refuse(pointer)
        values = [None if value is None else _READ.get(kind, _plain(str))(value) for kind, value in zip(kinds, parts[1:-1], strict=True)]
        return (*values, _id(parts[-1]))
    except (ValueError, TypeError, ArithmeticError) as error:
        raise _bad(pointer) from error


def _id(value: Any) -> int:
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise ValueError(value)
    return value


def _mark(binding: str) -> str:
    return hashlib.sha256(binding.encode()).hexdigest()[:12]


def _bad(pointer: str) -> BadQuery:
    return BadQuery(Text("This is not a page mark of this list, or of this order of it. Start from the first page"), pointer)


def _refuse(pointer: str) -> NoReturn:
    raise _bad(pointer)
