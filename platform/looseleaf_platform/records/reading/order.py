"""The order of a list and where a page begins in it: sort keys, keyset conditions, forwards and backwards, empty values always last.

A condition that an index can begin at is what makes page 10,000 as quick as page 1: keys of one direction are compared as a row,
and records without a value for the first key form a segment of their own at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, tuple_

from looseleaf_metadata.expressions.types import Kind
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import BadQuery
from looseleaf_platform.fields.results import result_type
from looseleaf_platform.records.reading.cursors import decode_cursor
from looseleaf_platform.records.reading.readable import NEVER_EMPTY, ReadScope, named
from looseleaf_platform.records.requests import Query

MOST_KEYS = 5


@dataclass(frozen=True, slots=True)
class Key:
    """One sort key. `nullable`: records may have no value for it; these come last whichever way it runs."""

    path: str
    descending: bool
    kind: Kind
    nullable: bool
    hops: tuple[str, ...] = ()

    def element(self, scope: ReadScope) -> ColumnElement[Any]:
        """What is compared."""
        name = self.path.rpartition(".")[2]
        element: ColumnElement[Any] = scope.follow(self.hops, lambda there: there.field(name))
        return element


@dataclass(frozen=True, slots=True)
class Order:
    """The sort keys of a list; the id decides last, running the way of the last key. Without any key, the newest come first."""

    keys: tuple[Key, ...]
    binding: str

    @property
    def descending(self) -> bool:
        """Which way the id runs."""
        return self.keys[-1].descending if self.keys else True


@dataclass(frozen=True, slots=True)
class Start:
    """Where a page begins: `values` of the sort keys and the id of the record before it. `backwards`: the page ends there instead."""

    values: tuple[Any, ...]
    backwards: bool

    @property
    def shape(self) -> tuple[Any, ...]:
        """What of it decides the form of the statement: which values are empty, and the direction."""
        return (self.backwards, *(value is None for value in self.values))

    @property
    def parameters(self) -> dict[str, Any]:
        """The values by name of the parameter."""
        return {f"start_{number}": value for number, value in enumerate(self.values) if value is not None}


def order_of(scope: ReadScope, sort: Sequence[str]) -> Order:
    """The order that `sort` asks for. Raises BadQuery for names that may not be read, can't be sorted by, or are too many."""
    if len(sort) > MOST_KEYS:
        raise BadQuery(Text("A list is sorted by at most {count} fields", count=MOST_KEYS), "/sort")
    keys = []
    for number, said in enumerate(sort):
        path, pointer = said.removeprefix("-"), f"/sort/{number}"
        found = named(scope.context, scope.found, path, pointer)
        kind = result_type(found.field)
        last = ReadScope(scope.context, found.object, found.object.table)
        if not kind.sortable or (found.field.value is None and not found.object.fields[found.field.name].columns):
            raise BadQuery(Text("“{field}” can't be sorted by", field=found.field.label), pointer)
        if last.always_masked(found.field.name):
            raise BadQuery(Text("“{field}” is withheld from you and can't be sorted by", field=found.field.label), pointer)
        nullable = bool(found.hops) or path not in NEVER_EMPTY or last.mask(path) is not None
        keys.append(Key(path, said.startswith("-"), found.type.kind, nullable, found.hops))
        if path == "id":
            break
    return Order(tuple(keys), f"{scope.found.object.id}:{','.join(sort)}")


def start_of(order: Order, query: Query) -> Start | None:
    """Where the query's page begins; None for the first page. Raises BadQuery for a cursor of another list or order."""
    if query.after and query.before:
        raise BadQuery(Text("A page begins after a mark or ends before one, not both"), "/page/before")
    if not query.after and not query.before:
        return None
    backwards = bool(query.before)
    values = decode_cursor(
        query.before or query.after, order.binding, [key.kind for key in order.keys], "/page/before" if backwards else "/page/after"
    )
    if any(value is None and not key.nullable for value, key in zip(values, order.keys, strict=False)):
        raise BadQuery(Text("This is not a page mark of this list, or of this order of it. Start from the first page"), "/page/after")
    return Start(values, backwards)


def order_by(
    order: Order, elements: Sequence[ColumnElement[Any]], id: ColumnElement[Any], *, backwards: bool = False
) -> list[ColumnElement[Any]]:
    """The ORDER BY, where `elements` stand for the keys. Backwards everything is turned round, empty values come first."""
    found: list[ColumnElement[Any]] = []
    for key, element in zip(order.keys, elements, strict=True):
        one = element.desc() if key.descending is not backwards else element.asc()
        found.append(one if not key.nullable else one.nulls_first() if backwards else one.nulls_last())
    return [*found, id.desc() if order.descending is not backwards else id.asc()]


def segments(
    order: Order, elements: Sequence[ColumnElement[Any]], id: ColumnElement[Any], start: Start | None
) -> tuple[list[ColumnElement[bool] | None], ColumnElement[bool] | None]:
    """Conditions for what comes after `start`: each begins in an index, none overlap, in their order. None: from the beginning.

    Second, apart, the last of them where that is the records without a value for the first key: mostly it need not be asked.
    """
    if start is None:
        return [None], None
    keys = [*order.keys, Key("id", order.descending, Kind.RECORD, nullable=False)]
    columns = [*elements, id]
    binds = [bindparam(f"start_{number}", value, columns[number].type) for number, value in enumerate(start.values)]
    found: list[ColumnElement[bool] | None] = []
    at = len(keys)
    while at > 0:
        first = _row_from(keys, start, at)
        same = [_same(columns[number], binds[number], start.values[number]) for number in range(first)]
        value = start.values[first]
        found.extend(and_(*same, after) for after in _after(keys[first:at], columns[first:at], binds[first:at], start, value))
        at = first
    tail = keys[0].nullable and not start.backwards and start.values[0] is not None
    return (found[:-1], found[-1]) if tail else (found, None)


def _row_from(keys: Sequence[Key], start: Start, end: int) -> int:
    """From which key on the keys before `end` can be compared as one row: of one direction, with a value, and only the first may be empty."""
    first = end - 1
    while (
        first > 0
        and not keys[first].nullable
        and keys[first - 1].descending == keys[first].descending
        and start.values[first - 1] is not None
    ):
        first -= 1
    return first


def _same(column: ColumnElement[Any], bind: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == bind


def _after(
    keys: Sequence[Key], columns: Sequence[ColumnElement[Any]], binds: Sequence[ColumnElement[Any]], start: Start, value: Any
) -> list[ColumnElement[bool]]:
    """What follows within the records that agree on all earlier keys: greater values, then (forwards) those without one."""
    head = keys[0]
    if value is None:
        return [columns[0].is_not(None)] if start.backwards else []
    left, right = (columns[0], binds[0]) if len(keys) == 1 else (tuple_(*columns), tuple_(*binds))
    greater = left > right if head.descending is start.backwards else left < right
    return [greater, columns[0].is_(None)] if head.nullable and not start.backwards else [greater]
