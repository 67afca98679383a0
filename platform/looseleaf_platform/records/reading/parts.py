"""Values that don't stand in a record's own row: linked records and owned lines, one query a field for all records of a page."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import BigInteger, Connection, bindparam, select

from looseleaf_platform.access import binds
from looseleaf_platform.access.visible import visible
from looseleaf_platform.context import Context
from looseleaf_platform.records.reading.columns import Selection, asked_fields, selection
from looseleaf_platform.records.reading.readable import ReadScope
from looseleaf_platform.records.reading.statements import kept
from looseleaf_platform.records.reading.titles import fill_titles
from looseleaf_platform.records.requests import Record
from looseleaf_platform.records.runtime import ObjectRuntime
from looseleaf_platform.records.sources import source

POSITION = "position"
"""A line object's field of this name orders its lines; without it they stand in the order they were made."""


def fill_parts(context: Context, connection: Connection, found: ObjectRuntime, records: Sequence[Record], chosen: Selection) -> None:
    """Put linked ids (tuples of int) and lines (tuples of Record) into the values of `records`."""
    for name in chosen.linked:
        _fill_links(context, connection, found, records, name)
    for name in chosen.lines:
        _fill_lines(context, connection, found, records, name)


def _fill_links(context: Context, connection: Connection, found: ObjectRuntime, records: Sequence[Record], name: str) -> None:
    pairs = found.links[name].table
    ids = bindparam("ids", type_=BigInteger(), expanding=True)
    statement = kept(found, ("links", name), lambda: select(pairs).where(pairs.c.record_id.in_(ids)).order_by(pairs.c.target_id))
    linked: defaultdict[int, list[int]] = defaultdict(list)
    for record_id, target_id in connection.execute(statement, {"ids": [record.id for record in records]}):
        linked[record_id].append(target_id)
    for record in records:
        record.values[name] = None if name in record.masked else tuple(linked[record.id])  # type: ignore[index]  # not yet given away


def _fill_lines(context: Context, connection: Connection, found: ObjectRuntime, records: Sequence[Record], name: str) -> None:
    field = found.fields[name].field
    child = context.runtime.object(field.target)
    by = child.fields[str(field.settings["by"])].main
    scope = ReadScope(context, child, source(child))
    at = scope.at
    chosen = kept(
        child, ("line columns", *binds.shape(context)), lambda: selection(scope, asked_fields(scope, None, whole=False, deleted=False))
    )
    order = [at.c[child.fields[POSITION].main.name].asc().nulls_last(), at.c.id] if POSITION in child.fields else [at.c.id]
    wanted = at.c[by.name].in_(bindparam("ids", type_=BigInteger(), expanding=True))
    statement = kept(
        child,
        ("lines", name, found.name, *binds.shape(context)),
        lambda: (
            select(*chosen.columns, at.c[by.name].label("parent_id"))
            .where(wanted, at.c.deleted_at.is_(None), visible(context, child.name, at=at).condition())
            .order_by(*order)
        ),
    )
    rows = connection.execute(statement, {**binds.values(context), "ids": [record.id for record in records]}).all()
    lines = [(row.parent_id, chosen.record(child.name, row)) for row in rows]
    fill_titles(context, connection, [line for _, line in lines], chosen.look_ups)
    of_parent: defaultdict[int, list[Record]] = defaultdict(list)
    for parent_id, line in lines:
        of_parent[parent_id].append(line)
    for record in records:
        record.values[name] = None if name in record.masked else tuple(of_parent[record.id])  # type: ignore[index]  # not yet given away
