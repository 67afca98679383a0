"""Which automations listen to what: asked before many records are written at once."""

from __future__ import annotations

from collections.abc import Collection

from looseleaf_platform.context import Context
from looseleaf_workflow.automations.definition import Automation, automations_of
from looseleaf_workflow.automations.switches import is_off, switched_off
from looseleaf_workflow.automations.triggers import BY_CHANGES


def listening(context: Context, objects: Collection[str], source: str) -> tuple[Automation, ...]:
    """The automations that changes of these objects by this door may set off, in the order in which they run; none that is switched off."""
    words = {trigger.name for trigger in BY_CHANGES} - {"deleted"}
    found = [one for one in automations_of(context.model) if one.object in objects and one.trigger in words and source in one.sources]
    if not found:
        return ()
    with context.workspace.database.read() as connection:
        off = switched_off(connection)
    return tuple(one for one in found if not is_off(off, one.id))
