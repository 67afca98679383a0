"""Stable ids: which of the previous revision's things is meant by a name that is written now.

A thing is found by its written `id:`; else by its name among the living; else by the id that its name implies (so that undoing a rename
finds it again); else by its name among the retired. Something retired comes back, with its data, only if it is still of the same sort.
Anything else is new and gets an id that nobody ever had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """A thing of the previous revision. `sort`: what must be equal for a retired one to come back by name (a field's type)."""

    id: str
    name: str
    retired: bool = False
    sort: str = ""

    @property
    def written_name(self) -> str:
        """The name it was written with: a retired thing whose name was taken over is called `name~id`."""
        return self.name.split("~")[0]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A thing as it is written now. `id` is "" where none is written."""

    name: str
    id: str = ""
    sort: str = ""


def assign_ids(known: Iterable[Known], wanted: Iterable[Wanted]) -> dict[str, str]:
    """The stable id of every wanted name. No two share one."""
    before = list(known)
    todo = list(wanted)
    ids = {one.name: one.id for one in todo if one.id}
    taken = set(ids.values())
    tests: tuple[Callable[[Known, Wanted], bool], ...] = (
        lambda old, one: old.written_name == one.name and not old.retired,
        lambda old, one: old.id == one.name and (not old.retired or old.sort == one.sort),
        lambda old, one: old.written_name == one.name and old.sort == one.sort,
    )
    for fits in tests:
        for one in todo:
            found = [old for old in before if one.name not in ids and old.id not in taken and fits(old, one)]
            if found:
                ids[one.name] = found[-1].id
                taken.add(found[-1].id)
    taken |= {old.id for old in before}
    for one in todo:
        if one.name not in ids:
            ids[one.name] = _unused(one.name, taken)
            taken.add(ids[one.name])
    return ids


def _unused(name: str, taken: set[str]) -> str:
    """The name itself, or the name with the first free number."""
    candidate, number = name, 1
    while candidate in taken:
        number += 1
        candidate = f"{name}_{number}"
    return candidate
