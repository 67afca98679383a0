"""What happened to a record, as its reader may know it: who changed which readable field from what to what, by which operation.

Rights are today's. A field that the reader may not see never was; of a masked one it is told that it changed, not how.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, false, select, true

from looseleaf_metadata.labels import Label
from looseleaf_platform.access.scope import RecordScope
from looseleaf_platform.access.visible import visible
from looseleaf_platform.context import Context
from looseleaf_platform.database.system_tables import change, operation
from looseleaf_platform.errors import Invalid, NotThere
from looseleaf_platform.fields.base import Situation
from looseleaf_platform.records.ids import decode
from looseleaf_platform.records.sql_expressions import compile_condition
from looseleaf_platform.records.writing.plan import FieldPlan, ObjectPlan, Plans

MOST = 500
"""Newest changes that are told."""
MOST_LINES = 5000


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field's part: parsed values. `masked`: both are withheld."""

    name: str
    label: Label
    before: Any
    after: Any
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One change of a record, or of one of its lines (`object` is the line's then). `actor` is None for the system.

    `kind`: "create", "update", "delete", "restore", "share"; `operation_kind`: "edit", "import", "transfer", …; `source`: the door.
    `shared`: of a share with whom ("user" or "team", id), at which level before and after; None for not at all.
    """

    id: int
    at: datetime
    actor: int | None
    kind: str
    object: str
    record: int
    version: int
    operation: int
    operation_kind: str
    source: str
    reason: str
    fields: tuple[FieldChange, ...] = ()
    exemptions: tuple[str, ...] = ()
    shared: tuple[str, int, str | None, str | None] | None = None


def history(context: Context, object_name: str, id: int) -> tuple[Entry, ...]:
    """The changes of a record and its lines, newest first, at most MOST. Raises NotThere."""
    if object_name not in context.runtime.objects:
        raise NotThere
    plan = Plans.of(context.runtime)[object_name]
    with context.workspace.database.read() as connection:
        told = _Teller(context, plan, _masked_in(connection, context, plan, id))
        entries = list(told.entries(_rows(connection, plan.id, [id])))
        for line in plan.lines.values():
            if line.name in context.profile.readable(object_name):
                child = context.runtime.object(line.target)
                owned = Plans.of(context.runtime)[child.name]
                teller = _Teller(context, owned, frozenset(context.profile.masked(owned.name)))
                entries.extend(teller.entries(_rows(connection, owned.id, _line_ids(connection, owned, line, id))))
    return tuple(sorted((entry for entry in entries if entry.fields or entry.kind != "update"), key=lambda entry: -entry.id)[:MOST])


def _masked_in(connection: Connection, context: Context, plan: ObjectPlan, id: int) -> frozenset[str]:
    """The fields withheld in this record now. Raises NotThere for a record out of reach; one in the recycle bin is within it."""
    reach = visible(context, plan.name, "read", plan.table)
    masks = context.profile.masked(plan.name)
    scope = RecordScope(context, plan.runtime, plan.table)
    conditions = [
        (true() if mask is None else compile_condition(mask, scope)).is_(true()).label(f"masked_{name}") for name, mask in masks.items()
    ]
    where = (plan.table.c.id == id, false() if reach.nothing else reach.condition())
    found = connection.execute(select(plan.table.c.id, *conditions).where(*where)).first()
    if found is None:
        raise NotThere
    return frozenset(name for name, is_masked in zip(masks, found[1:], strict=True) if is_masked)


def _line_ids(connection: Connection, child: ObjectPlan, line: FieldPlan, id: int) -> list[int]:
    by = child.table.c[child.fields[str(line.field.settings["by"])].keys[0]]
    return list(connection.scalars(select(child.table.c.id).where(by == id).order_by(child.table.c.id.desc()).limit(MOST_LINES)))


def _rows(connection: Connection, object_id: str, ids: list[int]) -> Iterable[Row[Any]]:
    columns = (operation.c.kind.label("operation_kind"), operation.c.actor, operation.c.source, operation.c.reason, operation.c.exemptions)
    statement = (
        select(change, *columns)
        .join(operation, operation.c.id == change.c.operation_id)
        .where(change.c.object_id == object_id, change.c.record_id.in_(bindparam("ids", expanding=True)))
        .order_by(change.c.id.desc())
        .limit(MOST)
    )
    return connection.execute(statement, {"ids": ids}) if ids else ()


class _Teller:
    """Puts change rows of one object into words that one reader may hear."""

    def __init__(self, context: Context, plan: ObjectPlan, masked: frozenset[str]) -> None:
        self.plan, self.masked = plan, masked
        readable = set(context.profile.readable(plan.name))
        self.fields = {field.id: field for field in plan.fields.values() if field.name in readable}
        defaults = context.model.defaults
        self.situation = Situation(context.locale, context.actor.timezone, defaults.currency, defaults.phone_region)

    def entries(self, rows: Iterable[Row[Any]]) -> Iterable[Entry]:
        """One entry a row."""
        for row in rows:
            yield Entry(
                id=row.id,
                at=row.at,
                actor=row.actor,
                kind=row.kind,
                object=self.plan.name,
                record=row.record_id,
                version=row.version,
                operation=row.operation_id,
                operation_kind=row.operation_kind,
                source=row.source,
                reason=row.reason,
                fields=tuple(self._fields(row.kind, row.payload or {})),
                exemptions=tuple(row.exemptions or ()),
                shared=_shared(row.payload) if row.kind == "share" and row.payload else None,
            )

    def _fields(self, kind: str, payload: Mapping[str, Any]) -> Iterable[FieldChange]:
        for id, said in payload.items() if kind != "share" else ():
            found = self.fields.get(id)
            if found is None:
                continue
            before, after = (None, said) if kind == "create" else said
            if found.name in self.masked:
                yield FieldChange(found.name, found.field.label, None, None, masked=True)
            else:
                yield FieldChange(found.name, found.field.label, self._value(found, before), self._value(found, after))

    def _value(self, found: FieldPlan, said: Any) -> Any:
        """The value as the field's type has it today; as it was written where the type no longer takes it."""
        try:
            return found.type.parse(said, found.field, self.situation)
        except Invalid as error:
            return error.details.get("value", said)


def _shared(payload: Mapping[str, Any]) -> tuple[str, int, str | None, str | None]:
    kind, principal, before, after = payload["share"]
    return kind, decode(principal), before, after
