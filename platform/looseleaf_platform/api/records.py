"""Records over HTTP: list, read, create, change, delete. Each handler parses, calls one function, answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson
from flask import Blueprint, Response, request

from looseleaf_metadata.texts import Text
from looseleaf_platform.api.callers import caller
from looseleaf_platform.api.dumping import dumper, to_json
from looseleaf_platform.api.parameters import list_query, names, said_operation
from looseleaf_platform.api.problems import BadBody
from looseleaf_platform.api.schemas import load_values
from looseleaf_platform.context import Context
from looseleaf_platform.errors import BadQuery, NotThere
from looseleaf_platform.records import ids, read
from looseleaf_platform.records.requests import Change, Operation, Outcome, Page
from looseleaf_platform.records.write import write

MAX_BATCH = 1000
MAX_KEY_LENGTH = 200
CHAIN = "Looseleaf-Chain"
"""Handed back by systems that write because we told them something."""
routes = Blueprint("records", __name__)


def answer(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON response."""
    return Response(to_json(data), status=status, mimetype="application/json", headers=headers)


@routes.get("/records/<name>")
def list_records(name: str) -> Response:
    """A page of records."""
    context, query = caller(), list_query(request.args.to_dict())
    readable(context, name)
    page = read.page(context, name, query)
    return answer(page_data(context, name, page, query.fields))


@routes.get("/records/<name>/<id>")
def get_record(name: str, id: str) -> Response:
    """One record, with its version as the ETag."""
    context = caller()
    readable(context, name)
    wanted = names(request.args.get("fields", "")) or None
    record = read.get(context, name, record_id(id), wanted)
    return answer(dumper(context, name, wanted or context.profile.readable(name))(record), headers={"ETag": f'"{record.version}"'})


@routes.post("/records/<name>")
def create_records(name: str) -> Response:
    """Create one record from an object, or many from a list, all or nothing."""
    context, body = caller(), json_body()
    readable(context, name)
    many = isinstance(body, list)
    rows = body if many else [body]
    if len(rows) > MAX_BATCH:
        raise BadBody(413, "too-many-records", Text("At most {most} records at once", most=MAX_BATCH))
    changes = [
        Change("create", name, values=load_values(context, name, row, f"/{place}" if many else "")) for place, row in enumerate(rows)
    ]
    outcome = write(context, changes, said("create", context), idempotency_key=idempotency_key())
    if many:
        return answer({"data": [identity(written) for written in outcome.written]}, 201)
    return answer(identity(outcome.written[0]), 201, located(name, outcome))


@routes.patch("/records/<name>/<id>")
def change_record(name: str, id: str) -> Response:
    """Change the given fields of a record, if it still has the version named by If-Match."""
    context = caller()
    readable(context, name)
    change = Change("update", name, record_id(id), load_values(context, name, json_body()), version=expected_version())
    outcome = write(context, [change], said("edit", context), idempotency_key=idempotency_key())
    return answer(identity(outcome.written[0]), headers=located(name, outcome))


@routes.delete("/records/<name>/<id>")
def delete_record(name: str, id: str) -> Response:
    """Move a record to the recycle bin."""
    context = caller()
    readable(context, name)
    write(context, [Change("delete", name, record_id(id), version=expected_version(required=False))], Operation("delete"))
    return Response(status=204)


def said(kind: str, context: Context) -> Operation:
    """The operation, with the reason, the exemptions and the chain of causes that the request gives."""
    extensions = context.workspace.extensions
    operation = said_operation(kind, request.args.to_dict(), extensions)
    chain = request.headers.get(CHAIN, "")
    known = chain and any(extension.knows_chain is not None and extension.knows_chain(context, chain) for extension in extensions)
    return replace(operation, chain=chain) if known else operation


def readable(context: Context, name: str) -> None:
    """Raise NotThere for an object that doesn't exist or that the caller can't read at all."""
    if name not in context.model.objects or not context.profile.can(name, "read"):
        raise NotThere


def record_id(text: str) -> int:
    """The id in an address. Anything else is no record."""
    try:
        return ids.decode(text)
    except ValueError:
        raise NotThere from None


def json_body() -> Any:
    """The request's JSON. Raises BadBody."""
    if request.mimetype not in ("application/json", "application/merge-patch+json"):
        raise BadBody(415, "not-json", Text("Send the body as application/json"))
    try:
        return orjson.loads(request.get_data(cache=False))
    except orjson.JSONDecodeError as error:
        raise BadBody(400, "malformed-json", Text("The body is not JSON: {detail}", detail=str(error))) from None


def expected_version(required: bool = True) -> int | None:
    """The version in If-Match. `*` means any. Raises BadBody with 428 where one is required and missing."""
    text = request.headers.get("If-Match", "").strip()
    if text == "*" or (not text and not required):
        return None
    if not text:
        raise BadBody(428, "if-match-required", Text("Say in If-Match which version you change, or * for any"))
    number = text.removeprefix("W/").strip('"')
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise BadQuery(Text("If-Match names a version, as in the ETag"), "If-Match")
    return int(number)


def idempotency_key() -> str:
    """The key under which a repeated request is answered once. "" without one."""
    key = request.headers.get("Idempotency-Key", "")
    if len(key) > MAX_KEY_LENGTH:
        raise BadQuery(Text("The idempotency key is too long"), "Idempotency-Key")
    return key


def identity(written: Any) -> dict[str, Any]:
    """What became of one record."""
    return {"id": ids.encode(written.id), "version": written.version, "outcome": written.outcome}


def located(name: str, outcome: Outcome) -> dict[str, str]:
    """Headers that say where the record is and which version it has."""
    written = outcome.written[0]
    headers = {"ETag": f'"{written.version}"'}
    if written.outcome == "created" and written.id is not None:
        headers["Location"] = f"{request.script_root}/api/v1/records/{name}/{ids.encode(written.id)}"
    return headers


def page_data(context: Context, name: str, page: Page, wanted: tuple[str, ...] | None) -> dict[str, Any]:
    """A page as the API answers it."""
    dump = dumper(context, name, wanted or context.profile.readable(name))
    data: dict[str, Any] = {
        "data": [dump(record) for record in page.records],
        "page": {"next": page.next or None, "previous": page.previous or None},
    }
    if page.count is not None:
        data["count"] = {"value": page.count, "capped": page.capped}
    return data
