"""The recycle bin: what else goes when a record goes, what comes back with it, and what keeps it from going.

`on_delete` of each look-up that points to the record decides: restrict, clear or cascade; lines always go with their parent.
What follows is part of the same operation and needs no right of its own: the metadata said so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, func, select, update

from looseleaf_metadata.texts import Text
from looseleaf_platform.access.visible import visible
from looseleaf_platform.database.system_tables import change
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_platform.records.writing.plan import FieldPlan, ObjectPlan, Plans

CHUNK = 1000
MANY = 10_000
"""Records in the way are counted up to here."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A look-up of `plan` that points to an object, and what becomes of its records: "restrict", "clear" or "cascade"."""

    plan: ObjectPlan
    field: FieldPlan
    on_delete: str


def incoming(plans: Plans, object_name: str) -> tuple[Incoming, ...]:
    """Every look-up that points to records of an object."""
    key = ("incoming", object_name)
    found: tuple[Incoming, ...] | None = plans.runtime.memo.get(key)
    if found is None:
        found = plans.runtime.memo[key] = tuple(_incoming(plans, object_name))
    return found


def _incoming(plans: Plans, object_name: str) -> Iterator[Incoming]:
    owned = {(line.target, str(line.field.settings["by"])) for line in plans[object_name].lines.values()}
    for name in plans:
        plan = plans[name]
        for field in plan.references.values():
            if field.target == object_name:
                said = "cascade" if (name, field.name) in owned else str(field.field.settings.get("on_delete", "restrict"))
                yield Incoming(plan, field, said)


# --- into the bin


def follow_deletes(batch: Batch) -> None:
    """Add what goes or is emptied along with the deleted records; refuse those that something stands on."""
    todo = [row for row in batch.of_kind("delete")]
    restricting: list[tuple[Incoming, Row, int]] = []
    while todo:
        made: list[Row] = []
        for plan, rows in batch.by_plan(todo):
            for link in incoming(batch.plans, plan.name):
                found = list(_pointing(batch, link, rows))
                if link.on_delete == "restrict":
                    restricting.extend((link, row, stored.id) for row, stored in found)
                else:
                    made.extend(_derive(batch, link, found))
        batch.rows.extend(made)
        todo = [row for row in made if row.kind == "delete"]
    _restrict(batch, restricting)


def _pointing(batch: Batch, link: Incoming, rows: list[Row], deleted: bool = False) -> Iterator[tuple[Row, Any]]:
    """The stored records that point to `rows` by a look-up, locked; of those that only stand in the way the first MANY ids."""
    by_id = {row.id: row for row in rows}
    table = link.plan.table
    column = table.c[link.field.keys[0]]
    restricting = link.on_delete == "restrict"

    def build() -> Select[Any]:
        where = (column.in_(bindparam("ids", expanding=True)), table.c.deleted_at.is_not(None) if deleted else table.c.deleted_at.is_(None))
        if restricting:
            return select(table.c.id, column.label("pointing_to")).where(*where).limit(MANY)
        chosen = select(*link.plan.columns, column.label("pointing_to")).where(*where).order_by(table.c.id)
        return chosen.with_for_update(key_share=link.on_delete == "clear")

    statement = link.plan.statement(("pointing", link.field.name, deleted), build)
    ids = sorted(by_id)
    for start in range(0, len(ids), CHUNK):
        for stored in batch.connection.execute(statement, {"ids": ids[start : start + CHUNK]}):
            yield by_id[stored.pointing_to], stored


def _derive(batch: Batch, link: Incoming, found: Iterable[tuple[Row, Any]]) -> Iterator[Row]:
    """Rows that delete the records found, or empty their look-up."""
    known = {(row.plan, row.id): row for row in batch.rows}
    for cause, stored in found:
        already = known.get((link.plan, stored.id))
        if link.on_delete == "clear":
            if already is None:
                already = Row(link.plan, "update", stored.id, index=cause.index, pointer=cause.pointer, parent=cause, derived=True)
                already.stored = stored
                known[link.plan, stored.id] = already
                yield already
            if already.kind == "update" and link.field.name not in already.values:
                already.values[link.field.name], already.was[link.field.name] = None, link.field.load(stored)
        elif already is None or already.kind == "update":
            if already is not None:  # a change of what goes anyway
                batch.rows.remove(already)
                already.outcome = "deleted"
            row = Row(link.plan, "delete", stored.id, index=cause.index, pointer=cause.pointer, parent=cause, derived=True)
            row.stored = stored
            known[link.plan, stored.id] = row
            yield row


def _restrict(batch: Batch, pointing: list[tuple[Incoming, Row, int]]) -> None:
    """Say how many records of which kind stand in the way; of those that the actor can't see only that there are some."""
    leaving = {(row.plan, row.id) for row in batch.rows if row.kind in ("delete", "purge")}
    groups: defaultdict[tuple[Row, ObjectPlan], set[int]] = defaultdict(set)
    for link, row, id in pointing:
        if (link.plan, id) not in leaving:
            groups[row.root, link.plan].add(id)
    for (row, plan), ids in groups.items():
        seen = _seen(batch, plan, sorted(ids))
        if seen:
            row.fault(
                "restricted",
                Text("{count} {objects} refer to it", count=seen, objects=plan.object.plural if seen > 1 else plan.object.label),
            )
        else:
            row.fault("restricted", Text("Other records refer to it, which you may not see"))


