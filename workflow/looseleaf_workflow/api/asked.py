"""What callers send beside records: known query parameters, bodies of a known shape. What is wrong is told with its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request

from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import BadQuery, Fault, Refused
from looseleaf_platform.records.ids import decode

Shape = Mapping[str, tuple[type, Text]]


def no_parameters(*known: str) -> None:
    """Raise BadQuery for a query parameter that is not known."""
    unknown = next((key for key in request.args if key not in known), None)
    if unknown is not None:
        raise BadQuery(Text("Unknown parameter '{name}'", name=unknown[:60]), unknown[:60])


def shaped(body: Any, shape: Shape, required: tuple[str, ...] = ()) -> dict[str, Any]:
    """A body with these keys of these types and no others. Raises Refused."""
    if not isinstance(body, dict):
        raise Refused([Fault("", "not-an-object", Text("Expected a JSON object of fields"))])
    faults = [Fault(f"/{key}", "unknown-field", Text("There is no field '{name}'", name=str(key)[:60])) for key in body if key not in shape]
    faults += [
        Fault(f"/{key}", "wrong-type", Text("expected {expected}", expected=expected))
        for key, (kind, expected) in shape.items()
        if key in body and not isinstance(body[key], kind)
    ]
    faults += [Fault(f"/{key}", "required", Text("This must be filled in")) for key in required if key not in body]
    if faults:
        raise Refused(faults)
    return body


def id_at(value: Any, pointer: str) -> int:
    """An id as it is shown. Raises Refused."""
    try:
        return decode(value)
    except ValueError:
        raise Refused([Fault(pointer, "not-an-id", Text("This is not an id"))]) from None
