"""Clears away what identity keeps for a while: ended sessions, used links, tries that no longer count, mail that was sent."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import delete, or_

from looseleaf_platform.database.system_tables import attempt, mail, session, ticket
from looseleaf_platform.identity.mail import Transport, deliver
from looseleaf_platform.identity.sessions import IDLE

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

KEPT = timedelta(days=30)
"""How long what is over can still be looked up."""
COUNTED = timedelta(hours=2)
"""Longer than any limit on tries looks back."""
PAUSE_SECONDS = 3600.0


def clear_away(workspace: Workspace) -> int:
    """Remove what is over for longer than KEPT; returns how many rows went."""
    now = workspace.clock()
    old = now - KEPT
    ended = or_(session.c.revoked_at < old, session.c.expires_at < old, session.c.seen_at < old - IDLE)
    with workspace.database.write() as connection:
        return sum(
            connection.execute(statement).rowcount
            for statement in (
                delete(session).where(ended),
                delete(ticket).where(ticket.c.expires_at < old),
                delete(attempt).where(attempt.c.at < now - COUNTED),
                delete(mail).where(mail.c.sent_at < old),
            )
        )


class Postman:
    """A chore: sends what is due, where there is a mail server."""

    def __init__(self, transport: Transport | None) -> None:
        self.transport = transport

    def __call__(self, workspace: Workspace) -> int:
        """One round."""
        return deliver(workspace, self.transport) if self.transport is not None else 0


class Housekeeper:
    """A chore: clears away, once an hour."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, workspace: Workspace) -> int:
        """One round; does nothing within the hour."""
        if time.monotonic() < self._next:
            return 0
        self._next = time.monotonic() + PAUSE_SECONDS
        return clear_away(workspace)
