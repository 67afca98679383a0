"""Which columns a read selects for its reader, and how a row of them becomes a Record. Made once per set of fields, then reused.

Withheld values are never fetched: where a field is masked the database answers NULL, and beside it that it was masked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, true

from looseleaf_metadata.expressions.types import Kind
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import BadQuery
from looseleaf_platform.fields.base import FieldType
from looseleaf_platform.fields.formula import FormulaType
from looseleaf_platform.records.reading.readable import ReadScope, named, unknown_field
from looseleaf_platform.records.requests import Record
from looseleaf_platform.records.runtime import FieldRuntime, ObjectRuntime
from looseleaf_platform.records.tables import target_of

MOST_FIELDS = 500
APART = frozenset({"id", "version"})
"""Always read; a value of their own only where they are asked for by name."""
ONLY_DELETED = frozenset({"deleted_at", "deleted_by"})

Load = Callable[[Sequence[Any], Field], Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A field whose value is made by `load` of the columns from `start` to `stop`."""

    name: str
    start: int
    stop: int
    field: Field
    load: Load


@dataclass(frozen=True, slots=True)
class Selection:
    """The columns of one set of fields: id and version, then those of the fields. `values_of` makes the values of a row.

    `marks`: where in a row it stands whether a field is masked there; `withheld`: fields masked in every row. `titles`: where the
    titles of look-ups stand; `look_ups`: (field, target object) whose titles, and `linked` and `lines`: fields whose values are read by
    a query of their own.
    """

    fields: tuple[str, ...]
    columns: tuple[ColumnElement[Any], ...]
    values_of: Callable[[Sequence[Any]], dict[str, Any]]
    marks: tuple[tuple[str, int], ...]
    withheld: frozenset[str]
    titles: tuple[tuple[str, int], ...]
    look_ups: tuple[tuple[str, str], ...]
    linked: tuple[str, ...]
    lines: tuple[str, ...]

    def record(self, object_name: str, row: Sequence[Any]) -> Record:
        """The Record of one row."""
        values = self.values_of(row)
        masked = self.withheld
        if self.marks:
            masked = masked.union(name for name, position in self.marks if row[position])
        for name in masked:
            values[name] = None
        titles = {name: row[position] for name, position in self.titles if row[position]}
        return Record(object_name, row[0], row[1], values, titles, masked)


def asked_fields(scope: ReadScope, fields: Sequence[str] | None, *, whole: bool, deleted: bool) -> tuple[str, ...]:
    """The fields to read, paths through look-ups among them. None: all readable ones; lines and links only of a `whole` record.

    Raises BadQuery.
    """
    readable = scope.context.profile.readable(scope.found.name)
    if fields is None:
        left_out = APART if deleted else APART | ONLY_DELETED
        return tuple(name for name in readable if name not in left_out and (whole or _in_table(scope.found, name)))
    if len(fields) > MOST_FIELDS:
        raise BadQuery(Text("At most {count} fields can be asked for", count=MOST_FIELDS), "/fields")
    for number, name in enumerate(fields):
        if name not in readable:
            end = named(scope.context, scope.found, name, f"/fields/{number}")
            if not _in_table(end.object, end.field.name):
                raise unknown_field(end.object, end.field.name, (), f"/fields/{number}")
    return tuple(dict.fromkeys(fields))


def selection(scope: ReadScope, fields: Iterable[str]) -> Selection:
    """The columns for `fields`, all of them readable."""
    builder = _Builder(scope)
    for name in fields:
        builder.add(name)
    return builder.done()


def _in_table(found: ObjectRuntime, name: str) -> bool:
    return bool(found.fields[name].columns) or found.fields[name].field.value is not None


