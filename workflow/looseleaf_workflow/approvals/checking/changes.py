"""Checks of `change`: which values stay as they were approved, and which flow decides about changes of them (A86)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.model import Object
from looseleaf_metadata.problems import suggest
from looseleaf_metadata.texts import Text
from looseleaf_platform.fields import FIELD_TYPES
from looseleaf_workflow.approvals.checking.draft import Draft
from looseleaf_workflow.approvals.definition import Definition
from looseleaf_workflow.approvals.proposals import ChangeRule

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document


def change_rule(draft: Draft, owner: Object, data: Mapping[str, Any] | None) -> ChangeRule | None:
    """The rule, with the flow and the fields that it names."""
    if data is None:
        return None
    known = draft.run.names("approval")
    if data["flow"] in known:
        draft.refer(f"approval:{data['flow']}", "/change/flow", "change")
    else:
        message = Text("unknown approval '{name}'", name=data["flow"])
        draft.fault("/change/flow", "unknown-approval", message, suggest(data["flow"], known))
    fields = draft.fields("/change/fields", data["fields"])
    for index, name in enumerate(data["fields"]):
        field = owner.fields.get(name)
        if name in fields and field is not None and (FIELD_TYPES[field.type].computed or field.type in ("lines", "many_to_many")):
            draft.fault(
                f"/change/fields/{index}", "not-a-value", Text("'{name}' holds no value that somebody could ask to change", name=name)
            )
    return ChangeRule(data["flow"], fields)


def check_changes(run: Compilation, documents: Mapping[str, Document], definitions: Mapping[str, Definition]) -> None:
    """A flow for changes is another one, about the same object, and is started by nothing else."""
    for name, definition in definitions.items():
        rule = definition.change
        flow = definitions.get(rule.flow) if rule is not None else None
        if rule is None or flow is None:
            continue
        if flow.object != definition.object:
            message = Text("'{name}' is about {object}, not about {other}", name=rule.flow, object=flow.object, other=definition.object)
            run.report(documents[name], "/change/flow", "wrong-object", message)
        if flow.name == name or flow.change is not None:
            message = Text("'{name}' decides about changes itself: it can't protect what it approved", name=rule.flow)
            run.report(documents[name], "/change/flow", "circular-changes", message)
        if flow.start_when:
            message = Text("'{key}' has no effect: this approval is started by requests for changes alone", key="start_when")
            run.report(documents[rule.flow], "/start_when", "no-effect", message, key=True)
