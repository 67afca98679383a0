"""What the write path must know of an object, worked out once per revision: columns, statements, defaults, rules.

Kept in the runtime's memo, so that a request builds nothing. Knows no actor and no connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from sqlalchemy import ClauseElement, Column, Connection, Insert, Select, bindparam, insert, select, update

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.model import Field
from looseleaf_platform.fields.base import FieldType
from looseleaf_platform.fields.seen import seen_value
from looseleaf_platform.records.runtime import ObjectRuntime, Runtime
from looseleaf_platform.records.writing.bulk import Prepared
from looseleaf_platform.records.writing.conditions import Condition, Default, Need, RulePlan, UniquePlan, condition_of, main_columns
from looseleaf_platform.records.writing.reads import Steps

KEPT_BY_US = frozenset({"id", "version", "created_at", "created_by", "updated_at", "updated_by", "deleted_at", "deleted_by"})
"""System fields that nobody gives: the write path sets them. An import of history may give the first four moments and people."""
OF_HISTORY = frozenset({"created_at", "created_by", "updated_at", "updated_by"})
STATEMENTS = 500
"""Statements remembered per object: one a set of changed columns."""


class FieldPlan:
    """One field: how its value comes from a stored row and goes into parameters.

    `start` is its first column in a row of ObjectPlan.columns; `target` the object that it refers to; `money`: has an amount in
    the workspace's currency beside it, which is what expressions see.
    """

    __slots__ = ("field", "id", "keys", "many", "money", "name", "plain", "pointer", "start", "stop", "target", "type")

    def __init__(self, field: Field, type: FieldType, keys: tuple[str, ...], start: int, target: str) -> None:
        self.field, self.type, self.keys, self.start, self.target = field, type, keys, start, target
        self.name, self.id = field.name, field.id
        self.stop = start + len(keys)
        self.many = bool(target) and not keys
        self.money = any(key.endswith("__base") for key in keys)
        kind = type.__class__
        self.plain = len(keys) == 1 and kind.load is FieldType.load and kind.store is FieldType.store
        self.pointer = "/" + field.name

    def load(self, stored: Any) -> Any:
        """The value from a row of ObjectPlan.columns."""
        if self.plain:
            return stored[self.start]
        return self.type.load(stored[self.start : self.stop], self.field) if self.keys else None

    def store(self, value: Any, parameters: dict[str, Any]) -> None:
        """Put the columns of a value into the parameters of a statement."""
        if self.plain:
            parameters[self.keys[0]] = value
        else:
            parameters.update(zip(self.keys, self.type.store(value, self.field), strict=True))

    def in_expressions(self, value: Any) -> Any:
        """A value as expressions see it: money is an amount in the workspace's currency, an address its line."""
        return value if self.plain else seen_value(value)