class _Builder:
    """Collects the columns of a Selection."""

    def __init__(self, scope: ReadScope) -> None:
        self.scope = scope
        self.fields: list[str] = []
        self.plain: list[tuple[str, ColumnElement[Any]]] = []
        self.made: list[tuple[str, list[ColumnElement[Any]], Field, Load]] = []
        self.masks: list[tuple[str, ColumnElement[bool]]] = []
        self.withheld: set[str] = set()
        self.titles: list[tuple[str, ColumnElement[Any]]] = []
        self.look_ups: list[tuple[str, str]] = []
        self.linked: list[str] = []
        self.lines: list[str] = []

    def add(self, path: str) -> None:
        """Put a field in."""
        *hops, name = path.split(".")
        way = tuple(hops)
        end = named(self.scope.context, self.scope.found, path, "/fields").object
        there = ReadScope(self.scope.context, end, end.table) if way else self.scope
        field = end.fields[name].field
        self.fields.append(path)
        if there.always_masked(name):
            self.withheld.add(path)
            return
        masked = there.mask(name) is not None
        if masked:
            self.masks.append((path, self.scope.follow(way, lambda at: at.mask(name).is_(true()))))
        if name in end.links:
            self.linked.append(path)
        elif field.type == "lines":
            self.lines.append(path)
            return
        else:
            self._add_columns(path, way, end.fields[name], masked=masked)
        if target := titled_target(field):
            self._add_title(path, way, end.fields[name], target)

    def _add_columns(self, path: str, way: tuple[str, ...], runtime: FieldRuntime, *, masked: bool) -> None:
        name = runtime.name
        if runtime.field.value is not None:
            columns = [self.scope.follow(way, lambda at: at.field(name))]
        elif masked:
            columns = [self.scope.follow(way, partial(_unmasked, name, column.name)) for column in runtime.columns]
        else:
            columns = [self.scope.follow(way, partial(_stored, column.name)) for column in runtime.columns]
        if len(columns) == 1 and type(runtime.type).load in (FieldType.load, FormulaType.load):
            self.plain.append((path, columns[0]))
        elif columns:
            self.made.append((path, columns, runtime.field, runtime.type.load))

    def _add_title(self, path: str, way: tuple[str, ...], runtime: FieldRuntime, target: str) -> None:
        """A title that is a text stands in the same row, by way of the look-up; others are made of what a query of their own reads."""
        there = self.scope.context.runtime.object(target)
        title = there.fields[there.object.title].field
        if title.name not in self.scope.context.profile.readable(target):
            return
        if title.expression_type.kind is not Kind.TEXT or not runtime.columns:
            self.look_ups.append((path, target))
        else:
            self.titles.append((path, self.scope.follow((*way, runtime.name), lambda end: end.field(title.name))))

    def done(self) -> Selection:
        """All that was put in."""
        columns = [self.scope.at.c.id, self.scope.at.c.version, *(column for _, column in self.plain)]
        parts = []
        for path, own, field, load in self.made:
            parts.append(Part(path, len(columns), len(columns) + len(own), field, load))
            columns.extend(own)
        marks = tuple((name, len(columns) + number) for number, (name, _) in enumerate(self.masks))
        columns.extend(mask.is_(true()) for _, mask in self.masks)
        titles = tuple((name, len(columns) + number) for number, (name, _) in enumerate(self.titles))
        columns.extend(title for _, title in self.titles)
        return Selection(
            fields=tuple(self.fields),
            columns=tuple(columns),
            values_of=_compiled({name: number for number, (name, _) in enumerate(self.plain, start=2)}, parts),
            marks=marks,
            withheld=frozenset(self.withheld),
            titles=titles,
            look_ups=tuple(self.look_ups),
            linked=tuple(self.linked),
            lines=tuple(self.lines),
        )


def _compiled(plain: Mapping[str, int], made: Sequence[Part]) -> Callable[[Sequence[Any]], dict[str, Any]]:
    """One dict display: a column as it is where it is the value, else what the type makes of its columns."""
    parts = [f"{name!r}: row[{place}]" for name, place in plain.items()]
    known: dict[str, Any] = {}
    for number, part in enumerate(made):
        known |= {f"load{number}": part.load, f"field{number}": part.field}
        columns = "".join(f"row[{place}], " for place in range(part.start, part.stop))
        parts.append(f"{part.name!r}: load{number}(({columns}), field{number})")
    values_of: Callable[[Sequence[Any]], dict[str, Any]] = eval("lambda row: {" + ", ".join(parts) + "}", known)  # noqa: S307 - names are quoted, functions are our own
    return values_of


def _stored(key: str, scope: Any) -> ColumnElement[Any]:
    column: ColumnElement[Any] = scope.at.c[key]
    return column


def _unmasked(name: str, key: str, scope: Any) -> ColumnElement[Any]:
    column: ColumnElement[Any] = scope.unmasked(name, scope.at.c[key])
    return column


def titled_target(field: Field) -> str:
    """The object whose titles belong to the field's values, "" for none. A record's own id has none."""
    if field.name == "id":
        return ""
    return field.expression_type.object if field.value is not None else target_of(field)
