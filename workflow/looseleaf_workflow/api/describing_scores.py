"""What the OpenAPI description says of scores, for one caller."""

from __future__ import annotations

from typing import Any

from looseleaf_platform.api.openapi_paths import ID, operation, schema_of
from looseleaf_platform.context import Context
from looseleaf_platform.extension import Described
from looseleaf_workflow.scores.definition import scores_of

TEXT = {"type": "string"}
MAYBE_TEXT = {"type": ["string", "null"]}
MAYBE_NUMBER = {"type": ["integer", "null"]}
WHETHER = {"type": "boolean"}


def _shape(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


LINE = _shape(
    kind={"type": "string", "enum": ["criterion", "group", "bounds"]}, name=MAYBE_TEXT, label=TEXT, points=MAYBE_NUMBER,
    holds={"type": ["boolean", "null"]}, withheld=WHETHER, why=_list(TEXT),
)  # fmt: skip
SCORE = _shape(
    score=TEXT, label=TEXT, field=TEXT, total=MAYBE_NUMBER, grade=MAYBE_TEXT, applies={"type": ["boolean", "null"]}, current=WHETHER, lines=_list(LINE),
)  # fmt: skip
SCHEMAS = {"Scores": _shape(data=_list(SCORE))}


def describe(context: Context) -> Described:
    """Schemas and paths of scores, for objects that the caller may read and that have some."""
    paths: dict[str, Any] = {}
    for entry in context.model.objects.values():
        if context.profile.can(entry.name, "read") and scores_of(context.model, entry.name):
            content = ("200", schema_of("Scores"))
            found = operation(f"scores_of_{entry.name}", "Why a record has the points and the grade that it has", [ID], content, "400", "401", "404")  # fmt: skip
            paths[f"/api/v1/records/{entry.name}/{{id}}/scores"] = {"get": found}
    return (SCHEMAS, paths) if paths else ({}, {})
