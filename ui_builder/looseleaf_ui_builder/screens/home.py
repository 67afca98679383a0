"""The home page: what I worked on last, and what is to be done, from whatever objects the workspace has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import and_, func, select

from looseleaf_metadata.model import Object, View
from looseleaf_platform.context import Context
from looseleaf_platform.database.system_tables import change, operation
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Page, Query
from looseleaf_ui_builder.screens.layout import columns_of
from looseleaf_ui_builder.screens.navigation import Entry, entry_of
from looseleaf_ui_builder.screens.slots import Slot, bind_slots
from looseleaf_ui_builder.web.texts import _

MOST_RECENT = 8
MOST_AGENDAS = 3
ROWS = 6
LATEST_CHANGES = 60


@dataclass(frozen=True, slots=True)
class Recent:
    """A record that the caller changed."""

    entry: Entry
    id: str
    title: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Agenda:
    """The first records of a view that is about the caller's own work, by date. `due`: the slot of that date."""

    entry: Entry
    label: str
    view: str
    title: Slot
    due: Slot
    page: Page


def greeting(context: Context) -> str:
    """Good morning, by the caller's own clock."""
    hour = context.now.astimezone(ZoneInfo(context.actor.timezone)).hour
    if hour < 5 or hour >= 18:
        return _("Good evening, {name}", name=context.actor.name)
    return _("Good morning, {name}", name=context.actor.name) if hour < 12 else _("Good afternoon, {name}", name=context.actor.name)


def recent(context: Context) -> tuple[Recent, ...]:
    """The records that the caller changed last, of those that they may still see. One query, and one for each object's titles."""
    mine = and_(change.c.operation_id == operation.c.id, operation.c.actor == context.actor.id)
    latest = (
        select(change.c.object_id, change.c.record_id, change.c.at)
        .join(operation, mine)
        .order_by(change.c.id.desc())
        .limit(LATEST_CHANGES)
        .subquery()
    )
    last = func.max(latest.c.at).label("last")
    query = select(latest.c.object_id, latest.c.record_id, last).group_by(latest.c.object_id, latest.c.record_id).order_by(last.desc())
    with context.workspace.database.read() as connection:
        rows = connection.execute(query).all()
    things = {thing.id: thing for thing in context.model.objects.values() if _stands_alone(context, thing)}
    wanted: dict[str, list[int]] = {}
    for row in rows:
        if row.object_id in things:
            wanted.setdefault(row.object_id, []).append(row.record_id)
    titles = {id: read.titles(context, things[id].name, ids) for id, ids in wanted.items()}
    found = [
        Recent(entry_of(context, things[row.object_id]), encode(row.record_id), titles[row.object_id][row.record_id], row.last)
        for row in rows
        if row.record_id in titles.get(row.object_id, {})
    ]
    return tuple(found[:MOST_RECENT])


def _stands_alone(context: Context, thing: Object) -> bool:
    return not (thing.retired or thing.owned_by or thing.system) and context.profile.can(thing.name, "read")


def agendas(context: Context) -> tuple[Agenda, ...]:
    """Views about the caller's own records that are sorted by a date: my open tasks, deals by close date, accounts to contact."""
    found: list[Agenda] = []
    for view in context.model.views.values():
        thing = context.model.objects.get(view.object)
        if (
            len(found) == MOST_AGENDAS
            or thing is None
            or not _is_agenda(context, thing, view)
            or any(one.entry.name == thing.name for one in found)
        ):
            continue
        due = view.sort[0].removeprefix("-")
        slots = bind_slots(context, thing.name, (thing.title, due, *columns_of(thing, view)))
        if len(slots) < 2 or slots[1].path != due or slots[0].path != thing.title:
            continue
        fields = tuple(dict.fromkeys(slot.path for slot in slots))
        page = read.page(context, thing.name, Query(expression=view.where, fields=fields, sort=view.sort, size=ROWS, count=True))
        found.append(Agenda(entry_of(context, thing), view.label.text(context.locale), view.name, slots[0], slots[1], page))
    return tuple(found)


def _is_agenda(context: Context, thing: Object, view: View) -> bool:
    """Whether a view is about the caller's own work and goes by a date."""
    if view.kind != "table" or view.where is None or "me" not in view.where.ambient or not view.sort or not _stands_alone(context, thing):
        return False
    if not read.may_use(context, view):
        return False
    first = thing.fields.get(view.sort[0])
    return first is not None and first.type in ("date", "datetime") and not first.system
