"""What the OpenAPI description says of inbound events, for callers who look after automations."""

from __future__ import annotations

from typing import Any

from looseleaf_platform.api.openapi import ID_SCHEMA
from looseleaf_platform.api.openapi_paths import ID, operation, schema_of
from looseleaf_platform.context import Context
from looseleaf_platform.extension import Described
from looseleaf_platform.fields.schemas import json_schema
from looseleaf_workflow.automations.managing import ABILITY
from looseleaf_workflow.inbound.definition import KIND, Inbound, event_fields, place_of
from looseleaf_workflow.inbound.secrets import MOST_HOURS, may_make
from looseleaf_workflow.receiving.telling import STATES

TEXT = {"type": "string"}
MAYBE_TEXT = {"type": ["string", "null"]}
NUMBER = {"type": "integer"}
MAYBE_ID = {"anyOf": [ID_SCHEMA, {"type": "null"}]}
STATE = {"type": "string", "enum": list(STATES)}
READING = ("400", "401", "403", "404")


def _shape(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _maybe(of: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [of, {"type": "null"}]}


SOURCE = _shape(
    name=TEXT, label=TEXT, header=TEXT, window_seconds=NUMBER, acts_as=MAYBE_TEXT,
    secret=_maybe(_shape(made_at=TEXT, made_by=MAYBE_ID, before_until=MAYBE_TEXT)),
    events={"type": "object", "additionalProperties": NUMBER},
)  # fmt: skip
EVENT = {
    "id": ID_SCHEMA, "key": TEXT, "state": STATE, "received_at": TEXT, "handled_at": MAYBE_TEXT, "runs": _list(ID_SCHEMA),
    "problems": _list(_shape(automation=MAYBE_TEXT, code=TEXT, text=TEXT)),
}  # fmt: skip
SCHEMAS = {
    "InboundSources": _shape(data=_list(SOURCE)),
    "InboundEvents": _shape(data=_list(_shape(**EVENT)), before=MAYBE_ID),
    "InboundEvent": _shape(**EVENT, body=MAYBE_TEXT, values=_maybe({"type": "object"})),
    "InboundReceived": _shape(event=ID_SCHEMA),
    "InboundSecret": _shape(secret=TEXT),
}
SIGNED = "Signed by its source, without a token: HMAC-SHA256 of “t.body” as `t=<seconds>,v1=<hex>` in the header named here"


def describe(context: Context) -> Described:
    """Schemas and paths, for callers with the ability."""
    sources = context.model.others.get(KIND, {})
    if not context.profile.has(ABILITY) or not sources:
        return {}, {}
    received, listed = ("200", schema_of("InboundReceived")), ("200", schema_of("InboundEvents"))
    query = [{"name": name, "in": "query", "schema": schema} for name, schema in (("state", STATE), ("before", ID_SCHEMA))]
    paths: dict[str, Any] = {
        "/api/v1/inbound": {"get": operation("inbound", "Sources of events", [], ("200", schema_of("InboundSources")), *READING)}
    }
    for one in sources.values():
        base = f"/api/v1/inbound/{one.name}"
        paths[base] = {"post": _receiving(one)}
        paths[f"{base}/events"] = {"get": operation(f"events_of_{one.name}", "Its events, the newest first", query, listed, *READING)}
        paths[f"{base}/events/{{id}}"] = {
            "get": operation(f"event_of_{one.name}", "One event", [ID], ("200", schema_of("InboundEvent")), *READING)
        }
        again = operation(f"retry_event_of_{one.name}", "Ask the rules once more", [ID], received, *READING)
        paths[f"{base}/events/{{id}}/retry"] = {"post": again}
        if may_make(context):
            paths[f"{base}/secret"] = {"post": _secret(one)}
    return SCHEMAS, paths


def _receiving(one: Inbound) -> dict[str, Any]:
    """The door itself."""
    header = {"name": one.header, "in": "header", "required": True, "schema": TEXT}
    key = [{"name": one.key_header, "in": "header", "required": True, "schema": TEXT}] if one.key_header else []
    found = operation(
        f"receive_{one.name}", "Take in an event", [header, *key], ("202", schema_of("InboundReceived")),
        "400", "401", "404", "409", "413", "415", "422",
    )  # fmt: skip
    return found | {"description": SIGNED, "security": []} | _body(_sent(one))


def _sent(one: Inbound) -> dict[str, Any]:
    """What a body holds, each field at its place; more is not looked at. What stands in a list is left open."""
    whole: dict[str, Any] = {"type": "object", "properties": {}}
    for name, field in event_fields(one.written).items():
        *outer, last = place_of(name, one.written[name]).split("/")[1:]
        if any(part.isdigit() for part in (*outer, last)):
            continue
        inner = whole
        for part in outer:
            inner = inner["properties"].setdefault(part, {"type": "object", "properties": {}})
            if "properties" not in inner:
                break
        else:
            schema = json_schema(field, writing=True)
            inner["properties"].setdefault(last, {"anyOf": [schema, {"type": "number"}]} if field.type == "decimal" else schema)
    return whole


def _secret(one: Inbound) -> dict[str, Any]:
    hours = {"type": "integer", "minimum": 0, "maximum": MOST_HOURS}
    schema = {"type": "object", "properties": {"overlap_hours": hours}, "additionalProperties": False}
    made = operation(
        f"make_secret_of_{one.name}", "A new secret, shown once", [], ("201", schema_of("InboundSecret")), *READING, "415", "422"
    )
    return made | _body(schema)


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
