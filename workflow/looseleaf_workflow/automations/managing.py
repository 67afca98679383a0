"""What people with the ability `automations` do with automations and their runs: start by hand, cancel, try again, switch off and on."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import Connection, delete, func, or_, select, update

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Fault, NotAllowed, NotThere, Refused
from looseleaf_platform.jobs.outbox import put
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.writing.plan import Plans
from looseleaf_workflow.automations import switches
from looseleaf_workflow.automations.definition import KIND, Automation, automation_by_id
from looseleaf_workflow.automations.events import live_image
from looseleaf_workflow.automations.starting import keep_versions, new_run, start_runs
from looseleaf_workflow.automations.tables import automation_run, automation_step
from looseleaf_workflow.automations.walking import FAILURE

ABILITY = "automations"
Whence = Literal["step", "start"]
Version = Literal["original", "current"]
AGAIN = ("failed", "parked", "cancelled", "loop_stopped")
"""Runs that may be tried again."""


def require(context: Context) -> None:
    """Raise NotAllowed for who may not look after automations."""
    if not context.profile.has(ABILITY):
        raise NotAllowed(Text("You may not look after automations"), ABILITY)


def automation_named(context: Context, name: str) -> Automation:
    """The automation of that name. Raises NotThere."""
    found: Automation | None = context.model.others.get(KIND, {}).get(name)
    if found is None:
        raise NotThere
    return found


def switch(context: Context, name: str, on: bool, *, reason: str = "", drop: bool = False) -> int:
    """Turn one automation on or off; name "" for all. See switches.switch. Raises NotAllowed, NotThere."""
    require(context)
    return switches.switch(context, automation_named(context, name).id if name else switches.ALL, on, reason=reason, drop=drop)


def start(context: Context, name: str, record_id: int) -> int:
    """Start an automation whose trigger is `manual` on a record that one can read. Returns the run. Raises NotAllowed, NotThere, Refused."""
    require(context)
    automation = automation_named(context, name)
    read.get(context, automation.object, record_id, ("id",))
    if automation.trigger != "manual":
        raise Refused([Fault("", "not-manual", Text("This is not started by hand"))])
    plan = Plans.of(context.runtime)[automation.object]
    with context.workspace.database.write() as connection:
        image = live_image(connection, plan, record_id) or {}
        event = {"kind": "manual", "before": {}, "after": dict(image), "changed": []}
        row = new_run(
            automation.id,
            name,
            automation.version,
            "",
            plan.id,
            record_id,
            context,
            event=event,
            source=context.source,
            actor=context.actor.id,
        )
        row["key"] = f"{automation.id}:manual:{encode(row['id'])}"
        keep_versions(connection, context, [automation])
        return start_runs(connection, context, [row])[0]


def cancel(context: Context, run_id: int) -> None:
    """End a run before its next step; a call outside that is under way is finished and noted. Raises NotAllowed for one that is over."""
    require(context)
    with context.workspace.database.write() as connection:
        run = _run(connection, run_id)
        if run.state in switches.ENDED:
            raise NotAllowed(Text("This run is over already"))
        switches.cancel_all(connection, context, [run_id])


def retry(context: Context, run_id: int, whence: Whence, version: Version) -> int:
    """Try a run again with what set it off: from the step that failed, or as a new run from the start; on the version that it ran on, or on
    today's. Which was chosen is kept. Returns the run that goes on. Raises NotAllowed, NotThere."""
    require(context)
    with context.workspace.database.write() as connection:
        run = _run(connection, run_id)
        if run.state not in AGAIN:
            raise NotAllowed(Text("Only a run that did not end well is tried again"))
        chosen = run.version
        if version == "current":
            automation = automation_by_id(context.model, run.automation_id)
            if automation is None:
                raise NotAllowed(Text("This automation is not there any more: only its original version can be tried"))
            keep_versions(connection, context, [automation])
            chosen = automation.version
        again = {"by": context.actor.id, "at": context.now.isoformat(), "whence": whence, "version": chosen}
        event = {**(run.event or {}), "retries": [*(run.event or {}).get("retries", ()), again]}
        if whence == "start":
            return _from_start(connection, context, run, chosen, event)
        _forget_failure(connection, run_id)
        values = {"state": "running", "error": "", "finished_at": None, "version": chosen, "event": event}
        connection.execute(update(automation_run).where(automation_run.c.id == run_id).values(values))
        put(connection, context.workspace, switches.RUN_TOPIC, {"run": encode(run_id)}, lane="automation")
        return run_id


def _from_start(connection: Connection, context: Context, run: Any, version: str, event: Any) -> int:
    """A new run of the same."""
    tries = connection.scalar(select(func.count()).select_from(automation_run).where(automation_run.c.retry_of == run.id)) or 0
    kept = ("chain", "depth", "cause", "operation", "source", "actor")
    row = {name: getattr(run, name) for name in kept} | {"event": event, "retry_of": run.id}
    base = new_run(run.automation_id, run.name, version, f"{run.key}~{tries + 1}", run.object_id, run.record_id, context)
    return start_runs(connection, context, [{**base, **row}])[0]


def _forget_failure(connection: Connection, run_id: int) -> None:
    """Let the steps that failed be done again; what was done stays done. What is sent again is what was sent, under the same key."""
    mine = automation_step.c.run_id == run_id
    connection.execute(delete(automation_step).where(mine, automation_step.c.path.startswith(FAILURE)))
    failed = automation_step.c.state.in_(("failed", "unknown"))
    connection.execute(update(automation_step).where(mine, failed, automation_step.c.kind == "webhook").values(state="retry", attempts=0))
    connection.execute(delete(automation_step).where(mine, or_(failed, automation_step.c.state == "waiting")))


def _run(connection: Connection, run_id: int) -> Any:
    """A run, locked. Raises NotThere."""
    run = connection.execute(select(automation_run).where(automation_run.c.id == run_id).with_for_update()).first()
    if run is None:
        raise NotThere
    return run
