"""Something tells us of an event: `{event: device_alarm, match: {serial_number: event.serial}}`. The rule is about the record that is found.

`match`: fields of the record and what they hold, by expressions on the event. Where none is found, `missing` says what then: `tell` those who look
after automations, or whom `tell` names; `create` one from `values`; or `ignore` it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from looseleaf_metadata.documents import pointer_of
from looseleaf_metadata.kinds.base import EXPRESSION, NAME, named
from looseleaf_metadata.problems import did_you_mean
from looseleaf_metadata.texts import Text
from looseleaf_workflow.automations.draft import Draft
from looseleaf_workflow.automations.events import Event
from looseleaf_workflow.automations.triggers.base import Trigger
from looseleaf_workflow.inbound.definition import KIND, TYPES, event_fields, names_of
from looseleaf_workflow.who_checks import WHO, WhoScope, build_who

WORD = "event"
MISSING = ("tell", "create", "ignore")


def check(draft: Draft, pointer: str, options: Mapping[str, Any]) -> None:
    """The source is there, records can be found by the fields, and expressions may name the event from here on."""
    name = options[WORD]
    sources = {one.name: one.data for one in draft.run.documents if one.kind == KIND}
    if name not in sources:
        message = Text("unknown source of events '{name}'", name=name)
        draft.fault(f"{pointer}/{WORD}", "unknown-inbound", message, did_you_mean(name, sources))
        return
    draft.run.refer(draft.source, f"{KIND}:{name}", draft.document, f"{pointer}/{WORD}", "trigger")
    fields = sources[name].get("fields", {})
    if f"{KIND}:{name}" not in draft.run.broken and all(one["type"] in TYPES for one in fields.values()):
        draft.known = names_of(event_fields(fields))
    for field, source in options.get("match", {}).items():
        _check_match(draft, f"{pointer}/match{pointer_of(field)}", field, source)
    _check_missing(draft, pointer, options)


def acting(draft: Draft, options: Mapping[str, Any]) -> bool:
    """Whether the source acts as a user."""
    return any(one.kind == KIND and one.name == options[WORD] and "acts_as" in one.data for one in draft.run.documents)


def _check_match(draft: Draft, pointer: str, name: str, source: str) -> None:
    found = draft.field(pointer, name, "match", key=True)
    if found is None:
        return
    types = draft.run.vocabulary.field_types
    if found.type in types and (types[found.type].computed or "eq" not in types[found.type].operators or found.target):
        draft.fault(pointer, "wrong-type", Text("no record is found by '{name}': it is {kind}", name=name, kind=found.type), key=True)
        return
    draft.about("").anywhere(pointer, source, "match", found.expression_type)


def _check_missing(draft: Draft, pointer: str, options: Mapping[str, Any]) -> None:
    """What is said for the case that no record is found has an effect."""
    missing = options.get("missing", "tell")
    if "match" not in options and missing != "create":
        message = Text("say by which fields the record is found, as 'match', or let one be made: 'missing: create'")
        draft.fault(pointer, "missing-key", message)
    if ("values" in options) != (missing == "create"):
        draft.fault(pointer, "missing-key", Text("'missing: create' and 'values' stand together"))
    if "tell" in options and missing != "tell":
        draft.fault(f"{pointer}/tell", "no-effect", Text("nobody is told where 'missing' says something else"), key=True)
    if "tell" in options:
        build_who(draft.document, draft.run, f"{pointer}/tell", WhoScope(draft.object, draft.source, ()))
    draft.about("").values(f"{pointer}/values", options.get("values", {}), draft.object)


def matches(event: Event, options: Mapping[str, Any]) -> bool:
    """Whether it is that source which tells something."""
    heard = event.memo.get(KIND)
    return heard is not None and heard["name"] == options[WORD]


EVENT = Trigger(
    WORD,
    NAME,
    {
        "match": named(EXPRESSION, minProperties=1, maxProperties=5),
        "missing": {"type": "string", "enum": list(MISSING)},
        "tell": WHO,
        "values": {"type": "object", "minProperties": 1, "propertyNames": NAME},
    },
    (),
    check,
    matches,
    Text("This is set off by events from outside"),
    label=Text("when something outside tells of an event"),
)
