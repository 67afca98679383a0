"""What a change request proposes, as one reader may see it: field by field before and after, by the rights that hold for the record itself.

Who may not see the record, a field, or its value in this record, sees nothing of it here; nor does the holder of a task what its step hides.
One query for the record, and one for each object that is referred to.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field, Object
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Invalid, NotThere
from looseleaf_platform.fields import FIELD_TYPES
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.reading.filters import situation_of
from looseleaf_workflow.frozen_json import to_data
from looseleaf_workflow.running.looking import OpenTask
from looseleaf_workflow.running.stored import Instance


@dataclass(frozen=True, slots=True)
class Proposed:
    """One field: what stood there, and what is to stand there; in words, and as the API gives values."""

    name: str
    label: Label
    before: str
    after: str
    raw: tuple[Any, Any]


def proposed(context: Context, instance: Instance, hide: Iterable[str] = ()) -> tuple[Proposed, ...]:
    """The fields that a request asks to change, as far as its reader may see them. `hide`: what steps hide from them."""
    proposal, thing = instance.state.proposal, context.model.objects.get(instance.object)
    if proposal is None or thing is None:
        return ()
    concealed_ = concealed(thing, hide)
    names = tuple(name for name in proposal.after if name in context.profile.readable(thing.name) and name not in concealed_)
    try:
        masked = read.get(context, thing.name, instance.record, names).masked
    except NotThere:
        return ()
    found = []
    for name in (one for one in names if one not in masked):
        field, raw = thing.fields[name], (to_data(proposal.before.get(name)), to_data(proposal.after[name]))
        found.append(Proposed(name, field.label, _said(context, field, raw[0]), _said(context, field, raw[1]), raw))
    return tuple(found)


def hidden_from(context: Context, tasks: Iterable[OpenTask]) -> tuple[str, ...]:
    """What steps hide from the reader: those of their own open tasks."""
    own = encode(context.actor.id) if context.actor.id is not None else ""
    return tuple(dict.fromkeys(name for task in tasks if own and task.holder == own for name in task.hide))


def concealed(thing: Object, hide: Iterable[str]) -> frozenset[str]:
    """Hidden fields, and formulas of the object that read them, directly or through others."""
    found = frozenset(hide)
    while True:
        reading: Any = {one.name for one in thing.live_fields if one.value is not None and _first(one.value.reads) & found}
        if reading <= found:
            return found
        found |= reading


def _first(paths: Iterable[str]) -> frozenset[str]:
    return frozenset(path.partition(".")[0] for path in paths)


def _said(context: Context, field: Field, raw: Any) -> str:
    if raw is None:
        return ""
    kind = FIELD_TYPES[field.type]
    try:
        value = kind.parse(raw, field, situation_of(context))
    except Invalid:
        return str(raw)
    target = field.target or kind.fixed_target
    if target and isinstance(value, int):
        return read.titles(context, target, [value]).get(value, "")
    return kind.display(value, field, situation_of(context))
