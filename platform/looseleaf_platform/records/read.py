"""The way out: every read of records, begun by visible(). Lists, single records, counts, totals, look-ups, exports.

A reader is never told of a field or record that it may not see: not by a value, an order, a count, a total, a title or a fault.
The parts are in `records/reading/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import BigInteger, Connection, Select, bindparam, select

from looseleaf_metadata.expressions.types import Kind
from looseleaf_metadata.model import View
from looseleaf_metadata.texts import Text
from looseleaf_platform.access import binds
from looseleaf_platform.access.visible import visible
from looseleaf_platform.context import Context
from looseleaf_platform.errors import BadQuery, NotAllowed, NotThere
from looseleaf_platform.records.reading.asked import Asked, understand
from looseleaf_platform.records.reading.columns import Selection, asked_fields, selection
from looseleaf_platform.records.reading.cursors import encode_cursor
from looseleaf_platform.records.reading.lists import count_rows, page_rows, total_rows
from looseleaf_platform.records.reading.order import Start, order_of
from looseleaf_platform.records.reading.parts import fill_parts
from looseleaf_platform.records.reading.readable import ReadScope, check_expression_of, named, unknown_field
from looseleaf_platform.records.reading.statements import kept
from looseleaf_platform.records.reading.titles import fill_titles, read_titles, say, title_of
from looseleaf_platform.records.requests import COUNT_CAP, Page, Query, Record
from looseleaf_platform.records.runtime import ObjectRuntime
from looseleaf_platform.records.sources import source

BATCH = 1000
"""Records that an export reads at a time."""
CANDIDATES = 5
"""For each option of a look-up, how many records are looked at to find those that begin with what was typed."""

TotalFunction = Literal["sum", "min", "max", "average", "count"]
Total = Decimal | int | None


def get(context: Context, object_name: str, id: int, fields: Sequence[str] | None = None, deleted: bool = False) -> Record:
    """One record with its titles, links and lines. `deleted`: from the recycle bin. Raises NotThere; BadQuery for unknown `fields`."""
    found = _readable_object(context, object_name)
    scope = ReadScope(context, found, source(found))
    names = None if fields is None else tuple(fields)
    statement, chosen = kept(found, ("get", names, deleted, *binds.shape(context)), lambda: _get_statement(scope, names, deleted=deleted))
    with context.workspace.database.read() as connection:
        row = connection.execute(statement, {**binds.values(context), "id": id}).first()
        if row is None:
            raise NotThere
        return _finished(context, connection, found, [row], chosen)[0]


def page(context: Context, object_name: str, query: Query) -> Page:
    """A page of records, in the order asked for, with cursors to its neighbours. Raises NotThere for an unknown object, BadQuery."""
    _readable_object(context, object_name)
    with context.workspace.database.read() as connection:
        return _page(context, connection, understand(context, connection, object_name, query), query)


def count(context: Context, object_name: str, query: Query) -> tuple[int, bool]:
    """How many records the query is about, at most COUNT_CAP, and whether there are more."""
    _readable_object(context, object_name)
    with context.workspace.database.read() as connection:
        return _capped(count_rows(connection, understand(context, connection, object_name, query)))


def totals(context: Context, object_name: str, query: Query, fields: Sequence[str], function: TotalFunction = "sum") -> dict[str, Total]:
    """A sum, least, greatest or mean, or the number of values, of number fields over all the records the query is about.

    Money is in the workspace's currency. None where there is nothing to add up. Raises BadQuery.
    """
    found = _readable_object(context, object_name)
    names = [_number_field(context, found, name, f"/totals/{number}") for number, name in enumerate(dict.fromkeys(fields))]
    if not names:
        return {}
    functions = ("sum", "count") if function == "average" else (function,)
    with context.workspace.database.read() as connection:
        asked = understand(context, connection, object_name, query)
        row = total_rows(connection, asked, [(one, name) for name in names for one in functions])
    return {name: _total(found, name, function, row[at * len(functions) : (at + 1) * len(functions)]) for at, name in enumerate(names)}


def may_use(context: Context, view: View) -> bool:
    """Whether a declared view can be shown to the actor: its condition and its order look only at what the actor may see."""
    found = context.runtime.objects.get(view.object)
    if found is None or not context.profile.can(view.object, "read"):
        return False
    try:
        if view.where is not None:
            check_expression_of(context, found, view.where)
        order_of(ReadScope(context, found, source(found)), view.sort)
    except BadQuery:
        return False
    return True


def related(context: Context, object_name: str, id: int, related_name: str, query: Query) -> Page:
    """A page of the records that point to a record, by the name of the list. Raises NotThere for record or list, BadQuery."""
    found = _readable_object(context, object_name)
    listed = found.related.get(related_name)
    if listed is None or listed.by not in context.profile.readable(listed.object) or listed.by in context.profile.masked(listed.object):
        raise NotThere
    with context.workspace.database.read() as connection:
        if not _reached(context, connection, found, [id], "read", deleted=False):
            raise NotThere
        return _page(context, connection, understand(context, connection, listed.object, query, parent=(listed.by, id)), query)


def lookup(context: Context, object_name: str, text: str, limit: int = 20) -> tuple[tuple[int, str, str], ...]:
    """(id, title, subtitle) of records found by what was typed so far, or the newest; for fields that refer to the object.

    Those whose title begins with what was typed come first.
    """
    found = _readable_object(context, object_name)
    readable = context.profile.readable(object_name)
    subtitle = next(
        (name for name in (*found.object.highlights, *found.object.search) if name in readable and name != found.object.title), ""
    )
    fields = tuple(name for name in (found.object.title, subtitle) if name in readable)
    size = max(1, min(limit if not text.strip() else limit * CANDIDATES, 200))
    records = page(context, object_name, Query(search=text[:200], fields=fields, size=size)).records
    wanted = text.strip().casefold()
    options = [
        (record.id, title_of(context, found, record), say(context, found, record, subtitle) if subtitle else "") for record in records
    ]
    return tuple(sorted(options, key=lambda option: not option[1].casefold().startswith(wanted))[: max(limit, 1)])


def stream(context: Context, object_name: str, query: Query) -> Iterator[Record]:
    """All records of a query that the actor may export, in order, on one snapshot. Raises NotAllowed, BadQuery."""
    _readable_object(context, object_name)
    if not context.profile.can(object_name, "export"):
        raise NotAllowed(Text("You may not export these records"), "export")
    return _streamed(context, object_name, query)


def titles(context: Context, object_name: str, ids: Iterable[int]) -> dict[int, str]:
    """Titles by id, of those records that the reader may see."""
    with context.workspace.database.read() as connection:
        return read_titles(context, connection, object_name, ids)


def reachable(context: Context, object_name: str, ids: Iterable[int], action: str = "read", deleted: bool = False) -> frozenset[int]:
    """Which of the records the actor may do `action` with."""
    found = context.runtime.objects.get(object_name)
    if found is None:
        return frozenset()
    with context.workspace.database.read() as connection:
        return _reached(context, connection, found, ids, action, deleted=deleted)


def _readable_object(context: Context, object_name: str) -> ObjectRuntime:
    found = context.runtime.objects.get(object_name)
    if found is None or not context.profile.can(object_name, "read"):
        raise NotThere
    return found


def _get_statement(scope: ReadScope, names: tuple[str, ...] | None, *, deleted: bool) -> tuple[Select[Any], Selection]:
    at = scope.at
    chosen = selection(scope, asked_fields(scope, names, whole=True, deleted=deleted))
    reach = visible(scope.context, scope.found.name, "delete" if deleted else "read", at)
    live = at.c.deleted_at.is_not(None) if deleted else at.c.deleted_at.is_(None)
    wanted = at.c.id == bindparam("id", type_=BigInteger())
    return select(*chosen.columns).where(wanted, live, *(() if reach.everything else (reach.condition(),))), chosen


def _finished(context: Context, connection: Connection, found: ObjectRuntime, rows: Sequence[Any], chosen: Selection) -> list[Record]:
    """Records of rows, with all that doesn't stand in them."""
    records = [chosen.record(found.name, row) for row in rows]
    if records:
        fill_parts(context, connection, found, records, chosen)
        fill_titles(context, connection, records, chosen.look_ups)
    return records


