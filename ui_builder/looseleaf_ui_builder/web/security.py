"""What keeps a page from doing what we didn't write: a strict content security policy, other headers, and the check of every post.

No inline script, no inline style, no eval, nothing from elsewhere. Files that people uploaded get a policy of their own (files never run).
"""

from __future__ import annotations

from hmac import compare_digest
from urllib.parse import urlsplit

from flask import Flask, Response, request

from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import NotAllowed

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}
ALL_HEADERS = [*HEADERS.items(), ("Cache-Control", "no-store")]
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def protect(app: Flask) -> None:
    """Put the headers on every answer; pages of people who are signed in are not kept by caches."""

    @app.after_request
    def headers(response: Response) -> Response:
        wanted = ALL_HEADERS if request.endpoint != "static" else list(HEADERS.items())
        if request.is_secure:
            wanted = [*wanted, ("Strict-Transport-Security", "max-age=31536000")]
        said = {name.lower() for name, _ in response.headers}
        response.headers.extend([one for one in wanted if one[0].lower() not in said])
        return response


def check_origin() -> None:
    """Refuse a change asked for by another site. Browsers say where a request comes from; programs that don't aren't browsers."""
    if request.method in SAFE:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    foreign = site not in (None, "same-origin", "none") or (origin and origin != "null" and urlsplit(origin).netloc != request.host)
    if foreign:
        raise NotAllowed(Text("This came from another site and was not carried out"))


def check_token(expected: str) -> None:
    """Refuse a change without the token of the session that it claims to belong to."""
    if request.method in SAFE:
        return
    given = request.headers.get("X-CSRF-Token") or request.form.get("_csrf", "")
    if not expected or not compare_digest(given.encode(), expected.encode()):
        raise NotAllowed(Text("This page has grown old. Nothing was saved; load it again and repeat"))
