"""Runs an import: reads, maps, writes batch by batch, counts, and keeps what was refused with its reasons.

A dry run goes the very same way and undoes each batch; so what it foretells is what will happen.
"""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.database.statistics import Growth
from looseleaf_platform.database.system_tables import change, duplicate_key
from looseleaf_platform.errors import NotAllowed
from looseleaf_platform.importing.files import Line, Sheet, open_sheet
from looseleaf_platform.importing.guarding import guarded
from looseleaf_platform.importing.mapping import ImportMapping, check_columns
from looseleaf_platform.importing.rows import Batch, RowReader
from looseleaf_platform.importing.storing import foretell, store
from looseleaf_platform.records.requests import Operation, Outcome

FIRST_BATCH, LEAST_BATCH, MOST_BATCH = 200, 20, 2000
SAMPLES = 20


@dataclass
class Refusal:
    """One line that was refused: its number and its cells, and why, by column."""

    line: int
    cells: tuple[Any, ...]
    reasons: list[tuple[str, str]]


@dataclass
class ImportReport:
    """What became of a file. `objects[name]` counts "created", "updated", "same" and "refused" records; `lines` and `refused` count lines."""

    dry: bool
    lines: int = 0
    refused: int = 0
    seconds: float = 0.0
    encoding: str = ""
    cancelled: bool = False
    objects: dict[str, Counter[str]] = field(default_factory=dict)
    samples: list[Refusal] = field(default_factory=list)
    rejects: str = ""

    def as_data(self) -> dict[str, Any]:
        """The report for programs and for the job that keeps it."""
        samples = [{"line": refusal.line, "reasons": [{"column": column, "message": said} for column, said in refusal.reasons]} for refusal in self.samples]  # fmt: skip
        counts = {name: dict(counter) for name, counter in self.objects.items()}
        return {
            "dry": self.dry, "lines": self.lines, "refused": self.refused, "seconds": round(self.seconds, 3),
            "encoding": self.encoding, "cancelled": self.cancelled, "objects": counts, "samples": samples, "rejects": self.rejects,
        }  # fmt: skip


Progress = Callable[[ImportReport], bool]
"""Told after each batch; answers whether to go on."""


def run_import(
    context: Context,
    path: Path,
    mapping: ImportMapping,
    *,
    name: str = "",
    dry: bool = False,
    rejects: Path | None = None,
    progress: Progress = lambda report: True,
    batch_seconds: float = 0.5,
    exemptions: Iterable[str] = (),
) -> ImportReport:
    """Import the file at `path`. `rejects`: where the refused lines go as CSV, with their reasons.

    `batch_seconds`: how long one transaction may take, so that others can write in between. `exemptions`: of each write. Raises NotAllowed, Refused (the
    whole file or mapping), Unavailable (what was stored until then stays: run it again, keys find it).
    """
    for target in mapping.targets:
        if not context.profile.can(target.object, "import"):
            label = context.model.object(target.object).plural
            raise NotAllowed(Text("You may not import {object}", object=label), "import")
    began = time.monotonic()
    with open_sheet(path, name) as sheet:
        check_columns(mapping, sheet.headings)
        report = ImportReport(dry, encoding=sheet.encoding)
        operation = Operation("import", exemptions=frozenset(exemptions))
        _Run(context, mapping, sheet, report, rejects, operation).go(progress, batch_seconds, began)
    return report


