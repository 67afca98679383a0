"""Giving existing records what new metadata derives from them: roll-ups and search grams. Small tables at once, large ones later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, select, text, update

from looseleaf_metadata.model import Model
from looseleaf_platform.context import SYSTEM
from looseleaf_platform.database.upserts import insert_into
from looseleaf_platform.publishing.settling import rollups_to_rebuild
from looseleaf_platform.records.gathering import gathered_value, gatherings
from looseleaf_platform.records.rollups import rebuild
from looseleaf_platform.records.runtime import ObjectRuntime, Runtime
from looseleaf_platform.records.search import indexed_fields, record_grams

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

LARGE_ROWS = 20_000
"""Tables with more rows are filled, and get their indexes, after the publish."""
BATCH = 200
Note = Callable[[Connection, dict[str, Any]], None]
"""Remembers how far a task is, in the transaction that brought it there."""


def is_large(connection: Connection, table: str) -> bool:
    """Whether a table (its name as SQL) has more than LARGE_ROWS rows."""
    statement = text(f"SELECT 1 FROM {table} LIMIT 1 OFFSET {LARGE_ROWS}")  # noqa: S608 - a name of our own, quoted
    return connection.scalar(statement) is not None


def rollups_now(connection: Connection, previous: Model, runtime: Runtime, named: Callable[[str], str]) -> list[tuple[str, str]]:
    """Compute the roll-ups that are new or mean something else; returns those (object, field) left for later. In order of their levels."""
    every = gatherings(runtime)
    todo = sorted((every.of(*one) for one in rollups_to_rebuild(previous, runtime.model)), key=lambda one: one.level)
    left: list[tuple[str, str]] = []
    for one in todo:
        found = runtime.object(one.rollup.parent)
        child = runtime.object(one.rollup.child)
        if left or is_large(connection, named(found.table.name)) or is_large(connection, named(child.table.name)):
            left.append((found.name, one.rollup.field))
            continue
        column = found.fields[one.rollup.field].main
        connection.execute(update(found.table).values({column: gathered_value(runtime, one.rollup, found.table)}))
    return left


def fill_rollup(workspace: Workspace, payload: dict[str, Any], note: Note) -> None:
    """Put a roll-up of all records right, in batches."""
    context = workspace.context(SYSTEM, "job")
    found = context.runtime.objects.get(payload["object"])
    if found is not None and payload["field"] in found.fields:
        rebuild(context, payload["object"], payload["field"])


def grams_wanted(previous: Model, model: Model) -> Iterator[tuple[str, list[str]]]:
    """Objects whose search reads fields that it did not read before, with the ids of these fields."""
    before = {found.id: found.name for found in previous.objects.values() if not found.retired}
    for name, found in model.objects.items():
        if found.retired or found.id not in before:
            continue
        old = {field.id for field in indexed_fields(previous, before[found.id])}
        new = [field.id for field in indexed_fields(model, name) if field.id not in old]
        if new:
            yield name, new


def fill_grams(workspace: Workspace, payload: dict[str, Any], note: Note) -> None:
    """Make the grams of some fields of the records that were there at the publish, in small transactions; takes up after the last noted.

    Records written since have made their own.
    """
    last = int(payload.get("last", 0))
    while True:
        runtime = workspace.runtime
        found = runtime.objects.get(payload["object"])
        if found is None:
            return
        with workspace.database.write() as connection:
            reached = _fill_batch(connection, runtime, found, set(payload["fields"]), (last, int(payload["until"])))
            if reached is None:
                return
            note(connection, {"last": reached})
        last = reached


def _fill_batch(connection: Connection, runtime: Runtime, found: ObjectRuntime, ids: set[str], span: tuple[int, int]) -> int | None:
    """The grams of the next records within `span` (after, up to); returns the id reached, None at the end."""
    fields = [found.fields[field.name] for field in indexed_fields(runtime.model, found.name) if field.id in ids]
    columns = [column for field in fields for column in field.columns]
    if not columns:
        return None
    id = found.table.c.id
    rows = connection.execute(select(id, *columns).where(id > span[0], id <= span[1]).order_by(id).limit(BATCH)).all()
    grams: list[dict[str, Any]] = []
    for row in rows:
        values, at = {}, 1
        for field in fields:
            values[field.name] = field.type.load(row[at : at + len(field.columns)], field.field)
            at += len(field.columns)
        grams += [
            {"gram": gram, "field_id": id, "record_id": row[0]} for id, gram in sorted(record_grams([one.field for one in fields], values))
        ]
    if grams:
        connection.execute(insert_into(runtime.dialect, found.grams).on_conflict_do_nothing(), grams)
    return rows[-1][0] if rows else None


def forget_grams(connection: Connection, found: ObjectRuntime, field_id: str) -> None:
    """Remove the grams of a field that is purged."""
    connection.execute(delete(found.grams).where(found.grams.c.field_id == field_id))
