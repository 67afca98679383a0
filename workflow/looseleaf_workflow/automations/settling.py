"""`settle` in scenarios: let everything happen that is due by now, as the threads of a serving process would."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from looseleaf_platform.context import Context
from looseleaf_platform.jobs.outbox import drain

MOST_ROUNDS = 50


def settle(context: Context, object_name: str, id: int, step: Mapping[str, Any]) -> None:
    """Handle messages and look after chores until a round leaves nothing to do."""
    workspace = context.workspace
    handlers = {topic: handler for extension in workspace.extensions for topic, handler in extension.handlers.items()}
    for _ in range(MOST_ROUNDS):
        handled = drain(workspace, handlers)
        for extension in workspace.extensions:
            for chore in extension.chores:
                chore(workspace)
        if not handled and not drain(workspace, handlers):
            return
