"""Words to grams: the one tokeniser of search, for what is stored with a record and for what somebody types.

Chinese is cut into pairs of characters, so that two characters find what they stand in; the last character stands alone, so that
one character finds it as the beginning of a gram. Chinese is also kept by its sound: from every syllable on in full pinyin
("zhangsan", "san") and in initials ("zs", "s"). Other words are kept whole and found by their beginning; digits also backwards,
so that the last digits find a number. What of a value is text to be searched is for `fields/search.py` to say. Knows nothing of
databases or rights.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import phonenumbers
from pypinyin import Style, lazy_pinyin, pinyin

from looseleaf_metadata.model import Field, Model, Object
from looseleaf_platform.fields.search import is_searchable, searchable

MAX_TEXT = 400
"""Characters of a value that are searchable."""
MAX_WORD = 32
MAX_SOUND = 24
MAX_SPOKEN_RUN = 40
"""Longer Chinese runs are sentences, which nobody looks for by sound."""
MAX_TERMS = 8
MOST_PAIRS = 4
MAX_STARTS = 8
"""Syllables of a run from which its sound is kept."""
BACKWARDS = "<"
"""In front of a number written backwards."""
LAST = "\U0010ffff"

_CHINESE = "\u2e80-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(rf"([{_CHINESE}]+)|([^\W_{_CHINESE}]+)")
_IDEOGRAPH = re.compile("[\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+")
_NUMBER_TYPED = re.compile(r"\+?[\d\s()\-.]+")
_INTERNATIONAL = re.compile(r"\+\d{7,15}")


@dataclass(frozen=True, slots=True)
class Term:
    """One thing looked for. A field matches if it has one of `beginnings` as the beginning of a gram, or all `pairs`.

    `contained`: text that a matching value must contain besides, "" where the grams say it all.
    """

    beginnings: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()
    contained: str = ""


def normalised(text: str) -> str:
    """`text` as it is compared: compatibility forms folded, accents dropped, lower case."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    if folded.isascii():
        return folded
    parts = (part for part in unicodedata.normalize("NFD", folded) if not "\u0300" <= part <= "\u036f")
    return unicodedata.normalize("NFC", "".join(parts))


@lru_cache(maxsize=4096)
def grams_of(text: str) -> frozenset[str]:
    """Everything under which a value can be found."""
    found: set[str] = set()
    if _INTERNATIONAL.fullmatch(text):
        found.update(_number_grams(_national(text)))
    for chinese, word in _RUNS.findall(normalised(text[:MAX_TEXT])):
        if word:
            found.update(_word_grams(word))
        for run in _IDEOGRAPH.findall(chinese):
            found.update(run[index : index + 2] for index in range(len(run)))
            found.update(_sounds(run))
    return frozenset(found)


def terms_of(typed: str) -> tuple[Term, ...]:
    """What is looked for, all of which must be found. () if nothing searchable was typed."""
    text = normalised(typed).strip()
    if _NUMBER_TYPED.fullmatch(text) and len(digits := re.sub(r"\D", "", text)) >= 7:
        return (_word_term(digits),)
    terms: list[Term] = []
    for chinese, word in _RUNS.findall(text):
        if word:
            terms.append(_word_term(word))
        terms.extend(_chinese_term(run) for run in _IDEOGRAPH.findall(chinese))
    return tuple(dict.fromkeys(terms))[:MAX_TERMS]


def indexed_fields(model: Model, object_name: str) -> tuple[Field, ...]:
    """The stored fields of an object whose grams are kept: its title, its `search` fields, and what other objects search through it."""
    found = model.objects[object_name]
    names = {found.title, *(path for path in found.search if "." not in path)}
    for other in model.objects.values():
        names.update(path.rpartition(".")[2] for path in other.search if "." in path and _end_of(model, other, path) == object_name)
    return tuple(field for field in found.live_fields if field.name in names and is_searchable(field))


def record_grams(fields: Iterable[Field], values: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    """(field id, gram) pairs of a record's parsed `values`, for the `fields` given."""
    return frozenset((field.id, gram) for field in fields for text in searchable(field, values.get(field.name)) for gram in grams_of(text))


def _end_of(model: Model, start: Object, path: str) -> str:
    """The object on which the last name of `path` is a field; "" where the path leads nowhere."""
    at = start.name
    for name in path.split(".")[:-1]:
        field = model.objects[at].fields.get(name) if at in model.objects else None
        at = field.target if field else ""
    return at


def _national(text: str) -> str:
    try:
        return str(phonenumbers.parse(text).national_number)
    except phonenumbers.NumberParseException:
        return ""


def _word_grams(word: str) -> set[str]:
    return {word[:MAX_WORD]} | (_number_grams(word) if word.isdecimal() else set())


def _number_grams(digits: str) -> set[str]:
    return {digits[:MAX_WORD], BACKWARDS + digits[::-1][:MAX_WORD]} if digits else set()


@lru_cache(maxsize=16_384)
def _sounds(run: str) -> frozenset[str]:
    """How a run of Chinese sounds; names of firms and goods share most of their runs."""
    if len(run) > MAX_SPOKEN_RUN:
        return frozenset()
    found: set[str] = set()
    for syllables in _readings(run):
        initials = "".join(syllable[0] for syllable in syllables)
        for start in range(min(len(syllables), MAX_STARTS)):
            found.add("".join(syllables[start:])[:MAX_SOUND])
            if start + 1 < len(initials):  # a single initial begins the full sound from there
                found.add(initials[start:][:MAX_SOUND])
    return frozenset(found)


def _readings(run: str) -> list[list[str]]:
    """The likely reading of a run of Chinese; of a name also with the other readings of its first character."""
    usual = [syllable for syllable in lazy_pinyin(run, errors="ignore") if syllable]
    if len(run) > 4 or not usual:
        return [usual] if usual else []
    others = pinyin(run[0], style=Style.NORMAL, heteronym=True, errors="ignore")
    return [usual, *([first, *usual[1:]] for first in (others[0] if others else ()) if first and first != usual[0])]


def _word_term(word: str) -> Term:
    beginnings = [word[:MAX_WORD]]
    if word.isdecimal() and len(word) >= 3:
        beginnings.append(BACKWARDS + word[::-1][:MAX_WORD])
    return Term(beginnings=tuple(beginnings))


def _chinese_term(run: str) -> Term:
    if len(run) == 1:
        return Term(beginnings=(run,))
    pairs = [run[index : index + 2] for index in range(len(run) - 1)]
    chosen = pairs if len(pairs) <= MOST_PAIRS else [pairs[0], pairs[1], pairs[len(pairs) // 2], pairs[-1]]
    return Term(pairs=tuple(dict.fromkeys(chosen)), contained=run if len(run) > 2 else "")
