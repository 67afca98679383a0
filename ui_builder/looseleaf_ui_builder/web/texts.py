"""The language of a page: `_("…")` for templates and handlers, and how a reader's language is found."""

from __future__ import annotations

from typing import Any

from flask import g, request

from looseleaf_metadata.labels import LOCALES
from looseleaf_metadata.texts import Text, translate

COOKIE = "looseleaf_language"


def locale() -> str:
    """The reader's language: "zh" or "en"."""
    found = g.get("locale")
    return found if isinstance(found, str) else chosen_locale()


def chosen_locale(own: str = "") -> str:
    """A language for this request: the person's own, else the cookie's, else what the browser asks for, else Chinese."""
    for candidate in (own, request.cookies.get(COOKIE, "")):
        if candidate[:2] in LOCALES:
            return candidate[:2]
    asked = request.accept_languages.best_match(["zh", "zh-CN", "zh-TW", "zh-Hans", "en", "en-GB", "en-US"])
    return asked[:2] if asked else "zh"


def _(msgid: str, **values: Any) -> str:
    """A sentence of ours in the reader's language."""
    return translate(msgid, locale(), **values)


def say(words: Any) -> str:
    """A Text or a Label in the reader's language; a plain string as it is."""
    if isinstance(words, Text):
        return words.translate(locale())
    if hasattr(words, "text"):
        return str(words.text(locale()))
    return str(words)