def _page(context: Context, connection: Connection, asked: Asked, query: Query) -> Page:
    rows, keys = page_rows(connection, asked, query.size + 1)
    more = len(rows) > query.size
    rows = rows[: query.size]
    backwards = asked.start is not None and asked.start.backwards
    if backwards:
        rows.reverse()
    counted, capped = _capped(count_rows(connection, asked)) if query.count else (None, False)
    has_next = bool(rows) and (more if not backwards else True)
    has_previous = bool(rows) and (more if backwards else asked.start is not None)
    return Page(
        records=tuple(_finished(context, connection, asked.found, rows, asked.selection)),
        next=_cursor(asked, rows[-1], keys) if has_next else "",
        previous=_cursor(asked, rows[0], keys) if has_previous else "",
        count=counted,
        capped=capped,
    )


def _cursor(asked: Asked, row: Sequence[Any], keys: int) -> str:
    return encode_cursor(asked.order.binding, row[keys : keys + len(asked.order.keys)], row[0])


def _capped(counted: int) -> tuple[int, bool]:
    return min(counted, COUNT_CAP), counted > COUNT_CAP


def _streamed(context: Context, object_name: str, query: Query) -> Iterator[Record]:
    with context.workspace.database.read() as connection:
        asked = understand(context, connection, object_name, replace(query, size=1), action="export")
        while True:
            rows, keys = page_rows(connection, asked, BATCH)
            yield from _finished(context, connection, asked.found, rows, asked.selection)
            if len(rows) < BATCH:
                return
            last = rows[-1]
            asked = replace(asked, start=Start((*last[keys : keys + len(asked.order.keys)], last[0]), backwards=False))


