"""Runs an import: reads, maps, writes batch by batch, counts, and keeps what was refused with its reasons.

A dry run goes the very same way and undoes each batch; so what it foretells is what will happen.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.database.statistics import Growth
from looseleaf_platform.database.system_tables import change, duplicate_key
from looseleaf_platform.errors import NotAllowed
from looseleaf_platform.importing.files import Line, Sheet, open_sheet
from looseleaf_platform.importing.mapping import ImportMapping, check_columns
from looseleaf_platform.importing.rejects import Refusal, Rejects
from looseleaf_platform.importing.rows import Batch, RowReader
from looseleaf_platform.importing.storing import foretell, store
from looseleaf_platform.records.requests import Operation, Outcome

FIRST_BATCH, LEAST_BATCH, MOST_BATCH = 200, 20, 2000
SAMPLES = 20


@dataclass
class ImportReport:
    """What became of a file. `objects[name]` counts "created", "updated", "same" and "refused" records; `lines` and `refused` count lines.

    `rejected_bytes`: how much of the file of refused lines belongs to it.
    """

    dry: bool
    lines: int = 0
    refused: int = 0
    seconds: float = 0.0
    encoding: str = ""
    cancelled: bool = False
    objects: dict[str, Counter[str]] = field(default_factory=dict)
    samples: list[Refusal] = field(default_factory=list)
    rejects: str = ""
    rejected_bytes: int = 0

    @classmethod
    def of_data(cls, data: Mapping[str, Any]) -> ImportReport:
        """What an import that was interrupted has kept by `as_data`."""
        samples = [Refusal(one["line"], (), [(why["column"], why["message"]) for why in one["reasons"]]) for one in data["samples"]]
        return cls(
            data["dry"], data["lines"], data["refused"], data["seconds"], data["encoding"], samples=samples,
            objects={name: Counter(counts) for name, counts in data["objects"].items()}, rejected_bytes=data["rejected_bytes"],
        )  # fmt: skip

    def copy(self) -> ImportReport:
        """One to count on in, while this one stays."""
        objects = {name: Counter(counts) for name, counts in self.objects.items()}
        return replace(self, objects=objects, samples=list(self.samples))

    def as_data(self) -> dict[str, Any]:
        """The report for programs and for the job that keeps it."""
        samples = [{"line": refusal.line, "reasons": [{"column": column, "message": said} for column, said in refusal.reasons]} for refusal in self.samples]  # fmt: skip
        counts = {name: dict(counter) for name, counter in self.objects.items()}
        return {
            "dry": self.dry, "lines": self.lines, "refused": self.refused, "seconds": round(self.seconds, 3),
            "encoding": self.encoding, "cancelled": self.cancelled, "objects": counts, "samples": samples, "rejects": self.rejects,
            "rejected_bytes": self.rejected_bytes,
        }  # fmt: skip


Progress = Callable[[ImportReport], bool]
"""Told after each batch; answers whether to go on."""
Keep = Callable[[Connection, ImportReport], None]
"""Told in the transaction that stores a batch: what was stored and how far the import is are kept together."""


def run_import(
    context: Context,
    path: Path,
    mapping: ImportMapping,
    *,
    name: str = "",
    dry: bool = False,
    rejects: Path | None = None,
    progress: Progress = lambda report: True,
    keep: Keep = lambda connection, report: None,
    begun: ImportReport | None = None,
    batch_seconds: float = 0.5,
    exemptions: Iterable[str] = (),
) -> ImportReport:
    """Import the file at `path`. `rejects`: where the refused lines go as CSV, with their reasons. `begun`: what an interrupted run kept
    last by `keep`; this one goes on after it, and stores nothing twice.

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
        report = begun.copy() if begun is not None and not dry else ImportReport(dry, encoding=sheet.encoding)
        operation = Operation("import", exemptions=frozenset(exemptions))
        with Rejects(rejects, sheet.headings, report.rejected_bytes) as rejected:
            run = _Run(context, mapping, sheet, report, rejected, operation, keep)
            run.go(progress, batch_seconds, began - report.seconds)
    return run.report


