"""The records to be changed, read and locked through the actor's rights. What can't be reached looks as if it weren't there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Select, bindparam, select

from looseleaf_metadata.texts import Text
from looseleaf_platform.access import binds
from looseleaf_platform.access.visible import visible
from looseleaf_platform.errors import NotAllowed, NotThere
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_platform.records.writing.bulk import Prepared
from looseleaf_platform.records.writing.plan import ObjectPlan
from looseleaf_platform.records.writing.references import existing

CHUNK = 1000
ACTIONS = {"update": "update", "delete": "delete", "restore": "delete", "purge": "delete"}
IN_THE_BIN = frozenset({"restore", "purge"})


def load(batch: Batch) -> None:
    """Check the rights to create, and read what is to be changed."""
    groups: defaultdict[tuple[ObjectPlan, str], list[Row]] = defaultdict(list)
    for row in batch.rows:
        if not row.faults and not row.derived:
            groups[row.plan, row.kind].append(row)
    for (plan, kind), rows in groups.items():
        if kind == "create":
            _may_create(batch, plan, rows)
        elif kind == "keep":
            _may_keep(batch, plan, rows)
        else:
            _load(batch, plan, kind, rows)
    batch.rows = [row for row in batch.rows if not row.faults]


def _may_create(batch: Batch, plan: ObjectPlan, rows: list[Row]) -> None:
    profile = batch.context.profile
    if profile.can(plan.name, "create"):
        return
    hidden = not profile.can(plan.name, "read")
    for row in rows:
        batch.refuse(
            row, NotThere() if hidden else NotAllowed(Text("You may not create {objects}", objects=plan.object.plural)), "not-allowed"
        )


def _may_keep(batch: Batch, plan: ObjectPlan, rows: list[Row]) -> None:
    """What is found by a key and kept as it is must at least be visible."""
    seen = set(existing(batch, plan, sorted({row.id for row in rows})))
    for row in rows:
        if row.id not in seen:
            batch.refuse(row, NotThere(), "not-there")


def _load(batch: Batch, plan: ObjectPlan, kind: str, rows: list[Row]) -> None:
    if kind == "purge" and not batch.context.profile.has("purge"):
        for row in rows:
            batch.refuse(row, NotAllowed(Text("You may not delete records for good"), "purge"), "not-allowed")
        return
    found = {stored.id: stored for stored in _reached(batch, plan, kind, [row.id for row in rows])}
    missing: list[Row] = []
    for row in rows:
        row.stored = found.get(row.id)
        if row.stored is None:
            missing.append(row)
    if missing:
        _tell_missing(batch, plan, kind, missing)


def _reached(batch: Batch, plan: ObjectPlan, kind: str, ids: list[int]) -> Iterable[Any]:
    """The stored rows within the actor's reach, locked, in the order of their ids."""
    if len(ids) == 1 and len(batch.context.actor.team_tree) <= binds.SEPARATE_TEAMS:
        found = _one(batch, plan, kind, ids[0])
        if found is not None:
            yield found
        return
    reach = visible(batch.context, plan.name, ACTIONS[kind], plan.table)
    if reach.nothing:
        return
    statement = locked(plan, kind)
    if not reach.everything:
        statement = statement.where(reach.condition())
    for start in range(0, len(ids), CHUNK):
        yield from batch.connection.execute(statement, {"ids": sorted(ids[start : start + CHUNK])})


def _one(batch: Batch, plan: ObjectPlan, kind: str, id: int) -> Any:
    """The same for a single record, by a statement kept for everybody with the same rights."""
    context = batch.context

    def build() -> Prepared | None:
        reach = visible(context, plan.name, ACTIONS[kind], plan.table)
        if reach.nothing:
            return None
        gone = plan.table.c.deleted_at
        where = (plan.table.c.id == bindparam("id"), gone.is_not(None) if kind in IN_THE_BIN else gone.is_(None))
        statement = select(*plan.columns).where(*where).with_for_update(key_share=kind == "update", of=plan.table)
        if not reach.everything:
            statement = statement.where(reach.condition())
        return Prepared(batch.connection.dialect, context.runtime.schema, statement)

    prepared: Prepared | None = plan.statement(("one", kind, *binds.shape(context)), build)
    return None if prepared is None else prepared.first(batch.connection, {**binds.values(context), "id": id})


def locked(plan: ObjectPlan, kind: str) -> Select[Any]:
    """All columns of the records `:ids`, live or in the recycle bin as `kind` needs them, locked in the order of their ids.

    Whoever deletes keeps out those who are about to refer to the record; whoever edits doesn't.
    """

    def build() -> Select[Any]:
        gone = plan.table.c.deleted_at
        where = (plan.table.c.id.in_(bindparam("ids", expanding=True)), gone.is_not(None) if kind in IN_THE_BIN else gone.is_(None))
        return select(*plan.columns).where(*where).order_by(plan.table.c.id).with_for_update(key_share=kind == "update")

    found: Select[Any] = plan.statement(("locked", kind), build)
    return found


def _tell_missing(batch: Batch, plan: ObjectPlan, kind: str, rows: list[Row]) -> None:
    """Not there for those who can't see it; not allowed for those who can."""
    seen: set[int] = set()
    reach = visible(batch.context, plan.name, "read", plan.table)
    if not reach.nothing and ACTIONS[kind] != "read":
        gone = plan.table.c.deleted_at
        statement = select(plan.table.c.id).where(
            plan.table.c.id.in_([row.id for row in rows]), gone.is_not(None) if kind in IN_THE_BIN else gone.is_(None), reach.condition()
        )
        seen = set(batch.connection.scalars(statement))
    for row in rows:
        if row.id in seen:
            error = NotAllowed(Text("You may not change this record") if kind == "update" else Text("You may not delete this record"))
            batch.refuse(row, error, "not-allowed")
        else:
            batch.refuse(row, NotThere(), "not-there")
