"""What a write tells the rest of the product: one outbox row an operation, stored in the same transaction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert

from looseleaf_platform.database.system_tables import outbox
from looseleaf_platform.records.ids import encode, new_id
from looseleaf_platform.records.writing.batch import Batch, Row

TOPIC = "records.written"
"""The topic of the message that records were written. Payload: {"operation": id, "records": {object id: {kind: [record id, …]}}}."""
INSERT = insert(outbox)


def payload_of(operation_id: int, rows: list[Row]) -> dict[str, Any]:
    """Which records of which objects were created, updated, deleted, …; ids as people see them."""
    records: dict[str, dict[str, list[str]]] = {}
    for row in rows:
        records.setdefault(row.plan.id, {}).setdefault(row.kind, []).append(encode(row.id))
    return {"operation": encode(operation_id), "records": records}


def announce(batch: Batch, rows: list[Row]) -> None:
    """Put the message of an operation into the outbox."""
    parameters = {"id": new_id(), "lane": "", "topic": TOPIC, "payload": payload_of(batch.operation_id, rows), "created_at": batch.now}
    parameters |= {"due_at": batch.now, "attempts": 0}
    batch.plans.insert(batch.connection, INSERT, parameters).run(batch.connection, parameters)
    workspace = batch.context.workspace
    if workspace.doorbell is not None:
        workspace.database.after_commit(batch.connection, workspace.ring)
