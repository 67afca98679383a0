"""A record enters or leaves a stage: `{stage_entered: won}`, with `field` where several fields hold stages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from looseleaf_metadata.kinds.base import NAME
from looseleaf_metadata.problems import suggest
from looseleaf_metadata.texts import Text
from looseleaf_workflow.automations.draft import Draft
from looseleaf_workflow.automations.events import Event
from looseleaf_workflow.automations.triggers.base import Trigger


def stage_field(draft: Draft, pointer: str, written: Mapping[str, Any]) -> str:
    """The field that holds the stages: the one named, else that of the object's pipeline; "" and a problem where that is unclear."""
    pipelines = [one.data for one in draft.run.documents if one.kind == "pipeline" and one.data.get("object") == draft.object]
    fields = {data.get("field") or draft.owner.roles_of_fields.get("stage", "stage") for data in pipelines}
    named = written.get("field")
    if named is not None and named in fields:
        return str(named)
    if named is None and len(fields) == 1:
        return str(fields.pop())
    message = Text("which field holds the stages is not clear: name it with 'field'") if fields else Text("'{name}' has no pipeline", name=draft.object)  # fmt: skip
    draft.fault(f"{pointer}/field" if named else pointer, "unknown-pipeline", message)
    return ""


def known_stage(draft: Draft, pointer: str, written: Mapping[str, Any], stage: str) -> None:
    """Report a stage that there is not."""
    field = stage_field(draft, pointer.rpartition("/")[0], written)
    found = draft.field(pointer, field, "stage") if field else None
    if found is not None and (found.option(stage) is None or found.option(stage).retired):  # type: ignore[union-attr]
        message = Text("'{name}' is not an option of the field '{field}'", name=stage, field=field)
        draft.fault(pointer, "unknown-option", message, suggest(stage, [one.name for one in found.options if not one.retired]))


def checked(word: str) -> Callable[[Draft, str, Mapping[str, Any]], None]:
    """The check of a trigger with that word."""
    return lambda draft, pointer, options: known_stage(draft, f"{pointer}/{word}", options, options[word])


def entered(event: Event, options: Mapping[str, Any]) -> bool:
    """Whether the record came to the stage, also by being created there."""
    field = event.stage_field(options)
    return event.kind in ("create", "update") and event.after.get(field) == options["stage_entered"] != event.before.get(field)


def left(event: Event, options: Mapping[str, Any]) -> bool:
    """Whether the record went from the stage."""
    field = event.stage_field(options)
    return event.kind == "update" and event.before.get(field) == options["stage_left"] != event.after.get(field)


KEYS = {"field": NAME}
STAGE_ENTERED = Trigger(
    "stage_entered",
    NAME,
    KEYS,
    (),
    checked("stage_entered"),
    entered,
    Text("The record did not come to that stage"),
    label=Text("when it enters a stage"),
)
STAGE_LEFT = Trigger(
    "stage_left",
    NAME,
    KEYS,
    (),
    checked("stage_left"),
    left,
    Text("The record did not leave that stage"),
    label=Text("when it leaves a stage"),
)
