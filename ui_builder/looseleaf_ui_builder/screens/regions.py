"""Choices of an address: countries, and the divisions of China below a division, by name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from babel import Locale

from looseleaf_platform.fields.divisions import children, find
from looseleaf_ui_builder.web.texts import locale

FIRST = ("CN", "HK", "MO", "TW", "SG", "JP", "KR", "US", "DE", "GB")
PARTS = ("province", "city", "district")


@cache
def _countries(language: str) -> tuple[tuple[str, str], ...]:
    names = {
        code: str(name) for code, name in Locale(language).territories.items() if len(code) == 2 and code not in ("EU", "UN", "EZ", "ZZ")
    }
    rest = sorted((code for code in names if code not in FIRST), key=names.__getitem__)
    return tuple((code, names[code]) for code in (*FIRST, *rest))


def countries() -> tuple[tuple[str, str], ...]:
    """Codes and names of all countries, the likely ones first."""
    return _countries(locale())


def regions(given: Mapping[str, Any], part: str) -> list[str]:
    """The names to choose from for "province", "city" or "district", given the parts above; what is given is always among them."""
    above = [str(given.get(name) or "") for name in PARTS[: PARTS.index(part)]]
    names = below(above)
    chosen = str(given.get(part) or "")
    return names if not chosen or chosen in names else [chosen, *names]


def below(above: list[str]) -> list[str]:
    """The names of what lies directly in a division, given as the names on the way to it. A municipality is its own city."""
    code = ""
    for level, name in enumerate(above):
        wanted = 2 * (level + 1)
        if level == 1 and (not name or name == above[0]):
            return [district for code_below, city in children(code) if _is_placeholder(city) for _, district in children(code_below)]
        code = find(name, code, (wanted,)) if name else ""
        if not code:
            return []
    if len(above) == 1:
        return [above[0] if name in ("市辖区", "县") else name for _, name in _distinct(children(code))]
    return [name for _, name in children(code)]


def _distinct(pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Municipalities have two placeholders; one entry stands for both. Counties right under a province have none."""
    seen: set[str] = set()
    kept = []
    for code, name in pairs:
        shown = "市辖区" if name == "县" else name
        if shown not in seen and "直辖" not in name:
            seen.add(shown)
            kept.append((code, shown))
    return tuple(kept)


def _is_placeholder(name: str) -> bool:
    return name in ("市辖区", "县") or "直辖" in name
