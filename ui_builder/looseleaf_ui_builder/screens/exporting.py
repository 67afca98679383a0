"""A list as CSV: the columns on the screen, the rows within the right to export. Cells that a spreadsheet would run are defused."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from looseleaf_metadata.model import Object
from looseleaf_platform.context import Context
from looseleaf_platform.fields.results import result_type
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Query, Record
from looseleaf_ui_builder.screens.situations import situation_of
from looseleaf_ui_builder.screens.slots import Slot, bind_slots

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
BATCH = 200


def csv_of(context: Context, thing: Object, query: Query, ids: frozenset[int] = frozenset()) -> Iterator[str]:
    """CSV text with a byte order mark, in pieces. `ids`: only these records, if any are given. Raises NotAllowed before the first piece."""
    slots = bind_slots(context, thing.name, query.fields or (thing.title,))
    records = read.stream(context, thing.name, query)
    return _pieces(context, slots, records, ids)


def _pieces(context: Context, slots: tuple[Slot, ...], records: Iterator[Record], ids: frozenset[int]) -> Iterator[str]:
    yield "\ufeff" + _lines([[slot.label for slot in slots]])
    rows: list[list[str]] = []
    for record in records:
        if not ids or record.id in ids:
            rows.append([_cell(context, slot, record) for slot in slots])
        if len(rows) == BATCH:
            yield _lines(rows)
            rows = []
    yield _lines(rows)


def _lines(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _cell(context: Context, slot: Slot, record: Record) -> str:
    if slot.path in record.masked:
        return ""
    value = record.values.get(slot.path)
    if value is None:
        return ""
    if slot.target and slot.widget != "lines":
        return defused(str(record.titles.get(slot.path, "")))
    text = result_type(slot.field).display(value, slot.field, situation_of(context))
    return text if slot.numeric else defused(text)


def defused(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(DANGEROUS) else text
