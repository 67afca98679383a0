"""What is told of automations: their list, their runs, the steps of a run; and why one did not run for a record.

Readers see of a record's values what they could see of the record itself: values of fields hidden from them are left out, and texts that
may hold such values are withheld. Secrets are never in the history: steps keep their names only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.database.system_tables import change
from looseleaf_platform.errors import NotThere
from looseleaf_platform.records import read
from looseleaf_workflow.automations.definition import Automation, automations_of
from looseleaf_workflow.automations.events import events_of
from looseleaf_workflow.automations.hearing import HEARD
from looseleaf_workflow.automations.managing import automation_named, require
from looseleaf_workflow.automations.switches import ALL, is_off, switched_off
from looseleaf_workflow.automations.tables import automation_run, automation_step, automation_switch
from looseleaf_workflow.automations.verdicts import Reason, origin_of, why_not

PAGE = 50
WITHHELD = "•••"
TEXTS = frozenset({"text", "subject", "body", "answer", "to", "tried"})
"""Parts of inputs and outputs that may quote any field."""


@dataclass(frozen=True, slots=True)
class Switch:
    """Who turned something off or on last, when and why. `by`: a user, None for the system."""

    on: bool
    reason: str
    by: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """An automation in the list. `counts`: runs by state; `switch`: its own, None where nobody ever touched it; `last`: its newest run."""

    automation: Automation
    on: bool
    counts: Mapping[str, int]
    switch: Switch | None = None
    last: Mapping[str, Any] | None = None

    @property
    def held(self) -> bool:
        """Whether it is off only because all are."""
        return not self.on and (self.switch is None or self.switch.on)


@dataclass(frozen=True, slots=True)
class Told:
    """A run with its steps, each a row of its table as a mapping, with what its reader may see of it. `chain`: the runs of its chain."""

    run: Mapping[str, Any]
    steps: tuple[Mapping[str, Any], ...]
    chain: tuple[Mapping[str, Any], ...]


def listed(context: Context) -> tuple[Listed, ...]:
    """All automations, in the order in which they run. Three queries. Raises NotAllowed."""
    require(context)
    runs = automation_run.c
    with context.workspace.database.read() as connection:
        switches = _switches(connection)
        counted = connection.execute(select(runs.automation_id, runs.state, func.count()).group_by(runs.automation_id, runs.state)).all()
        newest = select(func.max(runs.id)).group_by(runs.automation_id)
        last = {row["automation_id"]: dict(row) for row in connection.execute(select(automation_run).where(runs.id.in_(newest))).mappings()}
    counts: dict[str, dict[str, int]] = {}
    for id, state, count in counted:
        counts.setdefault(id, {})[state] = count
    off = frozenset(id for id, one in switches.items() if not one.on)
    return tuple(
        Listed(one, not is_off(off, one.id), counts.get(one.id, {}), switches.get(one.id), last.get(one.id))
        for one in automations_of(context.model)
    )


def switch_of_all(context: Context) -> Switch | None:
    """The switch of all automations, None where nobody ever touched it. Raises NotAllowed."""
    require(context)
    with context.workspace.database.read() as connection:
        return _switches(connection).get(ALL)


def _switches(connection: Connection) -> dict[str, Switch]:
    rows = connection.execute(select(automation_switch))
    return {row.automation_id: Switch(row.running, row.reason, row.actor, row.at) for row in rows}


def runs_of(
    context: Context, name: str, *, state: str = "", before: int | None = None, record: int | None = None
) -> tuple[Mapping[str, Any], ...]:
    """The runs of an automation, newest first, a page of them. Raises NotAllowed, NotThere."""
    require(context)
    runs = automation_run.c
    where = [runs.automation_id == automation_named(context, name).id]
    where += [runs.state == state] if state else []
    where += [runs.id < before] if before is not None else []
    where += [runs.record_id == record] if record is not None else []
    with context.workspace.database.read() as connection:
        rows = connection.execute(select(automation_run).where(*where).order_by(runs.id.desc()).limit(PAGE)).mappings().all()
    return tuple({**row, "event": None} for row in rows)


def told(context: Context, run_id: int) -> Told:
    """One run, as its reader may know it. Raises NotAllowed, NotThere."""
    require(context)
    runs = automation_run.c
    with context.workspace.database.read() as connection:
        run = connection.execute(select(automation_run).where(runs.id == run_id)).mappings().first()
        if run is None:
            raise NotThere
        where = automation_step.c.run_id == run_id
        order = (automation_step.c.started_at, automation_step.c.path)
        steps = connection.execute(select(automation_step).where(where).order_by(*order)).mappings().all()
        chain = connection.execute(select(automation_run).where(runs.chain == run["chain"]).order_by(runs.id).limit(PAGE)).mappings().all()
    seen = Seen(context, dict(run))
    event = {key: seen.image(value) if key in ("before", "after") else value for key, value in (run["event"] or {}).items()}
    if HEARD in event and not seen.everything:
        event[HEARD] = {key: event[HEARD][key] for key in ("name", "event")}
    event["changed"] = [name for name in event.get("changed", ()) if name in seen.fields]
    shown = tuple({**step, "input": seen.part(step["input"]), "output": seen.part(step["output"])} for step in steps)
    return Told({**run, "event": event}, shown, tuple({**one, "event": None} for one in chain))


class Seen:
    """What one reader may see of a run's record."""

    def __init__(self, context: Context, run: Mapping[str, Any]) -> None:
        self.context = context
        name = next((one.name for one in context.model.objects.values() if one.id == run["object_id"]), "")
        readable = frozenset(context.profile.readable(name)) if name else frozenset()
        masked = frozenset(context.profile.masked(name)) if name else frozenset()
        self.fields = (readable - masked) if name and self._reaches(name, run["record_id"]) else frozenset()
        self.everything = context.profile.everything or (bool(name) and self.fields >= frozenset(context.model.objects[name].fields))

    def _reaches(self, name: str, id: int | None) -> bool:
        return self.context.profile.everything or (id is not None and id in read.reachable(self.context, name, (id,)))

    def image(self, image: Any) -> Any:
        """The fields of an image."""
        return {name: value for name, value in (image or {}).items() if name in self.fields or self.everything}

    def part(self, part: Any) -> Any:
        """An input or output."""
        if self.everything or part is None:
            return part
        if isinstance(part, list):
            return [self.part(item) for item in part]
        if not isinstance(part, Mapping):
            return part
        return {key: self._value(key, value) for key, value in part.items()}

    def _value(self, key: str, value: Any) -> Any:
        if key == "values" and isinstance(value, Mapping):
            return {name: one if name in self.fields else WITHHELD for name, one in value.items()}
        return WITHHELD if key in TEXTS else self.part(value)


