"""`inbound`: a device or another system that tells us of events, the shape of what it sends, and how it proves that it is who it says."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.documents import pointer_of
from looseleaf_metadata.frozen import freeze
from looseleaf_metadata.kinds.base import BOOLEAN, LABEL, NAME, Kind, Schema, either, mapping, named, text
from looseleaf_metadata.kinds.field_schema import OPTION
from looseleaf_metadata.labels import Label
from looseleaf_metadata.names import humanised
from looseleaf_metadata.problems import did_you_mean
from looseleaf_metadata.texts import Text
from looseleaf_workflow.inbound.definition import HEADER, PLACE, TYPES, WINDOW, Inbound

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_metadata.vocabulary import Vocabulary

POINTER = text(pattern=r"^(/[^/]+)+$", maxLength=300)
HEADER_NAME = text(pattern=r"^[A-Za-z][A-Za-z0-9-]*$", maxLength=80)
EVENT_ID = either(string=NAME, object=mapping({"header": HEADER_NAME}, ("header",)))
MINUTE_AND_HOUR = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
SIGNATURE = mapping(
    {"header": HEADER_NAME, "window": text(pattern=r"^[1-9][0-9]? (minute|hour)s?$", **{"x-expects": "duration"})}, minProperties=1
)


def field_schemas(vocabulary: Vocabulary) -> Schema:
    """The schema of `fields:`: the types that an event may have, with the settings of each."""
    return named({"x-by-field-type": {name: _field(vocabulary, name) for name in TYPES}}, minProperties=1, maxProperties=100)


def _field(vocabulary: Vocabulary, name: str) -> Schema:
    spec = vocabulary.field_types[name]
    common: Schema = {"type": {"type": "string"}, "label": LABEL, "help": LABEL, "required": BOOLEAN, PLACE: POINTER}
    options: Schema = {"options": named(OPTION, minProperties=1)} if spec.choices else {}
    return mapping({**spec.settings_schema, **common, **options}, ("type", *spec.required_settings, *options))


class InboundKind(Kind):
    """A source of events."""

    name = "inbound"
    required = ("fields", "event_id")

    def properties(self, vocabulary: Vocabulary) -> Schema:
        return {
            "id": NAME,
            "label": LABEL,
            "help": LABEL,
            "fields": field_schemas(vocabulary),
            "event_id": EVENT_ID,
            "signature": SIGNATURE,
            "acts_as": text(maxLength=200),
        }

    def build(self, document: Document, run: Compilation) -> Any:
        """The source, with the settings of its fields checked."""
        data = document.data
        for name, written in data["fields"].items():
            for setting, fault in run.vocabulary.field_types[written["type"]].check_settings(written):
                run.report(document, f"/fields{pointer_of(name)}{pointer_of(setting)}", "bad-value", fault)
        key = data["event_id"]
        if isinstance(key, str):
            _check_key(document, run, key)
        signature = data.get("signature", {})
        return Inbound(
            id=data.get("id", document.name),
            name=document.name,
            label=Label.of(data.get("label", humanised(document.name))),
            written=freeze(data["fields"]),
            key_field=key if isinstance(key, str) else "",
            key_header="" if isinstance(key, str) else key["header"],
            header=signature.get("header", HEADER),
            window=_window(signature["window"]) if "window" in signature else WINDOW,
            acts_as=data.get("acts_as", ""),
            app=document.app,
            place=document.place(),
        )


def _check_key(document: Document, run: Compilation, name: str) -> None:
    """The id of an event is a text or a number that is always there."""
    fields = document.data["fields"]
    if name not in fields:
        message = Text("'{name}' is no field of this event", name=name)
        run.report(document, "/event_id", "unknown-field", message, did_you_mean(name, fields))
    elif fields[name]["type"] not in ("text", "integer"):
        message = Text("the id of an event is a text or a whole number, '{name}' is {kind}", name=name, kind=fields[name]["type"])
        run.report(document, "/event_id", "wrong-type", message)
    elif not fields[name].get("required"):
        run.report(document, "/event_id", "not-required", Text("every event has its id: say 'required: true' of '{name}'", name=name))


def _window(written: str) -> timedelta:
    amount, unit = written.split()
    return MINUTE_AND_HOUR[unit.removesuffix("s")] * int(amount)