class ObjectPlan:
    """Everything static about writing one object."""

    def __init__(self, plans: Plans, of: ObjectRuntime) -> None:
        self.plans, self.runtime = plans, of
        self.name, self.object, self.table, self.id = of.name, of.object, of.table, of.object.id
        self._statements: dict[Any, Any] = {}
        self.fields: dict[str, FieldPlan] = {}
        columns: list[Column[Any]] = []
        for name, field in of.fields.items():
            keys = tuple(column.name for column in field.columns)
            self.fields[name] = FieldPlan(field.field, field.type, keys, len(columns), field.target)
            columns.extend(field.columns)
        self.columns = tuple(columns)
        self.targets: Mapping[str, str] = {name: plan.target for name, plan in self.fields.items() if plan.target}
        self.owned = "owner" in self.fields and bool(self.fields["owner"].keys)

    @property
    def formulas(self) -> Mapping[str, Callable[[Mapping[str, Any]], Any]]:
        """Compiled formulas by field name."""
        return self.runtime.evaluate

    # --- parts of the object, by what the stages ask for

    @cached_property
    def given(self) -> Mapping[str, FieldPlan]:
        """Fields that a change may hold, rights aside: those stored, owner and team, lines and links."""
        return {
            name: plan
            for name, plan in self.fields.items()
            if name not in KEPT_BY_US and not plan.type.computed and (plan.keys or plan.many) and plan.field.type != "auto_number"
        }

    @cached_property
    def defaults(self) -> tuple[Default, ...]:
        """Fields with a default, those that others read first."""
        return Default.all_of(self)

    @cached_property
    def needs(self) -> tuple[Need, ...]:
        """Fields that must have a value, always or under a condition."""
        return Need.all_of(self)

    @cached_property
    def rules(self) -> tuple[RulePlan, ...]:
        """The object's rules, compiled."""
        return RulePlan.all_of(self)

    @cached_property
    def uniques(self) -> tuple[UniquePlan, ...]:
        """The object's promises of uniqueness."""
        return UniquePlan.all_of(self)

    @cached_property
    def numbers(self) -> tuple[FieldPlan, ...]:
        """Auto-numbers."""
        return self.of_type("auto_number")

    @cached_property
    def rollups(self) -> tuple[FieldPlan, ...]:
        """Values gathered from other records."""
        return self.of_type("rollup")

    @cached_property
    def lines(self) -> Mapping[str, FieldPlan]:
        """Lists of owned children."""
        return {plan.name: plan for plan in self.of_type("lines")}

    @cached_property
    def money(self) -> tuple[FieldPlan, ...]:
        """Amounts of money."""
        return tuple(plan for plan in self.fields.values() if plan.money)

    @cached_property
    def files(self) -> tuple[FieldPlan, ...]:
        """Uploaded files and images."""
        return self.of_type("file") + self.of_type("image")

    @cached_property
    def references(self) -> Mapping[str, FieldPlan]:
        """Declared fields, and owner and team, whose column holds the id of another record."""
        return {name: plan for name, plan in self.given.items() if plan.target and plan.keys}

    @cached_property
    def blank(self) -> dict[str, Any]:
        """Every column of the table, empty."""
        return dict.fromkeys(column.name for column in self.table.c)

    @cached_property
    def imaged(self) -> tuple[FieldPlan, ...]:
        """Fields that a change row tells of: all that are given, and auto-numbers."""
        return (*(plan for plan in self.given.values() if plan.field.type != "lines"), *self.numbers)

    @cached_property
    def parent(self) -> tuple[str, str, str] | None:
        """Of a line object: the parent object, its lines field, and the look-up here that points to it."""
        if not self.object.owned_by:
            return None
        parent, _, lines = self.object.owned_by.partition(".")
        return parent, lines, str(self.plans[parent].fields[lines].field.settings["by"])

    def of_type(self, name: str) -> tuple[FieldPlan, ...]:
        """Live fields of one type."""
        return tuple(plan for plan in self.fields.values() if plan.field.type == name)

    def condition(self, expression: Expression | None) -> Condition | None:
        """An expression on this object, compiled with what it reads."""
        return None if expression is None else condition_of(self.plans.objects, expression)

    def target_of(self, hop: Steps) -> str:
        """The object that a path of look-ups leads to."""
        target = self.targets[hop[0]]
        return target if len(hop) == 1 else self.plans[target].target_of(hop[1:])

    # --- statements, made once

    def statement(self, key: Any, build: Callable[[], Any]) -> Any:
        """The statement, or whatever else, remembered under `key`, built at first use."""
        try:
            return self._statements[key]
        except KeyError:
            if len(self._statements) >= STATEMENTS:
                self._statements.clear()
            made = self._statements[key] = build()
            return made

    @cached_property
    def select_by_ids(self) -> Select[Any]:
        """All columns of the records in `:ids`, deleted ones too."""
        return select(*self.columns).where(self.table.c.id.in_(bindparam("ids", expanding=True)))

    def prepared(self, connection: Connection, key: Any, build: Callable[[], tuple[ClauseElement, Iterable[str]]]) -> Prepared:
        """The compiled statement remembered under `key`; `build` gives statement and parameters."""

        def compile() -> Prepared:
            return Prepared(connection.dialect, self.plans.runtime.schema, *build())

        found: Prepared = self.statement(("prepared", key), compile)
        return found

    def insert(self, connection: Connection) -> Prepared:
        """A new row with all its columns."""
        return self.prepared(connection, "insert", lambda: (insert(self.table), self.blank))

    def update(self, connection: Connection, keys: frozenset[str]) -> Prepared:
        """Set columns `keys` of the record `:_id` whose version is `:_version`."""

        def build() -> tuple[ClauseElement, Iterable[str]]:
            values: dict[str, Any] = {key: bindparam(key) for key in sorted(keys)}
            where = (self.table.c.id == bindparam("_id"), self.table.c.version == bindparam("_version"))
            return update(self.table).where(*where).values(values), ()

        return self.prepared(connection, ("update", keys), build)

    def select_members(self, field: FieldPlan) -> Select[Any]:
        """The ids of the lines or links of the record `:id`."""

        def build() -> Select[Any]:
            if field.name in self.runtime.links:
                pairs = self.runtime.links[field.name].table
                return select(pairs.c.target_id).where(pairs.c.record_id == bindparam("id")).order_by(pairs.c.target_id)
            child = self.plans[field.target]
            by = child.table.c[child.fields[str(field.field.settings["by"])].keys[0]]
            return select(child.table.c.id).where(by == bindparam("id"), child.table.c.deleted_at.is_(None)).order_by(child.table.c.id)

        found: Select[Any] = self.statement(("members", field.name), build)
        return found

    def main_columns(self, names: tuple[str, ...]) -> tuple[Column[Any], ...]:
        """The columns that fields are compared by."""
        return main_columns(self.object, self.table, names)


class Plans(Mapping[str, ObjectPlan]):
    """The plans of one revision, by object name, each made when first asked for."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.objects = runtime.model.objects
        self._made: dict[str, ObjectPlan] = {}
        self._inserts: dict[int, Prepared] = {}

    @classmethod
    def of(cls, runtime: Runtime) -> Plans:
        """The plans kept with a runtime."""
        plans: Plans | None = runtime.memo.get("writing")
        return plans if plans is not None else runtime.memo.setdefault("writing", cls(runtime))

    def __getitem__(self, name: str) -> ObjectPlan:
        made = self._made.get(name)
        return made if made is not None else self._made.setdefault(name, ObjectPlan(self, self.runtime.object(name)))

    def __iter__(self) -> Iterator[str]:
        return iter(self.runtime.objects)

    def __len__(self) -> int:
        return len(self.runtime.objects)

    def insert(self, connection: Connection, statement: Insert, keys: Iterable[str]) -> Prepared:
        """A new row of one of the platform's own tables, compiled once."""
        found: Prepared | None = self._inserts.get(id(statement))
        if found is None:
            found = self._inserts[id(statement)] = Prepared(connection.dialect, self.runtime.schema, statement, keys)
        return found
