"""The administrative divisions of China: provinces, cities, districts, by code and by name. Read once per process.

A code begins with that of the division it lies in: 32 江苏省, 3205 苏州市, 320505 虎丘区. Knows nothing of fields.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parent / "data" / "china_divisions.tsv"
LENGTHS = (2, 4, 6)
_SUFFIXES = re.compile(r"(?<=..)(?:省|市|地区|盟|特别行政区|(?:壮族|回族|维吾尔)?自治区|(?:[\u4e00-\u9fff]{1,8}族)+自治州|自治州)$")
_STREET = re.compile(r"[东西南北中]?[一二三四五六]?(?:路|街|大道|巷|胡同)")
"""What makes a street of the short name before it: 南京东路 does not lie in 南京."""
_LONGEST_NAME = 15


@dataclass(frozen=True, slots=True)
class Divisions:
    """The table. `names`: code to name; `below`: code to the codes directly below it; `called`: name to codes of any level."""

    names: dict[str, str]
    below: dict[str, tuple[str, ...]]
    called: dict[str, tuple[str, ...]]


@cache
def divisions() -> Divisions:
    """The table, read from its file."""
    names = dict(line.split("\t", 1) for line in TABLE.read_text("utf-8").splitlines())
    below: dict[str, list[str]] = defaultdict(list)
    called: dict[str, list[str]] = defaultdict(list)
    for code, name in names.items():
        below[code[:-2]].append(code)
        for word in {name, short(name) if len(code) < 6 else name}:
            called[word].append(code)
    return Divisions(names, {code: tuple(codes) for code, codes in below.items()}, {name: tuple(codes) for name, codes in called.items()})


def short(name: str) -> str:
    """A name as people shorten it: 江苏, 苏州, 内蒙古, 延边."""
    return _SUFFIXES.sub("", name)


def children(code: str = "") -> tuple[tuple[str, str], ...]:
    """(code, name) of what lies directly in a division; the provinces of "". For pick-lists."""
    table = divisions()
    return tuple((below, table.names[below]) for below in table.below.get(code, ()))


def names_of(code: str) -> tuple[str, str, str]:
    """Province, city and district of a code, "" below its level. A municipality is its own city; counties right under a province have none."""
    names = divisions().names
    province, city, district = (names.get(code[:length], "") if len(code) >= length else "" for length in LENGTHS)
    if city in ("市辖区", "县"):
        city = province
    return province, "" if "直辖" in city else city, district


def find(word: str, within: str = "", lengths: tuple[int, ...] = LENGTHS) -> str:
    """The code of the one division in `within` that `word` names, in full, for short or by code; "" if there is none or several."""
    table = divisions()
    code = re.sub(r"(?:00){1,2}$", "", word) if len(word) == 6 and word.isascii() else word
    if code in table.names:
        return code if code.startswith(within) and len(code) in lengths else ""
    found = [code for code in table.called.get(word, ()) if code.startswith(within) and code != within and len(code) in lengths]
    exact = [code for code in found if table.names[code] == word]
    candidates = exact or found
    shortest = [code for code in candidates if len(code) == min(map(len, candidates))]
    return shortest[0] if len(shortest) == 1 else ""


def locate(text: str) -> tuple[str, str]:
    """(code, rest) of a Chinese address: the division that it begins with, as deep as it can be told, and what follows."""
    rest = text.removeprefix("中国").strip()
    code, rest = _begin(rest)
    while code and len(code) < 6:
        deeper, left = _longest(rest, code)
        if not deeper:
            break
        code, rest = deeper, left.lstrip(" ,，、")
    return code, rest


def _begin(text: str) -> tuple[str, str]:
    """The province, city or county that a text begins with. A full name counts more than a short one (吉林市 is no 吉林省)."""
    for length in range(min(_LONGEST_NAME, len(text)), 1, -1):
        word = text[:length]
        code = find(word) if word in divisions().called else ""
        if code and (divisions().names[code] == word or (len(code) < 6 and not _STREET.match(text, length))):
            return code, text[length:].lstrip(" ,，、")
    return "", text


def _longest(text: str, within: str) -> tuple[str, str]:
    """The longest name at the beginning of `text` that is a division in `within`; a municipality's own name is skipped."""
    own = divisions().names[within]
    if len(within) == 2 and own.endswith("市") and text.startswith(own):
        text = text[len(own) :]
    for length in range(min(_LONGEST_NAME, len(text)), 1, -1):
        if text[:length] not in divisions().called or _STREET.match(text, length):
            continue
        code = find(text[:length], within, (4, 6) if len(within) == 2 else (6,))
        if code and divisions().names[code] not in ("市辖区", "县"):
            return code, text[length:]
    return "", text
