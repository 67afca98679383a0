"""Raw values to parsed ones, by the field types, with every fault at its place. Fields that the actor may not write are refused.

A field that the actor may not see is as unknown as one that doesn't exist.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Invalid, NotAllowed
from looseleaf_platform.fields.columns import parse_column
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_platform.records.writing.plan import OF_HISTORY, FieldPlan, ObjectPlan

COLUMNWISE = 20
"""From so many rows on, values are parsed a column at a time."""
BULK = frozenset({"import", "seed", "job"})
"""Doors through which old numbers come in."""


class Pending:
    """A reference that isn't an id: `{"$ref": name}` or `{"$key": {field: value}}`. references.py finds the record."""

    __slots__ = ("raw",)

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw


def parse(batch: Batch) -> None:
    """Parse the values of creates and updates."""
    for exemption in batch.operation.exemptions:
        if not (batch.context.profile.everything or batch.context.profile.has("exemptions")):
            raise NotAllowed(Text("You may not store records that break the rules ({name})", name=exemption), "exemptions")
    for plan, rows in batch.by_plan(row for row in batch.rows if row.kind in ("create", "update") and row.raw):
        parse_rows(batch, rows, writable(batch, plan))


def known_to(context: Context, object_name: str) -> frozenset[str]:
    """The fields whose values the actor may know in every record: nobody finds a record by what is withheld from them."""
    profile = context.profile
    return frozenset(profile.readable(object_name)) - profile.masked(object_name).keys()


def writable(batch: Batch, plan: ObjectPlan) -> Mapping[str, FieldPlan]:
    """The fields that the actor may give a value here and now."""
    context = batch.context
    fields = dict(plan.given)
    if not context.actor.is_system:
        may = context.profile.writable(plan.name)
        fields = {name: field for name, field in fields.items() if name in may}
    if context.source in BULK or context.actor.is_system:
        fields.update({field.name: field for field in plan.numbers})
    if batch.exempt("history"):
        fields.update({name: plan.fields[name] for name in OF_HISTORY})
        fields.update({field.name: field for field in plan.numbers})
    return fields


def parse_rows(batch: Batch, rows: list[Row], allowed: Mapping[str, FieldPlan]) -> None:
    """Parse the values of rows of one object."""
    if len(rows) >= COLUMNWISE:
        _parse_columns(batch, rows, allowed)
    else:
        for row in rows:
            _parse_row(batch, row, allowed)


def _parse_row(batch: Batch, row: Row, allowed: Mapping[str, FieldPlan]) -> None:
    for name, raw in row.raw.items():
        field = allowed.get(name)
        if field is None:
            _refuse_field(batch, row, str(name), allowed)
            continue
        _parse_one(batch, row, field, raw)


def _parse_one(batch: Batch, row: Row, field: FieldPlan, raw: Any) -> None:
    try:
        if field.target and (isinstance(raw, Mapping) or (field.many and isinstance(raw, list | tuple))):
            row.values[field.name] = _references(field, raw, batch)
        else:
            row.values[field.name] = field.type.parse(raw, field.field, batch.situation)
    except Invalid as error:
        _not_taken(batch, row, field, raw, error)


def _parse_columns(batch: Batch, rows: list[Row], allowed: Mapping[str, FieldPlan]) -> None:
    """Parse the values of many rows of one object, a field at a time: equal raw values are parsed once."""
    for name, holders in _holders(rows).items():
        field = allowed.get(name)
        if field is None:
            for row in holders:
                _refuse_field(batch, row, str(name), allowed)
        elif field.target:
            for row in holders:
                _parse_one(batch, row, field, row.raw[name])
        else:
            values = parse_column([row.raw[name] for row in holders], field.field, batch.situation)
            for row, value in zip(holders, values, strict=True):
                if isinstance(value, Invalid):
                    _not_taken(batch, row, field, row.raw[name], value)
                else:
                    row.values[name] = value


def _holders(rows: list[Row]) -> dict[Any, list[Row]]:
    """By field name: the rows that hold it."""
    names = rows[0].raw.keys()
    if all(row.raw.keys() == names for row in rows):
        return dict.fromkeys(names, rows)
    found: defaultdict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        for name in row.raw:
            found[name].append(row)
    return found


def _not_taken(batch: Batch, row: Row, field: FieldPlan, raw: Any, error: Invalid) -> None:
    """A value that isn't taken: a fault, unless it is an option that can't be chosen any more and the record has it already."""
    if error.code == "retired-option":
        before = row.before(field.name)
        kept = set(before) if isinstance(before, tuple) else {before}
        options = tuple(
            replace(one, retired=one.retired and one.name not in kept and not batch.exempt("history")) for one in field.field.options
        )
        try:
            row.values[field.name] = field.type.parse(raw, replace(field.field, options=options), batch.situation)
        except Invalid:
            row.fault(error.code, error.message, field)
    else:
        row.fault(error.code, error.message, field)


def _references(field: FieldPlan, raw: Any, batch: Batch) -> Any:
    """Look-ups and lists of them; what isn't an id yet is Pending. Lines go through their own stage."""
    if isinstance(raw, Mapping):
        if len(raw) == 1 and ("$ref" in raw or isinstance(raw.get("$key"), Mapping)):
            return Pending(raw)
        return field.type.parse(raw, field.field, batch.situation)
    if field.field.type == "lines" or not any(isinstance(item, Mapping) for item in raw):
        return field.type.parse(raw, field.field, batch.situation)
    return [_references(field, item, batch) if isinstance(item, Mapping) else item for item in raw]


def _refuse_field(batch: Batch, row: Row, name: str, allowed: Mapping[str, FieldPlan]) -> None:
    readable = batch.context.profile.readable(row.plan.name)
    known = row.plan.fields.get(name)
    at = "/" + name.replace("~", "~0").replace("/", "~1")
    if known is None or (name not in readable and not batch.context.actor.is_system):
        close = difflib.get_close_matches(name, [*allowed, *readable], n=1, cutoff=0.6)
        message = Text("There is no field “{name}”; did you mean “{close}”?", name=name[:60], close=close[0]) if close else None
        row.fault("unknown-field", message or Text("There is no field “{name}”", name=name[:60]), at=at[:200])
    elif known.type.computed or known.field.type == "auto_number":
        row.fault("read-only", Text("{field} is worked out by the system", field=known.field.label), known)
    else:
        row.fault("read-only", Text("You may not change {field}", field=known.field.label), known)
