"""Testing one step of an automation on a record, with sample data in place of the record's own. The step is really done, as its rule would do it;
its run is kept in the history, marked as a test by its source. For those who both look after automations and write them: sample data become writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.errors import Fault, NotAllowed, NotThere, Refused
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.writing.plan import Plans
from looseleaf_workflow.automations.dry_run import proposed
from looseleaf_workflow.automations.events import live_image
from looseleaf_workflow.automations.hearing import sample
from looseleaf_workflow.automations.managing import automation_named, require
from looseleaf_workflow.automations.starting import keep_data, new_run, start_runs
from looseleaf_workflow.automations.steps import STEPS
from looseleaf_workflow.frozen_json import sha256

SOURCE = "test"
WRITING = "builder"
"""The ability to write automations."""


def may_test(context: Context) -> bool:
    """Whether somebody may test steps, beside looking after automations."""
    return context.profile.has(WRITING)


def try_step(context: Context, name: str, record_id: int, step: str, values: Mapping[str, Any] | None = None) -> int:
    """Do one step on a record that one can read, as if the record held `values`. Returns the run. Raises NotAllowed, NotThere, Refused."""
    require(context)
    if not may_test(context):
        raise NotAllowed(Text("Only those who write automations may test a step"), WRITING)
    automation = automation_named(context, name)
    read.get(context, automation.object, record_id, ("id",))
    found = step_named(automation.data["steps"], step)
    if found is None or STEPS[next(iter(found))].held:
        raise Refused([Fault("/step", "unknown-step", Text("There is no step '{name}' that can be tested", name=step[:60]))])
    data = {key: value for key, value in automation.data.items() if key not in ("when", "recheck", "on_failure")} | {"steps": (found,)}
    system = context.workspace.bound(SYSTEM, context.runtime, "automation")
    plan = Plans.of(context.runtime)[automation.object]
    with context.workspace.database.write() as connection:
        image = live_image(connection, plan, record_id)
        if image is None:
            raise NotThere
        event = {"kind": SOURCE, "before": dict(image), "after": {**image, **proposed(system, plan, values or {})}, "changed": []}
        event |= sample(connection, system, automation)
        version = sha256(data)
        row = new_run(
            automation.id, name, version, "", plan.id, record_id, context, event=event, source=SOURCE, actor=context.actor.id
        )  # fmt: skip
        row["key"] = f"{automation.id}:test:{encode(row['id'])}"
        keep_data(connection, context, automation.id, version, data)
        return start_runs(connection, context, [row])[0]


def step_named(flow: Any, name: str) -> Mapping[str, Any] | None:
    """The step of that name, wherever in a flow it stands."""
    if isinstance(flow, Mapping):
        if next(iter(flow.values()), None) == name and next(iter(flow), "") in STEPS:
            return flow
        return next((found for value in flow.values() if (found := step_named(value, name)) is not None), None)
    if isinstance(flow, list | tuple):
        return next((found for item in flow if (found := step_named(item, name)) is not None), None)
    return None
