"""The OpenAPI 3.1 description of the API, made from the Model for the caller: objects and fields that he may not see are absent.

Made once per revision and profile. Uses apispec; the shapes of values come from `fields/schemas.py`.
"""

from __future__ import annotations

from typing import Any

import orjson
from apispec import APISpec
from flask import Blueprint, Response

from looseleaf_platform.api.callers import caller
from looseleaf_platform.api.openapi_paths import object_paths
from looseleaf_platform.context import Context
from looseleaf_platform.fields.schemas import json_schema

ID_SCHEMA = {"type": "string", "pattern": "^[0-9A-HJKMNP-TV-Z]{13}$"}
KEPT = 16
routes = Blueprint("openapi", __name__)


@routes.get("/openapi.json")
def show_openapi() -> Response:
    """The description, for this caller."""
    return Response(description_for(caller()), mimetype="application/json")


def description_for(context: Context) -> bytes:
    """The description as JSON; kept per profile on the runtime."""
    kept: dict[int, bytes] = context.runtime.memo.setdefault("openapi", {})
    key = id(context.profile)
    if key not in kept:
        if len(kept) >= KEPT:
            kept.clear()
        kept[key] = orjson.dumps(describe(context))
    return kept[key]


def describe(context: Context) -> dict[str, Any]:
    """The whole description as data."""
    spec = APISpec(title="Looseleaf", version=str(context.runtime.revision), openapi_version="3.1.0", info={"license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}})  # fmt: skip
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    spec.options["security"] = [{"token": []}]
    for name, schema in shared_schemas().items():
        spec.components.schema(name, schema)
    for entry in context.model.objects.values():
        if context.profile.can(entry.name, "read"):
            for name, schema in object_schemas(context, entry.name).items():
                spec.components.schema(name, schema)
            for path, operations in object_paths(context, entry).items():
                spec.path(path, operations=operations)
    for extension in context.workspace.extensions:
        if extension.describe is not None:
            schemas, paths = extension.describe(context)
            for name, schema in schemas.items():
                spec.components.schema(name, dict(schema))
            for path, operations in paths.items():
                spec.path(path, operations=dict(operations))
    return spec.to_dict()


def shared_schemas() -> dict[str, Any]:
    """Schemas that every object's operations use."""
    identity = {
        "type": "object",
        "properties": {"id": ID_SCHEMA, "version": {"type": "integer"}, "outcome": {"type": "string"}},
        "required": ["id", "version", "outcome"],
    }
    problem = {
        "type": "object",
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "errors": {"type": "array", "items": {"type": "object", "properties": {"pointer": {"type": "string"}, "code": {"type": "string"}, "message": {"type": "string"}}}},
        },
        "required": ["type", "title", "status"],
    }  # fmt: skip
    created = {"oneOf": [{"$ref": "#/components/schemas/Identity"}, {"type": "object", "properties": {"data": {"type": "array", "items": {"$ref": "#/components/schemas/Identity"}}}, "required": ["data"], "additionalProperties": False}]}  # fmt: skip
    return {"Problem": problem, "Identity": identity, "Created": created}


def object_schemas(context: Context, name: str) -> dict[str, Any]:
    """The schemas of one object: the record that is answered and the values that may be sent."""
    entry, profile = context.model.object(name), context.profile
    shown = {field: nullable(json_schema(entry.fields[field])) for field in profile.readable(name) if field not in ("id", "version")}
    sent = {field: nullable(json_schema(entry.fields[field])) for field in sorted(profile.writable(name))}
    record = {
        "type": "object",
        "properties": {"id": ID_SCHEMA, "version": {"type": "integer"}, **shown, "$titles": {"type": "object"}, "$masked": {"type": "array", "items": {"type": "string"}}},
        "required": ["id", "version"],
        "additionalProperties": False,
    }  # fmt: skip
    page = {
        "type": "object",
        "properties": {
            "data": {"type": "array", "items": {"$ref": f"#/components/schemas/{name}"}},
            "page": {"type": "object", "properties": {side: {"type": ["string", "null"]} for side in ("next", "previous")}},
            "count": {"type": "object", "properties": {"value": {"type": "integer"}, "capped": {"type": "boolean"}}},
        },
        "required": ["data", "page"],
    }
    return {
        name: record,
        f"{name}_values": {"type": "object", "properties": sent, "additionalProperties": False},
        f"{name}_page": page,
    }


def nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """`schema`, or null."""
    if schema == {} or schema is None:
        return {}
    kind = schema.get("type")
    if isinstance(kind, str) and "enum" not in schema:
        return {**schema, "type": [kind, "null"]}
    return {"anyOf": [schema, {"type": "null"}]}