class _Run:
    """One import under way."""

    def __init__(
        self,
        context: Context,
        mapping: ImportMapping,
        sheet: Sheet,
        report: ImportReport,
        rejects: Rejects,
        operation: Operation,
        keep: Keep,
    ) -> None:
        self.operation, self.keep = operation, keep
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
        self.reader.skip(islice(self.sheet.lines, self.report.lines))
        while lines := list(islice(self.sheet.lines, size)):
            start = time.monotonic()
            self.batch(lines, began)
            taken = time.monotonic() - start
            if not progress(self.report):
                self.report.cancelled = True
                return
            size = max(LEAST_BATCH, min(MOST_BATCH, int(size * min(2.0, max(0.25, batch_seconds / max(taken, 0.001))))))
        if self.rejects.path and self.report.refused:
            self.report.rejects = str(self.rejects.path)

    def batch(self, lines: list[Line], began: float) -> None:
        """Write one batch of lines and keep how far we are with it; or foretell it."""
        batch, counted = self.reader.batch(lines), [self.report]

        def told(connection: Connection, outcome: Outcome) -> None:
            counted[0] = self.counted(lines, batch, outcome)
            counted[0].seconds = time.monotonic() - began
            if not counted[0].dry:
                self.keep(connection, counted[0])

        outcome = (foretell if self.report.dry else store)(self.context, batch, self.operation, told)
        self.report = counted[0]
        self.reader.remember(batch, frozenset(index for index, written in enumerate(outcome.written) if written.outcome == "refused"))
        self.growth.add(sum(written.outcome == "created" for written in outcome.written) if not self.report.dry else 0)

    def counted(self, lines: list[Line], batch: Batch, outcome: Outcome) -> ImportReport:
        """The report with a batch in it; its refused lines are written down. Done again where the batch is."""
        report = self.report.copy()
        reasons = self.reasons(report, batch, outcome)
        refusals = [Refusal(line.number, line.cells, reasons[line.number]) for line in lines if line.number in reasons]
        self.rejects.back_to(report.rejected_bytes)
        self.rejects.write(refusals)
        report.rejected_bytes = self.rejects.size
        report.lines += len(lines)
        report.refused += len(reasons)
        report.samples.extend(refusals[: max(0, SAMPLES - len(report.samples))])
        return report

    def reasons(self, report: ImportReport, batch: Batch, outcome: Outcome) -> dict[int, list[tuple[str, str]]]:
        """Count what became of each record; the reasons by line for what was refused."""
        found: dict[int, list[tuple[str, str]]] = {}
        for number, faults in batch.faults.items():
            headings = self.sheet.headings
            found[number] = [(headings[int(fault.pointer[1:])], fault.say(self.context.locale)) for fault in faults]
        for written, target, key, numbers in zip(outcome.written, batch.targets, batch.keys, batch.lines_of, strict=True):
            again = report.dry and key is not None and key in self.foretold
            counted = "same" if again and written.outcome == "created" else written.outcome
            report.objects.setdefault(target.object, Counter())[counted] += 1
            if key is not None and report.dry:
                self.foretold.add(key)
            for fault in written.faults:
                parts = [part for part in fault.pointer.split("/") if part and not part.isdigit()]
                source = target.fields.get(parts[0]) if parts else None
                column = ", ".join(source.columns) if source else ""
                for number in numbers:
                    found.setdefault(number, []).append((column, fault.say(self.context.locale)))
        return found


def preview(path: Path, name: str = "", most: int = 5) -> tuple[tuple[str, ...], list[Line], str]:
    """Headings, the first lines and the encoding of a file."""
    with open_sheet(path, name) as sheet:
        lines: Iterator[Line] = islice(sheet.lines, most)
        return sheet.headings, list(lines), sheet.encoding
