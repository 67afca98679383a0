"""`app`: a template: its version, what it requires, the workspace settings it suggests, and its modules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from looseleaf_metadata.frozen import freeze
from looseleaf_metadata.kinds.base import LABEL, NAMES, Kind, Schema, mapping, named, text
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import App
from looseleaf_metadata.names import humanised
from looseleaf_metadata.problems import suggest
from looseleaf_metadata.texts import Text

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_metadata.vocabulary import Vocabulary

VERSION = text(pattern=r"^[0-9]+(\.[0-9]+){0,3}$", **{"x-expects": "version"})
REQUIREMENT = text(pattern=r"^(>=|==|<|<=|>) ?[0-9]+(\.[0-9]+){0,3}$", **{"x-expects": "requirement"})
DEFAULTS = mapping(
    {
        "currency": text(pattern="^[A-Z]{3}$"),
        "timezone": text(pattern="^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$"),
        "locale": {"type": "string", "enum": ["zh", "en"]},
        "phone_region": text(pattern="^[A-Z]{2}$"),
    }
)
MODULE = mapping({"label": LABEL, "objects": NAMES, "needs": NAMES, "help": LABEL}, ("objects",))


class AppKind(Kind):
    """A template."""

    name = "app"
    collection = "apps"

    def properties(self, vocabulary: Vocabulary) -> Schema:
        return {
            "id": text(),
            "label": LABEL,
            "help": LABEL,
            "version": VERSION,
            "requires": named(REQUIREMENT),
            "defaults": DEFAULTS,
            "modules": named(MODULE),
        }

    def build(self, document: Document, run: Compilation) -> Any:
        """The app; checks that its modules name objects and each other."""
        data = document.data
        modules = data.get("modules", {})
        for name, module in modules.items():
            source = f"app:{document.name}/module:{name}"
            for index, object_name in enumerate(module["objects"]):
                run.known_object(document, f"/modules/{name}/objects/{index}", object_name, source, "module")
            for index, needed in enumerate(module.get("needs", ())):
                if needed not in modules:
                    message = Text("unknown module '{name}'", name=needed)
                    run.report(document, f"/modules/{name}/needs/{index}", "unknown-module", message, suggest(needed, modules))
        return App(
            id=data.get("id", document.name),
            name=document.name,
            label=Label.of(data.get("label", humanised(document.name))),
            version=data.get("version", "0.1.0"),
            requires=freeze(data.get("requires", {})),
            defaults=freeze(data.get("defaults", {})),
            modules=freeze(modules),
            place=document.place(),
        )
