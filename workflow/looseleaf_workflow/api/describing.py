"""What the OpenAPI description says of the wing's routes, for one caller."""

from __future__ import annotations

from typing import Any

from looseleaf_platform.api.openapi import ID_SCHEMA
from looseleaf_platform.api.openapi_paths import ID, operation, schema_of
from looseleaf_platform.context import Context
from looseleaf_platform.extension import Described
from looseleaf_workflow.stages.definition import pipelines_of

TEXT = {"type": "string"}
MAYBE_TEXT = {"type": ["string", "null"]}
MAYBE_NUMBER = {"type": ["integer", "null"]}
WHETHER = {"type": "boolean"}
WHO = {"anyOf": [ID_SCHEMA, {"type": "null"}]}


def _shape(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


TARGET = _shape(
    stage=TEXT, label=TEXT, closed=MAYBE_TEXT, state={"type": "string", "enum": ["passed", "current", "ahead"]},
    reachable=WHETHER, unmet=_list(TEXT), needs=_list(TEXT), needs_reason=WHETHER,
)  # fmt: skip
ACTION = _shape(action=TEXT, label=TEXT, done=WHETHER, by_hand=WHETHER, optional=WHETHER, at=MAYBE_TEXT, actor=WHO)
MOVE = _shape(
    **{"at": TEXT, "from": MAYBE_TEXT, "to": MAYBE_TEXT, "visit": {"type": "integer"}, "seconds": MAYBE_NUMBER},
    work_seconds=MAYBE_NUMBER,
    actor=WHO,
    source=TEXT,
    reason=TEXT,
)
STANDING = _shape(
    field=TEXT, pipeline=TEXT, label=TEXT, stage=MAYBE_TEXT, visit={"type": "integer"}, entered_at=MAYBE_TEXT, movable=WHETHER,
    stages=_list(TARGET), criteria=_list(_shape(text=TEXT, met=WHETHER)), actions=_list(ACTION), history=_list(MOVE),
)  # fmt: skip
SCHEMAS = {"Stages": _shape(data=_list(STANDING))}
TICK = {
    "type": "object",
    "properties": {"action": TEXT, "done": WHETHER, "field": TEXT},
    "required": ["action"],
    "additionalProperties": False,
}


def describe(context: Context) -> Described:
    """Schemas and paths of stages, for objects that the caller may read and that have a pipeline."""
    paths: dict[str, Any] = {}
    for entry in context.model.objects.values():
        if pipelines_of(context.model, entry.name) and context.profile.can(entry.name, "read"):
            paths[f"/api/v1/records/{entry.name}/{{id}}/stages"] = _operations(context, entry.name, entry.plural.text(context.locale))
    return (SCHEMAS, paths) if paths else ({}, {})


def _operations(context: Context, name: str, label: str) -> dict[str, Any]:
    content = schema_of("Stages")
    found = {"get": operation(f"stages_of_{name}", f"Where one of {label} stands", [ID], ("200", content), "401", "404")}
    if context.profile.can(name, "update"):
        failures = ("400", "401", "403", "404", "415", "422")
        ticking = operation(f"tick_{name}", f"Tick a key action of one of {label}", [ID], ("200", content), *failures)
        found["post"] = {**ticking, "requestBody": {"required": True, "content": {"application/json": {"schema": TICK}}}}
    return found
