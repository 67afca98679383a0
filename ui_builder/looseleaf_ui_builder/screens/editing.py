"""Creating and editing: what a form is filled with, what a submitted form becomes, and how faults and conflicts come back to it.

The form carries the values it was filled with (`_base`) and the version (`_version`): with them the write path keeps what others
changed elsewhere, and asks about what both changed. Nothing typed is ever lost: a refused form is filled with what was entered.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from looseleaf_platform import files
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Conflict, Fault, Invalid, Refused
from looseleaf_platform.records import read
from looseleaf_platform.records.duplicates import find_duplicates
from looseleaf_platform.records.ids import decode, encode
from looseleaf_platform.records.requests import Change, Operation, Record, Written
from looseleaf_platform.records.write import write
from looseleaf_ui_builder.screens.forms import BoundForm
from looseleaf_ui_builder.screens.painting import Filled
from looseleaf_ui_builder.screens.situations import situation_of
from looseleaf_ui_builder.screens.slots import Slot
from looseleaf_ui_builder.screens.submitted import Form, entered

FILES = frozenset({"file", "image"})


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that two people changed: what each made of it, in words, and what it was."""

    slot: Slot
    yours: str
    theirs: str
    original: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """A record that is probably the same as the one to be made; without id and title where the caller may not see it."""

    id: str
    title: str
    fields: tuple[str, ...]
    refused: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """A form as it will be shown: filled, with the record's version and the base values it goes by.

    `clashes` by `changed_by`: the conflict dialog. `alike`: records that are probably the same, to be confirmed.
    """

    filled: Filled
    version: int | None = None
    base: Mapping[str, Any] = field(default_factory=dict)
    clashes: tuple[Clash, ...] = ()
    changed_by: str = ""
    alike: tuple[Likeness, ...] = ()

    @property
    def base_text(self) -> str:
        """The base values for the form's hidden input."""
        return json.dumps(dict(self.base), ensure_ascii=False, separators=(",", ":"))


def draft_of_new(context: Context, form: BoundForm, given: Mapping[str, str], defaults: Mapping[str, Any]) -> Draft:
    """The form of a record to be made: literal defaults, and what the address gives (`account=…` from a related list)."""
    raw = {**defaults, **{name: value for name, value in given.items() if (slot := form.slot(name)) is not None and slot.editable}}
    if "owner" not in raw and (owner := form.slot("owner")) is not None and owner.editable and context.actor.id:
        raw["owner"] = encode(context.actor.id)
    return Draft(Filled(raw, titles_of(context, form.slots, raw)))


def draft_of_record(context: Context, form: BoundForm, record: Record) -> Draft:
    """The form of a record as it is now."""
    raw = raw_values(form.slots, record)
    return Draft(Filled(raw, titles_of(context, form.slots, raw, record), record=record), record.version, raw)


def raw_values(slots: Iterable[Slot], record: Record) -> dict[str, Any]:
    """A record's values as the widgets take them, of the fields that may be written; lines with the ids of their rows."""
    raw: dict[str, Any] = {}
    for slot in slots:
        if not slot.editable or slot.name in record.masked:
            continue
        value = record.values.get(slot.name)
        if slot.widget == "lines":
            raw[slot.name] = [{"id": encode(row.id), **raw_values(slot.columns, row)} for row in value or ()]
        else:
            raw[slot.name] = slot.type.dump(value, slot.field)
    return raw


def titles_of(context: Context, slots: Iterable[Slot], raw: Mapping[str, Any], record: Record | None = None) -> dict[str, str]:
    """What the records that a form refers to are called, by their ids; those that came with the record are not asked for again."""
    titles: dict[str, str] = {}
    wanted: dict[str, set[str]] = {}
    _known_titles(record, titles)
    _wanted_titles(slots, raw, wanted)
    for target, ids in wanted.items():
        missing = {id: text for text in ids if text not in titles and (id := _decoded(text)) is not None}
        if missing:
            titles.update({missing[id]: title for id, title in read.titles(context, target, tuple(missing)).items()})
    return titles


def _known_titles(record: Record | None, titles: dict[str, str]) -> None:
    for name, title in (record.titles if record else {}).items():
        value = record.values.get(name) if record else None
        if isinstance(value, int) and isinstance(title, str):
            titles[encode(value)] = title
    for value in record.values.values() if record else ():
        for row in value if isinstance(value, tuple | list) else ():
            if isinstance(row, Record):
                _known_titles(row, titles)


def _wanted_titles(slots: Iterable[Slot], raw: Mapping[str, Any], wanted: dict[str, set[str]]) -> None:
    for slot in slots:
        value = raw.get(slot.name)
        if slot.widget == "lines":
            for row in value or ():
                _wanted_titles(slot.columns, row, wanted)
        elif slot.target and value:
            wanted.setdefault(slot.target, set()).update(map(str, value if isinstance(value, list | tuple) else [value]))


def _decoded(text: str) -> int | None:
    try:
        return decode(text)
    except ValueError:
        return None


# --- what was submitted ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Submitted:
    """A submitted form, taken apart. `chosen`: fields of a conflict that the person decided, to "yours" or "theirs"."""

    raw: Mapping[str, Any]
    version: int | None
    base: Mapping[str, Any]
    confirmed: bool
    chosen: Mapping[str, str]

    @property
    def values(self) -> dict[str, Any]:
        """What is to be written: all that was entered, but what the person left to the other."""
        return {name: value for name, value in self.raw.items() if self.chosen.get(name) != "theirs"}


