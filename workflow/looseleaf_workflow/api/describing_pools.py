"""What the OpenAPI description says of pools and assignment, for one caller."""

from __future__ import annotations

from typing import Any

from looseleaf_platform.api.openapi import ID_SCHEMA
from looseleaf_platform.api.openapi_paths import ID, operation, schema_of
from looseleaf_platform.context import Context
from looseleaf_platform.extension import Described
from looseleaf_workflow.assignment.definition import assignments_of
from looseleaf_workflow.assignment.simulating import ABILITY
from looseleaf_workflow.pools.acting import MOST, manages, may_enter
from looseleaf_workflow.pools.definition import pools_of

TEXT = {"type": "string"}
MAYBE_TEXT = {"type": ["string", "null"]}
MAYBE_NUMBER = {"type": ["integer", "null"]}
NUMBER = {"type": "integer"}
WHETHER = {"type": "boolean"}
WHO = {"anyOf": [ID_SCHEMA, {"type": "null"}]}


def _shape(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


POOL = _shape(
    name=TEXT, label=TEXT, object=TEXT, count=NUMBER, held=NUMBER, manager=WHETHER, per_day=MAYBE_NUMBER, hold_max=MAYBE_NUMBER, ask=_list(TEXT),
)  # fmt: skip
KEEPING = _shape(
    pool=TEXT, label=TEXT, state={"type": "string", "enum": ["owned", "in_pool"]}, owner=WHO, since=MAYBE_TEXT,
    protected_until=MAYBE_TEXT, returns_at=MAYBE_TEXT, exempt=WHETHER, claimable_from=MAYBE_TEXT,
    rules=_list(_shape(rule=TEXT, label=TEXT, after=TEXT, last=MAYBE_TEXT, due=TEXT)),
    warnings=_list(_shape(at=TEXT, before=TEXT)), stops=_list(TEXT),
    history=_list(_shape(at=TEXT, event=TEXT, user=WHO, actor=WHO, reason=TEXT)),
)  # fmt: skip
DECISION = _shape(at=TEXT, assignment=TEXT, rule=MAYBE_TEXT, outcome=TEXT, owner=WHO, reasons=_list(TEXT))
SIMULATION = _shape(
    by_owner=_list(_shape(owner=WHO, count=NUMBER)),
    records=_list(_shape(id=ID_SCHEMA, owner=WHO, outcome=TEXT, rule=MAYBE_TEXT, was=WHO)),
    cut=WHETHER,
)
SCHEMAS = {
    "Pools": _shape(data=_list(POOL)),
    "PoolResults": _shape(data=_list(_shape(id=ID_SCHEMA, done=WHETHER, code=MAYBE_TEXT, message=MAYBE_TEXT))),
    "PoolKeeping": _shape(data=KEEPING),
    "AssignmentDecisions": _shape(data=_list(DECISION)),
    "AssignmentSimulation": _shape(data=SIMULATION),
}
IDS = {"type": "array", "items": ID_SCHEMA, "maxItems": MOST}


def _body(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def describe(context: Context) -> Described:
    """Schemas and paths of pools and assignment, as far as they are for the caller."""
    paths: dict[str, Any] = {}
    if context.model.others.get("pool"):
        paths["/api/v1/pools"] = {"get": operation("list_pools", "Pools that one may enter", [], ("200", schema_of("Pools")), "400", "401")}
    for pool in context.model.others.get("pool", {}).values():
        if may_enter(context, pool):
            paths |= _pool_paths(context, pool.name, manages(context, pool))
    for entry in context.model.objects.values():
        if context.profile.can(entry.name, "read"):
            paths |= _record_paths(context, entry.name)
    for name in context.model.others.get("assignment", {}) if context.profile.has(ABILITY) else ():
        moments = [
            {"name": one, "in": "query", "required": True, "schema": {"type": "string", "format": "date-time"}}
            for one in ("since", "until")
        ]
        content = ("200", schema_of("AssignmentSimulation"))
        found = operation(f"simulate_{name}", "What the rules would have done", moments, content, "400", "401", "403", "404")
        paths[f"/api/v1/assignments/{name}/simulation"] = {"get": found}
    return (SCHEMAS, paths) if paths else ({}, {})


FAILURES = ("400", "401", "403", "404", "415", "422")


def _pool_paths(context: Context, name: str, manager: bool) -> dict[str, Any]:
    content = ("200", schema_of("PoolResults"))
    found = {
        f"/api/v1/pools/{name}/claims": operation(f"claim_from_{name}", "Claim records", [], content, *FAILURES)
        | _body(("ids",), ids=IDS, values={"type": "object"}),
        f"/api/v1/pools/{name}/returns": operation(f"return_to_{name}", "Give records back", [], content, *FAILURES)
        | _body(("ids",), ids=IDS, reason=TEXT),
    }
    if manager:
        found[f"/api/v1/pools/{name}/assignments"] = operation(
            f"assign_from_{name}", "Give records to somebody", [], content, *FAILURES
        ) | _body(("ids", "user"), ids=IDS, user=ID_SCHEMA, reason=TEXT, override=WHETHER)
    return {path: {"post": one} for path, one in found.items()}


def _record_paths(context: Context, name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    pools = pools_of(context.model, name)
    if pools:
        content = ("200", schema_of("PoolKeeping"))
        there = {"get": operation(f"pool_of_{name}", "What keeps a record, and when it returns", [ID], content, "400", "401", "404")}
        if any(manages(context, pool) for pool in pools):
            there["post"] = operation(f"extend_{name}", "Protect a record for longer", [ID], content, *FAILURES) | _body((), reason=TEXT)
        found[f"/api/v1/records/{name}/{{id}}/pool"] = there
    if assignments_of(context.model, name):
        told = operation(
            f"assignment_of_{name}", "Why a record has its owner", [ID], ("200", schema_of("AssignmentDecisions")), "400", "401", "404"
        )
        found[f"/api/v1/records/{name}/{{id}}/assignment"] = {"get": told}
    return found
