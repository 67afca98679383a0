"""Whether a request is from who knows the secret, and fresh: HMAC-SHA256 of "t.body", as our own webhooks are signed. Pure.

The comparison takes the same time wherever two signatures differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import LooseleafError
from looseleaf_platform.identity.keys import same
from looseleaf_workflow.automations.sending import signature

MOST_SIGNATURES = 5
LONGEST = 1000


class Unsigned(LooseleafError):
    """A request that is not believed. `code`: "bad-signature" or "stale"."""

    def __init__(self, code: str, message: Text) -> None:
        self.code = code
        super().__init__(message)


def verify(said: str, body: bytes, secrets: Sequence[str], now: datetime, window: timedelta) -> None:
    """Check a header "t=<seconds>,v1=<hex>" against the secrets in force. Raises Unsigned."""
    parts = [part.strip().partition("=") for part in said[:LONGEST].split(",")]
    stamps = [value for key, _, value in parts if key == "t" and value.isascii() and value.isdigit() and len(value) < 12]
    given = [value for key, _, value in parts if key == "v1"][:MOST_SIGNATURES]
    wrong = Unsigned("bad-signature", Text("The signature is missing or wrong"))
    if len(stamps) != 1 or not given:
        raise wrong
    stamp = int(stamps[0])
    wanted = [signature(secret, stamp, body).partition("v1=")[2] for secret in secrets]
    if not any(same(one, other) for one in given for other in wanted):
        raise wrong
    if abs(now - datetime.fromtimestamp(stamp, UTC)) > window:
        raise Unsigned("stale", Text("The moment of the signature is too far from now: sign it again"))
