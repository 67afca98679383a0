"""A dry run: what an automation would do for a record, and a change of it, without doing it. Opens the database for reading only and calls
nobody: every step says what it plans, none is performed. Waits are passed over; what steps would write is not seen by those after them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection

from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.errors import LooseleafError, NotThere
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import decode
from looseleaf_platform.records.writing.plan import Plans
from looseleaf_workflow.automations import holding
from looseleaf_workflow.automations.definition import Automation
from looseleaf_workflow.automations.events import Event, image_scope, live_image, parsed, situation_of
from looseleaf_workflow.automations.hearing import hear, sample
from looseleaf_workflow.automations.managing import automation_named, require
from looseleaf_workflow.automations.running import said
from looseleaf_workflow.automations.steps import STEPS
from looseleaf_workflow.automations.switches import switched_off
from looseleaf_workflow.automations.telling import Seen
from looseleaf_workflow.automations.verdicts import Origin, Reason, why_not
from looseleaf_workflow.automations.walking import Frame
from looseleaf_workflow.automations.working import work_for
from looseleaf_workflow.frozen_json import to_data

MOST_SHOWN = 20
"""Items of an `each` that are shown."""


@dataclass(frozen=True, slots=True)
class Would:
    """A step that would be done. `plan`: what it would do; `error`: why it could not."""

    path: str
    kind: str
    plan: Any
    error: str = ""


@dataclass(frozen=True, slots=True)
class DryRun:
    """`reason`: why the change would not set it off, None where it would; `steps`: what it would do in any case."""

    reason: Reason | None
    steps: tuple[Would, ...]


def dry_run(context: Context, name: str, record_id: int, values: Mapping[str, Any] | None = None) -> DryRun:
    """What would happen if a record that one can read were given `values`, as the reader may know it. Raises NotAllowed, NotThere."""
    require(context)
    automation = automation_named(context, name)
    read.get(context, automation.object, record_id, ("id",))
    system = context.workspace.bound(SYSTEM, context.runtime, "automation")
    plan = Plans.of(context.runtime)[automation.object]
    with context.workspace.database.read() as connection:
        before = live_image(connection, plan, record_id)
        if before is None:
            raise NotThere
        after = {**before, **proposed(system, plan, values or {})}
        event = Event(
            system, connection, plan, record_id, "update" if values else "manual", 0, before, after, sample(connection, system, automation)
        )
        hear(system, event.scope_after, event.memo)
        origin = Origin(0, context.source, context.actor.id, context.runtime.revision, "")
        reason = why_not(automation, event, origin, switched_off(connection)) if automation.trigger != "manual" else None
        steps = list(_steps(connection, system, automation, event, context))
    seen = Seen(context, {"object_id": plan.id, "record_id": record_id})
    return DryRun(reason, tuple(replace(step, plan=seen.part(step.plan)) for step in steps))


def proposed(context: Context, plan: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as an image holds them; what is no field, or can't be read, is left out."""
    found = {}
    for name, raw in values.items():
        field = plan.fields.get(name)
        if field is not None and field.keys:
            value = parsed(field, raw, situation_of(context))
            found[name] = None if value is None else field.type.dump(value, field.field)
    return found


def _steps(connection: Connection, context: Context, automation: Automation, event: Event, reader: Context) -> Iterator[Would]:
    run = SimpleNamespace(
        id=0, name=automation.name, object_id=event.plan.id, record_id=event.record_id, event=event.as_data() | event.memo, actor=reader.actor.id, source="", chain=""
    )  # fmt: skip
    data, locale = to_data(automation.data), reader.locale
    yield from _flow(connection, context, run, data, data["steps"], Frame(automation.object, event.record_id), "", event, locale)


def _flow(
    connection: Connection, context: Context, run: Any, data: Any, flow: Sequence[Any], frame: Frame, prefix: str, event: Event, locale: str
) -> Iterator[Would]:
    for step in flow:
        kind, name = next(iter(step.items()))
        path = f"{prefix}{name}"
        try:
            work = work_for(connection, context, run, data, frame, path)
            if frame.record_id == event.record_id:
                work.scope = image_scope(context, event.plan, event.record_id, event.after, event.relations)
                hear(context, work.scope, event.memo)
            planned, inner = _plan(work, kind, step)
        except (LooseleafError, ArithmeticError) as error:
            yield Would(path, kind, None, said(error, locale))
            return
        yield Would(path, kind, planned)
        for below, record in inner[:MOST_SHOWN]:
            under = frame if record is None else Frame(planned["object"], decode(record))
            steps = step["flow"] if record is not None else step["cases"][int(below)]["flow"] if int(below) >= 0 else step.get("else", ())
            yield from _flow(connection, context, run, data, steps, under, f"{path}/{below}/", event, locale)


def _plan(work: Any, kind: str, step: Mapping[str, Any]) -> tuple[Any, list[tuple[str, str | None]]]:
    """What a step plans, and the flows inside of it: (name, record or None)."""
    if kind == "wait":
        return {"until": holding.moment_of(work, step).isoformat()}, []
    if kind == "branch":
        found = holding.branch(work, step).output
        return found, [(str(found["case"]), None)]
    if kind == "each":
        found = holding.each(work, step).output
        return found, [(item, item) for item in found["items"]]
    return STEPS[kind].plan(work, step), []
