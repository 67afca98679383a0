"""The same request sent twice is done once: the outcome is kept under the caller's key, in the transaction that made it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, bindparam, delete, select, update

from looseleaf_metadata.labels import LOCALES, Label
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.database.system_tables import idempotency
from looseleaf_platform.database.upserts import insert_into
from looseleaf_platform.errors import Fault, Refused
from looseleaf_platform.records.requests import Change, Operation, Outcome, Written

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

LONGEST_KEY = 255
KEPT = timedelta(days=7)
"""How long a key answers with its first outcome."""
_THE_KEY = (idempotency.c.key == bindparam("_key"), idempotency.c.actor == bindparam("_actor"))
FORGET = delete(idempotency).where(*_THE_KEY)
KEEP = update(idempotency).where(*_THE_KEY)


def request_hash(changes: Sequence[Change], operation: Operation) -> str:
    """What tells one request from another."""
    said = [
        [change.kind, change.object, change.id, change.values, change.version, change.base, change.reference, change.key]
        for change in changes
    ]
    whole = [said, operation.kind, operation.reason, sorted(operation.exemptions)]
    try:
        text = json.dumps(whole, default=repr, sort_keys=True)
    except (TypeError, ValueError):  # keys of several types, or a value within itself
        text = repr(whole)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def check_key(key: str) -> None:
    """Refuse a key that can't be kept."""
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise Refused([Fault("", "idempotency-key", Text("An idempotency key has at most {most} printable characters", most=LONGEST_KEY))])


def claim(connection: Connection, context: Context, key: str, hash: str) -> Outcome | None:
    """The outcome kept under `key`; None if the key is new, and this transaction's from now on.

    Who sends the same request meanwhile waits here until it is decided, before anything that the first one does could be in its way.
    Raises Refused if the key was used for another request.
    """
    actor = context.actor.id or 0
    row = {"key": key, "actor": actor, "request_hash": hash, "response": {}, "at": context.now}
    claimed = insert_into(connection.dialect.name, idempotency).on_conflict_do_nothing().returning(idempotency.c.key)
    if connection.scalar(claimed, row) is not None:
        return None
    statement = select(idempotency.c.request_hash, idempotency.c.response).where(idempotency.c.key == key, idempotency.c.actor == actor)
    found = connection.execute(statement).one()
    if found.request_hash != hash:
        raise Refused([Fault("", "idempotency-key", Text("This idempotency key was used for another request"))])
    return _outcome(found.response)


def keep(connection: Connection, context: Context, key: str, outcome: Outcome) -> None:
    """Keep the outcome of a request whose key was claimed."""
    connection.execute(KEEP, {"_key": key, "_actor": context.actor.id or 0, "response": _data(outcome)})


def _data(outcome: Outcome) -> dict[str, Any]:
    written = [
        {
            "outcome": one.outcome,
            "object": one.object,
            "id": one.id,
            "version": one.version,
            "merged": one.merged,
            "faults": [[fault.pointer, fault.code, {locale: fault.say(locale) for locale in LOCALES}] for fault in one.faults],
        }
        for one in outcome.written
    ]
    return {"operation": outcome.operation, "written": written}


def _outcome(data: dict[str, Any]) -> Outcome:
    written = tuple(
        Written(
            one["outcome"],
            one["object"],
            one["id"],
            one["version"],
            tuple(Fault(pointer, code, Label.of(message)) for pointer, code, message in one["faults"]),
            tuple(one["merged"]),
        )
        for one in data["written"]
    )
    return Outcome(data["operation"], written)


def forget(workspace: Workspace, older_than: timedelta = KEPT, most: int = 1000) -> int:
    """Forget keys that were used long ago, a batch at a time. Returns how many."""
    old = select(idempotency.c.key, idempotency.c.actor).where(idempotency.c.at < workspace.clock() - older_than).limit(most)
    with workspace.database.read() as connection:
        keys = connection.execute(old).all()
    if keys:
        with workspace.database.write() as connection:
            connection.execute(FORGET, [{"_key": key, "_actor": actor} for key, actor in keys])
    return len(keys)
