"""Statements that are built once and then only given values: at most KEPT an object, the least recently used go first.

The key of a statement is its form: rights, columns, filter, order, where the page begins. Values are always bind parameters.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

from sqlalchemy import ColumnElement

from looseleaf_platform.records.runtime import ObjectRuntime

KEPT = 500
Built = TypeVar("Built")


class _Kept:
    """The statements of one object's reads."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.built: OrderedDict[Hashable, Any] = OrderedDict()


def kept(found: ObjectRuntime, key: Hashable, build: Callable[[], Built]) -> Built:
    """What `build` made for this key the first time. Two threads may both build; one of the results is kept."""
    store: _Kept = found.memo.get("reads") or found.memo.setdefault("reads", _Kept())
    with store.lock:
        if key in store.built:
            store.built.move_to_end(key)
            return store.built[key]  # type: ignore[no-any-return]
    built = build()
    with store.lock:
        store.built[key] = built
        while len(store.built) > KEPT:
            store.built.popitem(last=False)
    return built


@dataclass(frozen=True, slots=True)
class Form:
    """A condition taken apart: the `key` that equal forms share, and its parameters' names and values in their order."""

    key: Hashable
    names: tuple[str, ...]
    values: tuple[Any, ...]

    def parameters(self, names: tuple[str, ...]) -> dict[str, Any]:
        """This condition's values for a kept statement whose condition of the same form has parameters of these `names`."""
        return dict(zip(names, self.values, strict=True))


EMPTY_FORM = Form((), (), ())


def form_of(condition: ColumnElement[bool] | None) -> Form:
    """Take a condition apart. This is what SQLAlchemy does to find a compiled statement again; a condition that it can't keep is unique."""
    if condition is None:
        return EMPTY_FORM
    key = condition._generate_cache_key()
    if key is None:
        return Form(object(), (), ())
    return Form(key.key, tuple(bind.key for bind in key.bindparams), tuple(bind.effective_value for bind in key.bindparams))
