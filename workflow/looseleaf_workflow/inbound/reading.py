"""From the body of an event to its fields: JSON, each field by its type's own parser, every fault at its place. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Fault, Invalid, Refused
from looseleaf_platform.fields import field_type
from looseleaf_platform.fields.base import Situation
from looseleaf_workflow.inbound.definition import Inbound, event_fields, place_of

LARGEST = 64 * 1024
"""Bytes of a body."""
LONGEST_KEY = 200
GONE = object()


def parse_json(body: bytes) -> Any:
    """The JSON of a body, with exact numbers. Raises ValueError."""
    try:
        return json.loads(body.decode("utf-8"), parse_float=_exact, parse_constant=_no_number)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _exact(written: str) -> Decimal:
    return Decimal(written)


def _no_number(written: str) -> Any:
    raise ValueError(f"{written} is no number of JSON")


def read_event(source: Inbound, sent: Any, situation: Situation) -> dict[str, Any]:
    """The fields of an event, each as its type writes it; empty ones are left out. Raises Refused."""
    if not isinstance(sent, dict):
        raise Refused([Fault("", "not-an-object", Text("Expected a JSON object of fields"))])
    found: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, one in event_fields(source.written).items():
        pointer = place_of(name, source.written[name])
        raw = at(sent, pointer)
        try:
            value = None if raw is GONE else _parsed(one, raw, situation)
        except Invalid as invalid:
            faults.append(Fault(pointer, invalid.code, invalid.message))
            continue
        if value is not None:
            found[name] = field_type(one.type).dump(value, one)
        elif one.required:
            faults.append(Fault(pointer, "required", Text("This must be filled in")))
    if faults:
        raise Refused(faults)
    return found


def _parsed(one: Field, raw: Any, situation: Situation) -> Any:
    if isinstance(raw, dict | list):
        raise Invalid("wrong-type", Text("Expected one value here"))
    return field_type(one.type).parse(raw, one, situation)


def at(sent: Any, pointer: str) -> Any:
    """What stands at a JSON pointer; GONE where nothing does."""
    for part in pointer.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        if isinstance(sent, dict) and part in sent:
            sent = sent[part]
        elif isinstance(sent, list) and part.isascii() and part.isdigit() and len(part) < 6 and int(part) < len(sent):
            sent = sent[int(part)]
        else:
            return GONE
    return sent


def key_of(source: Inbound, headers: Mapping[str, str], data: Mapping[str, Any]) -> str:
    """By what the sender knows an event. `headers`: by their names in small letters. Raises Refused."""
    given = headers.get(source.key_header.lower(), "") if source.key_header else str(data.get(source.key_field, ""))
    key = given.strip()
    if not key or len(key) > LONGEST_KEY or not key.isprintable():
        pointer = "" if source.key_header else place_of(source.key_field, source.written[source.key_field])
        message = Text("An event has an id of its own, of at most {most} printable characters", most=LONGEST_KEY)
        raise Refused([Fault(pointer, "event-id", message)])
    return key


def values_of(fields: Mapping[str, Field], data: Mapping[str, Any], situation: Situation) -> dict[str, Any]:
    """The stored fields of an event as expressions see them, None where there is no value."""
    return {name: _again(one, data.get(name), situation) for name, one in fields.items()}


def _again(one: Field, raw: Any, situation: Situation) -> Any:
    try:
        return None if raw is None else field_type(one.type).parse(raw, one, situation)
    except Invalid as invalid:
        return invalid.details.get("value")
