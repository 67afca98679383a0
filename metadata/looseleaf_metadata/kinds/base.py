"""What a kind of document is, and the pieces that the schemas of several kinds share.

A kind knows the shape of its documents and how to build its part of the Model from one. It knows nothing of files.
Adding a kind: one file with a Kind, one line in `kinds/__init__.py` (or in `Vocabulary.kinds` for an extension).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from looseleaf_metadata.names import MAX_NAME, NAME_PATTERN, PATH_PATTERN, SORT_PATTERN

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_metadata.vocabulary import Vocabulary

Schema = dict[str, Any]
"""A JSON Schema (2020-12) with keywords of our own, `x-by-json-type`, `x-by-field-type` and `x-by-first-key` (see shape.py), and
`x-expects`, the name of what a person should have written."""


def text(**more: Any) -> Schema:
    """A text that is not empty."""
    return {"type": "string", "minLength": 1, **more}


def mapping(properties: Schema, required: tuple[str, ...] = (), **more: Any) -> Schema:
    """A mapping with these keys and no others."""
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False, **more}


def named(items: Schema, **more: Any) -> Schema:
    """A mapping from names to `items`."""
    return {"type": "object", "propertyNames": NAME, "additionalProperties": items, **more}


def listing(items: Schema, **more: Any) -> Schema:
    """A list of `items`."""
    return {"type": "array", "items": items, **more}


def either(**branches: Schema) -> Schema:
    """One of several schemas, chosen by the JSON type of the value: either(string=…, object=…)."""
    return {"x-by-json-type": branches}


NAME: Schema = text(pattern=NAME_PATTERN, maxLength=MAX_NAME, **{"x-expects": "name"})
PATH: Schema = text(pattern=PATH_PATTERN, **{"x-expects": "path"})
SORT: Schema = text(pattern=SORT_PATTERN, **{"x-expects": "path"})
NAMES = listing(NAME, uniqueItems=True)
PATHS = listing(PATH, uniqueItems=True)
SORTS = listing(SORT, uniqueItems=True)
EXPRESSION: Schema = text(maxLength=4000, **{"x-expects": "expression"})
LABEL: Schema = {
    "x-by-json-type": {"string": text(), "object": mapping({"zh": text(), "en": text()}, minProperties=1)},
    "x-expects": "label",
}
DURATION: Schema = text(pattern=r"^[1-9][0-9]{0,3} (days?|weeks?|months?|years?)$", **{"x-expects": "duration"})
BOOLEAN: Schema = {"type": "boolean"}
HUES = ("rose", "vermilion", "amber", "straw", "moss", "pine", "teal", "sky", "ink", "iris", "plum", "slate")
HUE: Schema = {"type": "string", "enum": list(HUES)}
ICON: Schema = text(pattern="^[a-z][a-z0-9-]*$", **{"x-expects": "icon"})


class Kind(ABC):
    """One kind of document. `name` is the first key of its documents, `collection` the attribute of the Model that holds
    what `build` makes ("" where other kinds put it together, `others` for kinds of extensions)."""

    name: ClassVar[str]
    collection: ClassVar[str] = "others"
    required: ClassVar[tuple[str, ...]] = ()  # keys that must be there
    free_name: ClassVar[bool] = False  # a sentence instead of a lower_snake_case name
    shared: ClassVar[bool] = False  # several apps may have a document of the same name

    @abstractmethod
    def properties(self, vocabulary: Vocabulary) -> Schema:
        """The keys that a document of this kind may have beside the one that names it, each with its schema."""

    @abstractmethod
    def build(self, document: Document, run: Compilation) -> Any:
        """The frozen part of the Model, or None. The document's shape is right; report what else is wrong to `run`."""

    def join(self, one: Any, other: Any) -> Any:
        """One thing from two documents of the same name in different apps; only for kinds that are `shared`."""
        return other

    def finish(self, built: dict[str, Any], run: Compilation) -> None:
        """A last step when all documents of the kind are built: `built` may be changed."""
        return

    def schema(self, vocabulary: Vocabulary) -> Schema:
        """The whole schema of a document of this kind."""
        name: Schema = text(maxLength=200) if self.free_name else NAME
        return mapping({self.name: name, **self.properties(vocabulary)}, (self.name, *self.required))
