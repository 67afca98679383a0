"""What the OpenAPI description says of automations, for callers who may look after them."""

from __future__ import annotations

from typing import Any

from looseleaf_platform.api.openapi import ID_SCHEMA
from looseleaf_platform.api.openapi_paths import ID, operation, schema_of
from looseleaf_platform.context import Context
from looseleaf_platform.extension import Described
from looseleaf_workflow.api.automations import STATES
from looseleaf_workflow.automations.definition import automations_of
from looseleaf_workflow.automations.managing import ABILITY

TEXT = {"type": "string"}
MAYBE_TEXT = {"type": ["string", "null"]}
NUMBER = {"type": "integer"}
WHETHER = {"type": "boolean"}
ANYTHING: dict[str, Any] = {}
MAYBE_ID = {"anyOf": [ID_SCHEMA, {"type": "null"}]}
STATE = {"type": "string", "enum": list(STATES)}


def _shape(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


REASON = {"anyOf": [_shape(code=TEXT, text=TEXT), {"type": "null"}]}
RUN = {
    "name": TEXT, "version": TEXT, "state": STATE, "source": TEXT, "chain": TEXT, "depth": NUMBER, "error": TEXT,
    "id": ID_SCHEMA, "cause": MAYBE_ID, "operation": MAYBE_ID, "actor": MAYBE_ID, "retry_of": MAYBE_ID,
    "created_at": TEXT, "started_at": MAYBE_TEXT, "finished_at": MAYBE_TEXT, "record": MAYBE_ID,
}  # fmt: skip
STEP = _shape(
    path=TEXT, kind=TEXT, name=TEXT, state=TEXT, attempts=NUMBER, input=ANYTHING, output=ANYTHING, error=TEXT,
    started_at=TEXT, finished_at=MAYBE_TEXT,
)  # fmt: skip
AUTOMATION = _shape(
    name=TEXT, label=TEXT, object=TEXT, trigger=TEXT, on=WHETHER, order=NUMBER,
    runs={"type": "object", "additionalProperties": NUMBER},
)  # fmt: skip
SCHEMAS = {
    "Automations": _shape(data=_list(AUTOMATION)),
    "AutomationRuns": _shape(data=_list(_shape(**RUN)), before=MAYBE_ID),
    "AutomationRun": _shape(**RUN, event={"type": "object"}, steps=_list(STEP), chain_runs=_list(_shape(**RUN))),
    "AutomationRunStarted": _shape(run=ID_SCHEMA),
    "AutomationSwitched": _shape(on=WHETHER, runs=NUMBER),
    "AutomationDryRun": _shape(would_run=WHETHER, reason=REASON, steps=_list(_shape(path=TEXT, kind=TEXT, plan=ANYTHING, error=TEXT))),
    "AutomationWhy": _shape(reason=REASON, run=MAYBE_ID, operation=MAYBE_ID),
}
READING = ("400", "401", "403", "404")
WRITING = (*READING, "415", "422")


def _query(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _body(*required: str, **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def describe(context: Context) -> Described:
    """Schemas and paths, for callers with the ability."""
    if not context.profile.has(ABILITY):
        return {}, {}
    names = [one.name for one in automations_of(context.model)]
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string", **({"enum": names} if names else {})}}
    switch = _body("on", on=WHETHER, drop=WHETHER, reason=TEXT)
    base = "/api/v1"
    return SCHEMAS, {
        f"{base}/automations": {"get": _get("automations", "All automations", [], "Automations")},
        f"{base}/automations/switch": {"post": _post("switch_automations", "Turn all on or off", [], "AutomationSwitched", switch)},
        f"{base}/automations/{{name}}/runs": {
            "get": _get(
                "runs_of_automation", "Its runs, newest first",
                [name, _query("state", STATE), _query("record", ID_SCHEMA), _query("before", ID_SCHEMA)], "AutomationRuns",
            ),
            "post": _post(
                "start_automation", "Start it on a record", [name], "AutomationRunStarted", _body("record", record=ID_SCHEMA)
            ),
        },
        f"{base}/automations/{{name}}/switch": {"post": _post("switch_automation", "Turn it on or off", [name], "AutomationSwitched", switch)},
        f"{base}/automations/{{name}}/dry-run": {
            "post": _post(
                "dry_run_automation", "What it would do for a record", [name], "AutomationDryRun",
                _body("record", record=ID_SCHEMA, values={"type": "object"}),
            )
        },
        f"{base}/automations/{{name}}/test": {
            "post": _post(
                "test_step_of_automation", "Do one step with sample data", [name], "AutomationRunStarted",
                _body("record", "step", record=ID_SCHEMA, step=TEXT, values={"type": "object"}),
            )
        },
        f"{base}/automations/{{name}}/why/{{id}}": {"get": _get("why_automation", "Why it ran or did not", [name, ID], "AutomationWhy")},
        f"{base}/runs/{{id}}": {"get": _get("automation_run", "A run with its steps", [ID], "AutomationRun")},
        f"{base}/runs/{{id}}/retry": {
            "post": _post(
                "retry_run", "Try a run again", [ID], "AutomationRunStarted",
                _body(**{"from": {"type": "string", "enum": ["step", "start"]}, "version": {"type": "string", "enum": ["original", "current"]}}),
            )
        },
        f"{base}/runs/{{id}}/cancel": {"post": operation("cancel_run", "End a run", [ID], ("200", schema_of("AutomationRunStarted")), *READING)},
    }  # fmt: skip


def _get(name: str, summary: str, parameters: list[dict[str, Any]], schema: str) -> dict[str, Any]:
    return operation(name, summary, parameters, ("200", schema_of(schema)), *READING)


def _post(name: str, summary: str, parameters: list[dict[str, Any]], schema: str, body: dict[str, Any]) -> dict[str, Any]:
    return {**operation(name, summary, parameters, ("200", schema_of(schema)), *WRITING), **body}
