"""Secrets that are handed out once and stored only as hashes: of sessions, API tokens, invitations and resets."""

from __future__ import annotations

import hashlib
import hmac
import secrets

BYTES = 32


def new_secret(prefix: str = "") -> str:
    """A secret that nobody can guess, safe in URLs and headers."""
    return prefix + secrets.token_urlsafe(BYTES)


def hash_of(secret: str) -> str:
    """What is stored. A plain SHA-256 is right here: the secret has 256 bits of its own, unlike a password."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two texts are equal, found out in the same time wherever they differ."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
