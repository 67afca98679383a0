"""Text functions of the expression language on Python values: the definition that SQL and the browser follow.

Case is changed character by character, so that a text keeps its length; all databases and browsers can do that alike.
"""

from __future__ import annotations

WHITE_SPACE = (
    "\t\n\x0b\x0c\r \x85\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""What `trim` takes off, full-width space included."""


def lower(text: str) -> str:
    """`text` in small letters; a letter whose small form is longer stays as it is."""
    if text.isascii():
        return text.lower()
    return "".join(small if len(small := character.lower()) == 1 else character for character in text)


def upper(text: str) -> str:
    """`text` in capital letters; a letter whose capital form is longer stays as it is (ß)."""
    if text.isascii():
        return text.upper()
    return "".join(capital if len(capital := character.upper()) == 1 else character for character in text)


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
