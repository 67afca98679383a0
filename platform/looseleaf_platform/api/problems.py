"""Errors as RFC 9457 problem documents: one shape for every failure, with JSON pointers into what was sent."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson
from flask import Response
from werkzeug.exceptions import HTTPException

from looseleaf_metadata.problems import MetadataError
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import (
    BadQuery,
    Conflict,
    Decided,
    LooseleafError,
    NotAllowed,
    NotSignedIn,
    NotThere,
    Refused,
    TooMany,
    Unavailable,
)
from looseleaf_platform.records import ids

MEDIA_TYPE = "application/problem+json"

STATUS: dict[type[LooseleafError], tuple[int, str]] = {
    BadQuery: (400, "bad-query"),
    NotSignedIn: (401, "not-signed-in"),
    NotAllowed: (403, "not-allowed"),
    NotThere: (404, "not-there"),
    Decided: (409, "decided"),
    Conflict: (412, "conflict"),
    Refused: (422, "refused"),
    TooMany: (429, "too-many"),
    Unavailable: (503, "unavailable"),
}
"""Status and problem type of each error; also the list that the reference and OpenAPI show."""


class BadBody(LooseleafError):
    """A body that isn't JSON, or not of the documented shape. `status` is 400, 413, 415 or 428."""

    def __init__(self, status: int, code: str, message: Text, pointer: str = "") -> None:
        self.status, self.code, self.pointer = status, code, pointer
        super().__init__(message)


def problem(status: int, code: str, title: str, **members: Any) -> Response:
    """A problem response. `type` is a relative reference "/problems/<code>" that names the kind of problem."""
    body = {"type": f"/problems/{quote(code)}", "title": title, "status": status, **members}
    return Response(orjson.dumps(body), status=status, mimetype=MEDIA_TYPE)


def answer_error(error: Exception, locale: str) -> Response:
    """The problem response for an error of ours or of HTTP itself, said in `locale`."""
    if isinstance(error, MetadataError):
        listed = [found.as_data(locale) for found in error.problems]
        return problem(422, "metadata", Text("The metadata has problems").translate(locale), problems=listed)
    if isinstance(error, HTTPException):
        return problem(error.code or 500, (error.name or "error").lower().replace(" ", "-"), error.name or "Error")
    if not isinstance(error, LooseleafError):
        raise error
    if isinstance(error, BadBody):
        return problem(error.status, error.code, error.message.translate(locale), **({"pointer": error.pointer} if error.pointer else {}))
    status, code = STATUS[type(error)]
    response = problem(status, code, error.message.translate(locale), **_members(error, locale))
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.seconds)
    if isinstance(error, NotSignedIn):
        response.headers["WWW-Authenticate"] = 'Bearer realm="looseleaf"'
    return response


def _members(error: LooseleafError, locale: str) -> dict[str, Any]:
    if isinstance(error, Refused):
        listed = [{"pointer": fault.pointer, "code": fault.code, "message": fault.say(locale)} for fault in error.faults]
        return {"errors": listed}
    if isinstance(error, BadQuery):
        return {"parameter": error.pointer} if error.pointer else {}
    if isinstance(error, Decided):
        return {"reason": error.code, **({"by": error.by, "at": error.at} if error.by else {})}
    if isinstance(error, Conflict):
        return {"id": ids.encode(error.id), "version": error.version, "fields": [conflict.field for conflict in error.fields]}
    return {}
