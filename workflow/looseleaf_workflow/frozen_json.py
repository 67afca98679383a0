"""Frozen dataclasses as JSON and back, losslessly: how definitions, states, events, commands and facts are stored and hashed.

Dates are ISO text, decimals are text, tuples are lists, a field that has its default is left out. A class that derives from
`Tagged` writes its name under "type", so that a union of such classes can be read back. Values typed `Any` must be JSON already.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import types
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from looseleaf_metadata.frozen import FrozenMap, freeze

T = TypeVar("T")


class Tagged:
    """Base of classes that are told apart by their name when they are read back."""

    __slots__ = ()


@cache
def tag(cls: type) -> str:
    """The name of a class in JSON: StepPassed is "step_passed"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()


PLAIN = frozenset({type(None), str, bool, int, float})


def to_data(value: Any) -> Any:
    """A frozen value as plain JSON data."""
    cls: Any = type(value)
    if cls in PLAIN:
        return value
    if isinstance(value, Mapping):
        return {str(key): to_data(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_data(item) for item in value]
    if isinstance(value, str | int | Decimal):
        return str(value) if isinstance(value, Decimal) else value
    if isinstance(value, datetime):
        return value.isoformat()
    if not dataclasses.is_dataclass(value):
        raise TypeError(f"{value!r} can't be stored")
    written = {"type": tag(cls)} if isinstance(value, Tagged) else {}
    for field, default, _ in _fields(cls):
        item = getattr(value, field)
        if item != default or isinstance(item, bool) is not isinstance(default, bool):
            written[field] = to_data(item)
    return written


def from_data(cls: type[T], data: Any) -> T:
    """The value of a class that `to_data` wrote. KeyError or ValueError where the data are of another shape."""
    return load(cls, data)  # type: ignore[no-any-return]


def load(hint: Any, data: Any) -> Any:
    """The value of a type hint, which may be a union of Tagged classes."""
    return _loader(hint)(data)


Loader = Callable[[Any], Any]


@cache
def _loader(hint: Any) -> Loader:
    """What reads values of a type hint. Worked out once: states are read at every command."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _union_loader(get_args(hint))
    if origin is tuple:
        item = _loader(get_args(hint)[0])
        return lambda data: tuple([item(one) for one in data])
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        item = _loader(get_args(hint)[1])
        return lambda data: FrozenMap({key: item(one) for key, one in data.items()})
    if hint is Decimal:
        return Decimal
    if hint is datetime:
        return datetime.fromisoformat
    if dataclasses.is_dataclass(hint):
        return _dataclass_loader(hint)
    return freeze if hint is Any or origin is Literal else lambda data: data


def _dataclass_loader(cls: Any) -> Loader:
    readers: dict[str, Loader] = {}  # found at the first reading, as a class may hold others of its own

    def read(data: Any) -> Any:
        if not readers:
            readers.update({field: _loader(kind) for field, _, kind in _fields(cls)})
        return cls(**{name: readers[name](item) for name, item in data.items() if name in readers})

    return read


def _union_loader(args: tuple[Any, ...]) -> Loader:
    branches: list[Any] = [branch for branch in args if branch is not types.NoneType]
    if len(branches) == 1:
        only = _loader(branches[0])
        return lambda data: None if data is None else only(data)
    tagged: dict[str, Any] = {tag(branch): branch for branch in branches if _is_tagged(branch)}
    plain = next((branch for branch in branches if not _is_tagged(branch)), None)

    def read(data: Any) -> Any:
        if data is None:
            return None
        return load(tagged[data["type"]] if isinstance(data, Mapping) else plain, data)

    return read


def _is_tagged(hint: Any) -> bool:
    return isinstance(hint, type) and issubclass(hint, Tagged)


MISSING = object()


@cache
def _fields(cls: Any) -> tuple[tuple[str, Any, Any], ...]:
    """Name, default and type of each field."""
    hints = get_type_hints(cls)
    found = []
    for field in dataclasses.fields(cls):
        default: Any = field.default if field.default is not dataclasses.MISSING else MISSING
        if field.default_factory is not dataclasses.MISSING:
            default = field.default_factory()
        found.append((field.name, default, hints[field.name]))
    return tuple(found)


def canonical(value: Any) -> str:
    """The one JSON text of a value: sorted keys, no spaces, no escapes of letters."""
    return canonical_of(to_data(value))


def canonical_of(data: Any) -> str:
    """The one JSON text of what `to_data` made."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256(value: Any) -> str:
    """The fingerprint of a value's canonical JSON, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value).encode("utf-8")).hexdigest()
