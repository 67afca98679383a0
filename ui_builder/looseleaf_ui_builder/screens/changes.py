"""A record's history as a timeline: days, people, old and new values. One person's changes within ten minutes stand together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from looseleaf_metadata.model import Object
from looseleaf_platform.context import Context
from looseleaf_platform.fields.results import result_type
from looseleaf_platform.records import read
from looseleaf_platform.records.history import Entry
from looseleaf_ui_builder.screens.situations import situation_of
from looseleaf_ui_builder.screens.slots import Slot, bind_slot
from looseleaf_ui_builder.web.texts import _
from looseleaf_workflow.scores.definition import KIND as SCORE

TOGETHER = timedelta(minutes=10)
ICONS = {"create": "plus", "update": "pencil", "delete": "trash-2", "restore": "undo-2"}
UNTOLD = frozenset({"owner", "team"})
"""Fields of a new record that go without saying."""


@dataclass(frozen=True, slots=True)
class Step:
    """A field's value before and after, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Event:
    """What one person did at one time. `words`: what it was; `by`: who."""

    kind: str
    by: str
    words: str
    at: datetime
    reason: str
    changes: tuple[Step, ...]

    @property
    def icon(self) -> str:
        """The picture of what was done."""
        return ICONS.get(self.kind, "history")


@dataclass(frozen=True, slots=True)
class Day:
    """The events of a day."""

    day: date
    events: tuple[Event, ...]


def timeline(context: Context, thing: Object, entries: Sequence[Entry]) -> tuple[Day, ...]:
    """History entries, the newest first, in words and by days of the reader. One query for the titles of each object referred to."""
    titles = _titles(context, entries)
    zone = ZoneInfo(context.actor.timezone)
    days: dict[date, list[Event]] = {}
    for entry in entries:
        event = _event(context, thing, titles, entry)
        events = days.setdefault(event.at.astimezone(zone).date(), [])
        if events and _belong(events[-1], event):
            events[-1] = replace(events[-1], changes=(*events[-1].changes, *event.changes))
        else:
            events.append(event)
    return tuple(Day(day, tuple(events)) for day, events in days.items())


def _belong(later: Event, earlier: Event) -> bool:
    alike = (later.kind, later.by, later.words, later.reason) == (earlier.kind, earlier.by, earlier.words, earlier.reason)
    return alike and later.kind == "update" and later.at - earlier.at <= TOGETHER


def _event(context: Context, thing: Object, titles: dict[tuple[str, int], str], entry: Entry) -> Event:
    by = titles.get(("user", entry.actor), _("Someone")) if entry.actor is not None else _("Looseleaf")
    changes = tuple(
        _step(context, titles, entry, change)
        for change in entry.fields
        if not (entry.kind == "create" and (change.name in UNTOLD or change.after in (None, "", ())))
        and not _is_way_up(context, thing, entry, change.name)
    )
    return Event(entry.kind, by, _words(context, thing, entry), entry.at, _reason(context, entry), changes)


def _reason(context: Context, entry: Entry) -> str:
    """Why it was done; of a score that the system has counted, what it is called."""
    score = context.model.others.get(SCORE, {}).get(entry.reason) if entry.operation_kind == SCORE else None
    return entry.reason if score is None else str(score.label.text(context.locale))


def _is_way_up(context: Context, thing: Object, entry: Entry, name: str) -> bool:
    """Whether a field of a line is its look-up to the record itself, which goes without saying."""
    return entry.object != thing.name and context.model.objects[entry.object].fields[name].target == thing.name


def _words(context: Context, thing: Object, entry: Entry) -> str:
    """What was done, and by which door if not by this one."""
    done = {"create": _("created"), "update": _("changed"), "delete": _("deleted"), "restore": _("restored")}.get(entry.kind, entry.kind)
    if entry.operation_kind == "transfer":
        done = _("transferred")
    if entry.object != thing.name:
        done = _("{object}: {done}", object=context.model.objects[entry.object].label, done=done)
    doors = {
        "api": _("by the API"),
        "import": _("by import"),
        "job": _("automatically"),
        "seed": _("with the template"),
        "command": _("by command"),
    }
    return f"{done} · {doors[entry.source]}" if entry.source in doors else done


def _step(context: Context, titles: dict[tuple[str, int], str], entry: Entry, change: Any) -> Step:
    label = change.label.text(context.locale)
    if change.masked:
        return Step(label, "", _("withheld from you"))
    slot = bind_slot(context, entry.object, change.name)
    if slot is None:
        return Step(label, "", "")
    return Step(label, _said(context, titles, slot, change.before), _said(context, titles, slot, change.after))


def _said(context: Context, titles: dict[tuple[str, int], str], slot: Slot, value: Any) -> str:
    if value is None:
        return ""
    if slot.target and slot.widget != "lines":
        ids = value if isinstance(value, tuple | list) else (value,)
        return ", ".join(titles.get((slot.target, id), _("a record you may not see")) for id in ids)
    try:
        return result_type(slot.field).display(value, slot.field, situation_of(context))
    except (TypeError, AttributeError, ValueError):
        return str(value)


def _titles(context: Context, entries: Iterable[Entry]) -> dict[tuple[str, int], str]:
    """Titles of everybody and everything that the entries name."""
    wanted: dict[str, set[int]] = {"user": set()}
    for entry in entries:
        if entry.actor is not None:
            wanted["user"].add(entry.actor)
        for change in entry.fields:
            slot = bind_slot(context, entry.object, change.name)
            for value in (change.before, change.after) if slot is not None and slot.target and slot.widget != "lines" else ():
                ids = value if isinstance(value, tuple | list) else (value,)
                wanted.setdefault(slot.target, set()).update(id for id in ids if isinstance(id, int))  # type: ignore[union-attr]
    return {(target, id): title for target, ids in wanted.items() for id, title in read.titles(context, target, ids).items()}
