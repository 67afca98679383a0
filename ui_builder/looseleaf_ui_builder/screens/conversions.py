"""Converting a record, bound to one reader: what would be made, what is there to be taken, and what a person may say about it.

Knows nothing of HTTP. What was found and decided is the workflow's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from looseleaf_metadata.model import Field, Object
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Fault
from looseleaf_platform.fields import field_type
from looseleaf_platform.fields.base import Situation
from looseleaf_platform.records.ids import encode
from looseleaf_ui_builder.screens.editing import titles_of
from looseleaf_ui_builder.screens.painting import Filled
from looseleaf_ui_builder.screens.slots import Slot, bind_slots
from looseleaf_workflow.conversions.deciding import Choice, Part, Prospect, Wish, filled_into, look_ahead, offered
from looseleaf_workflow.conversions.definition import Conversion
from looseleaf_workflow.conversions.finding import Candidate
from looseleaf_workflow.conversions.stored import Became, Outcome

REFERENCES = frozenset({"lookup", "user", "team", "many_to_many", "file", "image"})
"""Types whose values are not told in words here."""


@dataclass(frozen=True, slots=True)
class Known:
    """A record that is there. `same`: labels of what it has in common; `fills`, `kept`: labels of blanks filled, and of what stays as it is."""

    candidate: Candidate
    same: tuple[str, ...]
    fills: tuple[str, ...]
    kept: tuple[str, ...]

    @property
    def key(self) -> str:
        """What the form says where it is chosen."""
        return encode(self.candidate.id)


@dataclass(frozen=True, slots=True)
class BoundPart:
    """One target. `chosen`: "make", "skip", "" or the key of the record to take; `facts`: (label, text) of what a new record gets unasked.

    `withheld`: labels of fields that would get something if the reader might write them.
    """

    part: Part
    object: Object
    known: tuple[Known, ...]
    chosen: str
    slots: tuple[Slot, ...]
    filled: Filled
    facts: tuple[tuple[str, str], ...]
    faults: tuple[Fault, ...]
    withheld: tuple[str, ...]
    may_make: bool

    @property
    def name(self) -> str:
        """The target's name."""
        return self.part.target.name


@dataclass(frozen=True, slots=True)
class BoundConversion:
    """What is asked before a record is converted. `faults`: those that belong to no target."""

    prospect: Prospect
    parts: tuple[BoundPart, ...]
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class BoundDone:
    """Where a record went, on its page: each record that the reader may see, with what it is called."""

    became: Became
    records: tuple[tuple[str, Outcome], ...]


@dataclass(frozen=True, slots=True)
class BoundOffers:
    """What a record's page says of conversion: what the reader may do now, and what was done."""

    open: tuple[Conversion, ...] = ()
    done: tuple[BoundDone, ...] = ()


def bind_offers(context: Context, object_name: str, id: int) -> BoundOffers:
    """The conversions of a record; no query for an object without any."""
    open_ones, done = offered(context, object_name, id)
    labels = {name: thing.label.text(context.locale) for name, thing in context.model.objects.items()} if done else {}
    return BoundOffers(
        open_ones, tuple(BoundDone(one, tuple((labels[each.object], each) for each in one.outcomes if each.seen)) for one in done)
    )


def asked_slots(context: Context, part_object: str, names: Sequence[str]) -> tuple[Slot, ...]:
    """The fields that the reader may fill in for a new record."""
    return tuple(slot for slot in bind_slots(context, part_object, names) if slot.editable)


def bind_conversion(
    context: Context, situation: Situation, name: str, id: int, choices: Mapping[str, Choice] | None = None, faults: Sequence[Fault] = ()
) -> BoundConversion:
    """What would become of a record, with what was chosen and what is wrong with it so far. Raises NotThere, Refused."""
    [prospect] = look_ahead(context, name, [Wish(id, choices or {})])
    parts = tuple(_part(context, situation, part, choices or {}, faults) for part in prospect.parts.values())
    placed = {fault for one in parts for fault in (*one.faults, *one.filled.faults)}
    plain = tuple(fault for fault in faults if not any(_below(fault, one.name) is not None for one in parts) and fault not in placed)
    return BoundConversion(prospect, parts, plain)


def _part(context: Context, situation: Situation, part: Part, choices: Mapping[str, Choice], faults: Sequence[Fault]) -> BoundPart:
    thing = context.model.objects[part.target.object]
    slots = asked_slots(context, thing.name, part.target.ask)
    own = [below for fault in faults if (below := _below(fault, part.target.name)) is not None]
    names = {f"/{slot.name}" for slot in slots}
    typed = choices[part.target.name].values if part.target.name in choices else {}
    raw = {**{slot.name: _dumped(slot.field, part.proposed[slot.name]) for slot in slots if slot.name in part.proposed}, **typed}
    shown = [fault for fault in own if fault.pointer in names]
    links = {link.field for link in part.target.links}
    facts = [
        (thing.fields[name].label.text(context.locale), _said(thing.fields[name], value, situation))
        for name, value in part.proposed.items()
        if name not in links and f"/{name}" not in names
    ]
    return BoundPart(
        part=part,
        object=thing,
        known=tuple(_known(context, thing, one, part, links) for one in part.candidates),
        chosen=encode(part.id) if part.how == "take" and part.id is not None else part.how,
        slots=slots,
        filled=Filled(raw, titles_of(context, slots, raw), tuple(shown)),
        facts=tuple(facts),
        faults=tuple(fault for fault in own if fault not in shown),
        withheld=_labels(context, thing, part.withheld),
        may_make=context.profile.can(thing.name, "create"),
    )


def _known(context: Context, thing: Object, candidate: Candidate, part: Part, links: set[str]) -> Known:
    fills, kept = filled_into(candidate, part.proposed)
    return Known(
        candidate,
        _labels(context, thing, candidate.fields),
        _labels(context, thing, [name for name in fills if name not in links]),
        _labels(context, thing, kept),
    )


def _labels(context: Context, thing: Object, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(thing.fields[name].label.text(context.locale) for name in names)


def _below(fault: Fault, name: str) -> Fault | None:
    """A fault of the call as a fault of one target, at its field."""
    head = f"/records/0/targets/{name}"
    if fault.pointer != head and not fault.pointer.startswith(f"{head}/"):
        return None
    return replace(fault, pointer=fault.pointer.removeprefix(head).removeprefix("/values"))


def _dumped(field: Field, value: Any) -> Any:
    return field_type(field.type).dump(value, field)


def _said(field: Field, value: Any, situation: Situation) -> str:
    """A value in words; of references how many."""
    if field.type in REFERENCES:
        return str(len(value)) if isinstance(value, tuple | list) else "✓"
    return field_type(field.type).display(value, field, situation)