class _Run:
    """One import under way."""

    def __init__(
        self, context: Context, mapping: ImportMapping, sheet: Sheet, report: ImportReport, rejects: Path | None, operation: Operation
    ) -> None:
        self.operation = operation
        self.context, self.mapping, self.sheet, self.report = context, mapping, sheet, report
        self.reader = RowReader(mapping, sheet.headings, forget=report.dry)
        self.foretold: set[tuple[str, str]] = set()
        self.rejects = rejects
        objects = [context.runtime.object(target.object) for target in mapping.targets]
        self.growth = Growth(
            context.workspace.database, (table for one in objects for table in (one.table, one.grams, change, duplicate_key))
        )

    def go(self, progress: Progress, batch_seconds: float, began: float) -> None:
        """Batch after batch, of a size that keeps each near `batch_seconds`."""
        size = FIRST_BATCH
        with _reject_file(self.rejects, self.sheet.headings) as reject:
            while lines := list(islice(self.sheet.lines, size)):
                start = time.monotonic()
                for refusal in self.batch(lines):
                    reject(refusal)
                taken = time.monotonic() - start
                self.report.seconds = time.monotonic() - began
                if not progress(self.report):
                    self.report.cancelled = True
                    return
                size = max(LEAST_BATCH, min(MOST_BATCH, int(size * min(2.0, max(0.25, batch_seconds / max(taken, 0.001))))))
        if self.rejects and self.report.refused:
            self.report.rejects = str(self.rejects)

    def batch(self, lines: list[Line]) -> list[Refusal]:
        """Write one batch of lines, or foretell it; returns the refused ones."""
        batch = self.reader.batch(lines)
        outcome = (foretell if self.report.dry else store)(self.context, batch, self.operation)
        reasons = self.reasons(batch, outcome)
        self.reader.remember(batch, frozenset(index for index, written in enumerate(outcome.written) if written.outcome == "refused"))
        self.report.lines += len(lines)
        self.growth.add(sum(written.outcome == "created" for written in outcome.written) if not self.report.dry else 0)
        self.report.refused += len(reasons)
        refusals = [Refusal(line.number, line.cells, reasons[line.number]) for line in lines if line.number in reasons]
        self.report.samples.extend(refusals[: max(0, SAMPLES - len(self.report.samples))])
        return refusals

    def reasons(self, batch: Batch, outcome: Outcome) -> dict[int, list[tuple[str, str]]]:
        """Count what became of each record; the reasons by line for what was refused."""
        found: dict[int, list[tuple[str, str]]] = {}
        for number, faults in batch.faults.items():
            headings = self.sheet.headings
            found[number] = [(headings[int(fault.pointer[1:])], fault.say(self.context.locale)) for fault in faults]
        for written, target, key, numbers in zip(outcome.written, batch.targets, batch.keys, batch.lines_of, strict=True):
            again = self.report.dry and key is not None and key in self.foretold
            counted = "same" if again and written.outcome == "created" else written.outcome
            self.report.objects.setdefault(target.object, Counter())[counted] += 1
            if key is not None and self.report.dry:
                self.foretold.add(key)
            for fault in written.faults:
                parts = [part for part in fault.pointer.split("/") if part and not part.isdigit()]
                source = target.fields.get(parts[0]) if parts else None
                column = ", ".join(source.columns) if source else ""
                for number in numbers:
                    found.setdefault(number, []).append((column, fault.say(self.context.locale)))
        return found


class _reject_file:
    """Writes refused lines as CSV: the file's own columns, then row and reasons. Makes no file where nothing was refused."""

    def __init__(self, path: Path | None, headings: tuple[str, ...]) -> None:
        self.path, self.headings = path, headings
        self.file: Any = None
        self.writer: Any = None

    def __enter__(self) -> Callable[[Refusal], None]:
        return self.write

    def write(self, refusal: Refusal) -> None:
        if self.path is None:
            return
        if self.writer is None:
            self.file = self.path.open("w", encoding="utf-8-sig", newline="")
            self.writer = csv.writer(self.file)
            self.writer.writerow([*self.headings, "#", "!"])
        said = "; ".join(f"{column}: {reason}" if column else reason for column, reason in refusal.reasons)
        self.writer.writerow([*(guarded(cell) for cell in refusal.cells[: len(self.headings)]), refusal.line, said])

    def __exit__(self, *_: object) -> None:
        if self.file is not None:
            self.file.close()


def preview(path: Path, name: str = "", most: int = 5) -> tuple[tuple[str, ...], list[Line], str]:
    """Headings, the first lines and the encoding of a file."""
    with open_sheet(path, name) as sheet:
        lines: Iterator[Line] = islice(sheet.lines, most)
        return sheet.headings, list(lines), sheet.encoding
