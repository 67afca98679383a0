"""Files as rows: CSV in UTF-8, UTF-16 or GB 18030 with any usual separator, and XLSX. Knows nothing of objects.

Rows are read as a stream; a file is never in memory as a whole.
"""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl

from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Fault, Refused

MAX_COLUMNS = 500
MAX_CELL = 1_000_000
MAX_UNPACKED = 2 * 1024**3
SAMPLE = 64 * 1024
SEPARATORS = (",", "\t", ";", "|")
FORMULA = re.compile(r"^(=|[+\-@](?=[A-Za-z]+[|(!]))")
"""Text that a spreadsheet would run: "=cmd()", "+cmd|…", "@SUM(…". A telephone number or a negative amount is none."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row: `number` as a person counts it in the file (the headings are row 1), cells in the order of the headings."""

    number: int
    cells: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file being read. `lines` can be gone through once."""

    headings: tuple[str, ...]
    lines: Iterator[Line]
    encoding: str


@contextmanager
def open_sheet(path: Path, name: str = "") -> Iterator[Sheet]:
    """Open a CSV or XLSX file. Raises Refused with a sentence where it can't be read at all."""
    suffix = Path(name or path.name).suffix.lower()
    if suffix in (".xlsx", ".xlsm") or zipfile.is_zipfile(path):
        with _open_workbook(path) as rows:
            yield _sheet(rows, "xlsx")
    else:
        encoding = encoding_of(path)
        csv.field_size_limit(MAX_CELL)
        with path.open(encoding=encoding, newline="") as file:
            separator = separator_of(file.read(SAMPLE))
            file.seek(0)
            yield _sheet(_csv_rows(csv.reader(file, delimiter=separator)), encoding)


def encoding_of(path: Path) -> str:
    """The encoding of a text file: by its mark, else UTF-8 if all of it is, else GB 18030 (which GBK is part of). Raises Refused."""
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    for encoding in ("utf-8", "gb18030"):
        if _decodes(path, encoding):
            return encoding
    raise unreadable(Text("The file is neither UTF-8 nor GBK: save it as CSV UTF-8 and try again"))


def _decodes(path: Path, encoding: str) -> bool:
    try:
        with path.open(encoding=encoding) as file:
            while file.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return False
    return True


def separator_of(sample: str) -> str:
    """The separator that the first line uses most."""
    first = sample.splitlines()[0] if sample.strip() else ""
    return max(SEPARATORS, key=first.count)


def _csv_rows(reader: Iterator[list[str]]) -> Iterator[Sequence[Any]]:
    try:
        yield from reader
    except csv.Error as error:
        raise unreadable(Text("The file is not a sound CSV: {detail}", detail=str(error))) from None


@contextmanager
def _open_workbook(path: Path) -> Iterator[Iterator[Sequence[Any]]]:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
                raise unreadable(Text("The workbook is too large when unpacked"))
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise unreadable(Text("The file is not a sound XLSX workbook: {detail}", detail=str(error)[:200])) from None
    try:
        yield book.worksheets[0].iter_rows(values_only=True)
    finally:
        book.close()


def _sheet(rows: Iterator[Sequence[Any]], encoding: str) -> Sheet:
    first = next(iter(rows), None)
    if first is None or not any(str(cell or "").strip() for cell in first):
        raise unreadable(Text("The file has no headings: its first row must name the columns"))
    if len(first) > MAX_COLUMNS:
        raise unreadable(Text("The file has {count} columns: at most {most} are read", count=len(first), most=MAX_COLUMNS))
    headings = tuple(named_headings(first))
    return Sheet(headings, _lines(rows, len(headings)), encoding)


def named_headings(cells: Sequence[Any]) -> Iterator[str]:
    """Headings, trimmed; empty and repeated ones get a number, so that every column can be named."""
    seen: dict[str, int] = {}
    for place, cell in enumerate(cells, start=1):
        name = str(cell or "").strip() or f"#{place}"
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name} ({seen[name]})"


def _lines(rows: Iterator[Sequence[Any]], width: int) -> Iterator[Line]:
    for number, cells in enumerate(rows, start=2):
        values = tuple(_cell(cell) for cell in cells)
        if any(value is not None for value in values):
            yield Line(number, values + (None,) * (width - len(values)))


def _cell(cell: Any) -> Any:
    """A cell's value: text trimmed of nothing, "" as None, whole floats of a workbook as integers, an export's guard removed."""
    if isinstance(cell, float) and cell.is_integer():
        return int(cell)
    if isinstance(cell, str):
        return (cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in "=+-@" else cell) or None
    return cell


def cell_fault(value: Any) -> tuple[str, Text] | None:
    """What is wrong with a cell before any field sees it: a formula, or a NUL."""
    if not isinstance(value, str):
        return None
    if "\x00" in value:
        return "nul-character", Text("The text holds a character (NUL) that can't be stored")
    if FORMULA.match(value):
        return "formula", Text("“{text}” is a formula: give its result instead", text=value[:40])
    return None


def unreadable(message: Text) -> Refused:
    """The refusal of a whole file."""
    return Refused([Fault("", "unreadable-file", message)])
