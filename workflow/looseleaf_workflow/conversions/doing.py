"""Converting: one write set in one transaction, once for each record. The records, what is made of them, and their history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, select, update

from looseleaf_metadata.texts import Text
from looseleaf_platform.access.profile import profile_of
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.errors import Fault, LooseleafError, Refused
from looseleaf_platform.files import copied
from looseleaf_platform.records.requests import Change, Operation
from looseleaf_platform.records.requests import Outcome as WriteOutcome
from looseleaf_platform.records.write import insist, write_within
from looseleaf_platform.records.writing.plan import Plans
from looseleaf_workflow.conversions.deciding import Part, Prospect, Wish, conversion_named, look_ahead
from looseleaf_workflow.conversions.definition import Conversion, History, Link
from looseleaf_workflow.conversions.stored import Outcome, became_of, note
from looseleaf_workflow.conversions.tables import converted_record

KIND = "convert"
"""The kind of operation."""
CHUNK = 1000
"""Records of the history that are written at a time."""


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of one record. `operation`: what all its changes belong to."""

    id: int
    outcomes: tuple[Outcome, ...]
    operation: int


def convert(context: Context, name: str, wishes: Sequence[Wish]) -> list[Converted]:
    """Convert records, all or none, by the rights of the actor. Raises Refused with pointers such as `/records/0/targets/deal/values/amount`.

    A record that was converted before is refused, with where it went.
    """
    found: list[Converted] = []

    def once(now: Context = context) -> WriteOutcome:
        prospects = look_ahead(now, name, wishes)
        _refuse_unready(prospects)
        with now.workspace.writing(now) as (connection, bound):
            if bound.runtime is now.runtime:
                outcome, found[:] = _convert(connection, bound, conversion_named(bound, name), prospects)
                return outcome
        return once(bound)  # somebody published in between: what was looked up is of yesterday

    conversion_named(context, name)
    if wishes:
        insist(context, once)
    return found


def _refuse_unready(prospects: Sequence[Prospect]) -> None:
    faults = []
    for index, prospect in enumerate(prospects):
        here = f"/records/{index}"
        if prospect.stands is not None:
            faults.append(Fault(here, prospect.code, prospect.stands))
        for name, part in prospect.parts.items():
            faults += [Fault(f"{here}/targets/{name}{fault.pointer}", fault.code, fault.message) for fault in part.faults]
    if faults:
        raise Refused(faults)


def _convert(
    connection: Connection, context: Context, conversion: Conversion, prospects: Sequence[Prospect]
) -> tuple[WriteOutcome, list[Converted]]:
    """One transaction: the note that nobody can make twice, the records, their history."""
    outcomes = {one.record.id: tuple(_outcomes(one)) for one in prospects}
    already = became_of(context, conversion, list(outcomes), connection)
    if already:
        raise Refused([Fault(_at(prospects, id), "already-converted", one.said(context)) for id, one in already.items()])
    note(connection, context, conversion, outcomes)
    changes, pointers = _changes(connection, context, conversion, prospects)
    try:
        written = write_within(connection, context, changes, Operation(KIND, reason=conversion.label.text(context.locale)))
    except Refused as refused:
        raise Refused([_placed(fault, pointers) for fault in refused.faults]) from refused
    where = (converted_record.c.record_id.in_(list(outcomes)), converted_record.c.conversion_id == conversion.id)
    connection.execute(update(converted_record).where(*where).values(operation=written.operation))
    _carry(connection, context, conversion, prospects, written.operation)
    return written, [Converted(id, found, written.operation or 0) for id, found in outcomes.items()]


def _at(prospects: Sequence[Prospect], id: int) -> str:
    return f"/records/{next(index for index, one in enumerate(prospects) if one.record.id == id)}"


def _outcomes(prospect: Prospect) -> Any:
    for name, part in prospect.parts.items():
        if part.id is not None:
            yield Outcome(name, part.target.object, part.id, "taken" if part.how == "take" else "made")


# --- the write set


