"""A clock of a record tells something: `{sla_breached: support, clock: resolution}`, `{stalled: sales, stage: proposal}`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from looseleaf_metadata.kinds.base import NAME, Schema
from looseleaf_metadata.problems import suggest
from looseleaf_metadata.texts import Text
from looseleaf_workflow.automations.draft import Draft
from looseleaf_workflow.automations.events import Event
from looseleaf_workflow.automations.triggers.base import Matches, Trigger

WORDS = ("sla_warned", "sla_breached", "sla_met", "stalled")
PERCENT: Schema = {"type": "integer", "minimum": 1, "maximum": 99}


def checked(word: str, kind: str, part: str, parts: str) -> Callable[[Draft, str, Mapping[str, Any]], None]:
    """The check of a trigger: the document of `kind` is there and about the object, and has the `part` of the list `parts` that is named."""

    def check(draft: Draft, pointer: str, options: Mapping[str, Any]) -> None:
        name = options[word]
        found = [one for one in draft.run.documents if one.kind == kind and one.data.get("object") == draft.object]
        chosen = next((one for one in found if one.name == name), None)
        if chosen is None:
            message = Text("'{name}' is no {kind} of {object}", name=name, kind=kind, object=draft.object)
            draft.fault(f"{pointer}/{word}", f"unknown-{kind}", message, suggest(name, [one.name for one in found]))
            return
        draft.run.refer(draft.source, f"{kind}:{name}", draft.document, f"{pointer}/{word}", "trigger")
        names = [one.get(part) for one in chosen.data.get(parts, ()) if part != "stage" or "stall" in one]
        if part in options and options[part] not in names:
            message = Text("'{name}' has no clock '{clock}'", name=name, clock=options[part])
            draft.fault(f"{pointer}/{part}", "unknown-clock", message, suggest(options[part], [str(one) for one in names]))

    return check


def matching(word: str, part: str) -> Matches:
    """Whether what a clock told is what a trigger waits for."""

    def matches(event: Event, options: Mapping[str, Any]) -> bool:
        said = event.memo.get("clock")
        if said is None or event.kind != word or said["owner"] != options[word]:
            return False
        return all(said[said_by] == options.get(key, said[said_by]) for key, said_by in ((part, "name"), ("percent", "percent")))

    return matches


def _trigger(word: str, label: Text, kind: str, part: str, parts: str, **keys: Schema) -> Trigger:
    why = Text("This goes by clocks, not by changes of records")
    return Trigger(word, NAME, {part: NAME, **keys}, (), checked(word, kind, part, parts), matching(word, part), why, label=label)


SLA_WARNED = _trigger("sla_warned", Text("before a promised time runs out"), "sla", "clock", "clocks", percent=PERCENT)
SLA_BREACHED = _trigger("sla_breached", Text("when a promised time has run out"), "sla", "clock", "clocks")
SLA_MET = _trigger("sla_met", Text("when a promise is kept"), "sla", "clock", "clocks")
STALLED = _trigger("stalled", Text("when it rests too long in a stage"), "pipeline", "stage", "stages")
