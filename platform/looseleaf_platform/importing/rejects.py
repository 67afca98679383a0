"""The file of refused lines: the import's own columns, then row and reasons. Knows nothing of the database.

It can be taken back to an earlier size, so that an import that was interrupted goes on with just what was refused of what it has stored.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from looseleaf_platform.importing.guarding import guarded

BOM = b"\xef\xbb\xbf"
"""What spreadsheets know UTF-8 by."""


@dataclass
class Refusal:
    """One line that was refused: its number and its cells, and why, by column."""

    line: int
    cells: tuple[Any, ...]
    reasons: list[tuple[str, str]]


class Rejects:
    """Writes the file at `path`; makes none where nothing was refused. `size`: bytes of it that count."""

    def __init__(self, path: Path | None, headings: tuple[str, ...], size: int = 0) -> None:
        self.path, self.headings, self.size = path, headings, size
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Rejects:
        """Begin where an earlier run stopped, or anew."""
        if self.path is not None and self.size:
            self._file = self.path.open("r+b")
            self.back_to(self.size)
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()

    def back_to(self, size: int) -> None:
        """Forget what was written since."""
        if self._file is not None:
            self._file.seek(size)
            self._file.truncate()
        self.size = size

    def write(self, refusals: Iterable[Refusal]) -> None:
        """Add some lines, so that whoever reads the file next finds them."""
        rows = [[*(guarded(cell) for cell in one.cells[: len(self.headings)]), one.line, _said(one)] for one in refusals]
        if self.path is None or not rows:
            return
        if self._file is None:
            self._file = self.path.open("wb")
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerows(rows if self.size else [[*self.headings, "#", "!"], *rows])
        self.size += self._file.write((b"" if self.size else BOM) + text.getvalue().encode())
        self._file.flush()


def _said(refusal: Refusal) -> str:
    return "; ".join(f"{column}: {reason}" if column else reason for column, reason in refusal.reasons)
