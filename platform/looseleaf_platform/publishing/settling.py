"""Which column a field uses after a change of its type: a new one, while the old one keeps what it held. Knows no SQL.

A field's storage is what its type says of columns, and the object that a look-up refers to. Where that changes, the values are converted
into a new column, and the old column is remembered until somebody purges it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from looseleaf_metadata.expressions.types import ANY
from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.model import Field, Model, Object
from looseleaf_platform.fields import field_type
from looseleaf_platform.publishing.memory import KeptColumn, Memory, memory_of, with_bare_retired
from looseleaf_platform.records.tables import is_link, target_of

COMPUTED = ("rollup", "formula", "auto_number")


@dataclass(frozen=True, slots=True)
class Conversion:
    """Values of a field to be carried over. `returning`: a column of the new kind that the field used before, for what was lost then."""

    object: Object
    before: Field
    after: Field
    returning: Field | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """A Model whose fields all name the columns that they will have."""

    model: Model
    memory: Memory
    conversions: tuple[Conversion, ...]


def storage_of(field: Field) -> tuple[str, ...]:
    """What must be equal for a field to keep its column; () for fields that store nothing of their own."""
    if is_link(field):
        return ("link", target_of(field))
    kind = field_type(field.type)
    if kind.computed and field.expression_type == ANY:  # a stranger: nothing is known of its values
        return ()
    columns = kind.columns(field)
    return (field.type, target_of(field), *(f"{part.suffix}:{part.type!r}" for part in columns)) if columns else ()


def settle(previous: Model | None, memory: Memory, model: Model) -> Settled:
    """Give every field of `model` its column, seen from the Model in force and from what is remembered."""
    before = {found.id: found for found in previous.objects.values()} if previous else {}
    kept = [*memory.kept, *_forgotten(before, model)]
    conversions: list[Conversion] = []
    objects = {}
    for name, found in model.objects.items():
        earlier = before.get(found.id)
        objects[name] = found if found.retired or earlier is None else _settle_object(found, earlier, kept, conversions)
    settled = with_bare_retired(replace(model, objects=FrozenMap(objects)))
    return Settled(settled, memory_of(settled, tuple(kept)), tuple(conversions))


def _settle_object(found: Object, earlier: Object, kept: list[KeptColumn], conversions: list[Conversion]) -> Object:
    fields = dict(found.fields)
    for name, after in found.fields.items():
        old = earlier.field_by_id(after.id)
        if after.system or after.retired or old is None or old == after or storage_of(old) == storage_of(after):
            continue
        settled, conversion = _settle_field(found, old, after, kept)
        fields[name] = settled
        if conversion is not None:
            conversions.append(conversion)
    return replace(found, fields=FrozenMap(fields))


def _settle_field(found: Object, old: Field, after: Field, kept: list[KeptColumn]) -> tuple[Field, Conversion | None]:
    """The field with its column, and what must be carried over into it."""
    own = [one for one in kept if one.object == found.id and one.field.id == after.id]
    was_stored, is_stored = bool(storage_of(old)), bool(storage_of(after))
    if was_stored:
        kept.append(KeptColumn(found.table, found.id, replace(old, retired=False)))
    if not is_stored:
        return after, None
    returning = next((one for one in reversed(own) if storage_of(one.field) == storage_of(after)), None)
    if returning is not None and not was_stored:  # it was computed meanwhile: the column is as it was left
        kept.remove(returning)
        return replace(after, column=returning.field.column), None
    used = {one.field.column for one in kept if one.object == found.id} | {one.column for one in found.fields.values() if one is not after}
    settled = replace(after, column=_free_column(after, used))
    if not was_stored or field_type(after.type).computed:
        return settled, None
    return settled, Conversion(found, old, settled, returning.field if returning else None)


def _free_column(field: Field, used: set[str]) -> str:
    base = field.column.split("__v")[0]
    candidate, number = base, 1
    while candidate in used:
        number += 1
        candidate = f"{base}__v{number}"
    return candidate


def _forgotten(before: dict[str, Object], model: Model) -> Iterator[KeptColumn]:
    """Columns of what the compiler could not keep even as retired, because another took its name."""
    after = {found.id: {field.id for field in found.fields.values()} for found in model.objects.values()}
    for id, earlier in before.items():
        known = after.get(id, set())
        for field in earlier.fields.values():
            if not field.system and field.id not in known and storage_of(field):
                yield KeptColumn(earlier.table, id, field)


def rollups_to_rebuild(previous: Model | None, model: Model) -> tuple[tuple[str, str], ...]:
    """Roll-ups (object, field) that are new or mean something else than before: existing records need their values."""
    before = {found.id: found for found in previous.objects.values()} if previous else {}
    found = []
    for name, now in model.objects.items():
        earlier = before.get(now.id)
        for field in now.live_fields:
            if field.type != "rollup" or now.retired:
                continue
            old = earlier.field_by_id(field.id) if earlier and not earlier.retired else None
            if old is None or old.retired or _meaning(old) != _meaning(field):
                found.append((name, field.name))
    return tuple(found)


def _meaning(rollup: Field) -> tuple[object, ...]:
    return rollup.settings, rollup.column, rollup.where.source if rollup.where else ""
