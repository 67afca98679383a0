"""Taking retired storage away for good. The only place that drops columns and tables, and only when somebody says which.

What changed in the past stays in the change rows; erasing those is another matter.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.model import Field, Model, Object
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM, Actor
from looseleaf_platform.database.faults import Busy
from looseleaf_platform.errors import Fault, NotThere, Refused
from looseleaf_platform.publishing import filling
from looseleaf_platform.publishing.ddl import Existing, Statements, existing
from looseleaf_platform.publishing.memory import KeptColumn, Memory
from looseleaf_platform.publishing.preparing import Base, Prepared, prepare, read_base
from looseleaf_platform.publishing.publishing import GIVE_UP_SECONDS, Request, changes_of, write_down
from looseleaf_platform.records.runtime import Runtime
from looseleaf_platform.records.tables import columns_of, is_link, storage_name, target_of

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Purgeable:
    """Retired storage: a whole object (`field` ""), a retired field, or the columns that a field used before its type changed."""

    object: str
    field: str = ""
    former: bool = False


def purgeable(workspace: Workspace) -> tuple[Purgeable, ...]:
    """Everything that could be purged."""
    with workspace.database.read() as connection:
        base = read_base(workspace, connection)
    return tuple(_purgeable(base))


def _purgeable(base: Base) -> Iterator[Purgeable]:
    by_id = {found.id: found for found in base.model.objects.values()} if base.model else {}
    for found in by_id.values():
        if found.retired:
            yield Purgeable(found.name)
            continue
        yield from (Purgeable(found.name, one.name) for one in found.fields.values() if one.retired and not one.system)
    for kept in base.stored.memory.kept:
        owner = by_id.get(kept.object)
        yield Purgeable(owner.name if owner else kept.object, kept.field.name, former=True)


def purge(workspace: Workspace, object_name: str, field_name: str = "", *, actor: Actor = SYSTEM, reason: str = "") -> int:
    """Drop a retired object (with the retired look-ups that point to it), or one field's retired and former columns.

    Returns the number of the new revision. Raises NotThere where there is no such storage, and Refused where it is in use.
    """
    until = time.monotonic() + GIVE_UP_SECONDS
    while True:
        try:
            done = _purge(workspace, object_name, field_name, Request(actor, reason, "purge"))
        except Busy:
            if time.monotonic() > until:
                raise
            time.sleep(random.uniform(0.05, 0.3))  # noqa: S311 - spreads attempts, protects nothing
            continue
        if done is not None:
            return done


def _purge(workspace: Workspace, object_name: str, field_name: str, request: Request) -> int | None:
    database = workspace.database
    with database.read() as connection:
        base = read_base(workspace, connection)
    doomed = _doomed_object(base, object_name) if not field_name else _doomed_field(base, object_name, field_name)
    prepared = prepare(_without(base, doomed), base.stored.pages, workspace.vocabulary)
    runtime = Runtime(prepared.sound.model, database.dialect, database.schema)
    done = Prepared(base, prepared.pages, (), prepared.settled)
    changes = changes_of(done)
    with database.write() as connection:
        if workspace.fence.enclose(connection) != base.number:
            return None
        statements, there = Statements(connection.dialect, database.schema), existing(connection, database)
        for one in doomed:
            _drop(connection, statements, there, one, runtime)
        write_down(workspace, connection, done, request, changes)
        database.after_commit(connection, lambda: workspace.adopt(runtime))
    return runtime.revision


@dataclass(frozen=True, slots=True)
class _Doomed:
    """Storage to be dropped: a whole object, or some column sets of one of its fields."""

    object: Object
    fields: tuple[Field, ...] = ()
    whole: bool = False


def _doomed_object(base: Base, name: str) -> tuple[_Doomed, ...]:
    model = _model(base)
    found = model.objects.get(name)
    if found is None:
        raise NotThere
    if not found.retired:
        raise Refused([Fault("", "in-use", Text("{object} is in use: retire it first", object=found.label))])
    pointing = [
        _Doomed(other, (field,))
        for other in model.objects.values()
        if other.id != found.id
        for field in other.fields.values()
        if not field.system and (field.retired or other.retired) and target_of(field) == name and field.type != "lines"
    ]
    return (*pointing, _Doomed(found, whole=True))


def _doomed_field(base: Base, object_name: str, field_name: str) -> tuple[_Doomed, ...]:
    found = _model(base).objects.get(object_name)
    field = found.fields.get(field_name) if found else None
    if found is None or (field is not None and field.system):
        raise NotThere
    former = tuple(
        kept.field
        for kept in base.stored.memory.kept
        if kept.object == found.id and (kept.field.id == field.id if field else kept.field.name == field_name)
    )
    if field is not None and field.retired:
        return (_Doomed(found, (field, *former)),)
    if not former:
        if field is None:
            raise NotThere
        raise Refused([Fault("", "in-use", Text("{field} is in use: retire it first", field=field.label))])
    return (_Doomed(found, former),)


def _model(base: Base) -> Model:
    if base.model is None:
        raise NotThere
    return base.model


def _without(base: Base, doomed: tuple[_Doomed, ...]) -> Base:
    """What is in force, as if the doomed storage had never been."""
    objects, kept = dict(_model(base).objects), list(base.stored.memory.kept)
    for one in doomed:
        if one.whole:
            objects.pop(one.object.name)
            kept = [left for left in kept if left.object != one.object.id]
            continue
        gone = {(field.id, field.column) for field in one.fields}
        fields = {
            name: field
            for name, field in objects[one.object.name].fields.items()
            if not (field.retired and (field.id, field.column) in gone)
        }
        objects[one.object.name] = replace(objects[one.object.name], fields=FrozenMap(fields))
        kept = [left for left in kept if not _is_kept(left, one.object, gone)]
    memory = Memory(base.stored.memory.objects, tuple(kept))
    return Base(replace(base.stored, memory=memory), replace(_model(base), objects=FrozenMap(objects)))


def _is_kept(left: KeptColumn, owner: Object, gone: set[tuple[str, str]]) -> bool:
    return left.object == owner.id and (left.field.id, left.field.column) in gone


def _drop(connection: Connection, statements: Statements, there: Existing, doomed: _Doomed, runtime: Runtime) -> None:
    table = doomed.object.table
    if doomed.whole:
        for name in [name for name in there.columns if name == table or name.startswith(table + "__")]:
            connection.exec_driver_sql(statements.drop_table(name))
        return
    for field in doomed.fields:
        if is_link(field):
            name = storage_name(table, field.column)
            if name in there.columns:
                connection.exec_driver_sql(statements.drop_table(name))
            continue
        for column in columns_of(field):
            if column.name in there.columns.get(table, frozenset()):
                connection.exec_driver_sql(statements.drop_column(table, column.name))
        if field.retired and doomed.object.name in runtime.objects:
            filling.forget_grams(connection, runtime.object(doomed.object.name), field.id)
