"""From changes to runs. A write of records that automations look at leaves a message, in its own transaction; after the commit the message
is read, the net changes are held against the rules, and each rule that they set off gets one run, by its key exactly one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, insert, select

from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.database.system_tables import change
from looseleaf_platform.jobs.outbox import Message, put
from looseleaf_platform.publishing.revising import model_at
from looseleaf_platform.records.ids import decode, encode, new_id
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_workflow.automations.definition import Automation, automations_of
from looseleaf_workflow.automations.events import Event, events_of
from looseleaf_workflow.automations.switches import ENDED, RUN_TOPIC, cancel_all, switched_off, wake
from looseleaf_workflow.automations.tables import automation_run, automation_version
from looseleaf_workflow.automations.verdicts import LOOPS, Origin, data_of, key_of, origin_of, why_not
from looseleaf_workflow.frozen_json import to_data

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

TOPIC = "automation.changed"
CHUNK = 100
"""Records whose events are stored as runs in one transaction."""


def announce(batch: Batch, rows: list[Row]) -> None:
    """Leave a message where a write touched records that some automation is about."""
    watched = {automation.object for automation in automations_of(batch.context.model)}
    if any(row.plan.name in watched for row in rows):
        put(batch.connection, batch.context.workspace, TOPIC, {"operation": encode(batch.operation_id)}, lane="automation")


def look(workspace: Workspace, message: Message) -> None:
    """Handle the message of one write. May be done again: runs that are there stay the only ones."""
    context = workspace.context(SYSTEM, "automation")
    operation = decode(message.payload["operation"])
    with workspace.database.read() as connection:
        origin = origin_of(connection, operation)
        if origin is None:
            return
        objects = select(change.c.object_id, change.c.record_id).where(change.c.operation_id == operation).order_by(change.c.id)
        touched: dict[str, dict[int, None]] = {}
        for row in connection.execute(objects):
            touched.setdefault(row.object_id, {})[row.record_id] = None
    rules = _rules_at(context, origin.revision)
    for object_id, ids in touched.items():
        records = list(ids)
        for start in range(0, len(records), CHUNK):
            _look_at(context, origin, object_id, records[start : start + CHUNK], rules.get(object_id, ()))


def _rules_at(context: Context, revision: int) -> Mapping[str, tuple[Automation, ...]]:
    """The rules that were in force when a change was made, by the id of their object."""
    known: dict[int, Mapping[str, tuple[Automation, ...]]] = context.runtime.memo.setdefault("automations at", {})
    if revision not in known:
        model = context.model if revision == context.runtime.revision else model_at(context.workspace, revision)
        found: dict[str, tuple[Automation, ...]] = {}
        for automation in automations_of(model):
            id = model.objects[automation.object].id
            found[id] = (*found.get(id, ()), automation)
        known[revision] = found
    return known[revision]


def _look_at(context: Context, origin: Origin, object_id: str, ids: Sequence[int], rules: Iterable[Automation]) -> None:
    """Some records of one object."""
    rows: list[dict[str, Any]] = []
    versions: dict[str, Automation] = {}
    with context.workspace.database.read() as connection:
        off = switched_off(connection)
        events = events_of(connection, context, object_id, origin.operation, ids)
        for event in events:
            for automation in rules:
                reason = why_not(automation, event, origin, off)
                if reason is None or reason.code in LOOPS:
                    versions[automation.version] = automation
                    rows.append(_row(automation, event, origin, reason.text.translate("en") if reason is not None else ""))
    deleted = [event.record_id for event in events if event.kind == "delete"]
    with context.workspace.database.write() as connection:
        _wake(connection, context, object_id, ids, deleted)
        keep_versions(connection, context, versions.values())
        start_runs(connection, context, rows)


def _row(automation: Automation, event: Event, origin: Origin, stopped: str) -> dict[str, Any]:
    return new_run(
        automation, key_of(automation, event), event.plan.id, event.record_id, event.context,
        event=dict(data_of(event, origin)), chain=origin.chain, depth=origin.depth + 1, cause=origin.cause,
        operation=origin.operation, source=origin.source, actor=origin.actor,
        state="loop_stopped" if stopped else "waiting", error=stopped,
    )  # fmt: skip


def new_run(automation: Automation, key: str, object_id: str, record_id: int | None, context: Context, **more: Any) -> dict[str, Any]:
    """The row of a run that nobody has begun."""
    id = new_id()
    row = {
        "id": id, "key": key, "automation_id": automation.id, "name": automation.name, "version": automation.version,
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
        there = connection.scalar(select(automation_version.c.hash).where(automation_version.c.hash == automation.version))
        if there is None:
            values = {"hash": automation.version, "automation_id": automation.id, "data": to_data(automation.data), "at": context.now}
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


def _wake(connection: Connection, context: Context, object_id: str, ids: Sequence[int], deleted: Sequence[int]) -> None:
    """Let runs that wait for something of these records look again; end those whose record is gone."""
    runs = automation_run.c
    where = (runs.object_id == object_id, runs.record_id.in_(ids), runs.state.not_in(ENDED))
    statement = select(runs.id, runs.record_id, runs.listens, runs.state, runs.event).where(*where).order_by(runs.id)
    rows = connection.execute(statement.with_for_update()).all()
    gone = [row.id for row in rows if row.record_id in set(deleted) and (row.event or {}).get("kind") != "delete"]
    cancel_all(connection, context, gone)
    wake(connection, context, [row.id for row in rows if row.listens and row.id not in gone], ("sleeping",))
