"""An automation of the Model: its header, and its text as data, which runs keep and work on whatever becomes of the automation later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from looseleaf_metadata.labels import Label
from looseleaf_metadata.problems import Place
from looseleaf_workflow.frozen_json import sha256

KIND = "automation"
PER_CHAIN, PER_HOUR = 1, 60
"""How often a rule runs for one record within one chain of causes, and within an hour, where nothing is said."""
DEEPEST = 8
"""Longest chain of automations that set each other off."""
DEFAULT_SOURCES = ("screen", "api", "import", "job", "command", "automation", "scenario")
"""The doors that a rule listens at where nothing is said: all but seeds and synchronisation."""


@dataclass(frozen=True, slots=True)
class Automation:
    """`data` is the document, frozen, without what only describes it; `version` its fingerprint.

    `trigger` is the trigger's word and `options` what is said of it.
    """

    id: str
    name: str
    label: Label
    object: str
    trigger: str
    options: Mapping[str, Any]
    data: Mapping[str, Any]
    order: int = 100
    app: str = ""
    place: Place = field(default=Place(), compare=False)

    @property
    def version(self) -> str:
        """The fingerprint of what it does."""
        return sha256(self.data)

    @property
    def sources(self) -> tuple[str, ...]:
        """The doors that it listens at."""
        return tuple(self.data.get("sources", DEFAULT_SOURCES))

    @property
    def loop(self) -> Mapping[str, Any]:
        """What bounds it: per_chain, per_hour, reentrant."""
        found: Mapping[str, Any] = self.data.get("loop", {})
        return found


def trigger_of(written: Any) -> tuple[str, Mapping[str, Any]]:
    """The word of a trigger and its options, from `created` or `{field_changed: status, to: sent}`."""
    if isinstance(written, str):
        return written, {}
    return next(iter(written)), written


def automations_of(model: Any, object_name: str | None = None) -> tuple[Automation, ...]:
    """The automations of a Model in the order in which they run; only an object's if one is named."""
    found = model.others.get(KIND, {}).values()
    wanted = (one for one in found if object_name is None or one.object == object_name)
    return tuple(sorted(wanted, key=lambda one: (one.order, one.name)))


def automation_by_id(model: Any, id: str) -> Automation | None:
    """The automation with that stable id, or None."""
    return next((one for one in automations_of(model) if one.id == id), None)
