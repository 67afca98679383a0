"""`told` in scenarios: what somebody was told about a record, read or not. Knows nothing of who told it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from looseleaf_platform.context import Context
from looseleaf_platform.errors import NotThere
from looseleaf_workflow.notifications.tables import wf_notification

NO_RECORD = "no_record"


def told_in_scenario(context: Context, object_name: str, id: int, _step: Mapping[str, Any]) -> list[str]:
    """`told: deal`: the texts that the person has in the inbox about the record, the oldest first; `told: no_record`: about none."""
    row = wf_notification.c
    if object_name == NO_RECORD:
        about = [row.object_id == ""]
    elif object_name in context.model.objects:
        about = [row.object_id == context.model.object(object_name).id, row.record_id == id]
    else:
        raise NotThere
    mine = (row.user_id == context.actor.id, *about)
    with context.workspace.database.read() as connection:
        return list(connection.scalars(select(row.text).where(*mine).order_by(row.at, row.id)))
