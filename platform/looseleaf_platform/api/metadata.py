"""Metadata over HTTP: what objects and fields there are for this caller. Hidden ones are absent."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from looseleaf_metadata.model import ACTIONS, Field, Object
from looseleaf_platform.api.callers import caller
from looseleaf_platform.api.records import answer, readable
from looseleaf_platform.context import Context
from looseleaf_platform.fields import field_type

routes = Blueprint("metadata", __name__)


@routes.get("/metadata/objects")
def list_objects() -> Response:
    """Every object that the caller may read."""
    context = caller()
    found = [object_data(context, entry) for entry in context.model.objects.values() if context.profile.can(entry.name, "read")]
    return answer({"revision": context.runtime.revision, "objects": found})


@routes.get("/metadata/objects/<name>")
def show_object(name: str) -> Response:
    """One object with its fields."""
    context = caller()
    readable(context, name)
    entry = context.model.object(name)
    fields = [field_data(context, entry, entry.fields[field]) for field in context.profile.readable(name)]
    return answer({**object_data(context, entry), "revision": context.runtime.revision, "fields": fields})


def object_data(context: Context, entry: Object) -> dict[str, Any]:
    """An object as the API describes it."""
    return {
        "name": entry.name,
        "label": entry.label.as_data(),
        "plural": entry.plural.as_data(),
        "title": entry.title,
        "app": entry.app,
        "actions": [action for action in ACTIONS if context.profile.can(entry.name, action)],
    }


def field_data(context: Context, entry: Object, field: Field) -> dict[str, Any]:
    """A field as the API describes it: what a form or an integration needs to know."""
    data: dict[str, Any] = {
        "name": field.name,
        "type": field.type,
        "label": field.label.as_data(),
        "required": field.required,
        "writable": field.name in context.profile.writable(entry.name),
        "masked": field.name in context.profile.masked(entry.name),
        "operators": list(field_type(field.type).operators),
    }
    if field.options:
        data["options"] = [
            {"name": option.name, "label": option.label.as_data(), **({"retired": True} if option.retired else {})}
            for option in field.options
        ]
    if field.target:
        data["to"] = field.target
    return data
