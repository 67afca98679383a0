"""Rules, needs, defaults and promises of uniqueness of an object, compiled: what to evaluate and what it depends on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Table

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.expressions.python_target import compile_python
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Object
from looseleaf_platform.records.tables import main_column
from looseleaf_platform.records.writing.reads import Steps, hops, own_fields, paths_of

if TYPE_CHECKING:
    from looseleaf_platform.records.writing.plan import FieldPlan, ObjectPlan

Evaluate = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled expression. `reads`: the record's own stored fields it depends on; `hops`: look-up paths it follows."""

    evaluate: Evaluate
    reads: frozenset[str]
    hops: frozenset[Steps]


def condition_of(objects: Mapping[str, Object], expression: Expression) -> Condition:
    """An expression compiled, with what it reads."""
    paths = paths_of(objects, expression)
    return Condition(compile_python(expression), own_fields(paths), hops(paths))


@dataclass(frozen=True, slots=True)
class RulePlan:
    """A rule. `at` is the field that its fault is shown at, "" for the record as a whole.

    `late`: it reads roll-ups of the record, so it can be asked only after its lines are stored.
    """

    id: str
    condition: Condition
    message: Label
    at: str
    late: bool

    @classmethod
    def all_of(cls, plan: ObjectPlan) -> tuple[RulePlan, ...]:
        """The rules of an object, in declared order."""
        gathered = {rollup.name for rollup in plan.rollups}
        compiled = ((rule, condition_of(plan.plans.objects, rule.check)) for rule in plan.object.rules)
        return tuple(cls(rule.id, found, rule.message, rule.at, not gathered.isdisjoint(found.reads)) for rule, found in compiled)


@dataclass(frozen=True, slots=True)
class Need:
    """A field that must have a value: always, or where `when` holds; never where the form hides it (`shown`).

    `triggers`: its own fields whose change makes the need be checked again.
    """

    field: FieldPlan
    always: bool
    when: Condition | None
    shown: Condition | None
    triggers: frozenset[str]

    @classmethod
    def all_of(cls, plan: ObjectPlan) -> tuple[Need, ...]:
        """The needs of an object's fields."""
        found = []
        for field in plan.given.values():
            when, shown = plan.condition(field.field.required_when), plan.condition(field.field.visible_when)
            if field.field.required or when is not None:
                triggers = frozenset({field.name}) | (when.reads if when else frozenset())
                found.append(cls(field, field.field.required, when, shown, triggers))
        return tuple(found)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What must be evaluated to know whether there is a need."""
        return tuple(condition for condition in (self.when, self.shown) if condition is not None)

    def holds(self, scope: Mapping[str, Any]) -> bool:
        """Whether the record of `scope` needs a value here."""
        if self.shown is not None and not self.shown.evaluate(scope):
            return False
        return self.always or (self.when is not None and bool(self.when.evaluate(scope)))


@dataclass(frozen=True, slots=True)
class Default:
    """What a field gets on creation where nothing is given: a literal, still raw, or the value of an expression."""

    field: FieldPlan
    literal: Any
    condition: Condition | None

    @classmethod
    def all_of(cls, plan: ObjectPlan) -> tuple[Default, ...]:
        """The defaults of an object, each after those that it reads."""
        waiting = {field.name: cls.of(plan, field) for field in plan.given.values() if field.field.default is not None}
        ordered: list[Default] = []
        while waiting:
            ready = [
                name
                for name, default in waiting.items()
                if default.condition is None or not default.condition.reads & (waiting.keys() - {name})
            ]
            for name in ready or list(waiting):
                ordered.append(waiting.pop(name))
        return tuple(ordered)

    @classmethod
    def of(cls, plan: ObjectPlan, field: FieldPlan) -> Default:
        """The default of one field."""
        if isinstance(field.field.default, Expression):
            return cls(field, None, plan.condition(field.field.default))
        return cls(field, field.field.default, None)


@dataclass(frozen=True, slots=True)
class UniquePlan:
    """Fields whose values occur together once among the undeleted. `columns`: the columns they are compared by, in order."""

    id: str
    fields: tuple[FieldPlan, ...]
    columns: tuple[Column[Any], ...]
    message: Label | None

    @classmethod
    def all_of(cls, plan: ObjectPlan) -> tuple[UniquePlan, ...]:
        """The promises of an object."""
        return tuple(
            cls(
                unique.id,
                tuple(plan.fields[name] for name in unique.fields),
                main_columns(plan.object, plan.table, unique.fields),
                unique.message,
            )
            for unique in plan.object.unique
        )


def main_columns(object: Object, table: Table, names: tuple[str, ...]) -> tuple[Column[Any], ...]:
    """The columns that fields are compared by."""
    return tuple(table.c[main_column(object.fields[name])] for name in names)
