"""A field changes, to a value or from one if that is said: `{field_changed: status, from: draft, to: sent}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from looseleaf_metadata.kinds.base import NAME, Schema, either, listing, text
from looseleaf_metadata.problems import suggest
from looseleaf_metadata.texts import Text
from looseleaf_platform.records.writing.plan import KEPT_BY_US
from looseleaf_workflow.automations.draft import Draft
from looseleaf_workflow.automations.events import Event
from looseleaf_workflow.automations.triggers.base import Trigger

ONE: dict[str, Schema] = {"string": text(), "number": {}, "boolean": {}, "null": {}}
VALUE = either(**ONE, array=listing(either(**ONE), minItems=1))


def check(draft: Draft, pointer: str, options: Mapping[str, Any]) -> None:
    """The field exists, somebody can change it, and its options are known."""
    name, where = options["field_changed"], f"{pointer}/field_changed"
    if name in KEPT_BY_US:
        draft.fault(where, "no-effect", Text("'{name}' is kept by the system: nothing is set off by it", name=name))
        return
    found = draft.field(where, name, "trigger")
    if found is None:
        return
    types = draft.run.vocabulary.field_types
    if found.type in types and types[found.type].computed:
        message = Text("'{name}' is computed: it changes without being written", name=name)
        draft.fault(where, "computed-field", message, Text("use 'became_true' with a condition"))
    for key in ("from", "to"):
        for value in _listed(options.get(key, ())):
            if found.options and value is not None and (not isinstance(value, str) or found.option(value) is None):
                message = Text("'{name}' is not an option of the field '{field}'", name=str(value), field=name)
                draft.fault(f"{pointer}/{key}", "unknown-option", message, suggest(str(value), [one.name for one in found.options]))


def _listed(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def matches(event: Event, options: Mapping[str, Any]) -> bool:
    """Whether the field's normalised value differs, and is what it should be before and after."""
    name = options["field_changed"]
    if event.kind != "update" or name not in event.changed:
        return False
    return all(
        key not in options or any(event.same(name, image.get(name), value) for value in _listed(options[key]))
        for key, image in (("from", event.before), ("to", event.after))
    )


FIELD_CHANGED = Trigger(
    "field_changed",
    NAME,
    {"from": VALUE, "to": VALUE},
    (),
    check,
    matches,
    Text("The field did not change in that way"),
    label=Text("when a field changes"),
)
