"""Patterns that a text must have: regular expressions from metadata, of a kind that can't run for ever.

Knows nothing of fields. Python's matcher backtracks; so what could explode is refused when metadata is checked.
"""

from __future__ import annotations

import re
from functools import lru_cache

from looseleaf_metadata.texts import Text

MOST_REPEATS = 3
"""Unbounded repeats in one pattern: with texts of some hundred characters, the most that stays in milliseconds."""
_PARTS = re.compile(
    r"\\.|\[(?:\\.|[^\]\\])+\]|\(\?(?P<odd>[^:])|(?P<open>\()|(?P<close>\))|(?P<repeat>[*+]|\{[0-9]*,?[0-9]*\})|\?|.", re.DOTALL
)


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, ready to match a whole text."""
    return re.compile(pattern)


def matches(pattern: str, text: str) -> bool:
    """Whether the whole of `text` has the pattern."""
    return compiled(pattern).fullmatch(text) is not None


def pattern_fault(pattern: str) -> Text | None:
    """Why a pattern is refused: not a regular expression, or one that could run for ever. None if it is fine."""
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return Text("not a regular expression: {reason}", reason=str(error))
    repeats, closed_with_repeat, open_groups = 0, False, [False]
    for part in _PARTS.finditer(pattern):
        if part["odd"] or re.fullmatch(r"\\[0-9]", part[0]):
            return Text("look-arounds, flags and back-references are not allowed in a pattern")
        if part["repeat"]:
            if closed_with_repeat:
                return Text("a repeat of a group that itself repeats could run for ever")
            repeats += part["repeat"] in "*+" or part["repeat"].endswith(",}")
            open_groups[-1] = True
        closed_with_repeat = False
        if part["open"]:
            open_groups.append(False)
        elif part["close"]:
            closed_with_repeat = open_groups.pop()
            open_groups[-1] = open_groups[-1] or closed_with_repeat
    if repeats > MOST_REPEATS:
        return Text("at most {most} unbounded repeats (* or +) are allowed in a pattern", most=MOST_REPEATS)
    return None
