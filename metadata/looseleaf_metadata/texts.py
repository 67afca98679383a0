"""Sentences for people that are chosen in code and said in the reader's language.

`Text("{count} records fail", count=3)` is a sentence not yet said; `.translate("zh")` says it. Chinese comes from the
catalogs `<package>/locale/zh/*.po` (gettext format, msgid = the English sentence), read once per process.
A test finds every `Text(...)`, `_(...)` and template string without a translation.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

PACKAGES = ("looseleaf_metadata", "looseleaf_platform", "looseleaf_workflow", "looseleaf_ui_builder")


@cache
def catalog(locale: str) -> dict[str, str]:
    """All translated sentences of one language: msgid to text. Empty for English, the language of the msgids."""
    sentences: dict[str, str] = {}
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        if spec is None or spec.origin is None:
            continue
        for path in sorted((Path(spec.origin).parent / "locale" / locale).glob("*.po")):
            with path.open("rb") as file:
                for message in read_po(file, locale=locale):
                    if message.id and message.string and not message.fuzzy:
                        sentences[str(message.id)] = str(message.string)
    return sentences


def translate(msgid: str, locale: str, **values: Any) -> str:
    """`msgid` in `locale` with its `{names}` filled in. A value that is a Text is translated too."""
    template = catalog(locale[:2]).get(msgid, msgid)
    said = {
        name: value.translate(locale) if isinstance(value, Text) else value.text(locale) if hasattr(value, "texts") else value
        for name, value in values.items()
    }
    return template.format(**said) if said else template


class Text:
    """A sentence with its values, said later in the reader's language. Values may be Texts or Labels themselves."""

    __slots__ = ("msgid", "values")

    def __init__(self, msgid: str, **values: Any) -> None:
        self.msgid = msgid
        self.values = values

    def translate(self, locale: str) -> str:
        """The sentence in `locale`."""
        return translate(self.msgid, locale, **self.values)

    def __str__(self) -> str:
        return self.translate("en")

    def __repr__(self) -> str:
        return f"Text({self.msgid!r}, {self.values!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and (self.msgid, self.values) == (other.msgid, other.values)

    def __hash__(self) -> int:
        return hash(self.msgid)
