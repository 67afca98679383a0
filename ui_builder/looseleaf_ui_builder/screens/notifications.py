"""The bell: how many notifications the caller has not read."""

from __future__ import annotations

from flask import g

from looseleaf_ui_builder.web.callers import caller, session
from looseleaf_workflow.notifications.inbox import unread


def unread_notifications() -> int:
    """How many the caller has not read, for the bell of every page. One query a request; none for visitors."""
    if "unread_notifications" not in g:
        g.unread_notifications = 0 if session() is None else unread(caller())
    found: int = g.unread_notifications
    return found
