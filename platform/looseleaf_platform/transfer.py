"""Handing records over to another owner, with the related records that go along: by rule, those that the old owner had.

One operation through the write path: history and undo see it as one thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from looseleaf_metadata.labels import Label
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Fault, NotAllowed, NotThere, Refused
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change, Condition, Group, Operation, Query
from looseleaf_platform.records.write import write

MOST = 2000
"""Records that one transfer may touch; more go through an import or a job."""


@dataclass(frozen=True, slots=True)
class Companion:
    """A list of related records that may go along. `name`: of the list; `count`: how many would go (capped)."""

    name: str
    label: Label
    object: str
    by: str
    count: int
    capped: bool


def companions(context: Context, object_name: str, ids: Sequence[int]) -> tuple[Companion, ...]:
    """Which related records could go along with these: they have an owner, and the caller may update them."""
    owners = _owners(context, object_name, ids)
    found = []
    for related in context.runtime.object(object_name).related.values():
        child = context.model.objects[related.object]
        if child.owner == "none" or not context.profile.can(child.name, "update") or "owner" not in context.profile.writable(child.name):
            continue
        if related.by not in context.profile.readable(child.name):
            continue
        count, capped = read.count(context, child.name, _theirs(related.by, ids, owners.values()))
        if count:
            found.append(Companion(related.name, related.label, child.name, related.by, count, capped))
    return tuple(found)


def transfer(context: Context, object_name: str, ids: Sequence[int], owner: int, along: Iterable[str] = (), reason: str = "") -> int:
    """Give records a new owner, with the named lists of related records; returns how many records changed hands. All or nothing.

    Related records go along where they belong to the record's old owner. Raises NotThere, NotAllowed, Refused.
    """
    _check(context, object_name, ids, owner)
    owners = _owners(context, object_name, ids)
    wanted = set(along)
    targets: dict[tuple[str, int], None] = {(object_name, id): None for id in ids}
    for companion in companions(context, object_name, ids):
        if companion.name in wanted:
            for id in _ids(context, companion.object, _theirs(companion.by, ids, owners.values())):
                targets[companion.object, id] = None
    if len(targets) > MOST:
        raise Refused([Fault("", "too-many", Text("{count} records at once: at most {most} are taken", count=len(targets), most=MOST))])
    changes = [Change("update", name, id=id, values={"owner": encode(owner)}) for name, id in targets]
    outcome = write(context, changes, Operation("transfer", reason))
    return sum(1 for written in outcome.written if written.outcome == "updated")


def _check(context: Context, object_name: str, ids: Sequence[int], owner: int) -> None:
    if not ids or len(read.reachable(context, object_name, ids)) != len(set(ids)):
        raise NotThere
    if "owner" not in context.profile.writable(object_name):
        raise NotAllowed(Text("You may not transfer these records"), "transfer")
    if not read.titles(context, "user", (owner,)):
        raise Refused([Fault("/owner", "required", Text("Choose who is to be the new owner"))])


def _owners(context: Context, object_name: str, ids: Sequence[int]) -> Mapping[int, int]:
    """The present owners of the records, by id."""
    any_of = Group("or", tuple(Condition("id", "eq", encode(id)) for id in ids))
    found = read.page(context, object_name, Query(where=any_of, fields=("owner",), size=200)).records
    return {record.id: record.values["owner"] for record in found if record.values.get("owner") is not None}


def _theirs(by: str, ids: Iterable[int], owners: Iterable[int]) -> Query:
    """Related records of these records that belong to their owners."""
    parts = (
        Condition(by, "in", [encode(id) for id in ids]),
        Condition("owner", "in", [encode(id) for id in sorted(set(owners))]),
    )
    return Query(where=Group("and", parts), fields=("owner",), size=200)


def _ids(context: Context, object_name: str, query: Query) -> Iterable[int]:
    """The ids of all records of a query, page by page."""
    while True:
        page = read.page(context, object_name, query)
        yield from (record.id for record in page.records)
        if not page.next:
            return
        query = Query(where=query.where, fields=query.fields, size=query.size, after=page.next)
