"""A source of inbound events in the Model, and the fields of what it sends. The fields are field types like those of records, with one parser.

Knows no database and no HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from looseleaf_metadata.expressions.types import ExpressionType
from looseleaf_metadata.frozen import freeze
from looseleaf_metadata.kinds.field_schema import NOT_SETTINGS
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field, Option
from looseleaf_metadata.names import humanised
from looseleaf_metadata.problems import Place
from looseleaf_platform.errors import NotThere
from looseleaf_platform.fields import field_type

KIND = "inbound"
TYPES = ("text", "long_text", "integer", "decimal", "boolean", "date", "datetime", "select", "email", "phone", "url")
"""Types that a field of an event may have: those whose values expressions see as they are."""
HEADER = "Looseleaf-Signature"
"""Where the signature stands if nothing else is said: the header that our own webhooks carry."""
WINDOW = timedelta(minutes=5)
NAME = "event"
"""What expressions call the event: `event.serial`."""
PLACE = "at"
"""The key of a field that says where in the body its value stands."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """`written`: its fields as they stand in the document. `key`: how an event is known, by a field or by a header.

    `window`: how far the moment of the signature may be from now; `acts_as`: the user whose rights its rules have, "" for the system.
    """

    id: str
    name: str
    label: Label
    written: Mapping[str, Any]
    key_field: str = ""
    key_header: str = ""
    header: str = HEADER
    window: timedelta = WINDOW
    acts_as: str = ""
    app: str = ""
    place: Place = field(default=Place(), compare=False)


def inbound_named(model: Any, name: str) -> Inbound:
    """The source of that name. Raises NotThere."""
    found: Inbound | None = model.others.get(KIND, {}).get(name)
    if found is None:
        raise NotThere
    return found


def inbound_by_id(model: Any, id: str) -> Inbound | None:
    """The source with that stable id, or None."""
    return next((one for one in model.others.get(KIND, {}).values() if one.id == id), None)


def event_fields(written: Mapping[str, Any]) -> dict[str, Field]:
    """The fields of an event from what is written of them."""
    return {name: _field(name, data) for name, data in written.items()}


def _field(name: str, data: Mapping[str, Any]) -> Field:
    settings = {key: value for key, value in data.items() if key not in NOT_SETTINGS and key != PLACE}
    options = tuple(_option(option, said) for option, said in data.get("options", {}).items())
    kind = field_type(data["type"])
    return Field(
        id=name,
        name=name,
        type=data["type"],
        label=Label.of(data.get("label", humanised(name))),
        column="",
        expression_type=kind.expression_type(settings, tuple(option.name for option in options)),
        settings=freeze(settings),
        required=bool(data.get("required", False)),
        options=options,
    )


def _option(name: str, said: Any) -> Option:
    spoken = said.get("label") or {key: said[key] for key in ("zh", "en") if key in said} if isinstance(said, Mapping) else said
    return Option(name, name, Label.of(spoken or humanised(name)))


def names_of(fields: Mapping[str, Field]) -> dict[str, ExpressionType]:
    """What expressions may name of an event, with its types."""
    return {f"{NAME}.{name}": one.expression_type for name, one in fields.items()}


def place_of(name: str, data: Mapping[str, Any]) -> str:
    """The JSON pointer in the body at which a field's value stands."""
    return str(data.get(PLACE, f"/{name}"))
