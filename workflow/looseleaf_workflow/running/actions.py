"""The actions that a flow declares for its end, carried out by the steps of automations, in the transaction of the last decision: exactly once.

What goes outside (`webhook`) and what takes its time (`start`) becomes a run of its own, begun with the decision and kept with all runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from looseleaf_metadata.frozen import freeze
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM, Context
from looseleaf_platform.errors import Fault, Refused
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.writing.plan import Plans
from looseleaf_workflow.approvals.effects import Effect
from looseleaf_workflow.automations.definition import Automation, automations_of
from looseleaf_workflow.automations.events import live_image, relations_of
from looseleaf_workflow.automations.short import ARGUMENTS, step_of
from looseleaf_workflow.automations.starting import keep_versions, new_run, start_runs
from looseleaf_workflow.automations.steps import Work
from looseleaf_workflow.automations.working import calendar, live_scope
from looseleaf_workflow.frozen_json import to_data
from looseleaf_workflow.organisation import person_id
from looseleaf_workflow.running import performing
from looseleaf_workflow.running.stored import Instance


def act(connection: Connection, context: Context, instance: Instance, effect: Effect) -> None:
    """Carry one action out. Raises LooseleafError where it is refused."""
    word, written = effect.what, to_data(effect.data)
    if word == "start":
        _start(connection, context, instance, effect, _automation(context, instance, written["start"]))
    elif word == "notify" and "text" not in written:
        performing.notify_plainly(connection, context, instance, written)
    elif word not in ARGUMENTS:
        raise Refused([Fault("", "unknown-action", Text("unknown action '{name}'", name=word[:60]))])
    else:
        step, options = step_of(written)
        if step.send is not None:
            _start(connection, context, instance, effect, _of_one_step(instance, step.name, options))
            return
        work = _work(connection, context, instance, effect)
        step.perform(work, options, step.plan(work, options))


def _work(connection: Connection, context: Context, instance: Instance, effect: Effect) -> Work:
    """What a step works with: the record as it is now, the system as the one who acts, the submitter as the one who set it off."""
    system = context.workspace.bound(SYSTEM, context.runtime, "job")
    scope = live_scope(relations_of(connection, system), instance.object, instance.record)
    return Work(
        connection=connection,
        context=system,
        run_id=None,
        key=f"{instance.code}-{effect.key}",
        scope=scope,
        object=instance.object,
        record_id=instance.record,
        event={"actor": person_id(instance.submitter)},
        operation=performing.operation_of(instance),
        calendar=calendar(system, instance.definition.calendar),
        zone=system.model.defaults.timezone,
    )


def _automation(context: Context, instance: Instance, name: str) -> Automation:
    """An automation that flows may start. Raises Refused where it is not there any more."""
    found = next((one for one in automations_of(context.model, instance.object) if one.name == name and one.trigger == "manual"), None)
    if found is None:
        raise Refused([Fault("", "unknown-automation", Text("unknown automation '{name}'", name=name[:60]))])
    return found


def _of_one_step(instance: Instance, word: str, options: Mapping[str, Any]) -> Automation:
    """A step as an automation of its own: nothing but its version, which the run keeps."""
    data = freeze({"object": instance.object, "trigger": "manual", "steps": [{word: word, **options}]})
    name, label = instance.definition.name, performing.label_of(instance)
    return Automation(f"approval:{instance.approval_id}", name, label, instance.object, "manual", freeze({}), data)


def _start(connection: Connection, context: Context, instance: Instance, effect: Effect, automation: Automation) -> None:
    """Begin a run on the record, once for each effect."""
    plan = Plans.of(context.runtime)[instance.object]
    image = live_image(connection, plan, instance.record) or {}
    event = {"kind": "manual", "before": {}, "after": dict(image), "changed": []}
    key = f"{automation.id}:approval:{encode(instance.id)}:{effect.key}"
    run = new_run(
        automation.id, automation.name, automation.version, key, plan.id, instance.record, context,
        event=event, source="job", actor=person_id(instance.submitter),
    )  # fmt: skip
    keep_versions(connection, context, [automation])
    start_runs(connection, context, [run])
