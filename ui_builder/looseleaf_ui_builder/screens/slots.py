"""A field's place on a screen, bound to one reader: what it is called, whether it may be written, what the browser needs to know.

Binding drops what the actor may not see and fails on unknown names. Knows nothing of HTTP and holds no values.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from looseleaf_metadata.expressions.types import Kind
from looseleaf_metadata.model import Field, Object, Option
from looseleaf_platform.context import Context
from looseleaf_platform.fields import field_type
from looseleaf_platform.fields.base import FieldType

WIDE = frozenset({"long_text", "rich_text", "lines", "json", "address", "many_to_many"})
"""Types whose widget takes the whole width of a form unless the form says otherwise."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A field bound to a reader. `path` is its name, or a path through look-ups; `columns`: the slots of a row, of a lines field.

    `editable`: the reader may give it a value. `always_masked`: its value is withheld from this reader in every record.
    """

    object: Object
    field: Field
    type: FieldType
    path: str
    label: str
    help: str = ""
    full: bool = False
    editable: bool = False
    always_masked: bool = False
    columns: tuple[Slot, ...] = ()

    @property
    def name(self) -> str:
        """The field's own name."""
        return self.field.name

    @property
    def widget(self) -> str:
        """The folder of its templates."""
        return self.type.widget

    @property
    def required(self) -> bool:
        """Whether a value must be given."""
        return self.field.required

    @property
    def numeric(self) -> bool:
        """Whether values are set to the right in tables."""
        return self.field.expression_type.kind is Kind.NUMBER and self.type.name not in ("rating", "lookup")

    @property
    def sortable(self) -> bool:
        """Whether a list may be sorted by it."""
        return self.type.sortable

    @property
    def target(self) -> str:
        """The object it refers to, "" for none."""
        return self.field.target or self.type.fixed_target

    @property
    def choices(self) -> tuple[Option, ...]:
        """The options that may be chosen."""
        return tuple(option for option in self.field.options if not option.retired)


def bind_slot(context: Context, object_name: str, path: str, *, full: bool | None = None, columns: Iterable[str] = ()) -> Slot | None:
    """The slot of a field, or of a field reached through look-ups; None where the actor may not see it. LookupError for an unknown name."""
    *steps, last = path.split(".")
    labels: list[str] = []
    at = object_name
    for step in steps:
        through = _field(context, at, step)
        if step not in context.profile.readable(at):
            return None
        labels.append(through.label.text(context.locale))
        at = through.target or field_type(through.type).fixed_target
    field = _field(context, at, last)
    if last not in context.profile.readable(at):
        return None
    kind = field_type(field.type)
    profile = context.profile
    return Slot(
        object=context.model.objects[at],
        field=field,
        type=kind,
        path=path,
        label=" · ".join((*labels, field.label.text(context.locale))),
        help=field.help.text(context.locale) if field.help else "",
        full=field.type in WIDE if full is None else full,
        editable=not steps and not field.read_only and _writable(context, at, field),
        always_masked=profile.masked(at).get(last, ...) is None,
        columns=_columns(context, field, columns) if field.type == "lines" else (),
    )


def bind_slots(context: Context, object_name: str, paths: Iterable[str]) -> tuple[Slot, ...]:
    """The slots of several paths; those that the actor may not see are left out."""
    found = (bind_slot(context, object_name, path) for path in paths)
    return tuple(slot for slot in found if slot is not None)


def _writable(context: Context, object_name: str, field: Field) -> bool:
    if field.type == "lines":
        return field.name in context.profile.writable(object_name) and bool(context.profile.writable(field.target))
    return field.name in context.profile.writable(object_name)


def _columns(context: Context, field: Field, named: Iterable[str]) -> tuple[Slot, ...]:
    """The columns of a lines field: those that the form names, else every declared field but the look-up to the parent."""
    child: Object = context.model.objects[field.target]
    by = field.settings.get("by", "")
    names = tuple(named) or tuple(one.name for one in child.live_fields if not one.system and one.name != by and one.type != "lines")
    return bind_slots(context, child.name, names)


def _field(context: Context, object_name: str, name: str) -> Field:
    found: Any = context.model.objects[object_name].fields.get(name) if object_name in context.model.objects else None
    if found is None or found.retired:
        raise LookupError(f"{object_name}.{name}")
    return found  # type: ignore[no-any-return]
