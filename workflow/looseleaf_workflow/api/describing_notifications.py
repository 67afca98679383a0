"""What the OpenAPI description says of notifications: the same for every caller, each has their own."""

from __future__ import annotations

from typing import Any

from looseleaf_platform.api.openapi import ID_SCHEMA
from looseleaf_platform.api.openapi_paths import ID, operation, schema_of
from looseleaf_platform.context import Context
from looseleaf_platform.extension import Described

TEXT = {"type": "string"}
MAYBE_TEXT = {"type": ["string", "null"]}
NUMBER = {"type": "integer"}
MAYBE_ID = {"anyOf": [ID_SCHEMA, {"type": "null"}]}


def _shape(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


NOTICE = _shape(
    id=ID_SCHEMA, text=TEXT, at=TEXT, read={"type": "boolean"}, object=MAYBE_TEXT, record=MAYBE_ID, title=MAYBE_TEXT, more=NUMBER
)
SCHEMAS = {"Notifications": _shape(data={"type": "array", "items": NOTICE}, unread=NUMBER, before=MAYBE_ID), "NotificationsRead": _shape(unread=NUMBER)}  # fmt: skip


def _query(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def describe(_context: Context) -> Described:
    """Schemas and paths."""
    asked = [_query("unread", {"type": "string", "enum": ["true", "false"]}), _query("before", ID_SCHEMA), _query("within", ID_SCHEMA)]
    listed = operation("list_notifications", "What you were told", asked, ("200", schema_of("Notifications")), "400", "401")
    done = ("200", schema_of("NotificationsRead"))
    read = operation("read_notification", "Note that it was read", [ID], done, "400", "401", "403", "404")
    body = {"type": "object", "properties": {"until": ID_SCHEMA}, "additionalProperties": False}
    read_all = operation("read_all_notifications", "Note that all were read", [], done, "400", "401", "403", "415", "422")
    read_all |= {"requestBody": {"required": True, "content": {"application/json": {"schema": body}}}}
    return SCHEMAS, {
        "/api/v1/notifications": {"get": listed},
        "/api/v1/notifications/read": {"post": read_all},
        "/api/v1/notifications/{id}/read": {"post": read},
    }
