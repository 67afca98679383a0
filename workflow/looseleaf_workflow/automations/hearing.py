"""What expressions know of the inbound event that set a run off: `event.serial`, by the fields as they were when it came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from looseleaf_platform.context import Context
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.writing.scope import Scope
from looseleaf_workflow.automations.definition import Automation
from looseleaf_workflow.automations.events import situation_of
from looseleaf_workflow.frozen_json import to_data
from looseleaf_workflow.inbound.definition import KIND, NAME, Inbound, event_fields, names_of
from looseleaf_workflow.inbound.reading import values_of
from looseleaf_workflow.inbound.tables import inbound_event

HEARD = "inbound"
"""Where a run keeps it: {"name", "event", "acts", "fields", "data"}; `acts`: whether its source acts as a user."""


def heard_of(source: Inbound, id: int, data: Mapping[str, Any]) -> dict[str, Any]:
    """What a run keeps of an event."""
    return {"name": source.name, "event": encode(id), "acts": bool(source.acts_as), "fields": to_data(source.written), "data": data}


def sample(connection: Connection, context: Context, automation: Automation) -> dict[str, Any]:
    """The last event of the source that a rule listens to, for trying the rule out; one that says nothing where none is kept. {} for other rules."""
    source: Inbound | None = context.model.others.get(KIND, {}).get(automation.options.get(NAME))
    if automation.trigger != NAME or source is None:
        return {}
    events = inbound_event.c
    kept = select(events.id, events.data).where(events.source_id == source.id, events.body != "").order_by(events.id.desc()).limit(1)
    last = connection.execute(kept).first()
    return {HEARD: heard_of(source, last.id, last.data or {}) if last is not None else heard_of(source, 0, {})}


def values_heard(context: Context, heard: Mapping[str, Any]) -> dict[str, Any]:
    """Values by the names that expressions use."""
    values = values_of(event_fields(heard["fields"]), heard["data"], situation_of(context))
    return {f"{NAME}.{name}": value for name, value in values.items()}


def hear(context: Context, scope: Scope, event: Mapping[str, Any] | None) -> None:
    """Let expressions on a record name the parts of the event that set its run off, if one did."""
    heard = (event or {}).get(HEARD)
    if heard:
        scope.know(names_of(event_fields(heard["fields"])), values_heard(context, heard))
