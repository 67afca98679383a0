"""A record is created, updated, deleted."""

from __future__ import annotations

from looseleaf_metadata.texts import Text
from looseleaf_workflow.automations.triggers.base import Trigger

CREATED = Trigger(
    "created", label=Text("when one is created"), matches=lambda event, _: event.kind == "create", why=Text("The record was not created")
)
UPDATED = Trigger(
    "updated",
    label=Text("when one is changed"),
    matches=lambda event, _: event.kind == "update" and bool(event.changed),
    why=Text("No field of the record was changed"),
)
DELETED = Trigger(
    "deleted", label=Text("when one is deleted"), matches=lambda event, _: event.kind == "delete", why=Text("The record was not deleted")
)
