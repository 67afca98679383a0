"""What records are called: titles of look-ups, and of anything by id. A record that the reader may not see has no title."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, bindparam, select

from looseleaf_platform.access import binds
from looseleaf_platform.access.visible import visible
from looseleaf_platform.context import Context
from looseleaf_platform.fields.results import result_type
from looseleaf_platform.records.reading.columns import Selection, selection
from looseleaf_platform.records.reading.filters import situation_of
from looseleaf_platform.records.reading.readable import ReadScope
from looseleaf_platform.records.reading.statements import kept
from looseleaf_platform.records.requests import Record
from looseleaf_platform.records.runtime import ObjectRuntime
from looseleaf_platform.records.sources import source

AT_ONCE = 500


def read_titles(context: Context, connection: Connection, object_name: str, ids: Iterable[int]) -> dict[int, str]:
    """Titles by id, of those records that the reader may see; deleted ones have none here."""
    found = context.runtime.objects.get(object_name)
    wanted = sorted(set(ids))
    if found is None or not wanted or found.object.title not in context.profile.readable(object_name):
        return {}
    statement, chosen = kept(found, ("titles", *binds.shape(context)), lambda: _statement(context, found))
    titles: dict[int, str] = {}
    for start in range(0, len(wanted), AT_ONCE):
        rows = connection.execute(statement, {**binds.values(context), "ids": wanted[start : start + AT_ONCE]})
        titles |= {
            record.id: said for record in (chosen.record(object_name, row) for row in rows) if (said := title_of(context, found, record))
        }
    return titles


def title_of(context: Context, found: ObjectRuntime, record: Record) -> str:
    """The title of a record that was read with its title field, "" where it has none or it is withheld."""
    return say(context, found, record, found.object.title)


def say(context: Context, found: ObjectRuntime, record: Record, name: str) -> str:
    """A field of a record as text; a look-up as its title."""
    if name in record.titles:
        return record.titles[name]
    value = record.values.get(name)
    field = found.fields[name].field
    return "" if value is None else result_type(field).display(value, field, situation_of(context))


def fill_titles(context: Context, connection: Connection, records: Sequence[Record], look_ups: Sequence[tuple[str, str]]) -> None:
    """Put the titles of look-ups into `records`, one query for each object looked up to."""
    by_target: defaultdict[str, list[str]] = defaultdict(list)
    for name, target in look_ups:
        by_target[target].append(name)
    for target, names in by_target.items():
        ids = {id for record in records for name in names for id in _ids(record.values.get(name))}
        titles = read_titles(context, connection, target, ids)
        for record in records:
            for name in names:
                said = [titles[id] for id in _ids(record.values.get(name)) if id in titles]
                if said:
                    record.titles[name] = ", ".join(said)  # type: ignore[index]  # the reader's own, not yet given away


def _ids(value: Any) -> tuple[int, ...]:
    """The ids of a look-up's or a many-to-many field's value."""
    if value is None:
        return ()
    return (value,) if isinstance(value, int) else tuple(value)


def _statement(context: Context, found: ObjectRuntime) -> tuple[Select[Any], Selection]:
    scope = ReadScope(context, found, source(found))
    chosen = selection(scope, [found.object.title])
    wanted = scope.at.c.id.in_(bindparam("ids", type_=BigInteger(), expanding=True))
    reach = visible(context, found.name, at=scope.at).condition()
    return select(*chosen.columns).where(wanted, scope.at.c.deleted_at.is_(None), reach), chosen