def _seen(batch: Batch, plan: ObjectPlan, ids: list[int]) -> int:
    reach = visible(batch.context, plan.name, "read", plan.table)
    if reach.everything:
        return len(ids)
    if reach.nothing:
        return 0
    seen = 0
    for start in range(0, len(ids), CHUNK):
        where = (plan.table.c.id.in_(ids[start : start + CHUNK]), reach.condition())
        seen += batch.connection.scalar(select(func.count()).select_from(plan.table).where(*where)) or 0
    return seen


# --- out of the bin


def follow_restores(batch: Batch) -> None:
    """Bring back what went with each record; refuse what would come back without what it belongs to."""
    todo = [row for row in batch.of_kind("restore")]
    while todo:
        made: list[Row] = []
        for plan, rows in batch.by_plan(todo):
            operations = _deleting_operations(batch, plan, [row.id for row in rows])
            for link in incoming(batch.plans, plan.name):
                if link.on_delete == "cascade":
                    made.extend(_return_with(batch, link, rows, operations))
        batch.rows.extend(made)
        todo = made
    _check_belonging(batch)


def _deleting_operations(batch: Batch, plan: ObjectPlan, ids: list[int]) -> Mapping[int, int]:
    """The operation that deleted each record last."""
    where = (change.c.object_id == plan.id, change.c.record_id.in_(bindparam("ids", expanding=True)), change.c.kind == "delete")
    statement = select(change.c.record_id, func.max(change.c.operation_id)).where(*where).group_by(change.c.record_id)
    return {record: operation for record, operation in batch.connection.execute(statement, {"ids": ids})}


def _return_with(batch: Batch, link: Incoming, rows: list[Row], operations: Mapping[int, int]) -> Iterator[Row]:
    known = {(row.plan, row.id) for row in batch.rows}
    found = [(cause, stored) for cause, stored in _pointing(batch, link, rows, deleted=True) if (link.plan, stored.id) not in known]
    theirs = _deleting_operations(batch, link.plan, [stored.id for _, stored in found]) if found else {}
    for cause, stored in found:
        if stored.id in theirs and theirs[stored.id] == operations.get(cause.id):
            row = Row(link.plan, "restore", stored.id, index=cause.index, pointer=cause.pointer, parent=cause, derived=True)
            row.stored = stored
            yield row


def _check_belonging(batch: Batch) -> None:
    returning = {(row.plan.name, row.id) for row in batch.rows if row.kind == "restore"}
    for row in batch.of_kind("restore"):
        for field in row.plan.references.values():
            if field.field.settings.get("on_delete") != "cascade" and not (row.plan.parent and row.plan.parent[2] == field.name):
                continue
            target = field.load(row.stored)
            if target is not None and (field.target, target) not in returning and not _lives(batch, batch.plans[field.target], target):
                message = Text(
                    "It belongs to a record that is in the recycle bin ({field}): restore that one first", field=field.field.label
                )
                row.root.fault("deleted-target", message)


def _lives(batch: Batch, plan: ObjectPlan, id: int) -> bool:
    return batch.connection.scalar(select(plan.table.c.id).where(plan.table.c.id == id, plan.table.c.deleted_at.is_(None))) is not None


# --- out of the world


def follow_purges(batch: Batch) -> None:
    """Take along what only lived with the record, let go of it in other deleted records, refuse where live ones refer to it."""
    todo = [row for row in batch.of_kind("purge")]
    restricting: list[tuple[Incoming, Row, int]] = []
    while todo:
        made: list[Row] = []
        for plan, rows in batch.by_plan(todo):
            for link in incoming(batch.plans, plan.name):
                restricting.extend((link, row, stored.id) for row, stored in _pointing(batch, link, rows))
                if link.on_delete == "cascade":
                    known = {(row.plan, row.id) for row in batch.rows}
                    for cause, stored in _pointing(batch, link, rows, deleted=True):
                        if (link.plan, stored.id) not in known:
                            row = Row(link.plan, "purge", stored.id, index=cause.index, pointer=cause.pointer, parent=cause, derived=True)
                            row.stored = stored
                            made.append(row)
                else:
                    _let_go(batch, link, rows)
        batch.rows.extend(made)
        todo = made
    _restrict(batch, restricting)


def _let_go(batch: Batch, link: Incoming, rows: list[Row]) -> None:
    column = link.plan.table.c[link.field.keys[0]]
    where = (column.in_([row.id for row in rows]), link.plan.table.c.deleted_at.is_not(None))
    batch.connection.execute(update(link.plan.table).where(*where).values({column.name: None}))
