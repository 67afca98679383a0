"""The last check: metadata that is valid but can have no effect, or that leaves people in a dead end. Nothing is silently inert."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.cycles import inputs_of
from looseleaf_metadata.documents import Document
from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.field_building import SETTABLE_SYSTEM
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field, Form, Object
from looseleaf_metadata.texts import Text

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation


def check_meaning(run: Compilation, built: Mapping[str, Mapping[str, Any]]) -> None:
    """Report rules, forms, related lists and fields that can't do what they say."""
    for document in run.documents:
        if document.kind in ("object", "extend"):
            _check_rules(run, document)
        elif document.kind == "form":
            _check_form(run, document, built["form"].get(document.name))
    _check_related_names(run)
    for document in run.documents:
        if document.kind == "object" and not any(problem.place.file == document.file for problem in run.problems):
            owner = run.objects[document.name]
            if all(field.system for field in owner.fields.values()):
                run.report(document, "/object", "no-effect", Text("'{name}' has no fields: nothing could be recorded", name=document.name))


def _check_rules(run: Compilation, document: Document) -> None:
    """A rule that reads nothing that a person or program can set is never broken and never mended."""
    owner = run.objects.get(document.name)
    if owner is None:
        return
    checks = {rule.check.source: rule.check for rule in owner.rules}
    for index, data in enumerate(document.data.get("rules", ())):
        check = checks.get(data.get("check"))
        if check is None:
            continue
        pointer = f"/rules/{index}/check"
        if not check.reads:
            run.report(document, pointer, "no-effect", Text("this rule reads no field, so it says nothing about a record"))
        elif not _can_change(run, owner, check):
            names = ", ".join(sorted(check.reads))
            run.report(document, pointer, "no-effect", Text("nobody can set what this rule reads: {names}", names=names))


def _can_change(run: Compilation, owner: Object, check: Expression) -> bool:
    """Whether anything that an expression reads, directly or through formulas, can be set."""
    todo = [(owner.name, path.split(".")[0]) for path in check.reads]
    seen: set[tuple[str, str]] = set()
    while todo:
        key = todo.pop()
        if key in seen or key[0] not in run.objects:
            continue
        seen.add(key)
        field = run.objects[key[0]].fields.get(key[1])
        if field is None or field.type == "rollup" or _settable(field):
            return True
        if field.type == "formula":
            todo += inputs_of(run.objects, run.objects[key[0]], field)
    return False


def _settable(field: Field) -> bool:
    if field.system:
        return field.name in SETTABLE_SYSTEM
    return not field.retired and field.type != "formula"


def _check_form(run: Compilation, document: Document, form: Form | None) -> None:
    """A form that leaves out a required field without a default can never save a new record; a field twice is one too many."""
    if form is None:
        return
    owner = run.objects[form.object]
    shown: set[str] = set()
    for section_index, section in enumerate(form.sections):
        for index, item in enumerate(section.items):
            pointer = f"/sections/{section_index}/fields/{index}"
            if item.field in shown:
                message = Text("the field '{name}' is on this form already", name=item.field)
                run.report(document, pointer, "listed-twice", message, Text("remove one of the two"))
            shown.add(item.field)
    for field in owner.live_fields:
        required = field.required and field.default is None and not field.system and not field.read_only
        if (
            required
            and field.name not in shown
            and not _filled_by_parent(owner, field)
            and field.type not in ("formula", "rollup", "auto_number")
        ):
            if _has_default(run, owner, field.name):
                continue
            message = Text(
                "the required field '{name}' is not on this form and has no default: no record could be created", name=field.name
            )
            run.report(
                document, "/sections", "required-field-missing", message, Text("add '{name}' to a section", name=field.name), key=True
            )
    for name in form.phone_first:
        if name not in shown and name in owner.fields:
            index = form.phone_first.index(name)
            message = Text("'{name}' is not on this form, so it can't come first on a phone", name=name)
            run.report(document, f"/phone/first/{index}", "no-effect", message, Text("add it to a section"))


def _filled_by_parent(owner: Object, field: Field) -> bool:
    """Whether a field is the look-up to the parent of lines, which the parent's form fills in."""
    return bool(owner.owned_by) and field.target == owner.owned_by.split(".")[0]


def _has_default(run: Compilation, owner: Object, name: str) -> bool:
    """Whether a default is written, even if it could not be used."""
    return any(
        "default" in document.data.get("fields", {}).get(name, {})
        for document in run.documents
        if document.kind in ("object", "extend") and document.name == owner.name
    )


def _check_related_names(run: Compilation) -> None:
    """Two related lists of one object may not have the same name, nor the name of a field."""
    seen: dict[tuple[str, str], tuple[str, str]] = {}
    for child in run.objects.values():
        for field in () if child.retired else child.live_fields:
            related = field.settings.get("related_as")
            if not isinstance(related, Mapping) or not isinstance(related.get("label"), Label):
                continue
            earlier = seen.setdefault((field.target, related["name"]), (child.name, field.name))
            if earlier != (child.name, field.name):
                _report_related(run, child, field, related["name"], ".".join(earlier))


def _report_related(run: Compilation, child: Object, field: Field, name: str, earlier: str) -> None:
    pointer = f"/fields/{field.name}"
    for document in run.documents:
        if document.kind in ("object", "extend") and document.name == child.name and document.node(pointer) is not None:
            at = f"{pointer}/related_as" if document.node(f"{pointer}/related_as") else pointer
            message = Text("{object} has a related list '{name}' already, by {earlier}", object=field.target, name=name, earlier=earlier)
            run.report(document, at, "duplicate-related-list", message, Text("name it: related_as: another_name"))
            return
