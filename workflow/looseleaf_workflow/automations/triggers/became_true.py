"""A condition comes to hold of a record that it did not hold of: `{became_true: "total >= 100000"}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from looseleaf_metadata.kinds.base import EXPRESSION
from looseleaf_metadata.texts import Text
from looseleaf_workflow.automations.draft import Draft
from looseleaf_workflow.automations.events import Event
from looseleaf_workflow.automations.triggers.base import Trigger


def check(draft: Draft, pointer: str, options: Mapping[str, Any]) -> None:
    """The condition is one."""
    draft.expression(f"{pointer}/became_true")


def became_true(event: Event, condition: str) -> bool:
    """Whether a condition holds after a change and did not before it."""
    return event.kind in ("create", "update", "restore") and event.held_after(condition) and not event.held_before(condition)


def matches(event: Event, options: Mapping[str, Any]) -> bool:
    """Whether the condition has become true."""
    return became_true(event, options["became_true"])


BECAME_TRUE = Trigger(
    "became_true",
    EXPRESSION,
    {},
    (),
    check,
    matches,
    Text("The condition held before already, or does not hold"),
    label=Text("when a condition becomes true"),
)
