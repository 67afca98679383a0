"""`told` in scenarios: what somebody was told about a record, read or not. Knows nothing of who told it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from looseleaf_platform.context import Context
from looseleaf_workflow.notifications.tables import wf_notification


def told_in_scenario(context: Context, object_name: str, id: int, _step: Mapping[str, Any]) -> list[str]:
    """`told: deal`: the texts that the person has in the inbox about the record, the oldest first."""
    row = wf_notification.c
    mine = (row.user_id == context.actor.id, row.object_id == context.model.object(object_name).id, row.record_id == id)
    with context.workspace.database.read() as connection:
        return list(connection.scalars(select(row.text).where(*mine).order_by(row.at, row.id)))
