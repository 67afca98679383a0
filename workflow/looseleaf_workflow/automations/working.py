"""What a step works with: the record as it is now, the identity that the automation runs as, calendar, and the operation of its writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM, Actor, Context
from looseleaf_platform.errors import NotThere
from looseleaf_platform.records.requests import Operation
from looseleaf_platform.records.writing.plan import Plans
from looseleaf_platform.records.writing.scope import Relations, Scope
from looseleaf_workflow.automations.events import image_scope, relations_of
from looseleaf_workflow.automations.hearing import HEARD, hear
from looseleaf_workflow.automations.language import holds
from looseleaf_workflow.automations.steps.base import Failed, Gone, Work
from looseleaf_workflow.automations.walking import Frame
from looseleaf_workflow.calendars import Calendar
from looseleaf_workflow.calendars.calendar import Shift

IMAGES = {"delete": "before", "test": "after"}
"""Which image of the record a run works on, by what set it off; others work on the record as it is now."""
ALWAYS_OPEN = ((Shift(0, 1440),),) * 7


def object_name(context: Context, object_id: str) -> str:
    """The present name of an object. Raises Gone."""
    found = next((one.name for one in context.model.objects.values() if one.id == object_id), None)
    if found is None or found not in context.runtime.objects:
        raise Gone
    return str(found)


def live_scope(relations: Relations, name: str, id: int | None) -> Scope:
    """A record as it is now. Raises Gone where it is deleted."""
    scope = None if id is None else relations.scope(name, id)
    if scope is None or scope["deleted_at"] is not None:
        raise Gone
    return scope


def scope_of(context: Context, relations: Relations, run: Any, frame: Frame) -> Scope:
    """The record that a step is about: as it is now; of one whose deletion set the run off, as it was; of a test, as its sample data say."""
    event = run.event or {}
    image = IMAGES.get(event.get("kind", ""))
    if image is not None and frame.record_id == run.record_id:
        return image_scope(context, Plans.of(context.runtime)[frame.object], run.record_id, event[image], relations)
    return live_scope(relations, frame.object, frame.record_id)


def work_for(connection: Connection, context: Context, run: Any, data: Mapping[str, Any], frame: Frame, key: str) -> Work:
    """What a step of a run works with."""
    relations = relations_of(connection, context)
    scope = scope_of(context, relations, run, frame)
    hear(context, scope, run.event)
    actor = identity(context, data.get("run_as") or usual_identity(run), run, scope)
    bound = context if actor is SYSTEM else context.workspace.bound(actor, context.runtime, "automation")
    zone = bound.model.defaults.timezone
    return Work(
        connection=connection,
        context=bound,
        run_id=run.id,
        key=key,
        scope=scope,
        object=frame.object,
        record_id=scope["id"],
        event={**(run.event or {}), "actor": run.actor},
        operation=Operation("automation", reason=run.name, cause=run.id, chain=run.chain),
        calendar=calendar(bound, data.get("calendar", "")),
        zone=zone,
    )


def usual_identity(run: Any) -> str:
    """As whom a run acts where its rule does not say: what outside events set off as the user whom their source acts as, others as the system."""
    return "trigger_user" if (run.event or {}).get(HEARD, {}).get("acts") else "system"


def identity(context: Context, run_as: str, run: Any, scope: Scope) -> Actor:
    """Whom a run acts as. Raises Failed where there is no such person."""
    if run_as == "system":
        return SYSTEM
    person = run.actor if run_as == "trigger_user" else scope["owner"]
    if person is None:
        if run_as == "trigger_user" and run.source:
            return SYSTEM
        raise Failed(Text("There is nobody to act as"))
    try:
        return context.workspace.actor(person)
    except NotThere:
        raise Failed(Text("There is nobody to act as")) from None


def calendar(context: Context, name: str) -> Calendar:
    """The calendar that an automation names; without one, the firm's days, all of them open."""
    if name:
        found: Calendar = context.model.others["calendar"][name]
        return found
    return Calendar("", context.model.defaults.timezone, ALWAYS_OPEN)


def recheck_fails(connection: Connection, context: Context, run: Any, data: Mapping[str, Any]) -> bool:
    """Whether an automation wants its condition to hold still, and it does not."""
    if not data.get("recheck") or "when" not in data or run.record_id is None:
        return False
    scope = scope_of(context, relations_of(connection, context), run, Frame(object_name(context, run.object_id), run.record_id))
    hear(context, scope, run.event)
    return not holds(context.runtime, scope, data["when"])