# --- why not


@dataclass(frozen=True, slots=True)
class Explained:
    """Why an automation ran or did not for a record's last change. `run`: its id, None where it did not; `operation`: of the change."""

    reason: Reason | None
    run: int | None
    operation: int | None


def explain(context: Context, name: str, record_id: int) -> Explained:
    """Hold the last change of a record against an automation once more. Raises NotAllowed, NotThere."""
    require(context)
    automation = automation_named(context, name)
    read.get(context, automation.object, record_id, ("id",))
    object_id = context.model.objects[automation.object].id
    system = context.workspace.bound(SYSTEM, context.runtime, "automation")
    with context.workspace.database.read() as connection:
        where = (change.c.object_id == object_id, change.c.record_id == record_id)
        last = connection.scalar(select(change.c.operation_id).where(*where).order_by(change.c.id.desc()).limit(1))
        reason = _reason(connection, system, automation, object_id, record_id, last)
        runs = automation_run.c
        mine = (runs.automation_id == automation.id, runs.record_id == record_id, runs.operation == last, runs.state != "loop_stopped")
        run = connection.scalar(select(runs.id).where(*mine).limit(1))
    return Explained(None if run is not None else reason, run, last)


def _reason(connection: Connection, context: Context, automation: Automation, object_id: str, id: int, last: int | None) -> Reason | None:
    origin = origin_of(connection, last) if last is not None else None
    events = events_of(connection, context, object_id, last, [id]) if last is not None else []
    if origin is None or not events:
        return Reason("no-change", Text("Nothing has happened to this record"))
    return why_not(automation, events[0], origin, switched_off(connection))
