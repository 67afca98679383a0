"""Text functions of the expression language on Python values: the definition that SQL and the browser follow.

Case is changed character by character, so that a text keeps its length; all databases and browsers can do that alike.
"""

from __future__ import annotations

WHITE_SPACE = (
    "\t\n\x0b\x0c\r \x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""What `trim` takes off, full-width space included."""


GREEK = {chr(start + offset): chr(start + offset + 8) for start in (0x1F80, 0x1F90, 0x1FA0) for offset in range(8)}
CAPITALS = GREEK | {"\u1fb3": "\u1fbc", "\u1fc3": "\u1fcc", "\u1ff3": "\u1ffc"}
"""Letters that Python makes two capitals of, though there is a single one."""
SMALLS = {"\u0130": "i"}
"""The Turkish İ: Python makes two characters of it."""


def lower(text: str) -> str:
    """`text` in small letters, each by itself."""
    return text.lower() if text.isascii() else "".join(map(_small, text))


def upper(text: str) -> str:
    """`text` in capital letters, each by itself; a letter without a single capital (ß) stays as it is."""
    return text.upper() if text.isascii() else "".join(map(_capital, text))


def _small(letter: str) -> str:
    small = letter.lower()
    return small if len(small) == 1 else SMALLS.get(letter, letter)


def _capital(letter: str) -> str:
    capital = letter.upper()
    return capital if len(capital) == 1 else CAPITALS.get(letter, letter)


def trim(text: str) -> str:
    """`text` without white space at its ends."""
    return text.strip(WHITE_SPACE)


def contains(text: str, part: str) -> bool:
    """Whether `part` stands in `text`."""
    return part in text


def starts_with(text: str, part: str) -> bool:
    """Whether `text` begins with `part`."""
    return text.startswith(part)


def ends_with(text: str, part: str) -> bool:
    """Whether `text` ends with `part`."""
    return text.endswith(part)


def boolean_text(value: bool) -> str:
    """`true` or `false`."""
    return "true" if value else "false"
