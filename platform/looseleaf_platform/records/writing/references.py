"""Look-ups made whole: names within the set and keys become ids, and every record referred to must exist within the actor's sight."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, bindparam, select, tuple_

from looseleaf_metadata.texts import Text
from looseleaf_platform.access.visible import visible
from looseleaf_platform.errors import Invalid
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_platform.records.writing.parsing import Pending, known_to
from looseleaf_platform.records.writing.plan import FieldPlan, ObjectPlan

CHUNK = 1000
NO_RECORD = Text("There is no such record")
KeyOf = tuple[str, tuple[str, ...]]


def resolve(batch: Batch) -> None:
    """Turn pending references into ids, then look whether the records are there."""
    by_key: defaultdict[KeyOf, list[tuple[Row, FieldPlan, Pending]]] = defaultdict(list)
    for row, field, pending in _pending(batch):
        if "$ref" in pending.raw:
            _by_name(batch, row, field, pending)
        else:
            by_key[field.target, tuple(sorted(pending.raw["$key"]))].append((row, field, pending))
    for (target, names), wanted in by_key.items():
        _by_key(batch, batch.plans[target], names, wanted)
    for row in batch.rows:
        for name, value in row.values.items():
            if isinstance(value, list) and name in row.plan.targets and name not in row.bad:
                row.values[name] = row.plan.fields[name].type.parse(value, row.plan.fields[name].field, batch.situation)
    _verify(batch)


def _pending(batch: Batch) -> Iterable[tuple[Row, FieldPlan, Pending]]:
    for row in batch.rows:
        for name, value in row.values.items():
            if isinstance(value, Pending):
                yield row, row.plan.fields[name], value
            elif isinstance(value, list):
                yield from ((row, row.plan.fields[name], item) for item in value if isinstance(item, Pending))


def _settle(row: Row, field: FieldPlan, pending: Pending, id: int) -> None:
    value = row.values.get(field.name)
    if isinstance(value, list):
        value[value.index(pending)] = id
    else:
        row.values[field.name] = id


def _unsettled(row: Row, field: FieldPlan, code: str, message: Text) -> None:
    row.fault(code, message, field)


def _by_name(batch: Batch, row: Row, field: FieldPlan, pending: Pending) -> None:
    found = batch.shared.references.get(str(pending.raw["$ref"]))
    if found is None or found[0] != field.target:
        _unsettled(row, field, "unknown-reference", Text("No change of this set is called “{name}”", name=str(pending.raw["$ref"])[:60]))
        return
    row.depends.add(found[1])
    _settle(row, field, pending, found[1])


# --- by key


def _by_key(batch: Batch, plan: ObjectPlan, names: tuple[str, ...], wanted: list[tuple[Row, FieldPlan, Pending]]) -> None:
    fields = [plan.fields.get(name) for name in names]
    shown = known_to(batch.context, plan.name)
    known = [field for field in fields if field is not None and field.keys and field.name in shown]
    if not known or len(known) != len(fields):
        for row, field, _ in wanted:
            _unsettled(row, field, "unknown-key", Text("“{key}” is no field that records can be found by", key=", ".join(names)[:60]))
        return
    keys: dict[int, tuple[Any, ...]] = {}
    for row, field, pending in wanted:
        try:
            keys[id(pending)] = tuple(_compared(batch, one, pending.raw["$key"][one.name]) for one in known)
        except Invalid as error:
            _unsettled(row, field, error.code, error.message)
    found = _records_by_key(batch, plan, known, sorted(set(keys.values()), key=repr))
    own = _new_by_key(batch, plan, known)
    for row, field, pending in wanted:
        if id(pending) in keys:
            _take(row, field, pending, found.get(keys[id(pending)], []), own.get(keys[id(pending)]))


def _compared(batch: Batch, field: FieldPlan, raw: Any) -> Any:
    value = field.type.parse(raw, field.field, batch.situation)
    return value if value is None or field.plain else field.type.store(value, field.field)[0]


def _take(row: Row, field: FieldPlan, pending: Pending, ids: list[int], own: int | None) -> None:
    if len(ids) > 1:
        _unsettled(row, field, "several", Text("{count} records have this key", count=len(ids)))
    elif ids:
        _settle(row, field, pending, ids[0])
    elif own is not None:
        row.depends.add(own)
        _settle(row, field, pending, own)
    else:
        _unsettled(row, field, "no-such-record", NO_RECORD)


def _records_by_key(
    batch: Batch, plan: ObjectPlan, fields: list[FieldPlan], keys: list[tuple[Any, ...]]
) -> dict[tuple[Any, ...], list[int]]:
    columns = [plan.table.c[field.keys[0]] for field in fields]
    statement = select(plan.table.c.id, *columns).where(plan.table.c.deleted_at.is_(None))
    if len(columns) == 1:
        statement = statement.where(columns[0].in_(bindparam("keys", expanding=True)))
    else:
        statement = statement.where(tuple_(*columns).in_(bindparam("keys", expanding=True)))
    reach = visible(batch.context, plan.name, "read", plan.table)
    statement = statement.where(reach.condition())
    found: dict[tuple[Any, ...], list[int]] = {}
    for start in range(0, len(keys), CHUNK):
        chunk = [key[0] if len(columns) == 1 else key for key in keys[start : start + CHUNK]]
        for stored in batch.connection.execute(statement, {"keys": chunk}):
            found.setdefault(tuple(stored[1:]), []).append(stored[0])
    return found


def _new_by_key(batch: Batch, plan: ObjectPlan, fields: list[FieldPlan]) -> dict[tuple[Any, ...], int]:
    """Records that this very batch creates."""
    found: dict[tuple[Any, ...], int] = {}
    for row in batch.of_kind("create"):
        if row.plan is plan:
            values = [row.values.get(field.name) for field in fields]
            stored = (
                value if field.plain else field.type.store(value, field.field)[0] for field, value in zip(fields, values, strict=True)
            )
            found.setdefault(tuple(stored), row.id)
    return found


# --- whether the records are there


def _verify(batch: Batch) -> None:
    """Every record that a given value refers to must exist and be visible; those of this set count too."""
    wanted: defaultdict[str, defaultdict[int, list[tuple[Row, FieldPlan]]]] = defaultdict(lambda: defaultdict(list))
    for row in batch.rows:
        if row.derived or row.kind not in ("create", "update"):
            continue
        targets = row.plan.targets
        for name, value in row.values.items():
            if name in targets and name not in row.bad and value is not None:
                for id in value if row.plan.fields[name].many else (value,):
                    if isinstance(id, int) and (row.stored is None or row.plan.fields[name].many or row.before(name) != id):
                        wanted[targets[name]][id].append((row, row.plan.fields[name]))
    created = {(row.plan.name, row.id) for row in batch.rows if row.kind == "create"}
    for target, ids in wanted.items():
        known = batch.shared.known[target]
        for row, id in ((row, id) for id, users in ids.items() if (target, id) in created for row, _ in users):
            row.depends.add(id)
        unknown = sorted(id for id in ids if id not in known and (target, id) not in created)
        known.update(existing(batch, batch.plans[target], unknown))
        for id in unknown:
            if id not in known:
                for row, field in ids[id]:
                    _unsettled(row, field, "no-such-record", NO_RECORD)


def existing(batch: Batch, plan: ObjectPlan, ids: list[int]) -> Iterable[int]:
    """Which of `ids` are live records that the actor may see. Held until the end, so that nobody deletes them meanwhile."""
    if not ids:
        return
    reach = visible(batch.context, plan.name, "read", plan.table)
    if reach.nothing:
        return
    statement = _existing_statement(plan)
    if not reach.everything:
        statement = statement.where(reach.condition())
    elif len(ids) == 1:
        one = plan.prepared(batch.connection, "existing", lambda: (_existing_one(plan), ("id",)))
        if one.run(batch.connection, {"id": ids[0]}) is not None:
            yield ids[0]
        return
    for start in range(0, len(ids), CHUNK):
        yield from batch.connection.scalars(statement, {"ids": ids[start : start + CHUNK]})


def _existing_one(plan: ObjectPlan) -> Select[Any]:
    where = (plan.table.c.id == bindparam("id"), plan.table.c.deleted_at.is_(None))
    return select(plan.table.c.id).where(*where).with_for_update(read=True, key_share=True)


def _existing_statement(plan: ObjectPlan) -> Select[Any]:
    def build() -> Select[Any]:
        where = (plan.table.c.id.in_(bindparam("ids", expanding=True)), plan.table.c.deleted_at.is_(None))
        return select(plan.table.c.id).where(*where).order_by(plan.table.c.id).with_for_update(read=True, key_share=True)

    found: Select[Any] = plan.statement("existing", build)
    return found
