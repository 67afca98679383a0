"""Key actions ticked by hand: who may, and what becomes of it. Ticking adds to the log and changes no field of the record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Fault, NotAllowed, NotThere, Refused
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import new_id
from looseleaf_workflow.stages.moves import standings
from looseleaf_workflow.stages.plans import ActionPlan, PipelinePlan, StagePlan, stage_plans
from looseleaf_workflow.stages.standing import pipeline_for, scope_of
from looseleaf_workflow.tables import stage_action


def tick(context: Context, object_name: str, id: int, action: str, done: bool = True, field: str = "") -> None:
    """Note that a key action of the record's present stage was done, or is undone. `field`: which, where several hold stages.

    Raises NotThere, NotAllowed without the right to change the stage, Refused for what is no action of the stage or shows by itself.
    """
    read.get(context, object_name, id, ("id",))
    may = id in read.reachable(context, object_name, (id,), "update")
    workspace = context.workspace
    with workspace.writing(context) as (connection, bound):
        held = [plans for plans in stage_plans(bound.runtime, object_name) if not field or plans.field.name == field]
        scope = scope_of(bound, connection, object_name, id)
        if scope is None or not held or held[0].field.name not in bound.profile.readable(object_name):
            raise NotThere
        plans = held[0]
        if plans.field.name not in bound.profile.writable(object_name) or not may:
            raise NotAllowed(Text("You may not change the stage of this record"))
        pipeline = pipeline_for(plans, scope)
        stage = pipeline.stages.get(scope[plans.field.name] or "") if pipeline is not None else None
        if pipeline is None or stage is None:
            raise Refused([Fault("/action", "unknown-action", Text("This record is in no stage"))])
        _check(stage, action)
        now = standings(connection, plans.field.id, [id]).get(id)
        values = _key(pipeline, stage, action, now.visit if now is not None else 1)
        values |= {"id": new_id(), "record_id": id, "field_id": plans.field.id, "done": done, "how": "hand"}
        connection.execute(insert(stage_action), values | {"at": bound.now, "actor": bound.actor.id})


def tick_in_scenario(context: Context, object_name: str, id: int, step: Mapping[str, Any]) -> None:
    """`tick: deal` with `action`, and `done: false` to untick it."""
    tick(context, object_name, id, str(step.get("action", "")), bool(step.get("done", True)))


def _key(pipeline: PipelinePlan, stage: StagePlan, action: str, visit: int) -> dict[str, object]:
    return {"pipeline_id": pipeline.id, "stage": stage.stage.id, "visit": visit, "action": action}


def _check(stage: StagePlan, action: str) -> None:
    """Raise Refused for an action that nobody ticks here."""
    found: ActionPlan | None = next((one for one in stage.actions if one.action.id == action), None)
    if found is None:
        names = ", ".join(one.action.id for one in stage.actions) or "-"
        message = Text("“{action}” is not to be done in “{stage}”: {actions}", action=action[:60], stage=stage.stage.label, actions=names)
        raise Refused([Fault("/action", "unknown-action", message)])
    if found.evidence is not None:
        message = Text("“{action}” shows by itself: nobody ticks it by hand", action=found.action.label)
        raise Refused([Fault("/action", "shows-by-itself", message)])
