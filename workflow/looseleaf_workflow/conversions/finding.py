"""Records that are there already for a target: by the duplicate rules of its object, by the record's own look-up, by a person's choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from looseleaf_platform.context import Context
from looseleaf_platform.records import read
from looseleaf_platform.records.duplicates import find_many, keys_of
from looseleaf_platform.records.requests import Condition, Group, Query, Record
from looseleaf_workflow.conversions.definition import Target

CHUNK = 200
"""Records that one read gives, at most."""
SHOWN = 20
"""Likely records that are offered for one target."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What is looked for: raw or parsed values; the record that a person names, and the one that the converted record points to already."""

    values: Mapping[str, Any]
    named: int | None = None
    pointed: int | None = None

    @property
    def outright(self) -> tuple[int, ...]:
        """The ids that are named."""
        return tuple(id for id in (self.named, self.pointed) if id is not None)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that is there. `fields`: in what it is the same, () for one that is named outright; `values`: what the actor may know of it.

    `agrees`: its look-ups to other targets are empty or point to where those go; `changeable`: the actor may change it.
    """

    id: int
    title: str
    version: int
    fields: tuple[str, ...]
    values: Mapping[str, Any]
    agrees: bool
    changeable: bool

    def blank(self, name: str) -> bool:
        """Whether a field is known to hold nothing."""
        return name in self.values and self.values[name] in (None, (), [], "")


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for one row. `hidden`: there is one that the actor may not see; `keys`: by what it was compared."""

    candidates: tuple[Candidate, ...]
    hidden: bool
    keys: tuple[tuple[str, int], ...]


def candidates(context: Context, target: Target, rows: Sequence[Looked]) -> list[Found]:
    """What is there for each row. The actor sees of it what they may see."""
    if not context.profile.can(target.object, "read"):
        return [Found((), False, ()) for _ in rows]
    plain = [row.values for row in rows]
    alike = [found[:SHOWN] for found in find_many(context, target.object, plain)] if target.takes else [()] * len(rows)
    keys = keys_of(context, target.object, plain) if target.takes else [{}] * len(rows)
    wanted = {one.id for found in alike for one in found if one.id is not None} | {id for row in rows for id in row.outright}
    records = records_by_id(context, target.object, wanted, (*target.fields, context.model.objects[target.object].title))
    changeable = read.reachable(context, target.object, records, "update") if records else frozenset[int]()
    found = []
    for row, same, compared in zip(rows, alike, keys, strict=True):
        fields: dict[int, tuple[str, ...]] = {id: () for id in row.outright if id in records}
        for one in same:
            if one.id in records:
                fields[one.id] = tuple(dict.fromkeys((*fields.get(one.id, ()), *one.fields)))
        listed = tuple(_candidate(context, target, row, records[id], names, id in changeable) for id, names in fields.items())
        found.append(Found(listed, any(one.id is None for one in same), tuple(compared)))
    return found


def _candidate(context: Context, target: Target, row: Looked, record: Record, names: tuple[str, ...], changeable: bool) -> Candidate:
    values = {name: value for name, value in record.values.items() if name not in record.masked}
    links = [link.field for link in target.links if link.field in row.values]
    agrees = all(values.get(name) in (None, row.values[name]) for name in links)
    thing = context.model.objects[target.object]
    title = str(record.titles.get(thing.title) or record.values.get(thing.title) or "")
    return Candidate(record.id, title, record.version, names, values, agrees, changeable)


def records_by_id(context: Context, object_name: str, ids: set[int], fields: Sequence[str]) -> dict[int, Record]:
    """Those of the records that the actor sees, with those of the fields that the actor may read."""
    readable = context.profile.readable(object_name)
    names = tuple(dict.fromkeys(name for name in fields if name in readable))
    ordered, found = sorted(ids), {}
    for start in range(0, len(ordered), CHUNK):
        where = Group(parts=(Condition("id", "in", ordered[start : start + CHUNK]),))
        for record in read.page(context, object_name, Query(where=where, fields=names, size=CHUNK)).records:
            found[record.id] = record
    return found
