"""`automation`: what is done when something happens to records, or when a moment comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.frozen import freeze
from looseleaf_metadata.kinds.base import BOOLEAN, EXPRESSION, LABEL, NAME, Kind, Schema, either, listing, mapping
from looseleaf_metadata.labels import Label
from looseleaf_metadata.names import humanised
from looseleaf_metadata.texts import Text
from looseleaf_workflow.automations.definition import DEEPEST, DEFAULT_SOURCES, Automation, trigger_of
from looseleaf_workflow.automations.draft import Draft
from looseleaf_workflow.automations.steps import STEPS
from looseleaf_workflow.automations.steps.control import object_of_items
from looseleaf_workflow.automations.triggers import TRIGGERS
from looseleaf_workflow.automations.triggers.clocks import WORDS
from looseleaf_workflow.automations.triggers.inbound import EVENT, acting
from looseleaf_workflow.kinds.calendar import known_calendar
from looseleaf_workflow.who_checks import WHO_DEFINITION

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_metadata.vocabulary import Vocabulary

MAX_DEPTH = 6
FLOW: Schema = {"$ref": "#/$defs/flow"}
FLOW_DEFINITION = listing({"x-by-first-key": {one.name: one.schema for one in STEPS.values()}})
"""Goes under "$defs" as "flow" of a kind that has steps."""
LOOP = mapping(
    {
        "per_chain": {"type": "integer", "minimum": 1, "maximum": DEEPEST},
        "per_hour": {"type": "integer", "minimum": 1, "maximum": 10_000},
        "reentrant": BOOLEAN,
    },
    minProperties=1,
)
TRIGGER = either(
    string={"type": "string", "enum": [one.name for one in TRIGGERS.values() if one.value is None]},
    object={"x-by-first-key": {one.name: one.schema for one in TRIGGERS.values() if one.value is not None}},
)
DESCRIBING = frozenset({"id", "label", "help"})
"""Keys that change nothing of what an automation does."""
BY_CLOCK = frozenset({"date", "cron", "manual", EVENT.name, *WORDS})
"""Triggers that no change of a record sets off."""


class AutomationKind(Kind):
    """A rule with its steps."""

    name = "automation"
    required = ("object", "trigger", "steps")

    def properties(self, vocabulary: Vocabulary) -> Schema:
        return {
            "id": NAME,
            "label": LABEL,
            "help": LABEL,
            "object": NAME,
            "trigger": TRIGGER,
            "order": {"type": "integer", "minimum": 0, "maximum": 10_000},
            "sources": listing({"type": "string", "enum": [*DEFAULT_SOURCES, "seed"]}, minItems=1, uniqueItems=True),
            "when": EXPRESSION,
            "once": {"type": "string", "enum": ["on_becoming_true"]},
            "recheck": BOOLEAN,
            "run_as": {"type": "string", "enum": ["system", "owner", "trigger_user"]},
            "calendar": NAME,
            "loop": LOOP,
            "steps": {**FLOW, "minItems": 1},
            "on_failure": {**FLOW, "minItems": 1},
        }

    def schema(self, vocabulary: Vocabulary) -> Schema:
        """The whole schema, with the flows that hold flows."""
        return {**super().schema(vocabulary), "$defs": {"who": WHO_DEFINITION, "flow": FLOW_DEFINITION}}

    def build(self, document: Document, run: Compilation) -> Any:
        """The automation, with everything that it names checked."""
        data = document.data
        owner = run.known_object(document, "/object", data["object"], f"automation:{document.name}", "automation")
        if owner is None:
            return None
        draft = Draft(document, run, owner.name, data.get("calendar", ""))
        if draft.calendar:
            known_calendar(run, document, "/calendar", draft.calendar, draft.source)
        word, options = trigger_of(data["trigger"])
        TRIGGERS[word].check(draft, "/trigger", options)
        _check_header(draft, data, word)
        for key in ("steps", "on_failure"):
            check_flow(draft, f"/{key}", data.get(key, ()), 0)
        return Automation(
            id=data.get("id", document.name),
            name=document.name,
            label=Label.of(data.get("label", humanised(document.name))),
            object=owner.name,
            trigger=word,
            options=freeze(options),
            data=freeze({key: value for key, value in data.items() if key not in DESCRIBING}),
            order=data.get("order", 100),
            app=document.app,
            place=document.place(),
        )


def _check_header(draft: Draft, data: Mapping[str, Any], word: str) -> None:
    """Keys that would have no effect here."""
    if "when" in data:
        draft.expression("/when")
    for key in ("once", "recheck"):
        if key in data and "when" not in data:
            draft.fault(f"/{key}", "no-effect", Text("'{key}' has an effect only with 'when'", key=key), key=True)
    if word in BY_CLOCK:
        for key in ("once", "sources"):
            if key in data:
                draft.fault(f"/{key}", "no-effect", Text("no change of a record sets this off"), key=True)
    if word == "deleted" and data.get("once"):
        draft.fault("/once", "no-effect", Text("a deleted record has only been"), key=True)
    if data.get("run_as") == "owner" and draft.owner.owner == "none":
        draft.fault("/run_as", "no-effect", Text("records of {object} have no owner", object=draft.object))
    if data.get("run_as") == "trigger_user" and word in ("date", "cron", *WORDS):
        draft.fault("/run_as", "no-effect", Text("nobody sets this off: time does"))
    if data.get("run_as") == "trigger_user" and word == EVENT.name and not acting(draft, data["trigger"]):
        draft.fault("/run_as", "no-effect", Text("nobody sets this off: the source of the event acts as nobody"))


def check_flow(draft: Draft, pointer: str, flow: Any, depth: int) -> None:
    """The steps of a list, and those inside of them."""
    if depth > MAX_DEPTH:
        draft.fault(pointer, "too-deep", Text("blocks stand in each other at most {limit} deep", limit=MAX_DEPTH))
        return
    for index, step in enumerate(flow):
        check_step(draft, f"{pointer}/{index}", step, depth)


def check_step(draft: Draft, here: str, step: Mapping[str, Any], depth: int = 0) -> None:
    """One step, and those inside of it."""
    kind, name = next(iter(step.items()))
    if name in draft.names:
        message = Text("there is a step '{name}' already", name=name)
        draft.fault(f"{here}/{kind}", "duplicate-step", message, Text("a step's name occurs once in a flow"))
    draft.names.add(name)
    STEPS[kind].check(draft, here, step)
    if kind == "branch":
        for number, case in enumerate(step["cases"]):
            check_flow(draft, f"{here}/cases/{number}/flow", case["flow"], depth + 1)
        check_flow(draft, f"{here}/else", step.get("else", ()), depth + 1)
    elif kind == "each":
        items = object_of_items(draft, here, step)
        if items and "where" in step["of"]:
            draft.about(items).expression(f"{here}/of/where")
        if items:
            check_flow(draft.about(items), f"{here}/flow", step["flow"], depth + 1)
