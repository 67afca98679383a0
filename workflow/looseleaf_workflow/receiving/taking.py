"""Taking an event in: the signature is checked, then the shape; then the event as it came is stored, with the message that has its rules asked.

Both are one transaction, and only after it the sender is told that the event has arrived. What a sender sends again under the same id is the same
event where the body is the same, and refused where it is not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.database.upserts import insert_into
from looseleaf_platform.errors import Decided, Fault, Refused
from looseleaf_platform.jobs.outbox import put
from looseleaf_platform.records.ids import encode, new_id
from looseleaf_workflow.automations.chains import knows_chain
from looseleaf_workflow.automations.events import situation_of
from looseleaf_workflow.automations.sending import CHAIN
from looseleaf_workflow.inbound.definition import inbound_named
from looseleaf_workflow.inbound.reading import key_of, parse_json, read_event
from looseleaf_workflow.inbound.secrets import in_force
from looseleaf_workflow.inbound.tables import inbound_event
from looseleaf_workflow.receiving.signing import verify

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

TOPIC = "inbound.event"
STORED = "stored"
_events = inbound_event.c


def receive(workspace: Workspace, name: str, headers: Mapping[str, str], body: bytes) -> int:
    """Take in what a source sends; the id under which it is stored. `headers`: by their names in small letters. Raises NotThere, Unsigned, Refused, Decided."""
    context = workspace.context(SYSTEM, "api")
    source = inbound_named(context.model, name)
    with workspace.database.read() as connection:
        secrets = in_force(connection, source, context.now)
    verify(headers.get(source.header.lower(), ""), body, secrets, context.now, source.window)
    chain = headers.get(CHAIN.lower(), "")
    return take(context, name, headers, body, chain if knows_chain(context, chain) else "")


def take(context: Context, name: str, headers: Mapping[str, str], body: bytes, chain: str = "") -> int:
    """Store an event that is believed. Raises NotThere, Refused, Decided."""
    try:
        sent = parse_json(body)
    except ValueError as error:
        raise Refused([Fault("", "malformed-json", Text("The body is not JSON: {detail}", detail=str(error)[:200]))]) from None
    with context.workspace.writing(context) as (connection, bound):
        source = inbound_named(bound.model, name)
        data = read_event(source, sent, situation_of(bound))
        row = {
            "id": new_id(), "source_id": source.id, "key": key_of(source, headers, data), "hash": hashlib.sha256(body).hexdigest(),
            "body": body.decode("utf-8"), "data": data, "chain": chain, "revision": bound.runtime.revision,
            "received_at": bound.now, "state": STORED, "runs": [], "problems": [], "handled_at": None,
        }  # fmt: skip
        return _stored(connection, bound, row)


def _stored(connection: Connection, context: Context, row: Mapping[str, Any]) -> int:
    """The id of the event: a new row with its message, or the row that is there already. Who sends the same meanwhile waits for the first."""
    added = insert_into(connection.dialect.name, inbound_event).values(row).on_conflict_do_nothing().returning(_events.id)
    id = connection.scalar(added)
    if id is not None:
        put(connection, context.workspace, TOPIC, {"event": encode(id)}, lane="automation")
        return int(id)
    there = select(_events.id, _events.hash).where(_events.source_id == row["source_id"], _events.key == row["key"])
    known = connection.execute(there).one()
    if known.hash != row["hash"]:
        raise Decided(Text("Another event came under this id before"), "event-id-taken")
    return int(known.id)


def receive_in_scenario(context: Context, name: str, _id: int, step: Mapping[str, Any]) -> None:
    """`receive: device_alarm, payload: {…}`: as if its sender had signed it; `header`: what stands in the header of the id, if there is one."""
    source = inbound_named(context.model, name)
    body = json.dumps(_plain(step.get("payload", {})), ensure_ascii=False).encode()
    take(context.workspace.context(SYSTEM, "api"), name, {source.key_header.lower(): str(step.get("header", ""))}, body)


def _plain(value: Any) -> Any:
    """Frozen metadata as JSON has it; dates as text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
