"""The page of one record: header, highlights, form by sections, related lists, history. Bound to one reader; reads through records.read.

Queries: the record with its titles, links and lines; two for each related list in the rail; history on its own tab only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from looseleaf_metadata.expressions.python_target import compile_python
from looseleaf_metadata.model import Object
from looseleaf_platform.context import Context
from looseleaf_platform.errors import NotThere
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import decode
from looseleaf_platform.records.requests import Page, Query, Record
from looseleaf_platform.records.runtime import RelatedRuntime
from looseleaf_ui_builder.screens.forms import BoundForm, Panel, bind_form
from looseleaf_ui_builder.screens.layout import columns_of, highlights
from looseleaf_ui_builder.screens.lists import object_of
from looseleaf_ui_builder.screens.navigation import Entry, entry_of
from looseleaf_ui_builder.screens.slots import Slot, bind_slots

RAIL_ROWS = 5
RELATED_ROWS = 50
MOST_READ, MOST_RELATED = 8, 24
"""Related lists that are read for the page, and those that have a tab at all."""


@dataclass(frozen=True, slots=True)
class Related:
    """A list of records that point here. `by`: their look-up; `second`: what is shown under their titles."""

    name: str
    label: str
    entry: Entry
    by: str
    can_create: bool
    columns: tuple[Slot, ...]
    page: Page

    @property
    def title(self) -> Slot:
        """The slot of the records' titles."""
        return self.columns[0]

    @property
    def second(self) -> tuple[Slot, ...]:
        """What tells them apart."""
        return tuple(slot for slot in self.columns[1:] if slot.name not in (self.by, "owner"))[:2]


@dataclass(frozen=True, slots=True)
class BoundRecord:
    """A record's page as one reader sees it. `further`: related lists beyond those that are read for the page."""

    object: Object
    record: Record
    title: str
    form: BoundForm
    panels: tuple[Panel, ...]
    highlights: tuple[Slot, ...]
    tags: tuple[Slot, ...]
    related: tuple[Related, ...]
    further: tuple[RelatedRuntime, ...]
    owner: str


def id_of(text: str) -> int:
    """The record id in an address. Raises NotThere for what isn't one."""
    try:
        return decode(text)
    except ValueError:
        raise NotThere from None


def bind_record(context: Context, object_name: str, id: int) -> BoundRecord:
    """Everything on a record's page."""
    thing = object_of(context, object_name)
    record = read.get(context, object_name, id)
    form = bind_form(context, object_name)
    lists = related_of(context, form)
    tags = tuple(slot for slot in highlights(context, thing) if slot.type.name == "select")
    return BoundRecord(
        object=thing,
        record=record,
        title=title_of(thing, record),
        form=form,
        panels=visible_panels(context, form, record),
        highlights=tuple(slot for slot in highlights(context, thing) if slot not in tags),
        tags=tags,
        related=tuple(bind_related(context, record, related, RAIL_ROWS) for related in lists[:MOST_READ]),
        further=lists[MOST_READ:],
        owner=str(record.titles.get("owner", "")),
    )


def title_of(thing: Object, record: Record) -> str:
    """What a record is called, "" where it has no title or it may not be seen."""
    value = record.values.get(thing.title)
    return "" if value is None else str(record.titles.get(thing.title) or value)


def related_of(context: Context, form: BoundForm) -> tuple[RelatedRuntime, ...]:
    """The related lists that the reader may see: those that the form names, then all others of objects that stand by themselves."""
    known = context.runtime.object(form.object.name).related
    standing = (name for name, related in known.items() if not context.model.objects[related.object].owned_by)
    names = dict.fromkeys((*form.related, *standing))
    found = [known[name] for name in names if name in known]
    return tuple(
        one
        for one in found
        if context.profile.can(one.object, "read") and one.by in context.profile.readable(one.object) and one.object != "role_member"
    )[:MOST_RELATED]


def bind_related(context: Context, record: Record, related: RelatedRuntime, size: int, after: str = "", before: str = "") -> Related:
    """One related list, read."""
    child = context.model.objects[related.object]
    columns = bind_slots(context, child.name, columns_of(child, None))
    names = tuple(slot.path for slot in columns)
    query = Query(fields=names, sort=("-created_at",), size=size, count=True, after=after, before=before)
    can_create = context.profile.can(child.name, "create") and related.by in context.profile.writable(child.name)
    return Related(
        name=related.name,
        label=related.label.text(context.locale),
        entry=entry_of(context, child),
        by=related.by,
        can_create=can_create,
        columns=columns,
        page=read.related(context, record.object, record.id, related.name, query),
    )


def visible_panels(context: Context, form: BoundForm, record: Record) -> tuple[Panel, ...]:
    """The sections and fields whose condition holds for a record; what can't be told here is shown."""
    scope = scope_of(context, record)
    panels = []
    for panel in form.panels:
        if not _holds(panel.visible_when, scope):
            continue
        slots = tuple(slot for slot in panel.slots if _holds(slot.field.visible_when, scope))
        if slots:
            panels.append(Panel(panel.id, panel.label, panel.columns, slots, panel.visible_when))
    return tuple(panels)


def scope_of(context: Context, record: Record) -> dict[str, object]:
    """A record's values as expressions see them."""
    values: dict[str, object] = {"@me": context.actor.id, "@now": context.now, "@today": context.today, "@timezone": context.actor.timezone}
    for name, value in record.values.items():
        values[name] = getattr(value, "base", value) if hasattr(value, "currency") else value
    return values


def _holds(expression: object, scope: Mapping[str, object]) -> bool:
    if expression is None or any(path not in scope for path in expression.reads):  # type: ignore[attr-defined]
        return True
    return bool(compile_python(expression)(scope))  # type: ignore[arg-type]
