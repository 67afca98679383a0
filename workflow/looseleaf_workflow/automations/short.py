"""Steps in short, as a flow writes what follows from its end: `{notify: owner, text: …}`, `{update: self, values: {…}}`, `{task: owner, subject: …}`.

No run names such a step, so the word's own value is its most important option. There is one set of steps in the wing: what is written in short
is checked, planned and done by the same code as what automations write at length.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from looseleaf_metadata.kinds.base import Schema, listing, mapping
from looseleaf_workflow.automations.draft import Draft
from looseleaf_workflow.automations.steps import STEPS, StepType

SELF = "self"
ARGUMENTS: Mapping[str, str] = {
    "update": "",
    "create": "object",
    "task": "who",
    "notify": "who",
    "email": "who",
    "webhook": "url",
    "tag": "add",
    "assign": "who",
    "move_stage": "to",
}
"""Which option the word's own value is; "" where it only says `self`."""
LEFT_OUT = {"email": frozenset({"to"}), "webhook": frozenset({"url_secret"})}
"""Options that have no short form, since another takes their place."""


def step_of(written: Mapping[str, Any]) -> tuple[StepType, Mapping[str, Any]]:
    """The step and its options at length. Raises KeyError for a word that has no short form."""
    word = next(iter(written))
    argument = ARGUMENTS[word]
    options = {key: value for key, value in written.items() if key != word}
    return STEPS[word], {**options, argument: written[word]} if argument else options


def schema_of(word: str, *, optional: frozenset[str] = frozenset(), **more: Schema) -> Schema:
    """The schema of a step in short. `optional`: options that may be missing here; `more`: options that only its owner knows."""
    step, argument = STEPS[word], ARGUMENTS[word]
    own: Schema = step.keys[argument] if argument else {"type": "string", "enum": [SELF]}
    others = {key: schema for key, schema in step.keys.items() if key != argument and key not in LEFT_OUT.get(word, ())}
    required = (key for key in step.required if key != argument and key not in optional)
    return mapping({word: own, **others, **more}, (word, *required))


def listing_of(schemas: Mapping[str, Schema]) -> Schema:
    """The schema of a list of steps in short."""
    return listing({"x-by-first-key": dict(schemas)})


def check(draft: Draft, pointer: str, written: Mapping[str, Any]) -> None:
    """Check one step in short, as the step itself checks it at length."""
    step, options = step_of(written)
    if ARGUMENTS[step.name] == "who":
        draft.who(f"{pointer}/{step.name}")
    step.check(draft, pointer, options)
