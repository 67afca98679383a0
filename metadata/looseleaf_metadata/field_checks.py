"""The second look at a field, when all objects are known: its references, its expressions, its default, and what would be inert."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from looseleaf_metadata.compilation import Compilation
from looseleaf_metadata.documents import Document
from looseleaf_metadata.drafts import Draft, FieldEntry
from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.expressions.types import ANY, Kind
from looseleaf_metadata.model import Field, Object
from looseleaf_metadata.names import reserved_field
from looseleaf_metadata.problems import suggest
from looseleaf_metadata.references import field_address
from looseleaf_metadata.rollups import fits, rollup_of
from looseleaf_metadata.texts import Text


def check_field(run: Compilation, draft: Draft, entry: FieldEntry, shell: Field) -> Field:
    """The whole field. Problems are reported to the run."""
    source = field_address(draft.name, shell)
    document, pointer, data = entry.document, entry.pointer, entry.data
    refused = reserved_field(entry.name)
    if refused and not (draft.owner == "none" and entry.name in ("owner", "team")):
        run.report(document, pointer, "reserved-name", refused, Text("choose another name"), key=True)
    for setting, fault in run.vocabulary.field_types[shell.type].check_settings(shell.settings):
        run.report(document, f"{pointer}/{setting}", "bad-setting", fault)
    _check_target(run, draft, entry, shell, source)
    whole = shell
    if "visible_when" in data:
        whole = replace(
            whole, visible_when=run.expression(document, f"{pointer}/visible_when", draft.name, source=source, how="visible-when")
        )
    if "required_when" in data:
        needed = run.expression(document, f"{pointer}/required_when", draft.name, source=source, how="required-when")
        whole = replace(whole, required_when=needed)
    if shell.type == "formula":
        whole = replace(whole, value=_formula(run, draft, entry, shell, source))
    if shell.type == "rollup":
        whole = replace(whole, where=_rollup(run, entry, shell, source))
    if "default" in data:
        whole = replace(whole, default=_default(run, draft, entry, shell, source))
    _check_inert(run, entry, shell)
    return whole


def lookups_to(child: Object, target: str) -> list[str]:
    """The names of the live look-ups of an object that point at another."""
    return [
        field.name
        for field in child.live_fields
        if not field.system and field.target == target and field.expression_type.kind is Kind.RECORD
    ]


def _check_target(run: Compilation, draft: Draft, entry: FieldEntry, field: Field, source: str) -> None:
    """The object that a field refers to, and for lines the look-up that points back."""
    document, pointer = entry.document, entry.pointer
    if not field.target or "to" not in entry.data:
        return
    target = run.known_object(document, f"{pointer}/to", field.target, source, field.type)
    if target is None or field.type != "lines":
        return
    back = lookups_to(target, draft.name)
    by = field.settings.get("by")
    if by is None and len(back) != 1:
        message = Text("say by which look-up of {child} the lines belong here", child=target.name)
        run.report(document, pointer, "missing-key", message, Text("by: {name}", name=back[0]) if back else None, key=True)
    elif by is not None and by not in back:
        found = run.known_field(document, f"{pointer}/by", target.name, by, source, "lines")
        if found is not None and found.expression_type != ANY:
            message = Text("'{name}' of {child} does not look up {object}", name=by, child=target.name, object=draft.name)
            run.report(document, f"{pointer}/by", "wrong-look-up", message, suggest(by, back))
    elif by is not None:
        run.refer(source, field_address(target.name, by), document, f"{pointer}/by", "lines")
    owner = target.owned_by
    if owner and owner != f"{draft.name}.{entry.name}":
        message = Text("the records of {child} are lines of {owner} already", child=target.name, owner=owner)
        run.report(document, f"{pointer}/to", "two-parents", message)


def _formula(run: Compilation, draft: Draft, entry: FieldEntry, field: Field, source: str) -> Expression | None:
    here = f"{entry.pointer}/value"
    return run.expression(entry.document, here, draft.name, source=source, how="formula", expected=field.expression_type)


def _rollup(run: Compilation, entry: FieldEntry, field: Field, source: str) -> Expression | None:
    """The filter of a roll-up; reports a source, function or filter that can't be."""
    document, pointer = entry.document, entry.pointer
    rollup = rollup_of(field.settings)
    if rollup is None:
        message = Text("a roll-up needs exactly one of count, sum, min, max, average")
        run.report(document, pointer, "missing-key", message, Text("such as count: true, or sum: amount"), key=True)
        return None
    child = run.known_object(document, f"{pointer}/from", rollup.child, source, "rollup")
    if child is None:
        return None
    owner = entry.document.name
    by = run.known_field(document, f"{pointer}/from", child.name, rollup.by, source, "rollup")
    if by and by.expression_type != ANY and by.target != owner:
        back = lookups_to(child, owner)
        message = Text("'{name}' of {child} does not look up {object}", name=rollup.by, child=child.name, object=owner)
        run.report(document, f"{pointer}/from", "wrong-look-up", message, suggest(rollup.by, back))
    if rollup.of:
        of = run.known_field(document, f"{pointer}/{rollup.function}", child.name, rollup.of, source, "rollup")
        if of and not fits(rollup.function, of.expression_type.kind):
            message = Text(
                "{function} can't be taken of '{name}': it is {kind}", function=rollup.function, name=of.name, kind=str(of.expression_type)
            )
            run.report(document, f"{pointer}/{rollup.function}", "wrong-type", message)
    if "where" not in entry.data:
        return None
    where = run.expression(document, f"{pointer}/where", child.name, source=source, how="rollup-filter")
    _check_stored_inputs(run, document, f"{pointer}/where", where)
    return where


