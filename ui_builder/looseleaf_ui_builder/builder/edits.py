"""Edits of documents by name: each turns a submitted form into commands on one page. Pure; the handler stores the result.

An edit is a function (leaf, form, binder) -> commands. New pages and pages taken out are edits too: they return texts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from looseleaf_metadata.documents import pointer_of
from looseleaf_metadata.texts import Text
from looseleaf_metadata.writing import CannotEdit, Command, Insert, Move, Remove, Set, edit_document, write_document
from looseleaf_platform.fields import FIELD_TYPES
from looseleaf_platform.fields.base import FieldType
from looseleaf_ui_builder.builder import submitted
from looseleaf_ui_builder.builder.binder import Binder, Leaf
from looseleaf_ui_builder.builder.submitted import Form, label, text, words

Changes = Mapping[str, str | None]
Edit = Callable[[Leaf, Form, Binder], Iterable[Command]]


def changes_of(binder: Binder, form: Form) -> Changes:
    """The pages that a submitted edit changes, as texts by key. Raises CannotEdit with a sentence."""
    name = form.get("edit", "")
    if name in NEW_PAGES:
        return NEW_PAGES[name](form, binder)
    leaf = binder.find(form.get("page", ""))
    if leaf is not None and name == "write_yaml":
        return {leaf.key: form.get("text", "").replace("\r\n", "\n")}
    if leaf is not None and name == "remove_page":
        return {leaf.key: None}
    if leaf is None or name not in EDITS:
        raise CannotEdit(Text("This page is no longer in the draft"))
    changed = {leaf.key: edit_document(leaf.page.text, EDITS[name](leaf, form, binder))}
    return {**changed, **ALONG[name](leaf, form, binder)} if name in ALONG else changed


def placed(leaf: Leaf, form: Form, binder: Binder) -> Changes:
    """The form with the new field in the section that was chosen for it."""
    page, index = binder.form_of(leaf.name), text(form, "section")
    if page is None or not index:
        return {}
    _item(page.list("sections"), index)
    return {page.key: edit_document(page.page.text, [Insert(pointer_of("sections", index, "fields", "-"), text(form, "name"))])}


def unplaced(leaf: Leaf, form: Form, binder: Binder) -> Changes:
    """Forms and lists of the object without the field that is taken out."""
    name = text(form, "name")
    pages = [page for page in binder.leaves if page.page.kind in ("form", "view") and page.data.get("object") == leaf.name]
    commands = {page: list(_naming(page, name)) for page in pages}
    return {page.key: edit_document(page.page.text, found) for page, found in commands.items() if found}


def _naming(page: Leaf, name: str) -> Iterable[Command]:
    """Commands that take a field out of a form's sections and a list's columns, order and sums; the last of a list first."""
    for index, section in enumerate(page.list("sections")):
        items = section.get("fields", []) if isinstance(section, Mapping) else []
        yield from _without(items, pointer_of("sections", str(index), "fields"), name)
    for key in ("columns", "sort", "sum"):
        yield from _without(page.list(key), pointer_of(key), name)


def _without(items: Iterable[Any], pointer: str, name: str) -> Iterable[Command]:
    listed = list(items)
    at = [
        index for index, item in enumerate(listed) if str(item.get("field", "") if isinstance(item, Mapping) else item).lstrip("-") == name
    ]
    if at and len(at) == len(listed) and "/sections/" not in pointer:
        return [Remove(pointer)]
    return [Remove(f"{pointer}/{index}") for index in reversed(at)]


# --- pages --------------------------------------------------------------------------------------------------------------------------


def add_object(form: Form, binder: Binder) -> Changes:
    """A new object with a name field, so that it is of use at once."""
    name = text(form, "name")
    if binder.object(name):
        raise CannotEdit(Text("There is already an object '{name}'", name=name))
    said = label(form, "label") or name
    data = {"object": name, "label": said, "icon": text(form, "icon") or "file", "hue": text(form, "hue") or "slate"}
    data["fields"] = {"name": {"type": "text", "label": {"zh": "名称", "en": "Name"}, "required": True}}
    return {f"object:{name}": write_document(data)}


def add_view(form: Form, binder: Binder) -> Changes:
    """A new list of an object."""
    name, owner = text(form, "name"), text(form, "object")
    if any(leaf.name == name for leaf in binder.of_kind("view")):
        raise CannotEdit(Text("There is already a list '{name}'", name=name))
    thing = binder.object(owner)
    title = str(thing.data.get("title", "")) if thing else ""
    columns = [title or next(iter(binder.fields_of(owner)), "id")]
    return {f"view:{name}": write_document({"view": name, "label": label(form, "label") or name, "object": owner, "columns": columns})}


def add_form(form: Form, binder: Binder) -> Changes:
    """A form for an object that has none: one section with all its fields."""
    owner = text(form, "object")
    section = {"section": "basics", "label": {"zh": "基本信息", "en": "Basics"}, "columns": 2, "fields": list(binder.fields_of(owner))}
    return {f"form:{owner}": write_document({"form": owner, "object": owner, "sections": [section]})}


# --- objects and fields -------------------------------------------------------------------------------------------------------------


def set_object(leaf: Leaf, form: Form, binder: Binder) -> Iterable[Command]:
    """Names, looks, title and ownership of an object."""
    values = {key: label(form, key) for key in ("label", "plural", "help")}
    values |= {key: text(form, key) or None for key in ("icon", "hue", "title", "owner")}
    values |= {key: words(form, key) or None for key in ("highlights", "search")}
    return _set_all(leaf, "", values)


def add_field(leaf: Leaf, form: Form, binder: Binder) -> Iterable[Command]:
    """A new field at the end."""
    name = text(form, "name")
    return [Insert(pointer_of("fields", name), submitted.field(form, _type(form), {}))]


def set_field(leaf: Leaf, form: Form, binder: Binder) -> Iterable[Command]:
    """Another definition of a field."""
    name = text(form, "name")
    before = leaf.map("fields").get(name, {})
    return [Set(pointer_of("fields", name), submitted.field(form, _type(form), before))]


def remove_field(leaf: Leaf, form: Form, binder: Binder) -> Iterable[Command]:
    """Take a field out, and its name from title, highlights, searched fields and roles; its data stays until it is purged."""
    name = text(form, "name")
    commands: list[Command] = [Remove(pointer_of("fields", name))]
    for key in ("highlights", "search"):
        commands += _without(leaf.list(key), pointer_of(key), name)
    roles = leaf.map("roles_of_fields")
    commands += [Remove(pointer_of("roles_of_fields", role)) for role, field in roles.items() if field == name and len(roles) > 1]
    if roles and set(roles.values()) == {name}:
        commands.append(Remove("/roles_of_fields"))
    return commands + ([Remove("/title")] if leaf.data.get("title") == name else [])


def move_field(leaf: Leaf, form: Form, binder: Binder) -> Iterable[Command]:
    """Move a field up or down."""
    return _move_key(leaf.map("fields"), "fields", text(form, "name"), text(form, "way"))


# --- rules --------------------------------------------------------------------------------------------------------------------------


def add_rule(leaf: Leaf, form: Form, binder: Binder) -> Iterable[Command]:
    """A new rule."""
    return [Insert("/rules/-", _rule(form))] if leaf.list("rules") else [Set("/rules", [_rule(form)])]


def set_rule(leaf: Leaf, form: Form, binder: Binder) -> Iterable[Command]:
    """Another wording of a rule."""
    index = text(form, "index")
    before = _item(leaf.list("rules"), index)
    kept = {key: value for key, value in before.items() if key == "id"} if isinstance(before, Mapping) else {}
    return [Set(pointer_of("rules", index), {**kept, **_rule(form)})]


def remove_rule(leaf: Leaf, form: Form, binder: Binder) -> Iterable[Command]:
    """Take a rule out."""
    return [Remove("/rules")] if len(leaf.list("rules")) == 1 else [Remove(pointer_of("rules", text(form, "index")))]


def _rule(form: Form) -> dict[str, Any]:
    made = {"check": text(form, "check"), "at": text(form, "at") or None, "message": label(form, "message")}
    return {key: value for key, value in made.items() if value is not None}


# --- forms --------------------------------------------------------------------------------------------------------------------------


def add_section(leaf: Leaf, form: Form, binder: Binder) -> Iterable[Command]:
    """A new section at the end."""
    section: dict[str, Any] = {
        "section": text(form, "name"),
        "label": label(form, "label") or text(form, "name"),
        "columns": 2,
        "fields": [],
    }
    return [Insert("/sections/-", section)]


def set_section(leaf: Leaf, form: Form, binder: Binder) -> Iterable[Command]:
    """Label, columns and condition of a section."""
    values = {"label": label(form, "label"), "columns": submitted.number(text(form, "columns") or "2")}
    values["visible_when"] = text(form, "visible_when") or None
    return _set_all(leaf, pointer_of("sections", text(form, "index")), values)


def remove_section(leaf: Leaf, form: Form, binder: Binder) -> Iterable[Command]:
    """Take a section out; its fields stay on the object."""
    return [Remove(pointer_of("sections", text(form, "index")))]


def move_section(leaf: Leaf, form: Form, binder: Binder) -> Iterable[Command]:
    """Move a section up or down."""
    return _move_item(leaf.list("sections"), "/sections", text(form, "index"), text(form, "way"))


def place_field(leaf: Leaf, form: Form, binder: Binder) -> Iterable[Command]:
    """Put a field at the end of a section."""
    return [Insert(pointer_of("sections", text(form, "index"), "fields", "-"), text(form, "field"))]


def unplace_field(leaf: Leaf, form: Form, binder: Binder) -> Iterable[Command]:
    """Take a field off the form."""
    return [Remove(pointer_of("sections", text(form, "index"), "fields", text(form, "item")))]


def move_placed(leaf: Leaf, form: Form, binder: Binder) -> Iterable[Command]:
    """Move a field within its section."""
    index = text(form, "index")
    items = _item(leaf.list("sections"), index).get("fields", [])
    return _move_item(items, pointer_of("sections", index, "fields"), text(form, "item"), text(form, "way"))


# --- views --------------------------------------------------------------------------------------------------------------------------


def set_view(leaf: Leaf, form: Form, binder: Binder) -> Iterable[Command]:
    """Label, condition, order and sums of a list."""
    values = {"label": label(form, "label"), "where": text(form, "where") or None}
    values |= {key: words(form, key) or None for key in ("sort", "sum")}
    return _set_all(leaf, "", values)


def add_column(leaf: Leaf, form: Form, binder: Binder) -> Iterable[Command]:
    """A column at the end of a list."""
    return [Insert("/columns/-", text(form, "field"))] if leaf.list("columns") else [Set("/columns", [text(form, "field")])]


def remove_column(leaf: Leaf, form: Form, binder: Binder) -> Iterable[Command]:
    """Take a column out."""
    return [Remove("/columns")] if len(leaf.list("columns")) == 1 else [Remove(pointer_of("columns", text(form, "item")))]


def move_column(leaf: Leaf, form: Form, binder: Binder) -> Iterable[Command]:
    """Move a column left or right."""
    return _move_item(leaf.list("columns"), "/columns", text(form, "item"), text(form, "way"))


# --- pieces -------------------------------------------------------------------------------------------------------------------------


def _type(form: Form) -> FieldType:
    name = form.get("type", "")
    if name not in FIELD_TYPES:
        raise CannotEdit(Text("There is no field type '{name}'", name=name[:60]))
    return FIELD_TYPES[name]


def _item(items: Any, index: str) -> Any:
    if not index.isdecimal() or int(index) >= len(items):
        raise CannotEdit(Text("This page is no longer in the draft"))
    return items[int(index)]


def _set_all(leaf: Leaf, pointer: str, values: Mapping[str, Any]) -> list[Command]:
    """Set what is given, remove what was emptied, leave alone what is as it was."""
    before: Any = leaf.data
    for step in pointer.split("/")[1:]:
        before = before[step] if isinstance(before, Mapping) else _item(before, step)
    commands: list[Command] = []
    for key, value in values.items():
        if value is None and key in before:
            commands.append(Remove(pointer + pointer_of(key)))
        elif value is not None and before.get(key) != value:
            commands.append(Set(pointer + pointer_of(key), value))
    return commands


def _move_key(data: Mapping[str, Any], parent: str, name: str, way: str) -> list[Command]:
    names = list(data)
    if name not in names:
        raise CannotEdit(Text("This page is no longer in the draft"))
    at = names.index(name)
    if way == "up":
        return [Move(pointer_of(parent, name), names[at - 1])] if at else []
    return [Move(pointer_of(parent, name), names[at + 2] if at + 2 < len(names) else "")] if at + 1 < len(names) else []


def _move_item(items: list[Any], parent: str, index: str, way: str) -> list[Command]:
    _item(items, index)
    at = int(index)
    if way == "up":
        return [Move(f"{parent}/{at}", str(at - 1))] if at else []
    return [Move(f"{parent}/{at}", str(at + 2) if at + 2 < len(items) else "")] if at + 1 < len(items) else []


NEW_PAGES: Mapping[str, Callable[[Form, Binder], Changes]] = {"add_object": add_object, "add_view": add_view, "add_form": add_form}
ALONG: Mapping[str, Callable[[Leaf, Form, Binder], Changes]] = {"add_field": placed, "remove_field": unplaced}
"""What an edit changes on other pages too."""
_ONE_PAGE: tuple[Edit, ...] = (
    set_object, add_field, set_field, remove_field, move_field, add_rule, set_rule, remove_rule, add_section, set_section, remove_section,
    move_section, place_field, unplace_field, move_placed, set_view, add_column, remove_column, move_column,
)  # fmt: skip
EDITS: Mapping[str, Edit] = {edit.__name__: edit for edit in _ONE_PAGE}
