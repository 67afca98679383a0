"""Steps that the runner itself holds: wait, branch, each. Here is how they are written and checked."""

from __future__ import annotations

from typing import Any

from looseleaf_metadata.expressions.types import Kind as ValueKind
from looseleaf_metadata.kinds.base import EXPRESSION, LABEL, NAME, Schema, listing, mapping
from looseleaf_metadata.texts import Text
from looseleaf_workflow.automations.draft import Draft
from looseleaf_workflow.automations.steps.base import Options, StepType, Work
from looseleaf_workflow.calendars import DURATION

FLOW: Schema = {"$ref": "#/$defs/flow"}
WAIT_KEYS: dict[str, Schema] = {
    "for": DURATION,
    "until": EXPRESSION,
    "until_when": EXPRESSION,
    "at_most": DURATION,
    "stop_when": EXPRESSION,
}
MOST_ITEMS = 500


def planless(work: Work, options: Options) -> dict[str, Any]:
    """Nothing that the runner does not say itself."""
    return {}


def check_wait(draft: Draft, pointer: str, options: Options) -> None:
    """One thing to wait for."""
    waits = [key for key in ("for", "until", "until_when") if key in options]
    if len(waits) != 1:
        draft.fault(pointer, "missing-key", Text("say how long, as one of: for, until, until_when"))
        return
    for key in ("for", "at_most"):
        if key in options:
            draft.duration(f"{pointer}/{key}", options[key])
    if "at_most" in options and "until_when" not in options:
        draft.fault(f"{pointer}/at_most", "no-effect", Text("'{key}' has an effect only with 'until_when'", key="at_most"), key=True)
    if "until_when" in options and "at_most" not in options:
        draft.fault(pointer, "missing-key", Text("a condition may never come true: say 'at_most' how long to wait"))
    if "until" in options:
        found = draft.expression(f"{pointer}/until", None)
        if found is not None and found.type.kind not in (ValueKind.DATE, ValueKind.DATETIME):
            draft.fault(f"{pointer}/until", "wrong-type", Text("a date is needed, this gives {kind}", kind=str(found.type)))
    for key in ("until_when", "stop_when"):
        if key in options:
            draft.expression(f"{pointer}/{key}")


WAIT = StepType("wait", WAIT_KEYS, check_wait, planless, held=True)


def check_branch(draft: Draft, pointer: str, options: Options) -> None:
    """The conditions; their flows are checked as flows."""
    for index in range(len(options["cases"])):
        draft.expression(f"{pointer}/cases/{index}/when")


BRANCH = StepType(
    "branch",
    {"cases": listing(mapping({"when": EXPRESSION, "label": LABEL, "flow": FLOW}, ("when", "flow")), minItems=1), "else": FLOW},
    check_branch,
    planless,
    required=("cases",),
    held=True,
)

OF = mapping({"lines": NAME, "records": NAME, "by": NAME, "where": EXPRESSION}, minProperties=1)


def object_of_items(draft: Draft, pointer: str, options: Options) -> str:
    """The object whose records an `each` goes through; "" and a problem where that is unclear."""
    of = options["of"]
    if ("lines" in of) == ("records" in of):
        draft.fault(f"{pointer}/of", "missing-key", Text("say which records: 'lines' of this one, or 'records' of an object"))
        return ""
    if "lines" in of:
        if "by" in of:
            draft.fault(f"{pointer}/of/by", "no-effect", Text("'{key}' has an effect only with 'records'", key="by"), key=True)
        field = draft.field(f"{pointer}/of/lines", of["lines"], "each")
        if field is not None and field.type not in ("lines", "many_to_many"):
            draft.fault(
                f"{pointer}/of/lines", "wrong-type", Text("'{name}' holds one value, it is {kind}", name=field.name, kind=field.type)
            )
            return ""
        return field.target if field is not None else ""
    found = draft.run.known_object(draft.document, f"{pointer}/of/records", of["records"], draft.source, "each")
    if found is not None and "by" in of:
        by = draft.run.known_field(draft.document, f"{pointer}/of/by", found.name, of["by"], draft.source, "each")
        if by is not None and by.target != draft.object:
            draft.fault(f"{pointer}/of/by", "wrong-type", Text("'{name}' does not refer to {object}", name=by.name, object=draft.object))
    elif found is not None and "where" not in of:
        draft.fault(f"{pointer}/of", "missing-key", Text("say which: 'by' a field that refers to this record, or 'where' something holds"))
    return found.name if found is not None else ""


def check_each(draft: Draft, pointer: str, options: Options) -> None:
    """Checked where its flow is: see kinds/automation.py."""


EACH = StepType(
    "each",
    {
        "of": OF,
        "max": {"type": "integer", "minimum": 1, "maximum": MOST_ITEMS},
        "on_item_error": {"type": "string", "enum": ["stop", "continue"]},
        "flow": {**FLOW, "minItems": 1},
    },
    check_each,
    planless,
    required=("of", "flow"),
    held=True,
)
