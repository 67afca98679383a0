"""How many existing records break what a new Model demands: counted in SQL on the workspace's own rows, with some of them named.

Old records stay as they are and stay editable; only a broken uniqueness stops a publish, because the database itself must promise it.
Says nothing of values that a change of type will convert: see `converting.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, and_, false, func, not_, null, select, tuple_

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.expressions.python_target import ambient_values
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field, Object, Unique
from looseleaf_metadata.texts import Text
from looseleaf_platform.fields.operators import OPERATORS
from looseleaf_platform.publishing.ddl import Existing, existing
from looseleaf_platform.publishing.preparing import Prepared
from looseleaf_platform.publishing.settling import storage_of
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.runtime import ObjectRuntime, Runtime
from looseleaf_platform.records.sources import source
from looseleaf_platform.records.sql_expressions import compile_condition
from looseleaf_platform.records.sql_scope import TableScope
from looseleaf_platform.records.tables import main_column, unique_index

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

MOST_SAMPLES = 5


@dataclass(frozen=True, slots=True)
class Sample:
    """A record by its id and its title."""

    id: int
    title: str

    def as_data(self) -> dict[str, str]:
        """For JSON."""
        return {"id": encode(self.id), "title": self.title}


@dataclass(frozen=True, slots=True)
class Breach:
    """Records that break one demand. `kind`: "rule", "required", "unique", "too-long", "out-of-range" or "option".

    `blocking`: the publish is refused until they are mended. `fixes` says what can be done.
    """

    address: str
    object: str
    label: Label  # of the object
    kind: str
    message: Text
    count: int
    samples: tuple[Sample, ...]
    blocking: bool = False
    fixes: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Demand:
    """Something that records must satisfy. `broken` gives the condition of those that don't."""

    address: str
    kind: str
    message: Text
    broken: Callable[[ObjectScope], ColumnElement[bool]]
    blocking: bool = False
    fixes: tuple[Text, ...] = ()


class ObjectScope(TableScope):
    """Names of the new Model on the tables as they still are: a column that is not there yet is empty in every record."""

    def __init__(self, runtime: Runtime, found: ObjectRuntime, there: Existing, at: Any = None) -> None:
        super().__init__(runtime, found, at)
        self.there = there

    def field(self, name: str) -> ColumnElement[Any]:
        """A column, a formula worked out, or NULL."""
        held = self.found.fields[name]
        if held.columns and main_column(held.field) not in self.there.columns.get(self.found.table.name, frozenset()):
            return null()
        return super().field(name)

    def _follow(self, names: tuple[str, ...], value: Callable[[Any], Any]) -> Any:
        if not names:
            return value(self)
        target = self.runtime.object(self.found.fields[names[0]].target)
        if target.table.name not in self.there.columns:
            return null()
        beyond = ObjectScope(self.runtime, target, self.there, source(target, again=True))
        reached = select(beyond._follow(names[1:], value)).where(beyond.at.c.id == self.field(names[0]))
        return reached.correlate_except(beyond.at).scalar_subquery()


GRANDFATHER = Text("publish anyway: old records stay as they are, and are asked for it when somebody changes that part of them")
BACKFILL = Text("fill it in first, by an import or a bulk edit")
DEFAULT = Text("give the field a default")
MEND = Text("change these records first")


def find(workspace: Workspace, prepared: Prepared, *, blocking_only: bool = False) -> list[Breach]:
    """All demands of the new Model, beyond those of the one in force, that existing records break; extensions add theirs."""
    settled, before = prepared.sound, prepared.base.model
    if before is None:
        return []
    database = workspace.database
    runtime = Runtime(settled.model, database.dialect, database.schema)
    earlier = {found.id: found for found in before.objects.values()}
    converted = {(one.object.id, one.after.id) for one in settled.conversions}
    breaches: list[Breach] = []
    with database.read() as connection:
        there = existing(connection, database)
        ambient = ambient_values(workspace.clock(), settled.model.defaults.timezone, None)
        for name, found in settled.model.objects.items():
            old = earlier.get(found.id)
            if found.retired or old is None or found.table not in there.columns:
                continue
            demands = [one for one in _demands(found, old, converted) if one.blocking or not blocking_only]
            if demands:
                scope = ObjectScope(runtime, runtime.object(name), there)
                breaches += [breach for demand in demands for breach in _count(connection, scope, name, demand, ambient)]
    for contribute in (one for extension in workspace.extensions for one in extension.contributors):
        breaches += [breach for breach in contribute(workspace, prepared) if breach.blocking or not blocking_only]
    return breaches


def _count(connection: Connection, scope: ObjectScope, name: str, demand: Demand, ambient: Mapping[str, Any]) -> Iterator[Breach]:
    table = scope.at
    broken = and_(table.c.deleted_at.is_(None), demand.broken(scope))
    count = connection.scalar(select(func.count()).select_from(table).where(broken), dict(ambient)) or 0
    if not count:
        return
    title = scope.field(scope.found.object.title) if scope.found.object.title in scope.found.fields else null()
    rows = connection.execute(select(table.c.id, title).where(broken).order_by(table.c.id.desc()).limit(MOST_SAMPLES), dict(ambient))
    samples = tuple(Sample(id, "" if said is None else str(said)) for id, said in rows)
    yield Breach(
        demand.address, name, scope.found.object.plural, demand.kind, demand.message, count, samples, demand.blocking, demand.fixes
    )


