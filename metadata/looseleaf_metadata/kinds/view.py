"""`view`: a saved way to look at an object's records: a table, a board by some choice, a calendar."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.expressions.types import ANY
from looseleaf_metadata.expressions.types import Kind as ValueKind
from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.kinds.base import EXPRESSION, HUE, LABEL, NAME, NAMES, PATHS, SORTS, Kind, Schema, either
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field, Object, View
from looseleaf_metadata.names import humanised
from looseleaf_metadata.problems import suggest
from looseleaf_metadata.texts import Text

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_metadata.vocabulary import Vocabulary

SHAPES = ("table", "kanban", "calendar")
OWN_KEYS = {"kanban": ("by", "card"), "calendar": ("from", "to", "colour")}
"""Settings that only one shape of view has."""
NEEDED = {"kanban": ("by",), "calendar": ("from",)}
DAYS = (ValueKind.DATE, ValueKind.DATETIME)


class ViewKind(Kind):
    """A saved way to look at records."""

    name = "view"
    collection = "views"
    required = ("object",)

    def properties(self, vocabulary: Vocabulary) -> Schema:
        return {
            "id": NAME,
            "object": NAME,
            "label": LABEL,
            "help": LABEL,
            "hue": HUE,
            "as": {"type": "string", "enum": list(SHAPES)},
            "where": EXPRESSION,
            "sort": SORTS,
            "columns": PATHS,
            "sum": either(string=NAME, array=NAMES),
            "by": NAME,
            "card": PATHS,
            "from": NAME,
            "to": NAME,
            "colour": NAME,
            "for": NAMES,
        }

    def build(self, document: Document, run: Compilation) -> Any:
        """The view, with every field it names checked."""
        data, source = document.data, f"view:{document.name}"
        owner = run.known_object(document, "/object", data["object"], source, "view")
        if owner is None:
            return None
        shape = data.get("as", "table")
        _check_shape(document, run, shape)
        where = run.expression(document, "/where", owner.name, source=source, how="filter") if "where" in data else None
        _check_sort(document, run, owner, source)
        sums = [data["sum"]] if isinstance(data.get("sum"), str) else data.get("sum", [])
        _check_sums(document, run, owner, source, sums)
        for key in ("columns", "card"):
            for index, path in enumerate(data.get(key, ())):
                run.known_path(document, f"/{key}/{index}", owner.name, path, source, "column")
        _check_roles(document, run, source)
        return View(
            id=data.get("id", document.name),
            name=document.name,
            label=Label.of(data.get("label", humanised(document.name))),
            object=owner.name,
            kind=shape,
            where=where,
            sort=tuple(data.get("sort", ())),
            columns=tuple(data.get("columns", ())) or default_columns(owner),
            sum=tuple(sums),
            settings=FrozenMap(_settings(document, run, owner, source, shape)),
            app=document.app,
            place=document.place(),
        )


def default_columns(owner: Object) -> tuple[str, ...]:
    """The columns of a list that names none: the title, the highlights, the fields that have a role, the owner."""
    roles = [owner.roles_of_fields[role] for role in ("stage", "amount", "date", "next_step") if role in owner.roles_of_fields]
    wanted = [owner.title, *owner.highlights, *roles]
    if len(set(wanted)) < 4:
        wanted += [field.name for field in owner.live_fields if not field.system and field.type not in ("lines", "json", "rich_text")][:5]
    wanted += [name for name in ("owner",) if name in owner.fields and owner.fields[name].system]
    return tuple(name for name in dict.fromkeys(wanted) if name.split(".")[0] in owner.fields and name != "id")


def _check_shape(document: Document, run: Compilation, shape: str) -> None:
    """Settings of another shape would have no effect; those of its own must be there."""
    for other, keys in OWN_KEYS.items():
        for key in keys:
            if key in document.data and other != shape:
                message = Text("'{key}' has no effect on a {shape}", key=key, shape=shape)
                run.report(document, f"/{key}", "no-effect", message, Text("add 'as: {shape}'", shape=other), key=True)
    for key in NEEDED.get(shape, ()):
        if key not in document.data:
            run.report(document, "/as", "missing-key", Text("'{name}' is missing here", name=key))


def _check_sort(document: Document, run: Compilation, owner: Object, source: str) -> None:
    for index, path in enumerate(document.data.get("sort", ())):
        field = run.known_path(document, f"/sort/{index}", owner.name, path.lstrip("-"), source, "sort")
        if field is not None and field.expression_type != ANY and not field.system and not run.vocabulary.field_types[field.type].sortable:
            message = Text("a {type} field can't be sorted by", type=field.type)
            run.report(document, f"/sort/{index}", "not-sortable", message)


def _check_sums(document: Document, run: Compilation, owner: Object, source: str, names: Iterable[str]) -> None:
    listed = isinstance(document.data.get("sum"), list)
    for index, name in enumerate(names):
        pointer = f"/sum/{index}" if listed else "/sum"
        field = run.known_field(document, pointer, owner.name, name, source, "sum")
        if field is not None and field.expression_type.kind not in (ValueKind.NUMBER, ValueKind.DURATION, ValueKind.ANY):
            message = Text("'{name}' can't be summed: it is {kind}", name=name, kind=str(field.expression_type))
            run.report(document, pointer, "wrong-type", message)


def _check_roles(document: Document, run: Compilation, source: str) -> None:
    for index, name in enumerate(document.data.get("for", ())):
        if name in run.roles:
            run.refer(source, f"role:{name}", document, f"/for/{index}", "for")
        elif f"role:{name}" not in run.broken:
            run.report(document, f"/for/{index}", "unknown-role", Text("unknown role '{name}'", name=name), suggest(name, run.roles))


def _settings(document: Document, run: Compilation, owner: Object, source: str, shape: str) -> dict[str, Any]:
    """What a board and a calendar need beside columns, checked."""
    settings: dict[str, Any] = {key: document.data[key] for key in ("hue",) if key in document.data}
    if "for" in document.data:
        settings["for"] = tuple(document.data["for"])
    for key in OWN_KEYS.get(shape, ()):
        if key not in document.data:
            continue
        value = document.data[key]
        settings[key] = tuple(value) if isinstance(value, list) else value
        if isinstance(value, str):
            field = run.known_field(document, f"/{key}", owner.name, value, source, "view")
            _check_setting(document, run, key, field)
    return settings


def _check_setting(document: Document, run: Compilation, key: str, field: Field | None) -> None:
    if field is None or field.expression_type == ANY:
        return
    kind = field.expression_type.kind
    if key in ("from", "to") and kind not in DAYS:
        run.report(
            document,
            f"/{key}",
            "wrong-type",
            Text("a calendar needs a date or a date and time, '{name}' is {kind}", name=field.name, kind=str(kind)),
        )
    if key == "by" and kind not in (ValueKind.OPTION, ValueKind.RECORD, ValueKind.BOOLEAN):
        run.report(
            document,
            f"/{key}",
            "wrong-type",
            Text("a board needs a choice or a look-up, '{name}' is {kind}", name=field.name, kind=str(kind)),
        )
