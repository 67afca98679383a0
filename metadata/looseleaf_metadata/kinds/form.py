"""`form`: how a record is laid out: sections of fields, related lists, what a phone shows first. No coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from looseleaf_metadata.kinds.base import EXPRESSION, LABEL, NAME, NAMES, Kind, Schema, either, listing, mapping
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Form, FormItem, Object, Section
from looseleaf_metadata.paths import all_related_lists, related_lists
from looseleaf_metadata.problems import suggest
from looseleaf_metadata.texts import Text

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_metadata.vocabulary import Vocabulary

ITEM = either(
    string=NAME,
    object=mapping({"field": NAME, "width": {"type": "string", "enum": ["half", "full"]}, "columns": NAMES}, ("field",)),
)
SECTION = mapping(
    {
        "section": NAME,
        "label": LABEL,
        "columns": {"type": "integer", "minimum": 1, "maximum": 3},
        "visible_when": EXPRESSION,
        "fields": listing(ITEM, minItems=1),
    },
    ("section", "fields"),
)
WIDE = ("lines", "long_text", "rich_text", "json", "address")


class FormKind(Kind):
    """The layout of a record. Without one, an object gets a form of one section with all its fields."""

    name = "form"
    collection = "forms"
    required = ("sections",)

    def properties(self, vocabulary: Vocabulary) -> Schema:
        return {
            "id": NAME,
            "object": NAME,
            "label": LABEL,
            "sections": listing(SECTION, minItems=1),
            "related": NAMES,
            "phone": mapping({"first": NAMES}),
            "unplaced": {"type": "string", "enum": ["show", "hide"]},
        }

    def build(self, document: Document, run: Compilation) -> Any:
        """The form, its fields and related lists checked."""
        data, source = document.data, f"form:{document.name}"
        object_name = data.get("object", document.name)
        owner = run.known_object(document, "/object" if "object" in data else "/form", object_name, source, "form")
        if owner is None:
            return None
        sections = tuple(_section(document, run, owner, index, section) for index, section in enumerate(data["sections"]))
        self._check_related(document, run, owner, source)
        for index, name in enumerate(data.get("phone", {}).get("first", ())):
            run.known_field(document, f"/phone/first/{index}", object_name, name, source, "form")
        return Form(
            id=data.get("id", document.name),
            name=document.name,
            object=object_name,
            sections=sections,
            related=tuple(data.get("related", ())),
            phone_first=tuple(data.get("phone", {}).get("first", ())),
            shows_unplaced=data.get("unplaced", "show") == "show",
            app=document.app,
            place=document.place(),
        )

    def _check_related(self, document: Document, run: Compilation, owner: Object, source: str) -> None:
        known = related_lists(run.objects, owner.name)
        for index, name in enumerate(document.data.get("related", ())):
            if name in known:
                run.refer(source, f"object:{known[name].object}/field:{known[name].by}", document, f"/related/{index}", "related-list")
            elif not any(address.startswith("object:") for address in run.broken):
                message = Text("{object} has no related list '{name}'", object=owner.name, name=name)
                run.report(document, f"/related/{index}", "unknown-related-list", message, suggest(name, known))

    def finish(self, built: dict[str, Any], run: Compilation) -> None:
        """Give every live object without a form one of its own."""
        covered = {form.object for form in built.values()}
        related = all_related_lists(run.objects)
        for owner in run.objects.values():
            if owner.name not in covered and not owner.retired and owner.name not in built:
                built[owner.name] = generated_form(owner, tuple(related.get(owner.name, ())))


def generated_form(owner: Object, related: tuple[str, ...]) -> Form:
    """A form of one section with all live fields, and all related lists."""
    fields = [field for field in owner.live_fields if not field.system]
    items = tuple(FormItem(field.name, "full" if field.type in WIDE else "half") for field in fields)
    section = Section("basics", Label.of({"zh": "基本信息", "en": "Basics"}), 2, items)
    return Form(owner.id, owner.name, owner.name, (section,), related, app=owner.app, declared=False)


def _section(document: Document, run: Compilation, owner: Object, index: int, data: Any) -> Section:
    pointer = f"/sections/{index}"
    source = f"form:{document.name}/section:{data['section']}"
    if any(other["section"] == data["section"] for other in document.data["sections"][:index]):
        message = Text("there is a section '{name}' already", name=data["section"])
        run.report(document, f"{pointer}/section", "duplicate-name", message)
    visible_when = None
    if "visible_when" in data:
        visible_when = run.expression(document, f"{pointer}/visible_when", owner.name, source=source, how="visible-when")
    items = [_item(document, run, owner, f"{pointer}/fields/{number}", item, source) for number, item in enumerate(data["fields"])]
    label = Label.of(data["label"]) if "label" in data else None
    return Section(data["section"], label, data.get("columns", 2), tuple(items), visible_when)


def _item(document: Document, run: Compilation, owner: Object, pointer: str, data: Any, source: str) -> FormItem:
    """One field on the form; of a lines field, the columns of its rows."""
    name = data if isinstance(data, str) else data["field"]
    field = run.known_field(document, pointer if isinstance(data, str) else f"{pointer}/field", owner.name, name, source, "form")
    columns = data.get("columns", []) if isinstance(data, dict) else []
    if columns and field is not None and field.type != "lines":
        message = Text("columns are for lines: '{name}' is a {type} field", name=name, type=field.type)
        run.report(document, f"{pointer}/columns", "no-effect", message, key=True)
    elif field is not None and field.target in run.objects:
        for index, column in enumerate(columns):
            run.known_field(document, f"{pointer}/columns/{index}", field.target, column, source, "form")
    wide = field is not None and field.type in WIDE
    width = data.get("width") if isinstance(data, dict) else None
    return FormItem(name, width or ("full" if wide else "half"), tuple(columns))
