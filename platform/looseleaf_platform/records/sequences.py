"""Auto-numbers: allotted from the `sequence` table in the transaction that uses them, so that none repeats and none is lost.

A rolled back transaction gives its numbers back unseen; a deleted record keeps its own. Writers of one period queue for the row.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, bindparam, case

from looseleaf_platform.database.system_tables import sequence
from looseleaf_platform.database.upserts import insert_into
from looseleaf_platform.fields.auto_number import DEFAULT_FORMAT, parts_of, period, render
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_platform.records.writing.plan import FieldPlan, ObjectPlan

DIGITS = {
    "yyyy": "(?P<yyyy>[0-9]{4})",
    "yy": "(?P<yy>[0-9]{2})",
    "mm": "(?P<mm>[0-9]{2})",
    "dd": "(?P<dd>[0-9]{2})",
    "seq": "(?P<seq>[0-9]{1,15})",
}


def number(batch: Batch) -> None:
    """Give each new record its numbers; go on after numbers that were brought from elsewhere."""
    groups = batch.by_plan(row for row in batch.of_kind("create") if row.plan.numbers)
    for plan, rows in sorted(groups, key=lambda group: group[0].id):
        for field in sorted(plan.numbers, key=lambda one: one.id):
            _number(batch, plan, field, rows)


def _number(batch: Batch, plan: ObjectPlan, field: FieldPlan, rows: list[Row]) -> None:
    format = str(field.field.settings.get("format", DEFAULT_FORMAT))
    today = batch.business_day
    key = f"{plan.id}.{field.id}"
    given: dict[str, int] = {}
    unnumbered: list[Row] = []
    for row in rows:
        value = row.values.get(field.name)
        if value is None:
            unnumbered.append(row)
        elif found := read(format, value):
            given[found[0]] = max(found[1], given.get(found[0], 0))
    for of_period in sorted(given):
        advance(batch.connection, key, of_period, given[of_period])
    if unnumbered:
        first = allot(batch.connection, key, period(format, today), len(unnumbered))
        for offset, row in enumerate(unnumbered):
            row.values[field.name] = render(format, today, first + offset)


def allot(connection: Connection, key: str, of_period: str, count: int) -> int:
    """Take `count` numbers of a period; the first of them. Holds the sequence until the transaction ends."""
    last: Any = connection.scalar(_statement(connection.dialect.name, False), {"key": key, "period": of_period, "count": count})
    return int(last) - count + 1


def advance(connection: Connection, key: str, of_period: str, at_least: int) -> None:
    """Go on after `at_least`, unless the sequence is further already."""
    connection.execute(_statement(connection.dialect.name, True), {"key": key, "period": of_period, "count": at_least})


@lru_cache(maxsize=4)
def _statement(dialect: str, at_least: bool) -> Any:
    count = bindparam("count", type_=sequence.c.value.type)
    values = insert_into(dialect, sequence).values(field_id=bindparam("key"), period=bindparam("period"), value=count)
    new = values.excluded.value
    value = case((new > sequence.c.value, new), else_=sequence.c.value) if at_least else sequence.c.value + new
    return values.on_conflict_do_update(index_elements=["field_id", "period"], set_={"value": value}).returning(sequence.c.value)


@lru_cache(maxsize=1000)
def _pattern(format: str) -> re.Pattern[str]:
    return re.compile("".join(re.escape(text) if name == "text" else DIGITS[name] for name, text in parts_of(format)), re.ASCII)


def read(format: str, text: str) -> tuple[str, int] | None:
    """The period and the number that a text has by a format; None where it isn't of that format."""
    found = _pattern(format).fullmatch(text)
    if found is None:
        return None
    parts = found.groupdict()
    year = int(parts.get("yyyy") or "20" + parts.get("yy", "00"))
    try:
        day = date(year, int(parts.get("mm") or 1), int(parts.get("dd") or 1))
    except ValueError:
        return None
    return period(format, day), int(parts["seq"])
