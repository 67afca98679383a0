"""`seed`: records that a template brings, found again by a key, so that applying it twice makes no second copy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from looseleaf_metadata.documents import pointer_of
from looseleaf_metadata.expressions.types import ANY
from looseleaf_metadata.expressions.types import Kind as ValueKind
from looseleaf_metadata.frozen import freeze
from looseleaf_metadata.kinds.base import BOOLEAN, NAME, Kind, Schema, listing
from looseleaf_metadata.model import Field, Seed
from looseleaf_metadata.problems import suggest
from looseleaf_metadata.texts import Text

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_metadata.vocabulary import Vocabulary

ROW: Schema = {"type": "object", "propertyNames": NAME, "minProperties": 1}


class SeedKind(Kind):
    """Records with a key."""

    name = "seed"
    collection = "seeds"
    required = ("object", "rows")

    def properties(self, vocabulary: Vocabulary) -> Schema:
        return {"id": NAME, "object": NAME, "key": NAME, "demo": BOOLEAN, "rows": listing(ROW, minItems=1)}

    def build(self, document: Document, run: Compilation) -> Any:
        """The seed; checks that rows name fields that can be written, have their key, and choose options that exist."""
        data, source = document.data, f"seed:{document.name}"
        owner = run.known_object(document, "/object", data["object"], source, "seed")
        if owner is None:
            return None
        key = data.get("key") or owner.key or owner.title
        if "key" in data:
            run.known_field(document, "/key", owner.name, key, source, "seed")
        seen: set[str] = set()
        for index, row in enumerate(data["rows"]):
            pointer = f"/rows/{index}"
            self._check_key(document, run, pointer, key, row, seen)
            for name, value in row.items():
                here = pointer + pointer_of(name)
                field = run.known_field(document, here, owner.name, name, source, "seed", key=True)
                if field is not None:
                    _check_value(document, run, here, field, value)
        return Seed(
            id=data.get("id", document.name),
            name=document.name,
            object=owner.name,
            key=key,
            rows=freeze(data["rows"]),
            demo=bool(data.get("demo", False)),
            app=document.app,
            place=document.place(),
        )

    def _check_key(self, document: Document, run: Compilation, pointer: str, key: str, row: Any, seen: set[str]) -> None:
        """Every row has its key, and no two the same."""
        value = row.get(key)
        if value is None:
            message = Text("this row has no '{key}', by which it would be found again", key=key)
            run.report(document, pointer, "missing-key", message)
        elif repr(value) in seen:
            message = Text("there is a row with this '{key}' already", key=key)
            run.report(document, pointer + pointer_of(key), "duplicate-row", message)
        seen.add(repr(value))


def _check_value(document: Document, run: Compilation, pointer: str, field: Field, value: Any) -> None:
    """What can be said of a raw value without a database."""
    if field.expression_type == ANY or value is None:
        return
    spec = run.vocabulary.field_types[field.type]
    if spec.computed or (field.system and field.read_only):
        message = Text("'{name}' is computed: it can't be given", name=field.name)
        run.report(document, pointer, "computed", message, Text("remove it"), key=True)
    elif field.expression_type.kind in (ValueKind.RECORD, ValueKind.RECORDS) or field.type in ("lines", "file", "image"):
        return
    elif field.options:
        names = [option.name for option in field.options]
        for chosen in value if isinstance(value, list) else [value]:
            if isinstance(chosen, str) and field.option(chosen) is None and not _labelled(field, chosen):
                message = Text("'{name}' has no option '{option}'", name=field.name, option=chosen)
                run.report(document, pointer, "unknown-option", message, suggest(chosen, names))
    elif (refused := spec.refuses(field, value)) is not None:
        run.report(document, pointer, "bad-value", refused)


def _labelled(field: Field, text: str) -> bool:
    """Whether a text is the label of an option: seeds may be written as people would type them."""
    return any(text in dict(option.label.texts).values() for option in field.options)
