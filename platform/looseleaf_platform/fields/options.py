"""Finding the option that somebody means: by its name, or by its label in any language.

What is stored is the option's stable id; what everybody else sees is its name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from looseleaf_metadata.model import Field, Option
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid


@dataclass(frozen=True, slots=True)
class Index:
    """The options of one field, ready to be found. `options` is the tuple it was made of."""

    options: tuple[Option, ...]
    by_name: dict[str, Option]
    by_id: dict[str, Option]
    names: dict[str, str]
    by_words: dict[str, Option]


_INDEXES: dict[int, Index] = {}
_MOST_INDEXES = 5000


def index_of(field: Field) -> Index:
    """The index of a field's options, made once per options tuple."""
    options = field.options
    known = _INDEXES.get(id(options))
    if known is not None and known.options is options:
        return known
    words: dict[str, Option] = {}
    for option in sorted(options, key=lambda option: option.retired):
        for word in (option.name, *(text for _, text in option.label.texts)):
            words.setdefault(word.strip().casefold(), option)
    made = Index(
        options,
        {option.name: option for option in options},
        {option.id: option for option in options},
        {option.id: option.name for option in options},
        words,
    )
    if len(_INDEXES) >= _MOST_INDEXES:
        _INDEXES.clear()
    _INDEXES[id(options)] = made
    return made


def chosen(raw: Any, field: Field) -> str:
    """The name of the option that `raw` means. Raises Invalid "unknown-option", or "retired-option" (its name in the details)."""
    index = index_of(field)
    option = index.by_name.get(raw) if isinstance(raw, str) else None
    if option is None:
        word = str(raw).strip().casefold() if isinstance(raw, str | int | float) and not isinstance(raw, bool) else ""
        option = index.by_words.get(word)
    if option is None:
        names = ", ".join(option.name for option in index.options if not option.retired)
        raise Invalid("unknown-option", Text("“{value}” is not one of: {options}", value=str(raw)[:60], options=names[:400]))
    if option.retired:
        raise Invalid("retired-option", Text("“{option}” can't be chosen any more", option=option.label), {"value": option.name})
    return option.name


def stored_id(name: str, field: Field) -> str:
    """The stable id that stands for an option in the database; `name` itself where there is no such option."""
    option = index_of(field).by_name.get(name)
    return option.id if option else name


def name_of(id: str, field: Field) -> str:
    """The present name of a stored option id."""
    return index_of(field).names.get(id, id)


def label_of(name: str, field: Field, locale: str) -> str:
    """An option's label in a language."""
    option = index_of(field).by_name.get(name)
    return option.label.text(locale) if option else name
