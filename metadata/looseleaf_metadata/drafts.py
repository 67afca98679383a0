"""What is written about each object, gathered from its own document and from the extensions of it, before anything is built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from looseleaf_metadata.compilation import Compilation
from looseleaf_metadata.documents import Document, pointer_of
from looseleaf_metadata.identity import Known, Wanted, assign_ids
from looseleaf_metadata.model import Object
from looseleaf_metadata.problems import did_you_mean
from looseleaf_metadata.texts import Text


@dataclass(frozen=True, slots=True)
class FieldEntry:
    """A field as written: its data, and where."""

    name: str
    data: Mapping[str, Any]
    document: Document
    pointer: str


@dataclass
class Draft:
    """An object as written. `documents`: its own first, then the extensions. `id` and `table` are for life."""

    name: str
    document: Document
    documents: list[Document]
    fields: dict[str, FieldEntry] = field(default_factory=dict)
    owned_by: str = ""
    id: str = ""
    table: str = ""
    field_ids: Mapping[str, str] = field(default_factory=dict)
    previous: Object | None = None

    @property
    def data(self) -> Mapping[str, Any]:
        """The object's own document."""
        return self.document.data

    @property
    def owner(self) -> str:
        """ "required", "optional" or "none"; rows of a parent have no owner of their own."""
        return "none" if self.owned_by else str(self.data.get("owner", "required"))

    def items(self, key: str) -> Iterator[tuple[Document, str, Any]]:
        """The items of a list that the object and its extensions hold, each with its document and pointer."""
        for document in self.documents:
            for index, item in enumerate(document.data.get(key, ())):
                yield document, pointer_of(key, index), item


def gather(run: Compilation) -> dict[str, Draft]:
    """All drafts by object name, in document order. Reports objects and fields that are there twice."""
    drafts: dict[str, Draft] = {}
    for document in run.documents:
        if document.kind == "object" and document.name not in drafts:
            drafts[document.name] = Draft(document.name, document, [document])
    for document in run.documents:
        if document.kind != "extend" or document.broken:
            continue
        draft = drafts.get(document.name)
        if draft is not None:
            draft.documents.append(document)
            run.refer(f"extend:{document.name}", f"object:{document.name}", document, "/extend", "extend")
        elif f"object:{document.name}" not in run.broken:
            message = Text("unknown object '{name}'", name=document.name)
            run.report(document, "/extend", "unknown-object", message, did_you_mean(document.name, drafts))
    for draft in drafts.values():
        _gather_fields(run, draft)
    _refuse_shared_ids(run, drafts)
    for draft in drafts.values():
        _gather_options(run, draft)
        _find_owner(draft, drafts)
    _identify(run, drafts)
    return drafts


def _gather_fields(run: Compilation, draft: Draft) -> None:
    for document in draft.documents:
        for name, data in document.data.get("fields", {}).items():
            entry = FieldEntry(name, data, document, pointer_of("fields", name))
            earlier = draft.fields.setdefault(name, entry)
            if earlier is not entry:
                place = earlier.document.place(earlier.pointer, key=True)
                message = Text("{object} has a field '{name}' already, in {place}", object=draft.name, name=name, place=str(place))
                run.report(document, entry.pointer, "duplicate-field", message, key=True)


def _refuse_shared_ids(run: Compilation, drafts: Mapping[str, Draft]) -> None:
    """Report written ids that two objects, or two fields of one object, claim for themselves."""
    seen: set[str] = set()
    for draft in drafts.values():
        _refuse_shared_id(run, draft.document, "", draft.data, seen)
        inside: set[str] = set()
        for entry in draft.fields.values():
            _refuse_shared_id(run, entry.document, entry.pointer, entry.data, inside)


def _refuse_shared_id(run: Compilation, document: Document, pointer: str, data: Mapping[str, Any], seen: set[str]) -> None:
    id = data.get("id")
    if id in seen:
        run.report(document, f"{pointer}/id", "duplicate-id", Text("the id '{id}' is taken already", id=id))
    elif id is not None:
        seen.add(id)


def _gather_options(run: Compilation, draft: Draft) -> None:
    """Merge the options that extensions add into the fields' own."""
    for document in draft.documents:
        if document.kind != "extend":
            continue
        for name, options in document.data.get("options", {}).items():
            entry = draft.fields.get(name)
            pointer = pointer_of("options", name)
            if entry is None or "options" not in entry.data:
                if f"object:{draft.name}/field:{name}" not in run.broken:
                    message = Text("{object} has no choice field '{name}'", object=draft.name, name=name)
                    choices = [field for field, one in draft.fields.items() if "options" in one.data]
                    run.report(document, pointer, "unknown-field", message, did_you_mean(name, choices), key=True)
                continue
            for option in options.keys() & entry.data["options"].keys():
                message = Text("the field '{name}' has an option '{option}' already", name=name, option=option)
                run.report(document, pointer + pointer_of(option), "duplicate-option", message, key=True)
            merged = {**entry.data, "options": {**entry.data["options"], **options}}
            draft.fields[name] = FieldEntry(name, merged, entry.document, entry.pointer)


def _find_owner(draft: Draft, drafts: Mapping[str, Draft]) -> None:
    """Mark the objects that are lines of this one."""
    for name, entry in draft.fields.items():
        child = drafts.get(str(entry.data.get("to"))) if entry.data.get("type") == "lines" else None
        if child is not None and not entry.data.get("retired"):
            child.owned_by = child.owned_by or f"{draft.name}.{name}"


def _identify(run: Compilation, drafts: Mapping[str, Draft]) -> None:
    """Give every object and field its stable id and its storage name."""
    before = run.previous.objects if run.previous else {}
    known = [Known(object.id, object.name, object.retired) for object in before.values()]
    ids = assign_ids(known, [Wanted(name, str(draft.data.get("id", ""))) for name, draft in drafts.items()])
    by_id = {object.id: object for object in before.values()}
    for name, draft in drafts.items():
        draft.id = ids[name]
        draft.previous = by_id.get(draft.id)
        draft.table = draft.previous.table if draft.previous else f"o_{draft.id}"
        fields = draft.previous.fields.values() if draft.previous else ()
        draft.field_ids = assign_ids(
            [Known(field.id, field.name, field.retired, field.type) for field in fields if not field.system],
            [Wanted(entry.name, str(entry.data.get("id", "")), str(entry.data.get("type"))) for entry in draft.fields.values()],
        )
