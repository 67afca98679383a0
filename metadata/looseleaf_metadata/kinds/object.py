"""`object`: a kind of record. Its fields and rules are put together by `objects.py`, because `extend` documents add to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from looseleaf_metadata.kinds.base import (
    BOOLEAN,
    DURATION,
    EXPRESSION,
    HUE,
    ICON,
    LABEL,
    NAME,
    PATHS,
    SORTS,
    Kind,
    Schema,
    either,
    listing,
    mapping,
)
from looseleaf_metadata.kinds.field_schema import fields_schema

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_metadata.vocabulary import Vocabulary

FIELD_ROLES = ("amount", "date", "next_step", "stage", "phone", "email", "image", "place", "colour", "start", "end")
RULE = mapping({"rule": NAME, "check": EXPRESSION, "at": NAME, "message": LABEL}, ("check", "message"))
UNIQUE = mapping({"fields": listing(NAME, minItems=1, uniqueItems=True), "message": LABEL, "id": NAME}, ("fields",))
INDEX = either(array={**SORTS, "minItems": 1}, object=mapping({"fields": {**SORTS, "minItems": 1}, "id": NAME}, ("fields",)))
DUPLICATE = mapping(
    {"match": {**PATHS, "minItems": 1}, "within": DURATION, "then": {"type": "string", "enum": ["warn", "refuse"]}, "id": NAME},
    ("match",),
)


def parts(vocabulary: Vocabulary) -> Schema:
    """What both an object and an extension of it may hold."""
    return {
        "fields": fields_schema(vocabulary),
        "rules": listing(RULE),
        "unique": listing(UNIQUE),
        "indexes": listing(INDEX),
        "duplicates": listing(DUPLICATE),
        "highlights": PATHS,
        "search": PATHS,
        "roles_of_fields": mapping(dict.fromkeys(FIELD_ROLES, NAME)),
    }


class ObjectKind(Kind):
    """A kind of record."""

    name = "object"
    collection = "objects"

    def properties(self, vocabulary: Vocabulary) -> Schema:
        return {
            "id": NAME,
            "label": LABEL,
            "plural": LABEL,
            "help": LABEL,
            "icon": ICON,
            "hue": HUE,
            "title": NAME,
            "owner": {"type": "string", "enum": ["required", "optional", "none"]},
            "key": NAME,
            "retired": BOOLEAN,
            **parts(vocabulary),
        }

    def build(self, document: Document, run: Compilation) -> Any:
        """Objects are built together, before everything else."""
        return None
