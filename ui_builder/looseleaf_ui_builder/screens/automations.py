"""Automations bound to a reader who looks after them: their list, the history of one, one run, and one tried out on a record.

All that is shown comes from the functions of the API; here it gets words, and titles of records that the reader may see.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from looseleaf_metadata.model import Object
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import NotThere
from looseleaf_platform.records import read
from looseleaf_ui_builder.screens.slots import Slot, bind_slots
from looseleaf_ui_builder.web.callers import caller
from looseleaf_workflow.automations import managing, telling
from looseleaf_workflow.automations.definition import Automation, automation_by_id, automations_of
from looseleaf_workflow.automations.dry_run import DryRun, dry_run
from looseleaf_workflow.automations.telling import Explained, Listed, Switch, Told
from looseleaf_workflow.automations.testing import may_test
from looseleaf_workflow.automations.triggers import TRIGGERS as KINDS

TRIGGERS: Mapping[str, Text] = {name: trigger.label for name, trigger in KINDS.items()}
"""What sets automations off, in words."""
STATES: Mapping[str, tuple[Text, str]] = {
    "waiting": (Text("Waiting to begin"), ""),
    "running": (Text("Under way"), "active"),
    "sleeping": (Text("Asleep until something happens"), ""),
    "held": (Text("Held, it is switched off"), "late"),
    "done": (Text("Done"), "good"),
    "failing": (Text("Failing"), "bad"),
    "failed": (Text("Failed"), "bad"),
    "parked": (Text("Parked: nobody knows whether it arrived"), "bad"),
    "cancelled": (Text("Cancelled"), ""),
    "loop_stopped": (Text("Stopped as a loop"), "bad"),
    "open": (Text("Open"), ""),
    "sending": (Text("Being sent"), "active"),
    "retry": (Text("Will be tried again"), "late"),
    "skipped": (Text("Skipped"), ""),
    "unknown": (Text("Unknown"), "bad"),
}
"""What runs and steps are in, and the look of it."""
FAILURES = ("failed", "parked", "loop_stopped")
FILTERS: tuple[tuple[str, Text], ...] = (
    ("", Text("All")),
    ("failed", Text("Failed")),
    ("parked", Text("Parked")),
    ("loop_stopped", Text("Loops")),
    ("sleeping", Text("Asleep")),
    ("held", Text("Held")),
    ("done", Text("Done")),
)


@dataclass(frozen=True, slots=True)
class Row:
    """An automation in the list. `failures`: runs that did not end well."""

    listed: Listed
    object: Object
    failures: int


@dataclass(frozen=True, slots=True)
class History:
    """One automation with a page of its runs. `titles`: of the records that the reader may see, by id."""

    row: Row
    runs: tuple[Mapping[str, Any], ...]
    titles: Mapping[int, str]
    before: int | None
    names: Mapping[int, str]
    all: Switch | None


@dataclass(frozen=True, slots=True)
class BoundRun:
    """One run. `object`: its record's, "" for who may not see that; `automation`: as it is today, None if it is gone."""

    told: Told
    automation: Automation | None
    object: str
    title: str
    actor: str
    again: bool
    open: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """An automation held against a record: why it ran or did not at the last change, and what it would do now."""

    automation: Automation
    object: Object
    fields: tuple[Slot, ...]
    record: int | None
    title: str
    explained: Explained | None
    would: DryRun | None
    may_test: bool


def may_look_after_automations(object_name: str) -> bool:
    """Whether the caller may hold the automations of an object against its records, and there are any."""
    context = caller()
    return context.profile.has(managing.ABILITY) and bool(automations_of(context.model, object_name))


def bind_list(context: Context, object_name: str = "") -> tuple[tuple[Row, ...], Switch | None]:
    """All automations, or those about one object; and the switch of all. Raises NotAllowed."""
    rows = (_row(context, one) for one in telling.listed(context))
    return tuple(row for row in rows if object_name in ("", row.object.name)), telling.switch_of_all(context)


def _row(context: Context, one: Listed) -> Row:
    return Row(one, context.model.objects[one.automation.object], sum(one.counts.get(state, 0) for state in FAILURES))


def bind_history(context: Context, name: str, state: str = "", before: int | None = None, record: int | None = None) -> History:
    """A page of an automation's runs, the newest first. Raises NotAllowed, NotThere."""
    runs = telling.runs_of(context, name, state=state if state in dict(FILTERS) else "", before=before, record=record)
    listed = next(one for one in telling.listed(context) if one.automation.name == name)
    all_switch = telling.switch_of_all(context)
    people = {one.by for one in (listed.switch, all_switch) if one is not None} | {run["actor"] for run in runs}
    return History(
        row=_row(context, listed),
        runs=runs,
        titles=read.titles(context, listed.automation.object, _ids(run["record_id"] for run in runs)),
        before=runs[-1]["id"] if len(runs) == telling.PAGE else None,
        names=read.titles(context, "user", _ids(people)),
        all=all_switch,
    )


def _ids(found: Iterable[int | None]) -> set[int]:
    return {id for id in found if id is not None}


def bind_run(context: Context, id: int) -> BoundRun:
    """One run with its steps, and its chain. Raises NotAllowed, NotThere."""
    told = telling.told(context, id)
    run = told.run
    object_name = next((one.name for one in context.model.objects.values() if one.id == run["object_id"]), "")
    record = run["record_id"]
    seen = bool(object_name) and record is not None and record in read.reachable(context, object_name, (record,))
    title = read.titles(context, object_name, (record,)).get(record, "") if seen else ""
    actor = read.titles(context, "user", _ids((run["actor"],))).get(run["actor"] or 0, "")
    automation = automation_by_id(context.model, run["automation_id"])
    over = run["state"] in ("done", *managing.AGAIN)
    return BoundRun(told, automation, object_name if seen else "", title, actor, run["state"] in managing.AGAIN, not over)


def bind_trial(context: Context, name: str, record: int | None, field: str = "", value: str = "") -> Trial:
    """An automation, held against a record if one is given, with a change of one field if one is named. Raises NotAllowed, NotThere."""
    managing.require(context)
    automation = managing.automation_named(context, name)
    thing = context.model.objects[automation.object]
    paths = [one.name for one in thing.live_fields if not one.read_only and one.type not in ("lines", "file", "image")]
    fields = bind_slots(context, thing.name, paths)
    if record is None:
        return Trial(automation, thing, fields, None, "", None, None, False)
    if field and field not in {slot.path for slot in fields}:
        raise NotThere
    title = read.titles(context, thing.name, (record,)).get(record, "")
    would = dry_run(context, name, record, {field: value} if field else None)
    return Trial(automation, thing, fields, record, title, telling.explain(context, name, record), would, may_test(context))
