"""What the OpenAPI description says of conversion, for one caller."""

from __future__ import annotations

from typing import Any

from looseleaf_platform.api.openapi import ID_SCHEMA
from looseleaf_platform.api.openapi_paths import ID, operation, schema_of
from looseleaf_platform.context import Context
from looseleaf_platform.extension import Described
from looseleaf_workflow.conversions.deciding import MOST
from looseleaf_workflow.conversions.definition import Conversion, conversions_of

TEXT = {"type": "string"}
MAYBE_TEXT = {"type": ["string", "null"]}
WHETHER = {"type": "boolean"}
MAYBE_ID = {"anyOf": [ID_SCHEMA, {"type": "null"}]}
FAILURES = ("400", "401", "403", "404", "412", "415", "422")


def _shape(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


OUTCOME = _shape(target=TEXT, object=TEXT, id=ID_SCHEMA, how={"type": "string", "enum": ["made", "taken"]})
BECAME = _shape(conversion=TEXT, at=TEXT, actor=MAYBE_ID, became=_list(OUTCOME))
PART = _shape(
    **{"target": TEXT, "object": TEXT, "as": {"enum": ["make", "take", "skip", None]}, "id": MAYBE_ID, "values": {"type": "object"}},
    kept=_list(TEXT),
    withheld=_list(TEXT),
    matches=_list(_shape(id=ID_SCHEMA, title=TEXT, same=_list(TEXT), agrees=WHETHER, changeable=WHETHER)),
    hidden_match=WHETHER,
    errors=_list(_shape(pointer=TEXT, code=TEXT, message=TEXT)),
)
PROSPECT = _shape(
    id=ID_SCHEMA, ready=WHETHER, code=MAYBE_TEXT, message=MAYBE_TEXT, became={"anyOf": [BECAME, {"type": "null"}]}, targets=_list(PART)
)
TARGET = _shape(name=TEXT, object=TEXT, may_skip=WHETHER, ask=_list(TEXT))
SCHEMAS = {
    "Conversions": _shape(data=_list(_shape(name=TEXT, label=TEXT, object=TEXT, targets=_list(TARGET)))),
    "ConversionPreview": _shape(data=_list(PROSPECT)),
    "ConversionResults": _shape(data=_list(_shape(id=ID_SCHEMA, operation=ID_SCHEMA, became=_list(OUTCOME)))),
    "ConversionsDone": _shape(data=_list(BECAME)),
}


def describe(context: Context) -> Described:
    """Schemas and paths of conversions, as far as they are for the caller."""
    paths: dict[str, Any] = {}
    for one in context.model.others.get("conversion", {}).values():
        if context.profile.can(one.object, "read"):
            paths |= _paths(one)
    if paths:
        listed = operation("list_conversions", "Conversions that one may use", [], ("200", schema_of("Conversions")), "400", "401")
        paths["/api/v1/conversions"] = {"get": listed}
    for name in context.model.objects:
        if conversions_of(context.model, name) and context.profile.can(name, "read"):
            told = operation(
                f"conversion_of_{name}", "Where a record went", [ID], ("200", schema_of("ConversionsDone")), "400", "401", "404"
            )
            paths[f"/api/v1/records/{name}/{{id}}/conversion"] = {"get": told}
    return (SCHEMAS, paths) if paths else ({}, {})


def _paths(one: Conversion) -> dict[str, Any]:
    ahead = operation(f"preview_{one.name}", "What would become of records", [], ("200", schema_of("ConversionPreview")), *FAILURES)
    doing = operation(f"convert_{one.name}", "Convert records", [], ("200", schema_of("ConversionResults")), *FAILURES)
    return {
        f"/api/v1/conversions/{one.name}/preview": {"post": ahead | _body(one)},
        f"/api/v1/conversions/{one.name}": {"post": doing | _body(one)},
    }


def _body(one: Conversion) -> dict[str, Any]:
    choice = {
        "type": "object",
        "properties": {"as": {"type": "string", "enum": ["make", "take", "skip"]}, "id": ID_SCHEMA, "values": {"type": "object"}},
        "required": ["as"],
        "additionalProperties": False,
    }
    targets = {"type": "object", "properties": {target.name: choice for target in one.targets}, "additionalProperties": False}
    record = {"type": "object", "properties": {"id": ID_SCHEMA, "targets": targets}, "required": ["id"], "additionalProperties": False}
    schema = {
        "type": "object",
        "properties": {"records": {"type": "array", "items": record, "maxItems": MOST}},
        "required": ["records"],
        "additionalProperties": False,
    }
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
