"""Three-way merge of documents, property by property: what a template's upgrade changed, and what the workspace changed.

Lists of plain values are merged as wholes, save that additions on both sides are all kept; lists of mappings and all else are
one property. Where both sides changed one property differently, the workspace's value stays and a Conflict tells of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from looseleaf_metadata.commands import Command, Insert, Remove, Set
from looseleaf_metadata.documents import Document, pointer_of

MISSING: Any = type("Missing", (), {"__repr__": lambda self: "MISSING"})()
"""Stands for a value that is not there."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A property that both sides changed. A side that removed it holds MISSING. `mine` is what was kept."""

    kind: str
    name: str
    pointer: str
    base: Any
    theirs: Any
    mine: Any


@dataclass(frozen=True, slots=True)
class Merged:
    """The merged data of a document (None: it is gone), and what could not be decided."""

    data: dict[str, Any] | None
    conflicts: tuple[Conflict, ...] = ()


def merge_data(
    base: Mapping[str, Any] | None, theirs: Mapping[str, Any] | None, mine: Mapping[str, Any] | None, kind: str = "", name: str = ""
) -> Merged:
    """One document of three: as it was, as the new template has it, as the workspace has it (None: not there)."""
    conflicts: list[Conflict] = []
    ends = [MISSING if data is None else data for data in (base, theirs, mine)]
    merged = _merge(ends[0], ends[1], ends[2], "", lambda *found: conflicts.append(Conflict(kind, name, *found)))
    return Merged(None if merged is MISSING else merged, tuple(conflicts))


def merge_documents(
    base: Iterable[Document], theirs: Iterable[Document], mine: Iterable[Document]
) -> tuple[dict[tuple[str, str], Merged], tuple[Conflict, ...]]:
    """All documents by kind and name, and all conflicts. Documents of one app only: names are unique."""
    sides = [{(document.kind, document.name): document.data for document in side} for side in (base, theirs, mine)]
    keys = dict.fromkeys(key for side in (sides[2], sides[1], sides[0]) for key in side)
    merged = {key: merge_data(sides[0].get(key), sides[1].get(key), sides[2].get(key), *key) for key in keys}
    return merged, tuple(conflict for one in merged.values() for conflict in one.conflicts)


def _merge(base: Any, theirs: Any, mine: Any, pointer: str, conflict: Any) -> Any:
    if _same(theirs, mine) or _same(base, theirs):
        return mine
    if _same(base, mine):
        return theirs
    if isinstance(theirs, Mapping) and isinstance(mine, Mapping):
        known = base if isinstance(base, Mapping) else {}
        return _merge_mappings(known, theirs, mine, pointer, conflict)
    if all(_plain_list(side) for side in (base, theirs, mine)):
        return _merge_lists(base, theirs, mine)
    conflict(pointer, base, theirs, mine)
    return mine


def _merge_mappings(base: Mapping[str, Any], theirs: Mapping[str, Any], mine: Mapping[str, Any], pointer: str, conflict: Any) -> Any:
    """Keys in the workspace's order; what the template adds comes where it stands there: after the key before it."""
    merged: dict[str, Any] = {}
    for key in mine:
        value = _merge(base.get(key, MISSING), theirs.get(key, MISSING), mine[key], pointer + pointer_of(key), conflict)
        if value is not MISSING:
            merged[key] = value
    earlier: str | None = None
    for key in theirs:
        if key not in mine:
            value = _merge(base.get(key, MISSING), theirs[key], MISSING, pointer + pointer_of(key), conflict)
            if value is not MISSING:
                merged = _after(merged, earlier, key, value)
        if key in merged:
            earlier = key
    return merged


def _after(data: dict[str, Any], earlier: str | None, key: str, value: Any) -> dict[str, Any]:
    if earlier is None:
        return {key: value, **data}
    placed: dict[str, Any] = {}
    for one, item in data.items():
        placed[one] = item
        if one == earlier:
            placed[key] = value
    return placed


def _plain_list(value: Any) -> bool:
    return isinstance(value, list) and not any(isinstance(item, Mapping | list) for item in value)


def _merge_lists(base: list[Any], theirs: list[Any], mine: list[Any]) -> list[Any]:
    """The workspace's order, without what the template took out, with what it added."""
    kept = [item for item in mine if item in theirs or item not in base]
    return kept + [item for item in theirs if item not in base and item not in mine]


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same property value; the order of keys is no difference."""
    if one is MISSING or other is MISSING:
        return one is other
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def commands_to(mine: Mapping[str, Any], merged: Mapping[str, Any], pointer: str = "") -> tuple[Command, ...]:
    """The edits that make `merged` of `mine`: with them the workspace's own text keeps its comments."""
    commands: list[Command] = [Remove(pointer + pointer_of(key)) for key in mine if key not in merged]
    names = list(merged)
    for at, key in enumerate(names):
        here = pointer + pointer_of(key)
        if key not in mine:
            following = next((name for name in names[at + 1 :] if name in mine), "")
            commands.append(Insert(here, merged[key], following))
        elif not _same(mine[key], merged[key]):
            if isinstance(mine[key], Mapping) and isinstance(merged[key], Mapping) and mine[key] and merged[key]:
                commands += commands_to(mine[key], merged[key], here)
            else:
                commands.append(Set(here, merged[key]))
    return tuple(commands)
