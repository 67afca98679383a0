"""Passwords: what a good one is, and how it is stored and checked (argon2id). Says nothing of who may sign in."""

from __future__ import annotations

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, delete, insert, select

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Clock
from looseleaf_platform.database.system_tables import credential
from looseleaf_platform.errors import Fault, Refused

SHORTEST, LONGEST = 10, 256
COMMON = frozenset(
    [
        "1234567890",
        "0123456789",
        "0987654321",
        "1234567891",
        "12345678910",
        "123456789a",
        "a123456789",
        "123456789q",
        "1q2w3e4r5t",
        "1qaz2wsx3edc",
        "q1w2e3r4t5",
        "qwertyuiop",
        "qwerty1234",
        "qwerty12345",
        "asdfghjkl1",
        "zxcvbnm123",
        "password12",
        "password123",
        "password1234",
        "password1!",
        "passw0rd123",
        "mypassword",
        "abcdefghij",
        "abcd123456",
        "abc1234567",
        "aa123456789",
        "woaini1314",
        "woaini520",
        "woaini5201314",
        "5201314520",
        "1314520520",
        "administrator",
        "admin12345",
        "admin123456",
        "administrator1",
        "letmein123",
        "welcome123",
        "welcome1234",
        "changeme123",
        "iloveyou123",
        "looseleaf1",
        "looseleaf123",
        "basketball",
        "football123",
        "princess123",
        "superman123",
        "sunshine123",
        "unknown123",
        "test123456",
        "11223344556",
        "1122334455",
        "147258369",
        "1472583690",
    ]
)
AT_ONCE = threading.BoundedSemaphore(4)
"""Hashing takes memory each time: so many at once, others wait their turn."""

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""argon2id as OWASP recommends it: 19 MiB, two passes, one lane."""


@cache
def _nobodys_hash() -> str:
    """A hash to check against where there is no account, so that it takes as long as where there is one."""
    return _hasher.hash("nobody's password")


def refuse_weak(password: str, *personal: str) -> None:
    """Raise Refused for a password that is short, among the most used, or contained in a `personal` text such as the e-mail address."""
    words = {part.lower() for text in personal for part in (text, text.partition("@")[0]) if part}
    if not SHORTEST <= len(password) <= LONGEST:
        message = Text("A password has at least {least} and at most {most} characters", least=SHORTEST, most=LONGEST)
        raise Refused([Fault("/password", "password-length", message)])
    if password.lower() in COMMON or len(set(password)) < 4:
        raise Refused([Fault("/password", "password-common", Text("This password is among the first that anybody tries; choose another"))])
    if password.lower() in words:
        raise Refused([Fault("/password", "password-personal", Text("A password must not be your name or e-mail address"))])


def hashed(password: str) -> str:
    """The hash that is stored, salt and parameters in it."""
    with AT_ONCE:
        return _hasher.hash(password)


def store(connection: Connection, user_id: int, password_hash: str, clock: Clock) -> None:
    """Make this the only password of a user."""
    connection.execute(delete(credential).where(credential.c.user_id == user_id))
    connection.execute(insert(credential).values(user_id=user_id, password_hash=password_hash, changed_at=clock()))


def stored(connection: Connection, user_id: int | None) -> str | None:
    """The stored hash of a user, None where there is no password (or no user)."""
    return None if user_id is None else connection.scalar(select(credential.c.password_hash).where(credential.c.user_id == user_id))


def right(password: str, password_hash: str | None) -> bool:
    """Whether a password is the stored one. False, after the same time, where none is stored."""
    with AT_ONCE:
        try:
            return _hasher.verify(password_hash or _nobodys_hash(), password[:LONGEST]) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False


def outdated(password_hash: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)
