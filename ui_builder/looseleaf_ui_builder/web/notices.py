"""A sentence for the next page: what has just been done. Carried by a cookie that is read once; it never holds record data of others."""

from __future__ import annotations

import json
from urllib.parse import quote, unquote

from flask import Flask, Response, g, request

COOKIE = "looseleaf_notice"
LONGEST = 400


def notify(words: str) -> None:
    """Say `words` on the next page that is shown."""
    g.setdefault("new_notices", []).append(words[:LONGEST])


def notices() -> list[str]:
    """The sentences for this page; asking for them uses them up."""
    raw = request.cookies.get(COOKIE, "")
    g.notices_read = bool(raw)
    try:
        found = json.loads(unquote(raw)) if raw else []
    except ValueError:
        found = []
    earlier = [str(words)[:LONGEST] for words in found if isinstance(words, str)] if isinstance(found, list) else []
    now = g.pop("new_notices", [])
    return [*earlier, *now]


def carry(app: Flask) -> None:
    """Let notices travel with redirects."""

    @app.after_request
    def cookie(response: Response) -> Response:
        fresh = g.get("new_notices", [])
        if fresh:
            value = quote(json.dumps(fresh[-3:], ensure_ascii=False))
            response.set_cookie(
                COOKIE, value, path=request.script_root or "/", max_age=60, httponly=True, samesite="Lax", secure=request.is_secure
            )
        elif g.get("notices_read"):
            response.delete_cookie(COOKIE, path=request.script_root or "/")
        return response
