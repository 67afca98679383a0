"""What the OpenAPI description says of clocks, for one caller."""

from __future__ import annotations

from typing import Any

from looseleaf_platform.api.openapi_paths import ID, operation, schema_of
from looseleaf_platform.context import Context
from looseleaf_platform.extension import Described
from looseleaf_workflow.automations.managing import ABILITY
from looseleaf_workflow.clocks.definition import rules_of

TEXT = {"type": "string"}
MAYBE_TEXT = {"type": ["string", "null"]}
NUMBER = {"type": "integer"}
WHETHER = {"type": "boolean"}


def _shape(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


CLOCK = _shape(
    kind={"type": "string", "enum": ["sla", "stall"]}, policy=TEXT, policy_label=TEXT, clock=TEXT, label=TEXT,
    state={"type": "string", "enum": ["running", "paused", "stopped"]}, target=TEXT, working_time=WHETHER, started_at=TEXT,
    elapsed=NUMBER, remaining=NUMBER, percent=NUMBER, due_at=MAYBE_TEXT, provisional=WHETHER, missed=WHETHER, missed_at=MAYBE_TEXT,
    warnings=_list(NUMBER), stops=_list(TEXT), waits=MAYBE_TEXT, history=_list(_shape(event=TEXT, percent=NUMBER, at=TEXT)),
)  # fmt: skip
SCHEMAS = {
    "Clocks": _shape(data=_list(CLOCK)),
    "ClockAdoptions": _shape(data=_list(_shape(rule=TEXT, revision=NUMBER, started=NUMBER, moved=NUMBER, kept=NUMBER, at=TEXT))),
}


def describe(context: Context) -> Described:
    """Schemas and paths of clocks, for objects that the caller may read and that have some."""
    paths: dict[str, Any] = {}
    for entry in context.model.objects.values():
        if context.profile.can(entry.name, "read") and rules_of(context.model, entry.name):
            content = ("200", schema_of("Clocks"))
            found = operation(f"clocks_of_{entry.name}", "What is promised of a record, and what is left of the time", [ID], content, "400", "401", "404")  # fmt: skip
            paths[f"/api/v1/records/{entry.name}/{{id}}/clocks"] = {"get": found}
    if paths and context.profile.has(ABILITY):
        content = ("200", schema_of("ClockAdoptions"))
        found = operation("list_clock_adoptions", "What publishing changed of clocks", [], content, "400", "401", "403")
        paths["/api/v1/clock-adoptions"] = {"get": found}
    return (SCHEMAS, paths) if paths else ({}, {})
