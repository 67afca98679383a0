"""Names in metadata: their form, the reserved ones, and what is derived from them (labels, plurals)."""

from __future__ import annotations

import keyword
import re

from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import SYSTEM_FIELDS
from looseleaf_metadata.texts import Text

NAME_PATTERN = "^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
PATH_PATTERN = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){0,4}$"
SORT_PATTERN = r"^-?[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){0,4}$"
MAX_NAME = 40
EXPRESSION_WORDS = frozenset({"me", "now", "today", "own", "team_tree", "all", "self", "null", "true", "false"})
RESERVED = frozenset(word.lower() for word in keyword.kwlist) | EXPRESSION_WORDS
"""Words of the expression language: no object or field may be called so."""


def snake_case(text: str) -> str:
    """A valid name made from any text, "" if it holds no ASCII letter: "Close Date" is close_date."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_0123456789")[:MAX_NAME].rstrip("_")


def humanised(name: str) -> str:
    """The label that a name implies: close_date is "Close date"."""
    return name.replace("_", " ").capitalize()


def english_plural(word: str) -> str:
    """The plural of an English label or name, by the common rules."""
    lower = word.lower()
    if lower.endswith("y") and lower[-2:-1] not in tuple("aeiou"):
        return word[:-1] + "ies"
    if lower.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    return word + "s"


def plural_of(label: Label) -> Label:
    """The plural that a label implies: Chinese has none, English by rule."""
    return Label(tuple((locale, english_plural(text) if text.isascii() else text) for locale, text in label.texts))


def reserved_word(name: str) -> Text | None:
    """Why a name of an object can't be used, or None."""
    return Text("'{name}' is a word of the expression language", name=name) if name in RESERVED else None


def reserved_field(name: str) -> Text | None:
    """Why a name of a field can't be used, or None."""
    if name in SYSTEM_FIELDS:
        return Text("'{name}' is a field that every object has already", name=name)
    return reserved_word(name)
