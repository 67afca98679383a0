"""Steps that write records through the one write path: update, create, task, tag, assign, move_stage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from looseleaf_metadata.kinds.base import NAME, Schema, listing, text
from looseleaf_metadata.texts import Text
from looseleaf_platform.records import write as writing
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change
from looseleaf_workflow.automations.draft import Draft
from looseleaf_workflow.automations.language import render
from looseleaf_workflow.automations.steps.base import Failed, Options, StepType, Work, words
from looseleaf_workflow.automations.steps.people import people_of, said_to
from looseleaf_workflow.automations.triggers.stages import known_stage
from looseleaf_workflow.calendars import DURATION, add, parse_duration
from looseleaf_workflow.plain_json import plain
from looseleaf_workflow.stages.plans import stage_plans
from looseleaf_workflow.who_checks import WHO

VALUES: Schema = {"type": "object", "minProperties": 1, "propertyNames": NAME}


def store(work: Work, change: Change) -> dict[str, Any]:
    """Write one record as a part of the run's transaction. Raises what the write path raises."""
    written = writing.write_within(work.connection, work.context, [change], work.operation).written[0]
    return {"outcome": written.outcome, "object": written.object, "id": encode(written.id or 0), "version": written.version}


# --- update


def check_update(draft: Draft, pointer: str, options: Options) -> None:
    """Fields that can be filled in."""
    draft.values(f"{pointer}/values", options["values"], draft.object)


def plan_values(work: Work, options: Options) -> dict[str, Any]:
    """The values with their holes filled."""
    return {
        "object": work.object,
        "id": encode(work.record_id),
        "values": plain(render(work.context.runtime, work.scope, options["values"])),
    }


def update(work: Work, options: Options, planned: Mapping[str, Any]) -> dict[str, Any]:
    """Equal values are no write."""
    return store(work, Change("update", work.object, work.record_id, planned["values"]))


UPDATE = StepType("update", {"values": VALUES}, check_update, plan_values, update, required=("values",))

# --- create


def check_create(draft: Draft, pointer: str, options: Options) -> None:
    """The object and its fields."""
    found = draft.run.known_object(draft.document, f"{pointer}/object", options["object"], draft.source, "create")
    if found is not None:
        draft.values(f"{pointer}/values", options["values"], found.name)


def plan_create(work: Work, options: Options) -> dict[str, Any]:
    """What will be created."""
    return {"object": options["object"], "values": plain(render(work.context.runtime, work.scope, options["values"]))}


def create(work: Work, options: Options, planned: Mapping[str, Any]) -> dict[str, Any]:
    """Exactly once: the step's note is written in the same transaction."""
    return store(work, Change("create", planned["object"], values=planned["values"]))


CREATE = StepType("create", {"object": NAME, "values": VALUES}, check_create, plan_create, create, required=("object", "values"))

# --- task

TASK_OBJECT = "task"
TASK_KEYS = {"who": WHO, "subject": words(500), "due": DURATION, "values": VALUES}


def check_task(draft: Draft, pointer: str, options: Options) -> None:
    """There are tasks, and they have what a task needs."""
    tasks = draft.run.known_object(draft.document, pointer, TASK_OBJECT, draft.source, "task")
    draft.who(f"{pointer}/who")
    draft.template(f"{pointer}/subject", options["subject"])
    if tasks is None:
        return
    for key, field in (("subject", "subject"), ("due", "due_on")):
        if key in options:
            draft.run.known_field(draft.document, f"{pointer}/{key}", TASK_OBJECT, field, draft.source, "task")
    if "due" in options:
        draft.duration(f"{pointer}/due", options["due"])
    draft.values(f"{pointer}/values", options.get("values", {}), TASK_OBJECT)


