"""Rows of a file as changes for the write path. Keeps count of positions and of keys that are there already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from looseleaf_platform.errors import Fault
from looseleaf_platform.importing.files import Line, cell_fault
from looseleaf_platform.importing.mapping import PLACE, POSITION, ImportMapping, Source, Target
from looseleaf_platform.records.requests import Change

REMEMBERED = 1_000_000
Mention = tuple[str, tuple[Any, ...]]
"""An object, and the cells that a line fills it from: what has been written once need not be written again for the next such line."""


@dataclass
class Batch:
    """Changes of some lines. `lines_of[i]` are the lines that change `i` stands for; `faults` are cells refused at once, by line number.

    `mentions[i]` is what the lines say of a record that is to be kept as it is, None where every line counts.
    """

    changes: list[Change] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    lines_of: list[list[int]] = field(default_factory=list)
    keys: list[tuple[str, str] | None] = field(default_factory=list)
    mentions: list[Mention | None] = field(default_factory=list)
    faults: dict[int, list[Fault]] = field(default_factory=dict)


class RowReader:
    """Turns lines into changes by a mapping. `forget`: don't rely on keys written by earlier batches (a dry run undoes them)."""

    def __init__(self, mapping: ImportMapping, headings: Sequence[str], forget: bool = False) -> None:
        self.mapping = mapping
        self.place = {heading: index for index, heading in enumerate(headings)}
        self.width = len(headings)
        self.forget = forget
        self.counts: defaultdict[Any, int] = defaultdict(int)
        self.written: set[Mention] = set()
        self.cells = [
            sorted({self.place[column] for source in target.fields.values() for column in source.columns}) for target in mapping.targets
        ]

    def batch(self, lines: Sequence[Line]) -> Batch:
        """The changes of these lines, in the order of the targets, each record once unless its values are to be updated."""
        batch = Batch()
        sound = [(line, self._position(line)) for line in lines if self._is_sound(line, batch)]
        for target, cells in zip(self.mapping.targets, self.cells, strict=True):
            seen: dict[Mention, int] = {}
            for line, position in sound:
                mention = (
                    (target.object, tuple([line.cells[place] for place in cells])) if target.key and target.existing == "keep" else None
                )
                self._add(batch, target, line, position, mention, seen)
        return batch

    def skip(self, lines: Iterable[Line]) -> None:
        """Count lines that are stored already: those that follow keep their positions."""
        for line in lines:
            self._position(line)

    def remember(self, batch: Batch, refused: frozenset[int]) -> None:
        """Note which records are there now: change indexes in `refused` are not."""
        if self.forget or len(self.written) > REMEMBERED:
            return
        self.written.update(mention for index, mention in enumerate(batch.mentions) if mention is not None and index not in refused)

    def _position(self, line: Line) -> int:
        if not self.mapping.group:
            return 0
        group = line.cells[self.place[self.mapping.group]]
        self.counts[group] += 1
        return self.counts[group]

    def _is_sound(self, line: Line, batch: Batch) -> bool:
        found: list[Fault] = []
        for index, value in enumerate(line.cells):
            fault = cell_fault(value)
            if fault:
                found.append(Fault(f"/{index}", *fault))
        if found:
            batch.faults[line.number] = found
            self._position(line)
        return not found

    def _add(self, batch: Batch, target: Target, line: Line, position: int, mention: Mention | None, seen: dict[Mention, int]) -> None:
        if target.when and line.cells[self.place[target.when]] in (None, ""):
            return
        if mention is not None:
            if mention in self.written:
                return
            if mention in seen:
                batch.lines_of[seen[mention]].append(line.number)
                return
            seen[mention] = len(batch.changes)
        values = self._values(target, line, position)
        kind = "upsert" if target.key else "create"
        batch.changes.append(Change(kind, target.object, values=values, key=target.key, existing=target.existing))  # type: ignore[arg-type]
        batch.targets.append(target)
        batch.lines_of.append([line.number])
        batch.keys.append((target.object, str(self._value(target.fields[target.key], line, position))) if target.key else None)
        batch.mentions.append(mention)

    def _values(self, target: Target, line: Line, position: int) -> Mapping[str, Any]:
        values: dict[str, Any] = {}
        for name, source in target.fields.items():
            value = self._value(source, line, position)
            if source.find and value not in (None, ""):
                value = {"$key": {source.find: value}}
            values[name] = value
        return values

    def _value(self, source: Source, line: Line, position: int) -> Any:
        if source.starts:
            said = str(line.cells[self.place[source.column]] or "")
            return next((value for start, value in source.starts.items() if said.startswith(start)), source.constant)
        if source.column:
            return line.cells[self.place[source.column]]
        if source.template:
            return self._filled(source.template, line, position)
        return source.constant

    def _filled(self, template: str, line: Line, position: int) -> str | None:
        """The template with the cells in; None where every column that it names is empty."""
        named = [name for name in PLACE.findall(template) if name != POSITION]
        cells = {name: line.cells[self.place[name]] for name in named}
        if named and all(cell in (None, "") for cell in cells.values()):
            return None
        if template == "{position}":
            return str(position)
        return PLACE.sub(lambda match: str(position) if match[1] == POSITION else str(cells[match[1]] or ""), template)
