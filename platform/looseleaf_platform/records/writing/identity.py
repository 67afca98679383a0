"""Which record each change is about: ids of new ones, keys of upserts, names that changes give each other.

Changes of one record are parted into waves, each of which has it once, so that later stages may work set-wise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Fault, Invalid, NotThere
from looseleaf_platform.records.ids import new_ids
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_platform.records.writing.parsing import known_to
from looseleaf_platform.records.writing.plan import FieldPlan, ObjectPlan

LARGEST_ID = 2**63 - 1
CHUNK = 1000


def identify(batch: Batch, changes: Sequence[Change], refused: Mapping[int, list[Fault]]) -> list[list[Row]]:
    """Make a row of each change, in waves. `refused`: faults known beforehand, by the change's index."""
    rows = [_row(batch, index, change, len(changes) > 1) for index, change in enumerate(changes)]
    for index, faults in refused.items():
        rows[index].faults.extend(faults)
    _find_by_key(batch, [row for row in rows if row.kind == "upsert" and not row.faults])
    _number_the_new(rows)
    for row in rows:
        if row.change is not None and row.change.reference and not row.faults:
            batch.shared.references[row.change.reference] = (row.plan.name, row.id)
    return _waves(rows)


def _row(batch: Batch, index: int, change: Change, several: bool) -> Row:
    if change.object not in batch.plans:
        raise NotThere
    pointer = f"/{index}" if several and not batch.collect else ""
    row = Row(batch.plans[change.object], change.kind, change.id or 0, index=index, pointer=pointer, raw=change.values, change=change)
    if change.kind not in ("create", "update", "delete", "restore", "purge", "upsert"):
        row.fault("unknown-kind", Text("“{kind}” is no kind of change", kind=str(change.kind)[:40]))
    elif change.kind not in ("create", "upsert") and not 0 < row.id <= LARGEST_ID:
        row.fault("no-id", Text("It isn't said which record to change"))
    return row


def _number_the_new(rows: list[Row]) -> None:
    unnumbered = [row for row in rows if row.kind == "create" and not row.id]
    for row, id in zip(unnumbered, new_ids(len(unnumbered)), strict=True):
        row.id = id


def _waves(rows: list[Row]) -> list[list[Row]]:
    """Rows in the given order, the second change of a record a wave after its first."""
    waves: list[list[Row]] = [[]]
    seen: defaultdict[tuple[str, int], int] = defaultdict(int)
    for row in rows:
        number = seen[row.plan.name, row.id] if row.id else 0
        seen[row.plan.name, row.id] += 1
        if number == len(waves):
            waves.append([])
        waves[number].append(row)
    return waves


# --- upserts


def _find_by_key(batch: Batch, rows: list[Row]) -> None:
    """Turn each upsert into an update of the record that has the key, or into a create."""
    groups: defaultdict[tuple[ObjectPlan, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.plan, (row.change.key if row.change else "") or row.plan.object.key].append(row)
    for (plan, key), group in groups.items():
        shown = known_to(batch.context, plan.name) | batch.context.profile.writable(plan.name)
        field = plan.fields.get(key)
        if field is None or not field.keys or key not in shown:
            for row in group:
                row.fault("unknown-key", Text("“{key}” is no field that records can be found by", key=key[:60]))
            continue
        _find_group(batch, plan, field, group)


def _find_group(batch: Batch, plan: ObjectPlan, field: FieldPlan, rows: list[Row]) -> None:
    wanted: defaultdict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        value = _key_value(batch, field, row)
        if value is not None:
            wanted[value].append(row)
    found = _ids_by_key(batch, plan, field, list(wanted))
    made = iter(new_ids(len(wanted)))
    for value, same in wanted.items():
        ids = found.get(value, [])
        for position, row in enumerate(same):
            if len(ids) > 1:
                row.fault("several", Text("{count} records have this key", count=len(ids)), at=field.pointer)
                continue
            created = not ids and position == 0
            row.kind = "create" if created else "update"
            row.id = ids[0] if ids else next(made) if created else same[0].id
            if not created and row.change is not None and row.change.existing == "keep":
                _understand(batch, row)
                row.raw = {}
            elif not created:
                row.raw = {name: raw for name, raw in row.raw.items() if name != field.name}


def _understand(batch: Batch, row: Row) -> None:
    """Note the values that can't be understood, though the record is kept as it is: a file's fault must not go unsaid."""
    for name, raw in row.raw.items():
        field = row.plan.fields.get(name)
        if field is None or isinstance(raw, Mapping):
            continue
        try:
            field.type.parse(raw, field.field, batch.situation)
        except Invalid as error:
            row.fault(error.code, error.message, field)


def _key_value(batch: Batch, field: FieldPlan, row: Row) -> Any:
    """The key of an upsert as it is compared in the database; None after a fault."""
    try:
        value = field.type.parse(row.raw.get(field.name), field.field, batch.situation)
    except Invalid as error:
        row.fault(error.code, error.message, field)
        return None
    if value is None:
        row.fault("no-key", Text("Without a value here it can't be told which record is meant"), field)
        return None
    return value if field.plain else field.type.store(value, field.field)[0]


def _ids_by_key(batch: Batch, plan: ObjectPlan, field: FieldPlan, values: list[Any]) -> dict[Any, list[int]]:
    def build() -> Any:
        column = plan.table.c[field.keys[0] if field.keys else "id"]
        return select(plan.table.c.id, column).where(column.in_(bindparam("keys", expanding=True)), plan.table.c.deleted_at.is_(None))

    statement = plan.statement(("by key", field.name), build)
    found: dict[Any, list[int]] = {}
    for start in range(0, len(values), CHUNK):
        for id, value in batch.connection.execute(statement, {"keys": values[start : start + CHUNK]}):
            found.setdefault(value, []).append(id)
    return found
