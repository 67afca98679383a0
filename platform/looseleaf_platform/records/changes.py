"""Change rows: what happened to a record, by whose operation. A full image at its creation, then differences, by stable field ids.

Beside each payload stands a salted commitment to it, so that erasing the payload leaves what can still be verified.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from typing import Any

import orjson
from sqlalchemy import Text, bindparam, insert

from looseleaf_platform.database.system_tables import change, operation
from looseleaf_platform.records.ids import new_ids
from looseleaf_platform.records.writing.batch import Batch, Row

SALT_BYTES = 16
INSERT = insert(change).values(payload=bindparam("payload_text", type_=Text()))
KEYS = (*(column.name for column in change.columns if column.name != "payload"), "payload_text")
INSERT_OPERATION = insert(operation)


def commitment(salt: bytes, payload: bytes) -> bytes:
    """What proves later that a payload is the one stored then."""
    return hashlib.sha256(salt + payload).digest()


def payload_of(row: Row) -> dict[str, Any]:
    """What a change row says of a row: by field id the value at creation, else [before, after], as JSON."""
    plan, values = row.plan, row.values
    payload: dict[str, Any] = {}
    if row.kind == "create":
        for field in plan.imaged:
            value = values.get(field.name)
            if value is not None and value != ():
                payload[field.id] = field.type.dump(value, field.field)
    elif row.kind == "update":
        for name, was in row.was.items():
            if name in values:
                field = plan.fields[name]
                payload[field.id] = [field.type.dump(was, field.field), field.type.dump(values[name], field.field)]
    return payload


def store(batch: Batch, rows: list[Row]) -> None:
    """Write the change rows of stored `rows`."""
    batch.plans.insert(batch.connection, INSERT, KEYS).run_many(batch.connection, list(_parameters(batch, rows)))


def _parameters(batch: Batch, rows: list[Row]) -> Iterator[dict[str, Any]]:
    salts = os.urandom(SALT_BYTES * len(rows))
    revision = batch.context.runtime.revision
    for position, (row, id) in enumerate(zip(rows, new_ids(len(rows)), strict=True)):
        payload = orjson.dumps(payload_of(row), default=str)
        salt = salts[position * SALT_BYTES : (position + 1) * SALT_BYTES]
        yield {
            "id": id,
            "operation_id": batch.operation_id,
            "object_id": row.plan.id,
            "record_id": row.id,
            "version": row.new_version,
            "revision": revision,
            "kind": row.kind,
            "payload_text": payload.decode(),
            "salt": salt,
            "commitment": commitment(salt, payload),
            "at": batch.now,
        }


def store_operation(batch: Batch) -> None:
    """Write who did what, why and by which door."""
    said, context = batch.operation, batch.context
    batch.plans.insert(batch.connection, INSERT_OPERATION, operation.c.keys()).run(
        batch.connection,
        {
            "id": batch.operation_id,
            "kind": said.kind,
            "parent": said.parent,
            "cause": said.cause,
            "chain": said.chain,
            "source": context.source,
            "actor": context.actor.id,
            "reason": said.reason,
            "exemptions": sorted(said.exemptions) or None,
            "at": batch.now,
            "revision": context.runtime.revision,
        },
    )
