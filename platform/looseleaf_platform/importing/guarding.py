"""Cells that go out: text that a spreadsheet would run is guarded by an apostrophe (which an import takes off again).

Source of the rule: OWASP, CSV injection.
"""

from __future__ import annotations

from typing import Any

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def guarded(value: Any) -> Any:
    """`value`, with an apostrophe in front if it is text that begins like a formula. Numbers stay numbers."""
    if isinstance(value, str) and value.startswith(DANGEROUS):
        return "'" + value
    return value
