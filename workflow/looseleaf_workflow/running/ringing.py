"""Timers of approvals: what has come due is a command of the system, with the generation that was stored when it was set."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from looseleaf_platform.context import SYSTEM
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.running.command import lock, send
from looseleaf_workflow.running.stored import OWNER_KIND
from looseleaf_workflow.timers import Timer, set_timer, take

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

AGAIN = timedelta(minutes=5)
"""How long a timer waits whose approval has stopped with an error."""


def ring(workspace: Workspace, timer: Timer) -> None:
    """Tell the instance that a timer has come due."""
    context = workspace.context(SYSTEM, "job")
    with workspace.writing(context) as (connection, bound):
        found = lock(connection, bound, timer.owner_id)
        if found.state.status == "error":
            set_timer(connection, workspace, OWNER_KIND, timer.owner_id, timer.name, bound.now + AGAIN, timer.payload)
            return
        if not take(connection, workspace, timer) or found.state.ended:
            return
        body = c.FireTimer(timer.name, timer.payload["generation"])
        send(connection, bound, found, body, f"timer:{timer.id}:{timer.generation}")
