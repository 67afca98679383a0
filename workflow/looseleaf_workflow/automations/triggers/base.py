"""What a trigger is. Adding one: a file here with a Trigger, and a line in __init__.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from looseleaf_metadata.kinds.base import Schema, mapping
from looseleaf_metadata.texts import Text
from looseleaf_workflow.automations.draft import Draft
from looseleaf_workflow.automations.events import Event

NOT_BY_CHANGES = Text("This is not set off by changes of records")
Check = Callable[[Draft, str, Mapping[str, Any]], None]
Matches = Callable[[Event, Mapping[str, Any]], bool]


def unchecked(draft: Draft, pointer: str, options: Mapping[str, Any]) -> None:
    """Nothing to check."""


def never(event: Event, options: Mapping[str, Any]) -> bool:
    """Set off by something else than changes."""
    return False


@dataclass(frozen=True, slots=True)
class Trigger:
    """`value`: the schema of what its word stands before, None where the word stands alone; `keys`: its further options.

    `label`: when that is, for people; `matches`: whether a change sets it off; `why`: what is said of a change that doesn't.
    """

    name: str
    value: Schema | None = None
    keys: Mapping[str, Schema] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    check: Check = unchecked
    matches: Matches = never
    why: Text = NOT_BY_CHANGES
    label: Text = field(kw_only=True)

    @property
    def schema(self) -> Schema:
        """The schema of the trigger as a mapping."""
        return mapping({self.name: self.value, **self.keys}, (self.name, *self.required))
