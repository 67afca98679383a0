"""The steps of clocks: those of automations, and the short forms `notify: owner` and `assign: {role: support}`, which name people at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.kinds.base import Schema, listing, mapping, text
from looseleaf_metadata.labels import Label
from looseleaf_metadata.texts import Text
from looseleaf_workflow.automations.steps import STEPS
from looseleaf_workflow.kinds.automation import FLOW_DEFINITION, check_step
from looseleaf_workflow.who_checks import SPECIAL, WHO, WHO_DEFINITION

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_workflow.automations.draft import Draft

SHORT: dict[str, Schema] = {
    "notify": mapping({"notify": WHO, "text": text(maxLength=1000)}, ("notify",)),
    "assign": mapping({"assign": WHO}, ("assign",)),
}
CLOCK_FLOW = listing({"x-by-first-key": {**{one.name: one.schema for one in STEPS.values()}, **SHORT}}, minItems=1)
DEFINITIONS: Schema = {"who": WHO_DEFINITION, "flow": FLOW_DEFINITION}
"""The "$defs" of a kind that uses CLOCK_FLOW."""


def build_flow(draft: Draft, pointer: str, written: Sequence[Mapping[str, Any]], said: Text) -> tuple[Mapping[str, Any], ...]:
    """The steps at a pointer, checked, in their long form. `said`: what people are told where nothing is written; `{record}` is its title."""
    found: list[Mapping[str, Any]] = []
    for index, step in enumerate(written):
        here, kind = f"{pointer}/{index}", next(iter(step))
        if kind not in SHORT:
            check_step(draft, here, step)
            found.append(step)
            continue
        people = step[kind]
        draft.who(f"{here}/{kind}")
        for one in people if isinstance(people, list | tuple) else (people,):
            if one == "submitter":
                draft.fault(f"{here}/{kind}", "unknown-person", Text("there is no '{name}' here", name="submitter"))
        draft.template(f"{here}/text", step.get("text"))
        long: dict[str, Any] = {kind: f"{kind}_{index + 1}", "who": _of_owner(people)}
        if kind == "notify":
            long["text"] = step.get("text", default_text(draft, said))
        draft.names.add(long[kind])
        found.append(long)
    return tuple(found)


def default_text(draft: Draft, said: Text) -> str:
    """What is told, in the language of the firm."""
    return said.translate(_locale(draft.run))


def title_hole(draft: Draft) -> str:
    """The place of a record's title in a template."""
    return f"{{{{ {draft.owner.title or 'id'} }}}}"


def clock_said(draft: Draft, message: Text, label: Label) -> Text:
    """A message about a clock with the record's title before it."""
    return Text("{record}: {said} ({clock})", record=title_hole(draft), said=message, clock=label)


def _locale(run: Compilation) -> str:
    found = (document.data.get("defaults", {}).get("locale") for document in run.documents if document.kind == "app")
    return next((one for one in found if one), "en")


def _of_owner(people: Any) -> Any:
    """People as they are written; a manager is the owner's, where it is not said whose."""
    if isinstance(people, list | tuple):
        return [_of_owner(one) for one in people]
    if isinstance(people, str):
        return {people: {"of": "owner"}} if people in SPECIAL else people
    word = next(iter(people))
    settings = people[word]
    return {**people, word: {"of": "owner", **settings}} if word in SPECIAL and isinstance(settings, Mapping) else people
