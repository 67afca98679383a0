"""The operations of one object, as OpenAPI describes them: parameters, bodies, answers, every status that can come."""

from __future__ import annotations

from typing import Any

from looseleaf_metadata.model import Object
from looseleaf_platform.api.parameters import MAX_REASON, MAX_SIZE
from looseleaf_platform.api.problems import MEDIA_TYPE
from looseleaf_platform.context import Context

PROBLEM = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
SENTENCES = {
    "400": "The request can't be understood",
    "401": "No valid token",
    "403": "Not allowed",
    "404": "Not there, or not for you",
    "409": "Somebody was faster",
    "412": "Changed by someone else meanwhile",
    "413": "Too large",
    "415": "Not JSON",
    "422": "The values break a rule",
    "428": "If-Match is missing",
    "429": "Too many tries",
    "503": "The database can't be reached",
}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 13}}
IF_MATCH = {"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string", "pattern": '^(\\*|"[0-9]{1,18}")$'}}
REASON = {"name": "reason", "in": "query", "description": "Why, for the history", "schema": {"type": "string", "maxLength": MAX_REASON}}
EXEMPT = {"name": "exempt", "in": "query", "description": "Recorded exemptions: names, separated by commas", "schema": {"type": "string"}}
IDEMPOTENCY = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 200, "pattern": "^[!-~]*$"}}


def object_paths(context: Context, entry: Object) -> dict[str, dict[str, Any]]:
    """Paths of one object with the operations that the caller may use on some records."""
    name, can = entry.name, context.profile.can
    label = entry.plural.text(context.locale)
    collection: dict[str, Any] = {"get": listing(name, label)}
    single: dict[str, Any] = {"get": reading(name, label)}
    if can(name, "create"):
        collection["post"] = creating(name, label)
    if can(name, "update"):
        single["patch"] = changing(name, label)
    if can(name, "delete"):
        single["delete"] = deleting(name, label)
    return {f"/api/v1/records/{name}": collection, f"/api/v1/records/{name}/{{id}}": single}


def listing(name: str, label: str) -> dict[str, Any]:
    """GET of a collection."""
    text = {"type": "string"}
    parameters = [
        {"name": "filter", "in": "query", "description": "JSON: field, op, value; and, or, not", "schema": text},
        {"name": "search", "in": "query", "schema": {"type": "string", "maxLength": 200}},
        {"name": "sort", "in": "query", "description": 'Names, "-" in front for descending', "schema": text},
        {"name": "fields", "in": "query", "schema": text},
        {"name": "page[after]", "in": "query", "schema": text},
        {"name": "page[before]", "in": "query", "schema": text},
        {"name": "page[size]", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": MAX_SIZE}},
        {"name": "count", "in": "query", "schema": {"type": "boolean"}},
        {"name": "deleted", "in": "query", "schema": {"type": "boolean"}},
    ]
    return operation(f"list_{name}", f"List {label}", parameters, ("200", schema_of(f"{name}_page")), "400", "401", "403", "404")


def reading(name: str, label: str) -> dict[str, Any]:
    """GET of a record."""
    fields = {"name": "fields", "in": "query", "schema": {"type": "string"}}
    return operation(f"get_{name}", f"Read one of {label}", [ID, fields], ("200", schema_of(name)), "400", "401", "404")


def creating(name: str, label: str) -> dict[str, Any]:
    """POST to a collection: one record, or a list of them."""
    one = {"$ref": f"#/components/schemas/{name}_values"}
    body = {"oneOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": 1000}]}
    made = operation(
        f"create_{name}",
        f"Create {label}",
        [REASON, EXEMPT, IDEMPOTENCY],
        ("201", schema_of("Created")),
        "400",
        "401",
        "403",
        "404",
        "412",
        "413",
        "415",
        "422",
    )
    return {**made, "requestBody": {"required": True, "content": {"application/json": {"schema": body}}}}


def changing(name: str, label: str) -> dict[str, Any]:
    """PATCH of a record."""
    body = {"schema": {"$ref": f"#/components/schemas/{name}_values"}}
    made = operation(
        f"change_{name}", f"Change one of {label}", [ID, IF_MATCH, REASON, EXEMPT, IDEMPOTENCY], ("200", schema_of("Identity")),
        "400", "401", "403", "404", "412", "415", "422", "428",
    )  # fmt: skip
    return {**made, "requestBody": {"required": True, "content": {"application/json": body}}}


def deleting(name: str, label: str) -> dict[str, Any]:
    """DELETE of a record."""
    optional = {**IF_MATCH, "required": False}
    return operation(
        f"delete_{name}", f"Move one of {label} to the recycle bin", [ID, optional], ("204", None), "400", "401", "403", "404", "412", "422"
    )


def schema_of(name: str) -> dict[str, Any]:
    """A JSON answer of a named schema."""
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def operation(id: str, summary: str, parameters: list[dict[str, Any]], success: tuple[str, Any], *failures: str) -> dict[str, Any]:
    """An operation with its answers; 429 and 503 can always come."""
    status, content = success
    responses: dict[str, Any] = {status: {"description": "Done", **({"content": content} if content else {})}}
    responses |= {code: {"description": SENTENCES[code], "content": PROBLEM} for code in (*failures, "429", "503")}
    return {"operationId": id, "summary": summary, "parameters": parameters, "responses": responses}
