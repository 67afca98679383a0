"""Search over all objects of the navigation: one look-up each, a few hits of each. Rights are those of every read."""

from __future__ import annotations

from dataclasses import dataclass

from looseleaf_platform.context import Context
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_ui_builder.screens.navigation import Entry, bind_navigation

HITS = 5
SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Hits:
    """The hits of one object: (id, title, subtitle)."""

    entry: Entry
    found: tuple[tuple[str, str, str], ...]


def search(context: Context, text: str) -> tuple[Hits, ...]:
    """Hits by object; nothing for fewer than two characters."""
    if len(text) < SHORTEST:
        return ()
    groups = []
    for entry in bind_navigation(context).entries:
        found = tuple((encode(id), title, subtitle) for id, title, subtitle in read.lookup(context, entry.name, text, HITS))
        if found:
            groups.append(Hits(entry, found))
    return tuple(groups)
