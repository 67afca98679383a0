"""A moment that goes by a date of the record: `{date: close_date, before: 3 days, at: "09:00"}`. Once for each record and date."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from looseleaf_metadata.expressions.types import Kind as ValueKind
from looseleaf_metadata.kinds.base import NAME, Schema, text
from looseleaf_metadata.texts import Text
from looseleaf_workflow.automations.draft import Draft
from looseleaf_workflow.automations.triggers.base import Trigger

OFFSET: Schema = text(pattern=r"^[1-9][0-9]{0,3} (minute|hour|day|week)s?$", **{"x-expects": "duration"})
TIME: Schema = text(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")


def check(draft: Draft, pointer: str, options: Mapping[str, Any]) -> None:
    """The field holds a date or a moment of its own; one of before and after."""
    found = draft.field(f"{pointer}/date", options["date"], "trigger")
    if "before" in options and "after" in options:
        draft.fault(f"{pointer}/after", "no-effect", Text("say 'before' or 'after', not both"), key=True)
    if found is None:
        return
    types = draft.run.vocabulary.field_types
    computed = found.type in types and types[found.type].computed
    if found.expression_type.kind not in (ValueKind.DATE, ValueKind.DATETIME) or computed:
        message = Text("'{name}' is no stored date: it is {kind}", name=found.name, kind=found.type)
        draft.fault(f"{pointer}/date", "wrong-type", message)
    elif found.expression_type.kind is ValueKind.DATETIME and "at" in options:
        draft.fault(f"{pointer}/at", "no-effect", Text("'{name}' has a time of day itself", name=found.name), key=True)
    elif found.expression_type.kind is ValueKind.DATE:
        for key in ("before", "after"):
            if key in options and not str(options[key]).rstrip("s").endswith(("day", "week")):
                draft.fault(f"{pointer}/{key}", "bad-value", Text("from a date one counts in days or weeks"))


DATE = Trigger(
    "date",
    NAME,
    {"before": OFFSET, "after": OFFSET, "at": TIME, "if_past": {"type": "string", "enum": ["skip", "now"]}},
    (),
    check,
    label=Text("around a date"),
    why=Text("This goes by a date of the record, not by its changes"),
)
