"""Words of the import screens: states of jobs, names of objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint

from looseleaf_metadata.texts import Text
from looseleaf_ui_builder.web.callers import caller
from looseleaf_ui_builder.web.texts import say

STATES: Mapping[str, Text] = {
    "waiting": Text("Waiting"),
    "running": Text("Running"),
    "done": Text("Done"),
    "failed": Text("Failed"),
    "cancelled": Text("Cancelled"),
}


def job_state(state: str) -> str:
    """A job's state in words."""
    return say(STATES[state])


def object_label(name: str) -> str:
    """What people call an object."""
    thing = caller().model.objects.get(name)
    return say(thing.plural) if thing else name


def furnish_imports(imports: Blueprint) -> None:
    """Give the import screens' templates what they may call."""

    @imports.context_processor
    def page() -> dict[str, Any]:
        return {"job_state": job_state, "object_label": object_label}
