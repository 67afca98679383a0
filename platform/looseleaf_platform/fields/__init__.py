"""Field types: one file each, registered by one line each in `REGISTERED`. A field type knows its values and nothing above them.

`FIELD_TYPES[name]` and `field_type(name)` give a type; `vocabulary()` tells the metadata checker of them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.fields.base import FieldType

REGISTERED = (
    "text",
    "long_text",
    "rich_text",
    "integer",
    "decimal",
    "currency",
    "percent",
    "date",
    "datetime",
    "time",
    "duration",
    "boolean",
    "select",
    "multi_select",
    "tags",
    "lookup",
    "lines",
    "many_to_many",
    "user",
    "team",
    "email",
    "phone",
    "url",
    "address",
    "geolocation",
    "file",
    "image",
    "auto_number",
    "formula",
    "rollup",
    "rating",
    "colour",
    "json",
    "credit_code",
    "record_id",
)
"""Every field type, in the order that the builder offers them. The type `text` is the class of that name in `text.py`."""


def _type_called(name: str) -> FieldType:
    """The one type that the module of that name defines under that name."""
    module = import_module(f"looseleaf_platform.fields.{name}")
    (kind,) = (found for found in vars(module).values() if isinstance(found, type) and getattr(found, "name", "") == name)
    type_found: FieldType = kind()
    return type_found


FIELD_TYPES: Mapping[str, FieldType] = MappingProxyType({name: _type_called(name) for name in REGISTERED})
"""One instance of each type by name; types hold no state."""


def field_type(name: str) -> FieldType:
    """The type of that name; KeyError where there is none."""
    return FIELD_TYPES[name]


def vocabulary() -> Vocabulary:
    """The field types, as the metadata checker needs to know them."""
    return Vocabulary(field_types={name: kind.spec() for name, kind in FIELD_TYPES.items()})
