"""The words under which a value can be searched: a table of its own beside the field types. How words are cut into grams is records/search.py's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from looseleaf_metadata.model import Field
from looseleaf_platform.fields import field_type
from looseleaf_platform.fields.base import Situation
from looseleaf_platform.fields.options import index_of
from looseleaf_platform.fields.phone import EXTENSION
from looseleaf_platform.fields.results import result_type
from looseleaf_platform.fields.rich_text import plain_text

_PLAIN = Situation()


def searchable(field: Field, value: Any) -> tuple[str, ...]:
    """The texts of a parsed value that somebody may search it by, in every language; () where there are none."""
    if value is None or value == ():
        return ()
    by_type = SEARCHED.get(field.type)
    if by_type is not None:
        return by_type(field, value)
    shown = result_type(field).display(value, field, _PLAIN)
    return (shown,) if shown else ()


def _labels(field: Field, value: Any) -> tuple[str, ...]:
    """An option's labels in all languages."""
    names = (value,) if isinstance(value, str) else value
    options = index_of(field).by_name
    return tuple(text for name in names for _, text in (options[name].label.texts if name in options else (("", name),)))


def _phone(field: Field, value: Any) -> tuple[str, ...]:
    number, _, extension = value.partition(EXTENSION)
    return (number, extension) if extension else (number,)


def _number(field: Field, value: Any) -> tuple[str, ...]:
    """A number as it is typed, without separators and trailing noughts."""
    amount = getattr(value, "amount", value)
    text = f"{amount:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text,)


def _nothing(field: Field, value: Any) -> tuple[str, ...]:
    return ()


def _itself(field: Field, value: Any) -> tuple[str, ...]:
    return (value,)


SEARCHED: Mapping[str, Callable[[Field, Any], tuple[str, ...]]] = {
    "select": _labels,
    "multi_select": _labels,
    "tags": lambda field, value: tuple(value),
    "phone": _phone,
    "url": _itself,
    "rich_text": lambda field, value: (plain_text(value),),
    "file": lambda field, value: tuple(file.name for file in value if file.name),
    "image": lambda field, value: tuple(file.name for file in value if file.name),
    **dict.fromkeys(("integer", "decimal", "currency", "percent", "rating"), _number),
    **dict.fromkeys(("boolean", "lookup", "user", "team", "record_id", "many_to_many", "lines", "json", "geolocation", "colour"), _nothing),
}
"""How a type's values are searched where what they are shown as won't do."""


def is_searchable(field: Field) -> bool:
    """Whether values of a field are searched at all."""
    return field_type(field.type).stored and SEARCHED.get(field.type) is not _nothing
