"""Runs as they come into being: a row with a key, the version that it works on, and the message that has it begun."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select

from looseleaf_platform.context import Context
from looseleaf_platform.jobs.outbox import put
from looseleaf_platform.records.ids import encode, new_id
from looseleaf_workflow.automations.definition import Automation
from looseleaf_workflow.automations.switches import ENDED, RUN_TOPIC
from looseleaf_workflow.automations.tables import automation_run, automation_version
from looseleaf_workflow.frozen_json import to_data


def new_run(
    automation_id: str, name: str, version: str, key: str, object_id: str, record_id: int | None, context: Context, **more: Any
) -> dict[str, Any]:
    """The row of a run that nobody has begun."""
    id = new_id()
    row = {
        "id": id, "key": key, "automation_id": automation_id, "name": name, "version": version,
        "object_id": object_id, "record_id": record_id, "event": {}, "state": "waiting", "chain": encode(id), "depth": 1, "cause": None,
        "operation": None, "source": "", "actor": None, "retry_of": None, "error": "", "listens": False, "journal": 0,
        "created_at": context.now, "started_at": None, "finished_at": None,
    }  # fmt: skip
    row |= more
    if row["state"] in ENDED:
        row["finished_at"] = context.now
    return row


def keep_versions(connection: Connection, context: Context, automations: Iterable[Automation]) -> None:
    """Store what runs work on, unless it is there."""
    for automation in automations:
        keep_data(connection, context, automation.id, automation.version, automation.data)


def keep_data(connection: Connection, context: Context, automation_id: str, version: str, data: Mapping[str, Any]) -> None:
    """Store the text of one version, unless it is there."""
    if connection.scalar(select(automation_version.c.hash).where(automation_version.c.hash == version)) is None:
        values = {"hash": version, "automation_id": automation_id, "data": to_data(data), "at": context.now}
        connection.execute(insert(automation_version), values)


def start_runs(connection: Connection, context: Context, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Store runs, and have them begun in this order. Those whose key is there are left out. Returns the ids of the new ones."""
    keys = [row["key"] for row in rows]
    known: set[str] = set()
    for start in range(0, len(keys), 500):
        known.update(connection.scalars(select(automation_run.c.key).where(automation_run.c.key.in_(keys[start : start + 500]))))
    new = [row for row in rows if row["key"] not in known]
    if new:
        connection.execute(insert(automation_run), new)
    for row in new:
        if row["state"] == "waiting":
            put(connection, context.workspace, RUN_TOPIC, {"run": encode(row["id"])}, lane="automation")
    return [row["id"] for row in new]
