"""What an unquoted word of YAML means: the YAML 1.2 core schema, exact (Decimal, never float), without its traps.

Numbers with leading zeros and dates stay text, because they are codes and days, not quantities.
"""

from __future__ import annotations

import re
from decimal import Decimal

INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?\Z")
WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
AMBIGUOUS = frozenset(form for word in ("yes", "no", "on", "off") for form in (word, word.capitalize(), word.upper()))
"""Booleans in YAML 1.1, words in YAML 1.2: refused without quotes."""
LONGEST_NUMBER = 60


def resolve(word: str) -> str | int | Decimal | bool | None:
    """The value of an unquoted scalar."""
    if word in WORDS:
        return None
    if word in BOOLEANS:
        return BOOLEANS[word]
    if word[0] not in "+-0123456789" or len(word) > LONGEST_NUMBER:
        return word
    if INTEGER.match(word):
        return int(word)
    return Decimal(word) if NUMBER.match(word) else word
