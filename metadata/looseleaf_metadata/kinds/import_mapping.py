"""`import`: which columns of a known file fill which fields of which objects. One mapping may fill several objects from each row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from looseleaf_metadata.documents import pointer_of
from looseleaf_metadata.kinds.base import LABEL, NAME, Kind, Schema, either, listing, mapping, named, text
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import ImportDefinition
from looseleaf_metadata.texts import Text

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_metadata.vocabulary import Vocabulary

STARTS: Schema = {"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}}
"""Values by how a column's text begins; `constant` is for all others."""
SOURCE: Schema = either(
    string=text(),
    object=mapping({"column": text(), "constant": {}, "template": text(maxLength=500), "find": NAME, "starts": STARTS}, minProperties=1),
)
TARGET = mapping(
    {
        "object": NAME,
        "key": NAME,
        "when": text(),
        "existing": {"type": "string", "enum": ["update", "keep"]},
        "fields": named(SOURCE, minProperties=1),
    },
    ("object", "fields"),
)


class ImportKind(Kind):
    """A mapping from a file's columns to fields."""

    name = "import"
    required = ("targets",)

    def properties(self, vocabulary: Vocabulary) -> Schema:
        return {"id": NAME, "label": LABEL, "group": text(), "targets": listing(TARGET, minItems=1)}

    def build(self, document: Document, run: Compilation) -> Any:
        """The mapping; checks the objects and fields that it names, and that keys are filled."""
        source = f"import:{document.name}"
        for index, target in enumerate(document.data["targets"]):
            pointer = f"/targets/{index}"
            owner = run.known_object(document, f"{pointer}/object", target["object"], source, "import")
            if owner is None:
                continue
            for name in target["fields"]:
                if name != "id":
                    run.known_field(document, f"{pointer}/fields{pointer_of(name)}", owner.name, name, source, "import", key=True)
            if "key" in target and target["key"] not in target["fields"]:
                message = Text("the key '{name}' is filled by no column", name=target["key"])
                run.report(document, f"{pointer}/key", "key-not-filled", message)
        data: dict[str, Any] = {key: document.data[key] for key in ("group", "targets") if key in document.data}
        label = Label.of(document.data.get("label", document.name))
        return ImportDefinition(document.data.get("id", document.name), document.name, label, data, document.app, document.place())
