"""What one revision needs at run time: tables, columns, relations and compiled formulas, per object, made when first asked for.

Immutable once made, shared by all threads, swapped as a whole by a publish. Knows no actor and no connection.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import Column, MetaData, Table

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.expressions.python_target import compile_python
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field, Model, Object
from looseleaf_platform.fields import field_type
from looseleaf_platform.fields.base import FieldType
from looseleaf_platform.records.tables import (
    columns_of,
    grams_table_of,
    is_link,
    link_table_of,
    table_of,
    target_of,
)


@dataclass(frozen=True, slots=True)
class FieldRuntime:
    """A field with its type and columns: the main column first, () for formulas, lines and many-to-many."""

    field: Field
    type: FieldType
    columns: tuple[Column[Any], ...]

    @property
    def name(self) -> str:
        """The field's name."""
        return self.field.name

    @property
    def main(self) -> Column[Any]:
        """The main column. IndexError for a field that has none."""
        return self.columns[0]

    @property
    def target(self) -> str:
        """The object that a look-up refers to, ""."""
        return target_of(self.field)


@dataclass(frozen=True, slots=True)
class RelatedRuntime:
    """Records of `object` whose look-up `by` points here, under the name that forms and paths use."""

    name: str
    label: Label
    object: str
    by: str


@dataclass(frozen=True, slots=True)
class LinkRuntime:
    """The pairs of a many-to-many field: `table.c.record_id` is this object's record, `table.c.target_id` the other's."""

    field: Field
    table: Table
    target: str


@dataclass(frozen=True, slots=True)
class RollupRuntime:
    """A roll-up `parent.field` over records of `child` whose look-up `by` points to the parent.

    `function`: "count", "sum", "min", "max" or "average", `of` the child's field ("" for count), `where` which records count.
    """

    parent: str
    field: str
    child: str
    by: str
    function: str
    of: str
    where: Expression | None


@dataclass(frozen=True)
class ObjectRuntime:
    """One object on one revision. `memo` is for statements that reads and writes prepare once; they bound it themselves."""

    object: Object
    runtime: Runtime = field(repr=False)
    memo: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The object's name."""
        return self.object.name

    @cached_property
    def _metadata(self) -> MetaData:
        return MetaData()

    @cached_property
    def table(self) -> Table:
        """The object's table; its columns are the system columns and those of the live fields."""
        return table_of(self.object, self._metadata)

    @cached_property
    def grams(self) -> Table:
        """The search grams of its records."""
        return grams_table_of(self.object, self._metadata)

    @cached_property
    def fields(self) -> Mapping[str, FieldRuntime]:
        """Live fields by name, system fields included."""
        return {found.name: self._field(found) for found in self.object.live_fields}

    @cached_property
    def fields_by_id(self) -> Mapping[str, FieldRuntime]:
        """Live fields by stable id: what change rows speak of."""
        return {found.field.id: found for found in self.fields.values()}

    @cached_property
    def links(self) -> Mapping[str, LinkRuntime]:
        """Many-to-many fields by name."""
        return {
            found.name: LinkRuntime(found, link_table_of(self.object, found, self._metadata), target_of(found))
            for found in self.object.live_fields
            if is_link(found)
        }

    @cached_property
    def related(self) -> Mapping[str, RelatedRuntime]:
        """Lists of records that point here, by name."""
        return self.runtime.relations.get(self.name, {})

    @cached_property
    def rollups(self) -> tuple[RollupRuntime, ...]:
        """Roll-ups, on any object, that this object's records feed."""
        return self.runtime.rollups_by_child.get(self.name, ())

    @cached_property
    def evaluate(self) -> Mapping[str, Callable[[Mapping[str, Any]], Any]]:
        """Formulas as Python functions of a scope, by field name."""
        return {found.name: compile_python(found.value) for found in self.object.live_fields if found.value is not None}

    def columns_of(self, field_name: str) -> tuple[Column[Any], ...]:
        """The columns of a field. KeyError for an unknown name."""
        return self.fields[field_name].columns

    def _field(self, found: Field) -> FieldRuntime:
        kind = field_type(found.type)
        if found.system:
            column = self.table.c.get(found.column)
            return FieldRuntime(found, kind, () if column is None else (column,))
        return FieldRuntime(found, kind, tuple(self.table.c[column.name] for column in columns_of(found)))


class Objects(Mapping[str, ObjectRuntime]):
    """The live objects of a Model by name, each made when first asked for and then kept."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._made: dict[str, ObjectRuntime] = {}
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> ObjectRuntime:
        made = self._made.get(name)
        return made if made is not None else self._make(name)

    def __iter__(self) -> Iterator[str]:
        return (name for name, found in self._runtime.model.objects.items() if not found.retired)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _make(self, name: str) -> ObjectRuntime:
        found = self._runtime.model.objects[name]
        if found.retired:
            raise KeyError(name)
        with self._lock:
            return self._made.setdefault(name, ObjectRuntime(found, self._runtime))


class Runtime:
    """One revision on one kind of database. `dialect`: "sqlite" or "postgresql"; `schema`: the PostgreSQL schema."""

    def __init__(self, model: Model, dialect: str, schema: str | None = None) -> None:
        self.model, self.dialect, self.schema = model, dialect, schema
        self.revision = model.revision
        self.objects: Mapping[str, ObjectRuntime] = Objects(self)
        self.memo: dict[Any, Any] = {}

    def object(self, name: str) -> ObjectRuntime:
        """The object of that name. KeyError where there is none, or only a retired one."""
        return self.objects[name]

    @cached_property
    def relations(self) -> Mapping[str, Mapping[str, RelatedRuntime]]:
        """By object name: the lists of records that point to its records, by list name."""
        found: defaultdict[str, dict[str, RelatedRuntime]] = defaultdict(dict)
        for child in self._live_objects():
            for look_up in child.live_fields:
                related = look_up.settings.get("related_as")
                if related and not look_up.system:
                    name = str(related["name"])
                    found[look_up.target].setdefault(name, RelatedRuntime(name, related["label"], child.name, look_up.name))
        return dict(found)

    @cached_property
    def rollups_by_child(self) -> Mapping[str, tuple[RollupRuntime, ...]]:
        """By name of the object that feeds them."""
        found: defaultdict[str, list[RollupRuntime]] = defaultdict(list)
        for parent in self._live_objects():
            for candidate in parent.live_fields:
                if candidate.type == "rollup":
                    rollup = rollup_of(parent, candidate)
                    found[rollup.child].append(rollup)
        return {name: tuple(rollups) for name, rollups in found.items()}

    def _live_objects(self) -> Iterator[Object]:
        return (found for found in self.model.objects.values() if not found.retired)


def rollup_of(parent: Object, declared: Field) -> RollupRuntime:
    """A roll-up field's settings, taken apart."""
    child, _, by = str(declared.settings["from"]).partition(".")
    for function in ("sum", "min", "max", "average"):
        if declared.settings.get(function):
            return RollupRuntime(parent.name, declared.name, child, by, function, str(declared.settings[function]), declared.where)
    return RollupRuntime(parent.name, declared.name, child, by, "count", "", declared.where)