def _changes(
    connection: Connection, context: Context, conversion: Conversion, prospects: Sequence[Prospect]
) -> tuple[list[Change], list[str]]:
    """All changes, each with the place of the call that its faults belong to. What is taken by several records is changed once."""
    made: list[tuple[Change, str]] = []
    filled: dict[tuple[str, int], tuple[Part, dict[str, Any], str]] = {}
    for index, prospect in enumerate(prospects):
        here = f"/records/{index}"
        for name, part in prospect.parts.items():
            place = f"{here}/targets/{name}/values"
            values = {**_files(connection, context, part), **part.asked}
            if part.how == "make" and not part.shared:
                made.append((Change("create", part.target.object, part.id, values), place))
            elif part.how == "take" and part.id is not None and values:
                known = filled.setdefault((part.target.object, part.id), (part, {}, place))[1]
                known.update({name: value for name, value in values.items() if name not in known})
        ends = prospect.ends | _pointing(conversion.links, prospect)
        made.append((Change("update", conversion.object, prospect.record.id, ends, version=prospect.record.version), here))
    for (object_name, id), (part, values, place) in filled.items():
        change = Change("update", object_name, id, values, version=part.version, base=dict.fromkeys(values))
        made.append((change, place))
    return [change for change, _ in made], [place for _, place in made]


def _files(connection: Connection, context: Context, part: Part) -> dict[str, Any]:
    """The values, with files of the converted record as files of their own."""
    fields = context.model.objects[part.target.object].fields
    return {
        name: copied(connection, context, value) if fields[name].type in ("file", "image") else value for name, value in part.values.items()
    }


def _pointing(links: Sequence[Link], prospect: Prospect) -> dict[str, Any]:
    """Look-ups to what became of the targets; none to what was left out."""
    return {link.field: id for link in links if (id := prospect.parts[link.target].id) is not None}


def _placed(fault: Fault, pointers: Sequence[str]) -> Fault:
    """A fault of the write set at its place in the call."""
    if len(pointers) == 1:
        return Fault(pointers[0] + fault.pointer, fault.code, fault.message)
    head, _, rest = fault.pointer.removeprefix("/").partition("/")
    if not head.isdecimal() or int(head) >= len(pointers):
        return fault
    return Fault(pointers[int(head)] + (f"/{rest}" if rest else ""), fault.code, fault.message)


# --- history


def _carry(connection: Connection, context: Context, conversion: Conversion, prospects: Sequence[Prospect], operation: int | None) -> None:
    """Link or move the history, by the right of the conversion: whoever may convert a record may not lose a colleague's part of it."""
    by_right = replace(context, profile=profile_of(SYSTEM, context.model), memo={})
    asked = Operation(KIND, reason=conversion.label.text(context.locale), parent=operation)
    parts = {one.record.id: one for one in prospects}
    for history in conversion.history:
        last = 0
        while rows := _history_rows(connection, context, history, list(parts), last):
            changes = [change for row in rows if (change := _carried(history, row, parts[row.by])) is not None]
            if changes:
                _write_history(connection, by_right, changes, asked)
            last = rows[-1].id


def _write_history(connection: Connection, context: Context, changes: Sequence[Change], operation: Operation) -> None:
    """A record of the history that can't be linked keeps the whole from being done, and is named."""
    try:
        write_within(connection, context, changes, operation)
    except LooseleafError as error:
        said = error.faults[0].message if isinstance(error, Refused) else error.message
        label = context.model.objects[changes[0].object].label
        raise Refused(
            [Fault("", "history", Text("Its history can't be taken along ({object}): {reason}", object=label, reason=said))]
        ) from error


def _history_rows(connection: Connection, context: Context, history: History, ids: Sequence[int], after: int) -> list[Any]:
    """The next records of the history, with what their look-ups hold."""
    plan = Plans.of(context.runtime)[history.object]
    by = plan.table.c[plan.fields[history.by].keys[0]]
    links = [plan.table.c[plan.fields[link.field].keys[0]].label(f"link{number}") for number, link in enumerate(history.links)]
    where = (by.in_(ids), plan.table.c.deleted_at.is_(None), plan.table.c.id > after)
    return list(connection.execute(select(plan.table.c.id, by.label("by"), *links).where(*where).order_by(plan.table.c.id).limit(CHUNK)))


def _carried(history: History, row: Any, prospect: Prospect) -> Change | None:
    """The change of one record of the history: blanks are filled, nothing is overwritten."""
    values = _pointing([link for number, link in enumerate(history.links) if getattr(row, f"link{number}") is None], prospect)
    if history.moves:
        values[history.by] = None
    return Change("update", history.object, row.id, values) if values else None
