"""Shares of single records as stored: with whom, at which level. Every change of them is an operation with a change row.

Who may share is for `looseleaf_platform.sharing` to say; this part only writes, within a transaction that is open.
"""

from __future__ import annotations

import os

import orjson
from sqlalchemy import ColumnElement, Connection, Text, bindparam, delete, insert, select, update

from looseleaf_platform.context import Context
from looseleaf_platform.database.system_tables import change, share
from looseleaf_platform.errors import NotThere
from looseleaf_platform.records.changes import SALT_BYTES, commitment, store_operation
from looseleaf_platform.records.ids import encode, new_id
from looseleaf_platform.records.requests import Operation
from looseleaf_platform.records.writing.batch import Batch
from looseleaf_platform.records.writing.plan import ObjectPlan, Plans

INSERT_CHANGE = insert(change).values(payload=bindparam("payload_text", type_=Text()))


def put_share(connection: Connection, context: Context, object_name: str, id: int, kind: str, principal: int, level: str) -> None:
    """Share a record with a "user" or "team", to "read" or "update" it; or change the level. As it was: nothing is written."""
    plan = Plans.of(context.runtime)[object_name]
    where = _where(plan, id, kind, principal)
    before = connection.scalar(select(share.c.level).where(*where))
    if before == level:
        return
    if before is None:
        values = {"object_id": plan.id, "record_id": id, "principal_kind": kind, "principal_id": principal, "level": level}
        connection.execute(insert(share), values | {"id": new_id(), "by": context.actor.id, "at": context.now})
    else:
        connection.execute(update(share).where(*where).values(level=level, by=context.actor.id, at=context.now))
    _tell(connection, context, plan, id, [kind, encode(principal), before, level])


def end_share(connection: Connection, context: Context, object_name: str, id: int, kind: str, principal: int) -> None:
    """Take a share back. What was not shared stays so."""
    plan = Plans.of(context.runtime)[object_name]
    where = _where(plan, id, kind, principal)
    before = connection.scalar(select(share.c.level).where(*where))
    if before is not None:
        connection.execute(delete(share).where(*where))
        _tell(connection, context, plan, id, [kind, encode(principal), before, None])


def _where(plan: ObjectPlan, id: int, kind: str, principal: int) -> tuple[ColumnElement[bool], ...]:
    of_record = (share.c.object_id == plan.id, share.c.record_id == id)
    return (*of_record, share.c.principal_kind == kind, share.c.principal_id == principal)


def _tell(connection: Connection, context: Context, plan: ObjectPlan, id: int, said: list[str | None]) -> None:
    """The operation and the change row of a share: with whom, level before, level after. The record's version stays."""
    version = connection.scalar(select(plan.table.c.version).where(plan.table.c.id == id))
    if version is None:
        raise NotThere
    batch = Batch(context, connection, Operation(kind="share"), new_id())
    store_operation(batch)
    payload, salt = orjson.dumps({"share": said}), os.urandom(SALT_BYTES)
    values = {
        "id": new_id(),
        "operation_id": batch.operation_id,
        "object_id": plan.id,
        "record_id": id,
        "version": version,
        "revision": context.runtime.revision,
        "kind": "share",
        "payload_text": payload.decode(),
        "salt": salt,
        "commitment": commitment(salt, payload),
        "at": batch.now,
    }
    connection.execute(INSERT_CHANGE, values)
