"""The form of an object: declared in metadata, or laid out from the roles of its fields; bound to one reader.

Knows nothing of records, HTTP and templates.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Form, FormItem, Object, Section
from looseleaf_platform.context import Context
from looseleaf_ui_builder.screens.slots import WIDE, Slot, bind_slot

LONG = frozenset({"long_text", "rich_text", "json"})


@dataclass(frozen=True, slots=True)
class Panel:
    """A section of a form as one reader sees it."""

    id: str
    label: str
    columns: int
    slots: tuple[Slot, ...]
    visible_when: Expression | None = None


@dataclass(frozen=True, slots=True)
class BoundForm:
    """A form as one reader sees it. `related`: names of related lists to show beside the record. `first`: fields of its short form."""

    object: Object
    panels: tuple[Panel, ...]
    related: tuple[str, ...]
    first: tuple[str, ...] = ()

    @property
    def slots(self) -> Iterator[Slot]:
        """All slots, in order."""
        return (slot for panel in self.panels for slot in panel.slots)

    def slot(self, name: str) -> Slot | None:
        """The slot of a field, or None."""
        return next((slot for slot in self.slots if slot.name == name), None)


def bind_form(context: Context, object_name: str, *, with_owner: bool = True) -> BoundForm:
    """The form of an object for the caller. Fields that it doesn't place come in a section of their own, then owner and team."""
    thing: Object = context.model.objects[object_name]
    form = context.model.form_of(object_name) or generated_form(thing)
    sections = (*form.sections, *unplaced_section(thing, form))
    panels = [panel for section in sections if (panel := _bind_section(context, thing, section)) is not None]
    placed = {slot.name for panel in panels for slot in panel.slots}
    owners = [] if not with_owner or thing.owner == "none" else [name for name in ("owner", "team") if name not in placed]
    slots = tuple(slot for name in owners if (slot := bind_slot(context, object_name, name)) is not None)
    if slots:
        panels.append(Panel("ownership", "", 2, slots))
    return BoundForm(thing, tuple(panels), form.related, form.phone_first)


def unplaced_section(thing: Object, form: Form) -> tuple[Section, ...]:
    """A last section with the live fields that a form places nowhere: none where there are none, or the form wants them hidden."""
    placed = {item.field for section in form.sections for item in section.items} | {_parent_look_up(thing)}
    rest = [field for field in thing.live_fields if not field.system and field.name not in placed]
    if not rest or not form.shows_unplaced:
        return ()
    items = tuple(FormItem(field.name, "full" if field.type in WIDE else "half") for field in rest)
    return (Section("unplaced", Label.of({"zh": "更多", "en": "More"}), 2, items),)


def _bind_section(context: Context, thing: Object, section: Section) -> Panel | None:
    slots = tuple(slot for item in section.items if (slot := _bind_item(context, thing, item)) is not None)
    if not slots:
        return None
    return Panel(section.id, section.label.text(context.locale) if section.label else "", section.columns, slots, section.visible_when)


def _bind_item(context: Context, thing: Object, item: FormItem) -> Slot | None:
    full = True if item.width == "full" or thing.fields[item.field].type in WIDE else None
    return bind_slot(context, thing.name, item.field, full=full, columns=item.columns)


def generated_form(thing: Object) -> Form:
    """A form for an object that declares none: title and highlights first, long texts and lines in sections of their own."""
    declared = [field for field in thing.live_fields if not field.system and field.name != _parent_look_up(thing)]
    leading = [thing.title, *thing.roles_of_fields.values(), *thing.highlights]
    rank = {name: place for place, name in reversed(list(enumerate(leading)))}
    short = [field for field in declared if field.type not in LONG and field.type != "lines"]
    short.sort(key=lambda field: rank.get(field.name, len(leading)))
    sections = [Section("basics", None, 2, tuple(FormItem(field.name) for field in short))]
    sections += [Section(field.name, field.label, 1, (FormItem(field.name, "full"),)) for field in declared if field.type == "lines"]
    long = tuple(FormItem(field.name, "full") for field in declared if field.type in LONG)
    if long:
        sections.append(Section("more", None, 1, long))
    return Form(id=f"generated:{thing.name}", name=thing.name, object=thing.name, sections=tuple(sections))


def _parent_look_up(thing: Object) -> str:
    """A line's look-up to its parent is never shown: the parent is where the line is."""
    if not thing.owned_by:
        return ""
    parent = thing.owned_by.partition(".")[0]
    return next((field.name for field in thing.live_fields if field.type == "lookup" and field.target == parent), "")
