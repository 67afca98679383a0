"""What expressions know of the inbound event that set a run off: `event.serial`, by the fields as they were when it came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from looseleaf_platform.context import Context
from looseleaf_platform.records.writing.scope import Scope
from looseleaf_workflow.automations.events import situation_of
from looseleaf_workflow.inbound.definition import NAME, event_fields, names_of
from looseleaf_workflow.inbound.reading import values_of

HEARD = "inbound"
"""Where a run keeps it: {"name", "event", "fields", "data"}."""


def values_heard(context: Context, heard: Mapping[str, Any]) -> dict[str, Any]:
    """Values by the names that expressions use."""
    values = values_of(event_fields(heard["fields"]), heard["data"], situation_of(context))
    return {f"{NAME}.{name}": value for name, value in values.items()}


def hear(context: Context, scope: Scope, event: Mapping[str, Any] | None) -> None:
    """Let expressions on a record name the parts of the event that set its run off, if one did."""
    heard = (event or {}).get(HEARD)
    if heard:
        scope.know(names_of(event_fields(heard["fields"])), values_heard(context, heard))