def _reached(
    context: Context, connection: Connection, found: ObjectRuntime, ids: Iterable[int], action: str, *, deleted: bool
) -> frozenset[int]:
    def build() -> Select[Any]:
        at = source(found)
        live = at.c.deleted_at.is_not(None) if deleted else at.c.deleted_at.is_(None)
        wanted = at.c.id.in_(bindparam("ids", type_=BigInteger(), expanding=True))
        return select(at.c.id).where(wanted, live, visible(context, found.name, action, at).condition())

    statement = kept(found, ("reached", action, deleted, *binds.shape(context)), build)
    return frozenset(connection.scalars(statement, {**binds.values(context), "ids": sorted(set(ids))}))


def _number_field(context: Context, found: ObjectRuntime, name: str, pointer: str) -> str:
    """The name, if it is that of a field whose values can be added up for this reader."""
    if "." in name:
        raise unknown_field(found, name, context.profile.readable(found.name), pointer)
    field = named(context, found, name, pointer).field
    if field.expression_type.kind is not Kind.NUMBER:
        raise BadQuery(Text("“{field}” is no number and can't be added up", field=field.label), pointer)
    if ReadScope(context, found, source(found)).always_masked(name):
        raise BadQuery(Text("“{field}” is withheld from you and can't be added up", field=field.label), pointer)
    return name


def _total(found: ObjectRuntime, name: str, function: TotalFunction, parts: Sequence[Any]) -> Total:
    """An aggregate as an exact number: whole where the field's values are."""
    scale = found.fields[name].field.expression_type.scale
    first = parts[0]
    if function == "count":
        return int(first)
    if first is None:
        return None
    if function == "average":
        return (Decimal(first) / int(parts[1])).quantize(Decimal(1).scaleb(-max(scale, 2)))
    return Decimal(first).quantize(Decimal(1).scaleb(-scale)) if scale else int(first)