def submitted(context: Context, form: BoundForm, sent: Form) -> Submitted:
    """What a form says. Files become references again: of those that the caller uploaded or the record had."""
    raw = entered(form.slots, sent)
    base = _base(sent.get("_base", ""))
    for slot in form.slots:
        if slot.type.name in FILES and slot.name in raw:
            raw[slot.name] = files.references(context, raw[slot.name], base.get(slot.name) or ())
    version = sent.get("_version", "")
    return Submitted(
        raw=raw,
        version=int(version) if version.isdigit() else None,
        base=base,
        confirmed=sent.get("_confirmed") == "yes",
        chosen={name.removeprefix("_choose-"): value for name, value in sent.items() if name.startswith("_choose-")},
    )


def _base(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def create(context: Context, form: BoundForm, sent: Submitted) -> tuple[Written | None, Draft]:
    """Store a new record; or the form again, with faults, or with records that are probably the same."""
    values = {name: value for name, value in sent.values.items() if value not in (None, "", [])}
    if not sent.confirmed:
        alike = alike_of(context, form.object.name, values)
        if alike:
            return None, _again(context, form, sent, alike=alike)
    try:
        written = write(context, [Change("create", form.object.name, values=values)], Operation("edit")).written[0]
    except Refused as refused:
        return None, _again(context, form, sent, faults=refused.faults)
    return written, Draft(Filled())


def save(context: Context, form: BoundForm, id: int, sent: Submitted) -> tuple[Written | None, Draft]:
    """Store an edited record; or the form again, with faults, or with the fields that someone else changed too."""
    change = Change("update", form.object.name, id=id, values=sent.values, version=sent.version, base=sent.base)
    try:
        return write(context, [change], Operation("edit")).written[0], Draft(Filled())
    except Refused as refused:
        record = read.get(context, form.object.name, id)
        return None, replace(_again(context, form, sent, faults=refused.faults, record=record), version=sent.version, base=sent.base)
    except Conflict as conflict:
        return None, _clashed(context, form, id, sent, conflict)


def _again(
    context: Context,
    form: BoundForm,
    sent: Submitted,
    *,
    faults: tuple[Fault, ...] = (),
    alike: tuple[Likeness, ...] = (),
    record: Record | None = None,
) -> Draft:
    """The form with all that was entered."""
    raw = {**sent.base, **sent.raw}
    filled = Filled(raw, titles_of(context, form.slots, raw, record), faults, record)
    return Draft(filled, sent.version, sent.base, alike=alike)


def _clashed(context: Context, form: BoundForm, id: int, sent: Submitted, conflict: Conflict) -> Draft:
    """The form with the conflict dialog: it now goes by what is stored, and keeps what was entered."""
    record = read.get(context, form.object.name, id)
    now = raw_values(form.slots, record)
    mine = {slot.name: sent.raw[slot.name] for slot in form.slots if slot.name in sent.raw and not _same(context, slot, sent)}
    raw = {**now, **mine}
    titles = titles_of(context, form.slots, {**sent.base, **raw}, record)
    both = {one.field: one for one in conflict.fields}
    clashes = tuple(
        Clash(
            slot, *(_said(context, slot, value, titles) for value in (both[slot.name].yours, both[slot.name].theirs, both[slot.name].base))
        )
        for slot in form.slots
        if slot.name in both
    )
    someone = read.titles(context, "user", (conflict.changed_by,)).get(conflict.changed_by, "") if conflict.changed_by else ""
    return Draft(Filled(raw, titles, record=record), record.version, now, clashes, someone)


def _same(context: Context, slot: Slot, sent: Submitted) -> bool:
    """Whether the person left a field as it was filled in."""
    raw, base = sent.raw[slot.name], sent.base.get(slot.name)
    situation = situation_of(context)
    try:
        return bool((slot.type.parse(raw, slot.field, situation) or None) == (slot.type.parse(base, slot.field, situation) or None))
    except Invalid:
        return False


def _said(context: Context, slot: Slot, value: Any, titles: Mapping[str, str]) -> str:
    """A value of a conflict in words; a look-up by its title."""
    if value is None:
        return ""
    if slot.widget == "lines":
        return "\n".join(_said_row(context, slot, row, titles) for row in value)
    if slot.target and not isinstance(value, list | tuple):
        id = encode(value) if isinstance(value, int) else str(value)
        known = titles.get(id)
        return known or (read.titles(context, slot.target, (decode(id),)).get(decode(id), id))
    return slot.type.display(value, slot.field, situation_of(context))


def _said_row(context: Context, slot: Slot, row: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """A row of a conflict in words: its cells one after the other; a cell that can't be read as it was typed."""
    cells = []
    for column in slot.columns:
        raw = row.get(column.name)
        try:
            cells.append(_said(context, column, column.type.parse(raw, column.field, situation_of(context)), titles))
        except Invalid:
            cells.append(str(raw))
    return " · ".join(cell for cell in cells if cell)


def alike_of(context: Context, object_name: str, values: Mapping[str, Any], *, but: int | None = None) -> tuple[Likeness, ...]:
    """Records that a new one probably is again, by the object's declared keys. Of those the caller can't see, only that there are some."""
    thing = context.model.objects[object_name]
    if not thing.duplicates:
        return ()
    found = find_duplicates(context, object_name, values, but=but)
    titles = read.titles(context, object_name, [one.id for one in found if one.id is not None])
    labels = {name: field.label.text(context.locale) for name, field in thing.fields.items()}
    by_record: dict[int | None, Likeness] = {}
    for one in found:
        known = by_record.get(one.id)
        names = dict.fromkeys((*(known.fields if known else ()), *(labels[name] for name in one.fields)))
        refused = one.then == "refuse" or bool(known and known.refused)
        by_record[one.id] = Likeness(encode(one.id) if one.id else "", titles.get(one.id or 0, ""), tuple(names), refused)
    return tuple(by_record.values())
