"""What the OpenAPI description says of approvals and tasks, for one caller."""

from __future__ import annotations

from typing import Any

from looseleaf_platform.api.openapi import ID_SCHEMA
from looseleaf_platform.api.openapi_paths import ID, IDEMPOTENCY, operation, schema_of
from looseleaf_platform.context import Context
from looseleaf_platform.extension import Described
from looseleaf_workflow.running.asking import DECISIONS, MODES, POSITIONS
from looseleaf_workflow.running.several import MOST, TOGETHER
from looseleaf_workflow.running.submitting import flows_of

TEXT = {"type": "string"}
MAYBE = {"type": ["string", "null"]}
NUMBER = {"type": "integer"}


def _shape(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


EVENT = _shape(
    number=NUMBER, event=TEXT, at=TEXT, actor=TEXT, on_behalf_of=MAYBE, node=MAYBE, slots=_list(TEXT), outcome=MAYBE, comment=MAYBE
)
TASK = _shape(
    id=TEXT, kind=TEXT, approval=TEXT, label=TEXT, step=MAYBE, instance=TEXT, object=TEXT, record=TEXT, title=MAYBE, submitter=TEXT,
    holder=MAYBE, acting_for=MAYBE, due_at=MAYBE, opened_at=TEXT, edit=_list(TEXT), require=_list(TEXT), hide=_list(TEXT),
)  # fmt: skip
INSTANCE = _shape(
    id=TEXT, approval=TEXT, label=TEXT, status=TEXT, round=NUMBER, submitter=TEXT, started_at=MAYBE, to=MAYBE, held_by=_list(TEXT), tasks=_list(TASK),
    trail=_list(EVENT), changes=_list(_shape(field=TEXT, before={}, after={})),
)  # fmt: skip
NODE = _shape(node=TEXT, people=_list(TEXT), how=TEXT, unresolved={"type": "boolean"})
SCHEMAS = {
    "Approvals": _shape(data=_list(INSTANCE)),
    "Approval": _shape(data=INSTANCE),
    "ApprovalPreview": _shape(data=_shape(approval=TEXT, outcome=TEXT, nodes=_list(NODE))),
    "Tasks": _shape(data=_list(TASK)),
    "TaskDecided": _shape(data=_shape(approval=TEXT, status=TEXT)),
    "TasksDecided": _shape(data=_list(_shape(id=ID_SCHEMA, done={"type": "boolean"}, code=MAYBE, message=MAYBE))),
    "ApprovalMigration": _shape(data=_shape(possible={"type": "boolean"}, reasons=_list(TEXT), never_asked=_list(TEXT))),
}
FAILURES = ("400", "401", "403", "404", "409", "415", "422")


def _body(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


SEVERAL = _body(
    ("tasks", "decision"),
    tasks={"type": "array", "items": ID_SCHEMA, "minItems": 1, "maxItems": MOST},
    decision={"type": "string", "enum": list(TOGETHER)},
    comment=TEXT,
)
SLOT = _body(("slot",), slot={"type": "string", "description": "step:visit:slot, as the trail names it"})
MAPPING = _body(
    (), mapping={"type": "object", "additionalProperties": TEXT, "description": "old step: new step, or empty where it is gone"}
)
DEEDS = {
    "withdrawal": ("withdraw_approval", "Take a request back", _body((), reason=TEXT)),
    "comments": ("comment_approval", "Say something about an approval", _body(("text",), text=TEXT, mentions=_list(ID_SCHEMA))),
    "takeback": ("take_back_decision", "Open your own agreement again", SLOT),
    "removal": ("remove_sign", "Take somebody back whom you added", SLOT),
    "termination": ("terminate_approval", "End an approval, as an administrator", _body(("reason",), reason=TEXT)),
    "reversal": ("reverse_approval", "Take back what was approved", _body(("reason",), reason=TEXT)),
    "retry": ("retry_approval", "Try again what ended in an error, as an administrator", _body(())),
    "migration": ("migrate_approval", "Go on under today's version of the flow, as an administrator", MAPPING),
    "migration/preview": ("preview_migration", "What would become of an approval under today's version of its flow", MAPPING),
    "migration/undo": ("undo_migration", "Go back to the version before, as an administrator", _body(())),
}
"""What is asked of an approval as a whole: the end of its path, its name, what it does, its body."""


def describe(context: Context) -> Described:
    """Schemas and paths, where there are approvals at all."""
    if not context.model.others.get("approval"):
        return {}, {}
    tasks = operation("list_tasks", "Tasks that wait for you", [], ("200", schema_of("Tasks")), "400", "401")
    content, several = ("200", schema_of("TaskDecided")), ("200", schema_of("TasksDecided"))
    decision = _body(
        ("decision",),
        decision={"type": "string", "enum": list(DECISIONS)},
        comment=TEXT,
        user=ID_SCHEMA,
        users=_list(ID_SCHEMA),
        position={"type": "string", "enum": list(POSITIONS)},
        mode={"type": "string", "enum": list(MODES)},
        binding={"type": "boolean"},
        target=TEXT,
        edits={"type": "object"},
    )
    paths: dict[str, Any] = {
        "/api/v1/tasks": {"get": tasks},
        "/api/v1/tasks/decisions": {"post": operation("decide_tasks", "Decide several tasks", [IDEMPOTENCY], several, *FAILURES) | SEVERAL},
        "/api/v1/tasks/{id}/decision": {
            "post": operation("decide_task", "Decide a task", [ID, IDEMPOTENCY], content, *FAILURES) | decision
        },
    }
    for end, (name, summary, body) in DEEDS.items():
        looks = end.endswith("preview")
        found = ("200", schema_of("ApprovalMigration")) if looks else content
        asked: list[dict[str, Any]] = [ID] if looks else [ID, IDEMPOTENCY]
        paths[f"/api/v1/approvals/{{id}}/{end}"] = {"post": operation(name, summary, asked, found, *FAILURES) | body}
    for entry in context.model.objects.values():
        if context.profile.can(entry.name, "read") and flows_of(context, entry.name):
            paths |= _record_paths(entry.name, entry.plural.text(context.locale))
    return SCHEMAS, paths


def _record_paths(name: str, label: str) -> dict[str, Any]:
    picks = {"type": "object", "additionalProperties": {"type": "array", "items": ID_SCHEMA}}
    listed = operation(f"approvals_of_{name}", f"Approvals of one of {label}", [ID], ("200", schema_of("Approvals")), "400", "401", "404")
    asking = {"approval": TEXT, "to": TEXT, "picks": picks, "changes": {"type": "object"}}
    made = ("201", schema_of("Approval"))
    submitted = operation(f"submit_{name}", f"Submit one of {label} for approval", [ID, IDEMPOTENCY], made, *FAILURES)
    asked: list[dict[str, Any]] = [ID, *({"name": one, "in": "query", "schema": TEXT} for one in ("approval", "to"))]
    ahead = operation(f"preview_approval_of_{name}", "What would happen", asked, ("200", schema_of("ApprovalPreview")), *FAILURES)
    return {
        f"/api/v1/records/{name}/{{id}}/approvals": {"get": listed, "post": submitted | _body((), **asking)},
        f"/api/v1/records/{name}/{{id}}/approvals/preview": {"get": ahead},
    }
