"""The recycle bin: which objects hold deleted records that the caller may bring back. One capped count for each object."""

from __future__ import annotations

from dataclasses import dataclass

from looseleaf_platform.context import Context
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Query
from looseleaf_ui_builder.screens.navigation import Entry, entry_of


@dataclass(frozen=True, slots=True)
class Deleted:
    """How many records of an object are in the bin."""

    entry: Entry
    count: int
    capped: bool


def deleted_lists(context: Context) -> tuple[Deleted, ...]:
    """The objects with deleted records, in the order of the Model."""
    found = []
    for thing in context.model.objects.values():
        if thing.retired or thing.owned_by or not context.profile.can(thing.name, "delete"):
            continue
        count, capped = read.count(context, thing.name, Query(deleted=True))
        if count:
            found.append(Deleted(entry_of(context, thing), count, capped))
    return tuple(found)
