"""What is wrong with metadata, said like a good compiler: place, code, message, suggestion. Collected, never one at a time."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from looseleaf_metadata.texts import Text


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands: file as given to the loader, 1-based line and column (0 where unknown)."""

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of the metadata. `path` is a JSON pointer inside the document; `code` is lower-kebab-case and stable.

    `excerpt` is the source line, for the report.
    """

    place: Place
    path: str
    code: str
    message: Text
    suggestion: Text | None = None
    excerpt: str = ""
    width: int = 1

    def as_data(self, locale: str = "en") -> dict[str, Any]:
        """The problem for programs (`--format json`)."""
        return {
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "path": self.path,
            "code": self.code,
            "message": self.message.translate(locale),
            "suggestion": self.suggestion.translate(locale) if self.suggestion else None,
        }

    def as_text(self, locale: str = "en") -> str:
        """The problem for people: place and message, the line with a caret, the suggestion and the code."""
        hint = f" - {self.suggestion.translate(locale)}" if self.suggestion else ""
        lines = [f"{self.place}  {self.message.translate(locale)}{hint}  [{self.code}]"]
        if self.excerpt.strip():
            prefix = f"    {self.place.line} | "
            lines.append(prefix + self.excerpt)
            before = self.excerpt[: max(self.place.column - 1, 0)]
            under = self.excerpt[len(before) : len(before) + max(self.width, 1)]
            lines.append(" " * (len(prefix) + _columns(before)) + "^" * max(_columns(under), 1))
        return "\n".join(lines)


def _columns(text: str) -> int:
    """How many columns of a terminal a text takes: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


class MetadataError(Exception):
    """Raised where metadata with problems would have to be used. Carries all `problems`."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.as_text() for problem in self.problems))


def did_you_mean(word: str, known: Iterable[str]) -> Text | None:
    """A suggestion naming the known word closest to `word`, or None."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return Text("did you mean '{word}'?", word=close[0]) if close else None


MOST_NAMES = 12


def known_names(names: Iterable[str]) -> Text | None:
    """A suggestion that lists what is known, shortened; None where nothing is."""
    known = sorted(names)
    listed = ", ".join(known[:MOST_NAMES]) + (", …" if len(known) > MOST_NAMES else "")
    return Text("known here: {names}", names=listed) if known else None


def suggest(word: str, known: Iterable[str]) -> Text | None:
    """The known word closest to `word`; where none is close, what is known."""
    names = list(known)
    return did_you_mean(word, names) or known_names(names)
