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
from collections.abc import Mapping
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


def to_data(value: Any) -> Any:
    """A frozen value as plain JSON data."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): to_data(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_data(item) for item in value]
    if not dataclasses.is_dataclass(value):
        raise TypeError(f"{value!r} can't be stored")
    written = {"type": tag(type(value))} if isinstance(value, Tagged) else {}
    for field, default, _ in _fields(_class_of(value)):
        item = getattr(value, field)
        if item != default or isinstance(item, bool) is not isinstance(default, bool):
            written[field] = to_data(item)
    return written


def from_data(cls: type[T], data: Any) -> T:
    """The value of a class that `to_data` wrote. KeyError or ValueError where the data are of another shape."""
    return load(cls, data)  # type: ignore[no-any-return]


def load(hint: Any, data: Any) -> Any:
    """The value of a type hint, which may be a union of Tagged classes."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _load_union(get_args(hint), data)
    if origin is tuple:
        return tuple(load(get_args(hint)[0], item) for item in data)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        item_hint = get_args(hint)[1]
        return FrozenMap({key: load(item_hint, item) for key, item in data.items()})
    if hint is Decimal:
        return Decimal(data)
    if hint is datetime:
        return datetime.fromisoformat(data)
    if dataclasses.is_dataclass(hint):
        made: Any = hint
        return made(**{field: load(kind, data[field]) for field, _, kind in _fields(made) if field in data})
    return freeze(data) if hint is Any or origin is Literal else data


def _load_union(branches: tuple[Any, ...], data: Any) -> Any:
    if data is None:
        return None
    branches = tuple(branch for branch in branches if branch is not types.NoneType)
    if len(branches) == 1:
        return load(branches[0], data)
    if not isinstance(data, Mapping):
        return load(next(branch for branch in branches if not isinstance(branch, type) or not issubclass(branch, Tagged)), data)
    return load({tag(branch): branch for branch in branches}[data["type"]], data)


def _class_of(value: Any) -> Any:
    return type(value)


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
    return json.dumps(to_data(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha256(value: Any) -> str:
    """The fingerprint of a value's canonical JSON, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value).encode("utf-8")).hexdigest()
