"""Somebody starts it on a record."""

from __future__ import annotations

from looseleaf_metadata.texts import Text
from looseleaf_workflow.automations.triggers.base import Trigger

MANUAL = Trigger("manual", label=Text("by hand"), why=Text("This is started by hand"))
