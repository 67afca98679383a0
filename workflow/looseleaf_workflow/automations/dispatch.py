"""From changes to runs. A write of records that automations look at leaves a message, in its own transaction; after the commit the message
is read, the net changes are held against the rules, and each rule that they set off gets one run, by its key exactly one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select, update

from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.database.system_tables import change
from looseleaf_platform.jobs.outbox import BULK, Message, put
from looseleaf_platform.publishing.revising import model_at
from looseleaf_platform.records.ids import decode, encode
from looseleaf_platform.records.writing.batch import Batch, Row
from looseleaf_workflow.automations.alarming import STOPPED, alarm
from looseleaf_workflow.automations.definition import Automation, automations_of
from looseleaf_workflow.automations.events import Event, events_of
from looseleaf_workflow.automations.hearing import HEARD
from looseleaf_workflow.automations.schedule import past_dates
from looseleaf_workflow.automations.starting import keep_versions, new_run, start_runs
from looseleaf_workflow.automations.switches import ENDED, cancel_all, switch_within, switched_off, wake
from looseleaf_workflow.automations.tables import automation_run, automation_step
from looseleaf_workflow.automations.verdicts import LOOPS, TOO_OFTEN, Origin, data_of, key_of, origin_of, why_not
from looseleaf_workflow.inbound.clearing import erase
from looseleaf_workflow.notifications.telling import About, forget

if TYPE_CHECKING:
    from looseleaf_platform.workspace import Workspace

TOPIC = "automation.changed"
MANY = 100
"""Records written at once whose automations let others go first, as those of an import do."""
CHUNK = 25
"""Records whose events are stored as runs in one transaction."""


def announce(batch: Batch, rows: list[Row]) -> None:
    """Leave a message where a write touched records that some automation is about."""
    _forget_purged(batch, rows)
    watched = {automation.object for automation in automations_of(batch.context.model)}
    if any(row.plan.name in watched for row in rows):
        lane = BULK if batch.context.source == "import" or len(rows) > MANY else "automation"
        put(batch.connection, batch.context.workspace, TOPIC, {"operation": encode(batch.operation_id)}, lane=lane)


def _forget_purged(batch: Batch, rows: list[Row]) -> None:
    """What runs kept of records that are erased is erased with them; that they ran stays."""
    purged: dict[str, list[int]] = {}
    for row in rows:
        if row.kind == "purge":
            purged.setdefault(row.plan.id, []).append(row.id)
    for object_id, ids in purged.items():
        for start in range(0, len(ids), CHUNK):
            part = ids[start : start + CHUNK]
            mine = (automation_run.c.object_id == object_id, automation_run.c.record_id.in_(part))
            heard = select(automation_run.c.event).where(*mine, automation_run.c.source == "inbound")
            erase(batch.connection, [event[HEARD]["event"] for event in batch.connection.scalars(heard) if event and HEARD in event])
            steps = automation_step.c.run_id.in_(select(automation_run.c.id).where(*mine))
            batch.connection.execute(update(automation_step).where(steps).values(input=None, output=None, error=""))
            batch.connection.execute(update(automation_run).where(*mine).values(event=None, error=""))
            forget(batch.connection, object_id, part)


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


def _look_at(context: Context, origin: Origin, object_id: str, ids: Sequence[int], rules: Sequence[Automation]) -> None:
    """Some records of one object."""
    rows: list[dict[str, Any]] = []
    running_wild: dict[str, dict[str, Any]] = {}
    versions: dict[str, Automation] = {}
    with context.workspace.database.read() as connection:
        off = switched_off(connection)
        events = events_of(connection, context, object_id, origin.operation, ids)
        for event in events:
            for row in past_dates(event, origin, () if origin.exempt else rules, off):
                rows.append(row)
                versions |= {one.version: one for one in rules if one.version == row["version"]}
            for automation in rules:
                reason = why_not(automation, event, origin, off)
                if reason is None or reason.code in LOOPS:
                    versions[automation.version] = automation
                    rows.append(_row(automation, event, origin, reason.text.translate("en") if reason is not None else ""))
                if reason is not None and reason.code == TOO_OFTEN:
                    running_wild[automation.id] = rows[-1]
    deleted = [event.record_id for event in events if event.kind == "delete"]
    with context.workspace.database.write() as connection:
        _wake(connection, context, object_id, ids, deleted)
        keep_versions(connection, context, versions.values())
        start_runs(connection, context, rows)
        for row in running_wild.values():
            _pause(connection, context, row)


def _pause(connection: Connection, context: Context, stopped: Mapping[str, Any]) -> None:
    """Switch off a rule that runs for one record too often, and say so to those who look after it."""
    switch_within(connection, context, stopped["automation_id"], False, reason=stopped["error"])
    alarm(
        connection, context, stopped["automation_id"], stopped["name"], STOPPED,
        About(stopped["object_id"], stopped["record_id"], stopped["id"]),
    )  # fmt: skip


def _row(automation: Automation, event: Event, origin: Origin, stopped: str) -> dict[str, Any]:
    return new_run(automation.id, automation.name, automation.version, key_of(automation, event), event.plan.id, event.record_id, event.context,
        event=dict(data_of(event, origin)), chain=origin.chain, depth=origin.depth + 1, cause=origin.cause,
        operation=origin.operation, source=origin.source, actor=origin.actor,
        state="loop_stopped" if stopped else "waiting", error=stopped,
    )  # fmt: skip


def _wake(connection: Connection, context: Context, object_id: str, ids: Sequence[int], deleted: Sequence[int]) -> None:
    """Let runs that wait for something of these records look again; end those whose record is gone."""
    runs = automation_run.c
    where = (runs.object_id == object_id, runs.record_id.in_(ids), runs.state.not_in(ENDED))
    statement = select(runs.id, runs.record_id, runs.listens, runs.state, runs.event).where(*where).order_by(runs.id)
    rows = connection.execute(statement.with_for_update()).all()
    gone = [row.id for row in rows if row.record_id in set(deleted) and (row.event or {}).get("kind") != "delete"]
    cancel_all(connection, context, gone)
    wake(connection, context, [row.id for row in rows if row.listens and row.id not in gone], ("sleeping",))