def _check_stored_inputs(run: Compilation, document: Document, pointer: str, where: Expression | None) -> None:
    """A roll-up is stored, so its filter may not depend on the clock or on who asks. Look-ups it may follow: the write path does too."""
    if where is None:
        return
    for word in sorted(where.ambient):
        spoken = {"me": "me", "timezone": Text("a time zone")}.get(word, f"{word}()")
        message = Text("a roll-up is stored, so its filter can't use {word}", word=spoken)
        run.report(document, pointer, "clock-in-roll-up", message, Text("use a view with this condition instead"))


def _default(run: Compilation, draft: Draft, entry: FieldEntry, field: Field, source: str) -> Any:
    """The default: a literal that fits the type, or an expression written as {value: "…"}."""
    document, pointer, written = entry.document, f"{entry.pointer}/default", entry.data["default"]
    if isinstance(written, dict) and set(written) == {"value"} and isinstance(written["value"], str):
        return run.expression(document, f"{pointer}/value", draft.name, source=source, how="default", expected=field.expression_type)
    if field.expression_type.kind is Kind.OPTION or field.options:
        _check_default_options(run, document, pointer, field, written, source)
        return field.default
    message = run.vocabulary.field_types[field.type].refuses(field, written)
    if message is not None:
        run.report(document, pointer, "bad-default", message)
    return field.default


def _check_default_options(run: Compilation, document: Document, pointer: str, field: Field, written: Any, source: str) -> None:
    for name in written if isinstance(written, list) else [written]:
        option = field.option(str(name))
        if option is None and field.options:
            message = Text("'{name}' has no option '{option}'", name=field.name, option=str(name))
            run.report(document, pointer, "unknown-option", message, suggest(str(name), [one.name for one in field.options]))
        elif option is not None and option.retired:
            message = Text("the option '{option}' is retired: nobody could choose it", option=option.name)
            run.report(document, pointer, "retired-option", message)
        elif option is not None:
            run.refer(source, f"{source}/option:{option.name}", document, pointer, "default")


def _check_inert(run: Compilation, entry: FieldEntry, field: Field) -> None:
    """What can have no effect, or asks for the impossible."""
    document, pointer, data = entry.document, entry.pointer, entry.data
    if field.required and "required_when" in data:
        message = Text("required_when has no effect: the field is always required")
        run.report(document, f"{pointer}/required_when", "no-effect", message, Text("remove one of the two"), key=True)
    if field.required and field.read_only and field.default is None and not isinstance(data.get("default"), dict):
        message = Text("nobody can fill this field in, and yet it is required")
        run.report(document, f"{pointer}/required", "impossible", message, Text("give it a default"), key=True)
    live = [option for option in field.options if not option.retired]
    if field.options and not live and not field.retired:
        run.report(document, f"{pointer}/options", "no-effect", Text("all options are retired: nothing can be chosen"), key=True)
