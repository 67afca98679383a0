"""The steps of clocks: those of automations in short, `notify: owner`, `assign: {role: support}`, and what waits and branches as it is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.kinds.base import Schema
from looseleaf_metadata.labels import Label
from looseleaf_metadata.texts import Text
from looseleaf_workflow.automations import short
from looseleaf_workflow.automations.steps import STEPS
from looseleaf_workflow.kinds.automation import FLOW_DEFINITION, check_step
from looseleaf_workflow.who_checks import SPECIAL, WHO_DEFINITION

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_workflow.automations.draft import Draft

SHORT: dict[str, Schema] = {
    **{word: short.schema_of(word) for word in short.ARGUMENTS},
    "notify": short.schema_of("notify", optional=frozenset({"text"})),
}
CLOCK_FLOW = {**short.listing_of({**{one.name: one.schema for one in STEPS.values()}, **SHORT}), "minItems": 1}
DEFINITIONS: Schema = {"who": WHO_DEFINITION, "flow": FLOW_DEFINITION}
"""The "$defs" of a kind that uses CLOCK_FLOW."""


def build_flow(draft: Draft, pointer: str, written: Sequence[Mapping[str, Any]], said: Text) -> tuple[Mapping[str, Any], ...]:
    """The steps at a pointer, checked, in their long form. `said`: what people are told where nothing is written; `{record}` is its title."""
    found: list[Mapping[str, Any]] = []
    for index, step in enumerate(written):
        here, word = f"{pointer}/{index}", next(iter(step))
        if word in SHORT:
            found.append(_at_length(draft, here, step, f"{word}_{index + 1}", said))
        else:
            check_step(draft, here, step)
            found.append(step)
    return tuple(found)


def _at_length(draft: Draft, here: str, step: Mapping[str, Any], name: str, said: Text) -> Mapping[str, Any]:
    """A step in short, checked, as automations write it."""
    kind, options = short.step_of(step)
    if kind.name == "notify" and "text" not in step:
        draft.who(f"{here}/notify")
        options = {**options, "text": said.translate(_locale(draft.run))}
    else:
        short.check(draft, here, step)
    if "who" in options:
        _check_people(draft, f"{here}/{kind.name}", options["who"])
        options = {**options, "who": _of_owner(options["who"])}
    draft.names.add(name)
    return {kind.name: name, **options}


def _check_people(draft: Draft, pointer: str, people: Any) -> None:
    """Nobody submits anything to a clock."""
    if "submitter" in (people if isinstance(people, list | tuple) else (people,)):
        draft.fault(pointer, "unknown-person", Text("there is no '{name}' here", name="submitter"))


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