def _demands(found: Object, old: Object, converted: set[tuple[str, str]]) -> Iterator[Demand]:
    yield from _rule_demands(found, old)
    before = {unique.id: _columns(old, unique) for unique in old.unique} if not old.retired else {}
    for unique in found.unique:
        if before.get(unique.id) != _columns(found, unique):
            yield _unique_demand(found, unique)
    for field in found.live_fields:
        earlier = old.field_by_id(field.id)
        if not field.system and field != earlier and field.value is None and storage_of(field) and (found.id, field.id) not in converted:
            yield from _field_demands(found, field, earlier if earlier and not earlier.retired else None)


def _columns(found: Object, unique: Unique) -> tuple[str, ...]:
    return tuple(main_column(found.fields[name]) for name in unique.fields if name in found.fields)


def _rule_demands(found: Object, old: Object) -> Iterator[Demand]:
    known = {rule.id: rule.check.source for rule in old.rules} if not old.retired else {}
    for rule in found.rules:
        if known.get(rule.id) != rule.check.source:
            address = f"object:{found.name}/rule:{rule.id}"
            message = Text("break the rule “{message}”", message=rule.message)
            yield Demand(address, "rule", message, _fails(rule.check), fixes=(GRANDFATHER, MEND))


def _fails(check: Expression) -> Callable[[ObjectScope], ColumnElement[bool]]:
    return lambda scope: not_(func.coalesce(compile_condition(check, scope), false()))


def _unique_demand(found: Object, unique: Unique) -> Demand:
    def repeated(scope: ObjectScope) -> ColumnElement[bool]:
        values = [scope.field(name) for name in unique.fields]
        again = source(scope.found, again=True)
        other = ObjectScope(scope.runtime, scope.found, scope.there, again)
        columns = [other.field(name) for name in unique.fields]
        several = select(*columns).where(again.c.deleted_at.is_(None), *(column.is_not(None) for column in columns))
        several = several.group_by(*columns).having(func.count() > 1)
        return values[0].in_(several) if len(values) == 1 else tuple_(*values).in_(several)

    def broken(scope: ObjectScope) -> ColumnElement[bool]:
        there = scope.there.columns[scope.found.table.name]
        return repeated(scope) if all(column in there for column in _columns(found, unique)) else false()

    message = Text("have the same {fields} as another", fields=", ".join(unique.fields))
    name = unique_index(found, unique).name
    return Demand(
        f"object:{found.name}/unique:{unique.id}",
        "unique",
        message,
        broken,
        True,
        (MEND, Text("leave out the promise ({name})", name=name)),
    )


def _field_demands(found: Object, field: Field, earlier: Field | None) -> Iterator[Demand]:
    address = f"object:{found.name}/field:{field.name}"
    if field.required and not (earlier and earlier.required) and field.default is None:
        message = Text("have no {field}", field=field.label)
        yield Demand(address, "required", message, lambda scope: scope.field(field.name).is_(None), fixes=(DEFAULT, BACKFILL, GRANDFATHER))
    if field.required_when and (earlier is None or _source(earlier.required_when) != field.required_when.source):
        needed = field.required_when
        message = Text("would need {field}, and have none", field=field.label)
        yield Demand(
            address,
            "required",
            message,
            lambda scope: and_(scope.field(field.name).is_(None), func.coalesce(compile_condition(needed, scope), false())),
            fixes=(BACKFILL, GRANDFATHER),
        )
    if earlier is not None:
        yield from _narrowed(address, field, earlier)


def _source(expression: Expression | None) -> str:
    return expression.source if expression else ""


def _narrowed(address: str, field: Field, earlier: Field) -> Iterator[Demand]:
    """Settings that take fewer values than before, and options that are gone."""
    longest = field.settings.get("max_length")
    if isinstance(longest, int) and longest < earlier.settings.get("max_length", longest + 1):
        message = Text("have a {field} longer than {most} characters", field=field.label, most=longest)
        yield Demand(address, "too-long", message, lambda scope: func.length(scope.field(field.name)) > longest, fixes=(MEND, GRANDFATHER))
    for name in ("min", "max"):
        new, old = field.settings.get(name), earlier.settings.get(name)
        if new is not None and (old is None or (new > old if name == "min" else new < old)):
            message = Text("have a {field} outside of what is allowed", field=field.label)
            yield Demand(address, "out-of-range", message, _outside(field, name, new), fixes=(MEND, GRANDFATHER))
    live = {option.id for option in field.options if not option.retired}
    for option in earlier.options:
        if not option.retired and option.id not in live:
            message = Text("have “{option}” as {field}", option=option.label, field=field.label)
            yield Demand(f"{address}/option:{option.name}", "option", message, _chosen(field, option.id), fixes=(GRANDFATHER, MEND))


def _outside(field: Field, bound: str, value: Any) -> Callable[[ObjectScope], ColumnElement[bool]]:
    def broken(scope: ObjectScope) -> ColumnElement[bool]:
        column = scope.at.c[scope.found.fields[field.name].main.name]
        outside: ColumnElement[bool] = column < value if bound == "min" else column > value
        return outside

    return broken


def _chosen(field: Field, id: str) -> Callable[[ObjectScope], ColumnElement[bool]]:
    def broken(scope: ObjectScope) -> ColumnElement[bool]:
        columns = [scope.at.c[column.name] for column in scope.found.fields[field.name].columns]
        return OPERATORS["has_any" if field.type == "multi_select" else "eq"].build(columns, (id,), scope.dialect)

    return broken
