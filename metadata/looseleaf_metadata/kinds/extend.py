"""`extend`: what one template adds to an object of another (also to the system's user and team)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from looseleaf_metadata.kinds.base import Kind, Schema, named
from looseleaf_metadata.kinds.field_schema import OPTION
from looseleaf_metadata.kinds.object import parts

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_metadata.vocabulary import Vocabulary


class ExtendKind(Kind):
    """Fields, rules, keys and options added to an object. `options` adds choices to its select fields, by field."""

    name = "extend"
    collection = ""
    shared = True

    def properties(self, vocabulary: Vocabulary) -> Schema:
        return {**parts(vocabulary), "options": named(named(OPTION, minProperties=1))}

    def build(self, document: Document, run: Compilation) -> Any:
        """Extensions are merged into their objects, before everything else."""
        return None