def plan_task(work: Work, options: Options) -> dict[str, Any]:
    """A task for each of the people, about the record where tasks can be."""
    people = people_of(work, options["who"])
    if not people:
        raise Failed(Text("There is nobody to give the task to"))
    runtime, model = work.context.runtime, work.context.model
    subject, others = said_to(work, people, options["subject"], 200)
    values: dict[str, Any] = {"subject": subject, **plain(render(runtime, work.scope, options.get("values", {})))}
    if "due" in options:
        due = add(work.calendar, work.now, parse_duration(options["due"])).at
        values["due_on"] = due.astimezone(ZoneInfo(work.zone)).date().isoformat()
    for field in model.object(TASK_OBJECT).live_fields:
        if field.type == "lookup" and field.target == work.object and field.name not in values:
            values[field.name] = encode(work.record_id)
            break
    return {"people": [encode(id) for id in people], "values": values, **({"subjects": others} if others else {})}


def task(work: Work, options: Options, planned: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One task each, in the language of whoever gets it."""
    made = []
    for person in planned["people"]:
        subject = planned.get("subjects", {}).get(person, planned["values"]["subject"])
        made.append(store(work, Change("create", TASK_OBJECT, values={**planned["values"], "subject": subject, "owner": person})))
    return made


TASK = StepType("task", TASK_KEYS, check_task, plan_task, task, required=("who", "subject"))

# --- tag

TAG_KEYS = {"field": NAME, "add": listing(text(maxLength=60), minItems=1), "remove": listing(text(maxLength=60), minItems=1)}


def tags_field(draft: Draft, pointer: str, options: Options) -> str:
    """The field of tags: the one named, else the only one."""
    found = [field.name for field in draft.owner.live_fields if field.type in ("tags", "multi_select")]
    if "field" in options:
        field = draft.field(f"{pointer}/field", options["field"], "tag")
        if field is not None and field.name not in found:
            draft.fault(f"{pointer}/field", "wrong-type", Text("'{name}' holds no tags, it is {kind}", name=field.name, kind=field.type))
        return str(options["field"])
    if len(found) != 1:
        draft.fault(pointer, "missing-key", Text("which field holds the tags is not clear: name it with 'field'"))
    return found[0] if found else ""


def check_tag(draft: Draft, pointer: str, options: Options) -> None:
    """A field of tags, and something to do."""
    tags_field(draft, pointer, options)
    if "add" not in options and "remove" not in options:
        draft.fault(pointer, "no-effect", Text("say what to add or to remove"))


def plan_tag(work: Work, options: Options) -> dict[str, Any]:
    """The tags as they will be."""
    fields = work.context.model.object(work.object).live_fields
    name = options.get("field") or next((field.name for field in fields if field.type in ("tags", "multi_select")), "")
    now = list(work.scope[name] or ())
    wanted = [tag for tag in now if tag not in options.get("remove", ())]
    wanted += [tag for tag in options.get("add", ()) if tag not in wanted]
    return {"object": work.object, "id": encode(work.record_id), "values": {name: wanted}}


TAG = StepType("tag", TAG_KEYS, check_tag, plan_tag, update)

# --- assign


def check_assign(draft: Draft, pointer: str, options: Options) -> None:
    """Records that have an owner."""
    draft.who(f"{pointer}/who")
    if draft.owner.owner == "none":
        draft.fault(pointer, "no-effect", Text("records of {object} have no owner", object=draft.object))


def plan_assign(work: Work, options: Options) -> dict[str, Any]:
    """The first of the people becomes the owner."""
    people = people_of(work, options["who"])
    if not people:
        raise Failed(Text("There is nobody to give the record to"))
    return {"object": work.object, "id": encode(work.record_id), "values": {"owner": encode(people[0])}}


ASSIGN = StepType("assign", {"who": WHO}, check_assign, plan_assign, update, required=("who",))

# --- move_stage


def check_move(draft: Draft, pointer: str, options: Options) -> None:
    """A stage of the object's pipeline."""
    known_stage(draft, f"{pointer}/to", options, options["to"])


def plan_move(work: Work, options: Options) -> dict[str, Any]:
    """An ordinary write of the field that holds the stage."""
    plans = stage_plans(work.context.runtime, work.object)
    field = options.get("field") or (plans[0].field.name if plans else "stage")
    return {"object": work.object, "id": encode(work.record_id), "values": {field: options["to"]}}


MOVE_STAGE = StepType("move_stage", {"to": NAME, "field": NAME}, check_move, plan_move, update, required=("to",))
