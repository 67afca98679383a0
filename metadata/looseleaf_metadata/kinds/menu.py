"""`menu`: the navigation: objects, built-in pages, and groups of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from looseleaf_metadata.kinds.base import LABEL, NAME, Kind, Schema, either, listing, mapping
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Menu, MenuItem
from looseleaf_metadata.problems import suggest
from looseleaf_metadata.texts import Text

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_metadata.vocabulary import Vocabulary


def _item(depth: int) -> Schema:
    """An entry; groups hold entries, two levels deep."""
    keys: Schema = {"object": NAME, "page": NAME, "label": LABEL}
    if depth:
        keys |= {"group": LABEL, "items": listing(_item(depth - 1), minItems=1)}
    return either(string=NAME, object=mapping(keys, minProperties=1))


class MenuKind(Kind):
    """A navigation. Those of several apps are shown together."""

    name = "menu"
    collection = "menus"
    shared = True
    required = ("items",)

    def properties(self, vocabulary: Vocabulary) -> Schema:
        return {"id": NAME, "label": LABEL, "items": listing(_item(2), minItems=1)}

    def build(self, document: Document, run: Compilation) -> Any:
        """The menu, its entries checked."""
        items = _items(document, run, "/items", document.data["items"])
        return Menu(document.data.get("id", document.name), document.name, items, document.app, document.place())

    def join(self, one: Menu, other: Menu) -> Menu:
        """Menus of one name: the entries of both."""
        return Menu(one.id, one.name, (*one.items, *other.items), one.app, one.place)


def _items(document: Document, run: Compilation, pointer: str, written: list[Any]) -> tuple[MenuItem, ...]:
    made = (_entry(document, run, f"{pointer}/{index}", item) for index, item in enumerate(written))
    return tuple(item for item in made if item is not None)


def _entry(document: Document, run: Compilation, pointer: str, data: Any) -> MenuItem | None:
    if isinstance(data, str):
        return _named(document, run, pointer, data)
    label = Label.of(data["label"]) if "label" in data else None
    kinds = [key for key in ("object", "page", "group") if key in data]
    if len(kinds) != 1:
        message = Text("an entry has exactly one of object, page, group")
        run.report(document, pointer, "missing-key", message)
        return None
    if kinds == ["group"]:
        if "items" not in data:
            run.report(document, pointer, "missing-key", Text("'{name}' is missing here", name="items"))
        return MenuItem(label=Label.of(data["group"]), items=_items(document, run, f"{pointer}/items", data.get("items", [])))
    if "items" in data:
        run.report(document, f"{pointer}/items", "no-effect", Text("only a group has items"), Text("add 'group: a label'"), key=True)
    key = kinds[0]
    source = f"menu:{document.name}"
    if key == "object":
        found = run.known_object(document, f"{pointer}/object", data["object"], source, "menu")
        return MenuItem(object=data["object"], label=label) if found else None
    if data["page"] not in run.vocabulary.pages:
        message = Text("unknown page '{name}'", name=data["page"])
        run.report(document, f"{pointer}/page", "unknown-page", message, suggest(data["page"], run.vocabulary.pages))
    return MenuItem(page=data["page"], label=label)


def _named(document: Document, run: Compilation, pointer: str, name: str) -> MenuItem | None:
    """An entry in its short form: the name of a page or of an object."""
    if name in run.vocabulary.pages and name not in run.objects:
        return MenuItem(page=name)
    if name in run.objects or f"object:{name}" in run.broken:
        found = run.known_object(document, pointer, name, f"menu:{document.name}", "menu")
        return MenuItem(object=name) if found else None
    message = Text("there is no object and no page '{name}'", name=name)
    run.report(document, pointer, "unknown-object", message, suggest(name, [*run.objects, *run.vocabulary.pages]))
    return None
