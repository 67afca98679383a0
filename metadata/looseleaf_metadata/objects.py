"""Objects from drafts: shells first, so that expressions of all can be checked; then whole, with rules, keys and the rest.

What is retired stays in the Model: fields and objects of the previous revision that are no longer written.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from looseleaf_metadata.compilation import Compilation
from looseleaf_metadata.documents import Document, pointer_of
from looseleaf_metadata.drafts import Draft, FieldEntry
from looseleaf_metadata.expressions.types import ANY, Kind
from looseleaf_metadata.field_building import broken_field, field_shell, object_labels, system_fields
from looseleaf_metadata.field_checks import check_field, lookups_to
from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import DuplicateRule, Field, Index, Object, Rule, Unique
from looseleaf_metadata.rollups import result_type, rollup_of, shown_as
from looseleaf_metadata.texts import Text

TITLE_NAMES = ("name", "title", "subject", "number")
DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}


def build_shells(run: Compilation, drafts: Mapping[str, Draft]) -> None:
    """Put an object without expressions for every draft into `run.objects`, and the retired ones of the previous revision."""
    related: set[tuple[str, str]] = set()
    for draft in sorted(drafts.values(), key=lambda draft: not draft.owned_by):
        for entry in draft.fields.values():
            _remember_written_related(entry, related)
    for draft in drafts.values():
        run.objects[draft.name] = _shell(run, draft, related)
    live = {draft.id for draft in drafts.values()}
    for object in run.previous.objects.values() if run.previous else ():
        if object.id not in live and object.name not in run.objects:
            run.objects[object.name] = replace(object, retired=True)
    _fill_lines(run)
    _type_rollups(run)


def _fill_lines(run: Compilation) -> None:
    """Give lines their `by` where only one look-up of the child can be meant."""
    for name, object in run.objects.items():
        fields = dict(object.fields)
        for field in object.live_fields:
            child = run.objects.get(field.target) if field.type == "lines" and "by" not in field.settings else None
            back = lookups_to(child, name) if child else []
            if len(back) == 1:
                fields[field.name] = replace(field, settings=FrozenMap({**field.settings, "by": back[0]}))
        run.objects[name] = replace(object, fields=FrozenMap(fields))


def _remember_written_related(entry: FieldEntry, related: set[tuple[str, str]]) -> None:
    written = entry.data.get("related_as")
    name = written.get("name") if isinstance(written, dict) else written
    if name and entry.data.get("to"):
        related.add((entry.data["to"], name))


def _shell(run: Compilation, draft: Draft, related: set[tuple[str, str]]) -> Object:
    data = draft.data
    fields = {name: field_shell(run, draft, entry, related) for name, entry in draft.fields.items()}
    for document in draft.documents:
        for name in _lost_fields(run, document, draft.name):
            fields.setdefault(name, broken_field(name, document.place(pointer_of("fields", name), key=True)))
    fields |= system_fields(draft.name, draft.owner)
    for field in draft.previous.fields.values() if draft.previous else ():
        if not field.system and field.id not in draft.field_ids.values():
            name = field.name if field.name not in fields else f"{field.name.split('~')[0]}~{field.id}"
            fields[name] = replace(field, name=name, retired=True)
    label, plural = object_labels(draft)
    return Object(
        id=draft.id,
        name=draft.name,
        label=label,
        plural=plural,
        table=draft.table,
        fields=FrozenMap(fields),
        title=str(data.get("title") or _default_title(run, fields)),
        icon=data.get("icon", "file"),
        hue=data.get("hue", "slate"),
        owner=draft.owner,  # type: ignore[arg-type]  # the schema allows these three only
        roles_of_fields=FrozenMap(_merged(draft, "roles_of_fields")),
        highlights=_joined(draft, "highlights"),
        search=_joined(draft, "search"),
        app=draft.document.app,
        help=Label.of(data["help"]) if "help" in data else None,
        owned_by=draft.owned_by,
        key=data.get("key", ""),
        system=draft.document.system,
        retired=bool(data.get("retired", False)),
        place=draft.document.place(),
    )


def _lost_fields(run: Compilation, document: Document, object_name: str) -> Iterable[str]:
    """Fields whose text is so faulty that nothing is left of them."""
    prefix = f"object:{object_name}/field:"
    return (
        [address.removeprefix(prefix) for address in sorted(run.broken) if address.startswith(prefix)] if document.kind == "object" else ()
    )


def _merged(draft: Draft, key: str) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for document in draft.documents:
        merged = {**document.data.get(key, {}), **merged}
    return merged


def _joined(draft: Draft, key: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for document in draft.documents for item in document.data.get(key, ())))


def _default_title(run: Compilation, fields: Mapping[str, Field]) -> str:
    """The field that names a record: the usual names first, then the first that can be a title, else the id."""
    titled = [
        field.name
        for field in fields.values()
        if not field.system and not field.retired and run.vocabulary.field_types[field.type].titled and field.expression_type != ANY
    ]
    return next((name for name in TITLE_NAMES if name in titled), titled[0] if titled else "id")


def _type_rollups(run: Compilation) -> None:
    """Give every roll-up the type of what it rolls up; roll-ups of roll-ups take as many rounds as they are deep."""
    for _ in range(len(run.objects) + 1):
        changed = False
        for name, object in run.objects.items():
            fields = dict(object.fields)
            for field in object.fields.values():
                rollup = rollup_of(field.settings) if field.type == "rollup" and field.expression_type == ANY else None
                child = run.objects.get(rollup.child) if rollup else None
                of = child.fields.get(rollup.of) if child and rollup else None
                if rollup and of and of.expression_type.kind is not Kind.ANY:
                    shown = shown_as(of)
                    settings = (
                        field.settings if "returns" in field.settings or not shown else FrozenMap({**field.settings, "returns": shown})
                    )
                    fields[field.name] = replace(field, expression_type=result_type(rollup.function, of.expression_type), settings=settings)
                    changed = True
            run.objects[name] = replace(object, fields=FrozenMap(fields))
        if not changed:
            return


def build_whole(run: Compilation, drafts: Mapping[str, Draft]) -> None:
    """Replace the shells in `run.objects` by whole objects: fields with their expressions, rules, keys, indexes."""
    whole: dict[str, Object] = {}
    for name, draft in drafts.items():
        shell = run.objects[name]
        fields = dict(shell.fields)
        for entry in draft.fields.values():
            fields[entry.name] = check_field(run, draft, entry, shell.fields[entry.name])
        whole[name] = replace(
            shell,
            fields=FrozenMap(fields),
            rules=_each(run, draft, "rules", partial(_rule, run, draft)),
            unique=_each(run, draft, "unique", partial(_unique, run, draft)),
            indexes=_each(run, draft, "indexes", partial(_index, run, draft)),
            duplicates=_each(run, draft, "duplicates", partial(_duplicate, run, draft)),
        )
        _check_named_fields(run, draft)
    run.objects.update(whole)


def _each(run: Compilation, draft: Draft, key: str, make: Callable[[Document, str, Any], Any]) -> tuple[Any, ...]:
    """The parts that a list of the object and its extensions describes; reports those that are there twice."""
    made: dict[str, Any] = {}
    for document, pointer, data in draft.items(key):
        one = make(document, pointer, data)
        if one is None:
            continue
        if one.id in made:
            run.report(document, pointer, "listed-twice", Text("'{value}' is listed twice", value=one.id), Text("remove one of the two"))
        made.setdefault(one.id, one)
    return tuple(made.values())


def _rule(run: Compilation, draft: Draft, document: Document, pointer: str, data: Any) -> Rule | None:
    id = data.get("rule") or f"rule_{zlib.crc32(data['check'].encode()):08x}"
    source = f"object:{draft.name}/rule:{id}"
    check = run.expression(document, pointer + "/check", draft.name, source=source, how="rule")
    if "at" in data:
        run.known_field(document, pointer + "/at", draft.name, data["at"], source, "rule")
    return Rule(id, check, Label.of(data["message"]), data.get("at", ""), document.place(pointer)) if check else None


def _unique(run: Compilation, draft: Draft, document: Document, pointer: str, data: Any) -> Unique:
    id = data.get("id") or "_".join(data["fields"])
    for index, name in enumerate(data["fields"]):
        _stored_field(run, draft, document, f"{pointer}/fields/{index}", name, f"object:{draft.name}/unique:{id}", "unique")
    message = Label.of(data["message"]) if "message" in data else None
    return Unique(id, tuple(data["fields"]), message, document.place(pointer))


def _index(run: Compilation, draft: Draft, document: Document, pointer: str, data: Any) -> Index:
    fields, inner = (data, pointer) if isinstance(data, list) else (data["fields"], pointer + "/fields")
    id = (data.get("id") if isinstance(data, dict) else "") or "_".join(name.lstrip("-") for name in fields)
    for index, name in enumerate(fields):
        _stored_field(run, draft, document, f"{inner}/{index}", name.lstrip("-"), f"object:{draft.name}/index:{id}", "index")
    return Index(id, tuple(fields))


def _duplicate(run: Compilation, draft: Draft, document: Document, pointer: str, data: Any) -> DuplicateRule:
    id = data.get("id") or "_".join(data["match"]).replace(".", "_")
    for index, name in enumerate(data["match"]):
        _stored_field(run, draft, document, f"{pointer}/match/{index}", name, f"object:{draft.name}/duplicate:{id}", "duplicate")
    days = None
    if "within" in data:
        count, unit = data["within"].split()
        days = int(count) * DAYS[unit.rstrip("s")]
    return DuplicateRule(id, tuple(data["match"]), days, data.get("then", "warn"))


def _stored_field(run: Compilation, draft: Draft, document: Document, pointer: str, name: str, source: str, how: str) -> None:
    """Check that a name is that of a field of the object with a column of its own."""
    field = run.known_field(document, pointer, draft.name, name, source, how)
    if field is not None and field.expression_type != ANY and not field.system:
        spec = run.vocabulary.field_types[field.type]
        if not spec.stored or (spec.computed and field.type != "rollup"):
            message = Text("'{name}' can't stand here: a {type} field has no stored value of its own", name=name, type=field.type)
            run.report(document, pointer, "not-stored", message)


def _check_named_fields(run: Compilation, draft: Draft) -> None:
    """Check title, key, highlights, search and roles of fields."""
    source = f"object:{draft.name}"
    document = draft.document
    if "title" in draft.data:
        title = run.known_field(document, "/title", draft.name, draft.data["title"], source, "title")
        if title and title.expression_type != ANY and not run.vocabulary.field_types[title.type].titled:
            message = Text("a {type} field can't be the title of a record", type=title.type)
            run.report(document, "/title", "not-a-title", message, Text("choose a text, a number that counts up, or a formula of text"))
    if "key" in draft.data:
        _stored_field(run, draft, document, "/key", draft.data["key"], source, "key")
    for document in draft.documents:
        for key in ("highlights", "search"):
            for index, path in enumerate(document.data.get(key, ())):
                run.known_path(document, pointer_of(key, index), draft.name, path, source, key)
        for role, name in document.data.get("roles_of_fields", {}).items():
            run.known_field(document, pointer_of("roles_of_fields", role), draft.name, name, source, "role-of-field")
