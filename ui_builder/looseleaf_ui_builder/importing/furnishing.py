"""Words of the import screens: states of jobs, names of objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint

from looseleaf_metadata.texts import Text
from looseleaf_platform.jobs.background import Job
from looseleaf_ui_builder.web.callers import caller
from looseleaf_ui_builder.web.texts import say
from looseleaf_workflow.automations.definition import Automation
from looseleaf_workflow.automations.listening import listening

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


def listeners(job: Job) -> tuple[Automation, ...]:
    """The automations that an import may set off."""
    objects = {target["object"] for target in job.payload["mapping"]["targets"]}
    return listening(caller(), objects, "import")


def may_leave_out() -> bool:
    """Whether the caller may import without setting automations off."""
    profile = caller().profile
    return profile.everything or profile.has("exemptions")


def furnish_imports(imports: Blueprint) -> None:
    """Give the import screens' templates what they may call."""

    @imports.context_processor
    def page() -> dict[str, Any]:
        return {"job_state": job_state, "object_label": object_label, "listeners": listeners, "may_leave_out": may_leave_out}
