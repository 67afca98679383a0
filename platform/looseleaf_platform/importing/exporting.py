"""Records as CSV or XLSX, within the reader's rights: the same read as the list, the columns he may read, masks and all."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
from openpyxl.cell import WriteOnlyCell

from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import BadQuery, NotAllowed
from looseleaf_platform.fields import field_type
from looseleaf_platform.fields.base import Situation
from looseleaf_platform.importing.guarding import guarded
from looseleaf_platform.records import ids, read
from looseleaf_platform.records.requests import Query, Record
from looseleaf_platform.records.tables import target_of

TITLED = ("lookup", "user", "team")
MASK = "***"
SKIPPED = ("lines", "many_to_many", "file", "image")


@dataclass(frozen=True, slots=True)
class Column:
    """A field, or one reached through look-ups: `path` as in Query.fields, `labels` of what it leads through."""

    path: str
    field: Field
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Export:
    """An export ready to be written: headings in the reader's language and the columns below them."""

    context: Context
    object: str
    query: Query
    columns: tuple[Column, ...]

    @property
    def headings(self) -> list[str]:
        """Labels of the columns; the id first, so that a changed file finds its records again."""
        return ["id", *(" · ".join(label.text(self.context.locale) for label in column.labels) for column in self.columns)]

    def rows(self) -> Iterator[list[Any]]:
        """Cells of every record that the reader may export, typed: numbers, dates, text."""
        situation = Situation(locale=self.context.locale, timezone=self.context.actor.timezone)
        for record in read.stream(self.context, self.object, self.query):
            yield [ids.encode(record.id), *(cell(record, column, situation) for column in self.columns)]


def prepare(context: Context, object_name: str, query: Query, columns: Sequence[str] = ()) -> Export:
    """Check the right to export and the columns. Raises NotAllowed, BadQuery."""
    found = context.model.objects.get(object_name)
    if found is None or not context.profile.can(object_name, "export"):
        raise NotAllowed(Text("You may not export these records"), "export")
    readable = context.profile.readable(object_name)
    wanted = tuple(columns) or tuple(name for name in readable if not found.fields[name].system and found.fields[name].type not in SKIPPED)
    bound = tuple(_column(context, object_name, path) for path in wanted if path != "id")
    return Export(context, object_name, replace(query, fields=tuple(column.path for column in bound)), bound)


def _column(context: Context, object_name: str, path: str) -> Column:
    """A column by its path. Raises BadQuery where the reader may not see it, as for one that isn't there."""
    labels: list[Label] = []
    at = object_name
    for name in path.split("."):
        if name not in context.profile.readable(at):
            raise BadQuery(Text("There is no column '{name}' to export", name=path[:60]), "fields")
        field = context.model.object(at).fields[name]
        labels.append(field.label)
        at = target_of(field)
    return Column(path, field, tuple(labels))


def cell(record: Record, column: Column, situation: Situation) -> Any:
    """The value of one cell."""
    field = column.field
    if column.path in record.masked:
        return MASK
    value = record.values.get(column.path)
    if value is None or (isinstance(value, bool | int | Decimal | date) and not isinstance(value, datetime) and field.type not in TITLED):
        return _plain(value, field, situation)
    if field.type in TITLED:
        return record.titles.get(column.path, "")
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(situation.timezone)).replace(tzinfo=None)
    return field_type(field.type).display(value, field, situation)


def _plain(value: Any, field: Field, situation: Situation) -> Any:
    if isinstance(value, bool) or field.type == "percent":
        return field_type(field.type).display(value, field, situation)
    return value


def write_csv(export: Export) -> Iterator[bytes]:
    """The export as CSV in UTF-8 with a mark (so that Excel reads it right), piece by piece."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(export.headings)
    yield b"\xef\xbb\xbf"
    for number, row in enumerate(export.rows(), start=1):
        writer.writerow([guarded(_csv_cell(value)) for value in row])
        if number % 500 == 0:
            yield _drain(buffer)
    yield _drain(buffer)


def _drain(buffer: io.StringIO) -> bytes:
    piece = buffer.getvalue().encode()
    buffer.seek(0)
    buffer.truncate()
    return piece


def _csv_cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return value.isoformat() if isinstance(value, date) else "" if value is None else value


def write_xlsx(export: Export, path: Path) -> int:
    """The export as a workbook at `path`; returns the number of records. Text stays text: nothing in it can run."""
    book = openpyxl.Workbook(write_only=True)
    sheet: Any = book.create_sheet(export.context.model.object(export.object).plural.text(export.context.locale)[:31])
    sheet.freeze_panes = "C2"
    sheet.append(export.headings)
    count = 0
    for row in export.rows():
        sheet.append([_text_cell(sheet, value) if isinstance(value, str) else value for value in row])
        count += 1
    book.save(path)
    return count


def _text_cell(sheet: Any, value: str) -> Any:
    made: Any = WriteOnlyCell(sheet, value=openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", value))
    made.data_type = "s"
    return made
