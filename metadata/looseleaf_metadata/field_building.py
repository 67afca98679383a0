"""Fields from what is written: first shells (types, options, settings: all that expressions need), then with their expressions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from looseleaf_metadata.compilation import Compilation
from looseleaf_metadata.drafts import Draft, FieldEntry
from looseleaf_metadata.expressions.types import ANY, DATETIME, INTEGER, ExpressionType, Kind, record
from looseleaf_metadata.frozen import FrozenMap, freeze
from looseleaf_metadata.identity import Known, Wanted, assign_ids
from looseleaf_metadata.kinds.field_schema import FORMULA, NOT_SETTINGS, ROLLUP
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field, Option
from looseleaf_metadata.names import english_plural, humanised, plural_of
from looseleaf_metadata.problems import Place
from looseleaf_metadata.vocabulary import FieldTypeSpec, Vocabulary

SYSTEM_LABELS = {
    "id": {"zh": "编号", "en": "Id"},
    "owner": {"zh": "负责人", "en": "Owner"},
    "team": {"zh": "团队", "en": "Team"},
    "created_at": {"zh": "创建时间", "en": "Created at"},
    "created_by": {"zh": "创建人", "en": "Created by"},
    "updated_at": {"zh": "更新时间", "en": "Updated at"},
    "updated_by": {"zh": "更新人", "en": "Updated by"},
    "version": {"zh": "版本", "en": "Version"},
    "deleted_at": {"zh": "删除时间", "en": "Deleted at"},
    "deleted_by": {"zh": "删除人", "en": "Deleted by"},
}
SYSTEM_TYPES = {"owner": "user", "team": "team", "id": "record_id", "version": "integer"}
SETTABLE_SYSTEM = ("owner", "team")


def system_fields(object_name: str, owner: str) -> dict[str, Field]:
    """The fields that every object has; owner and team only where records have an owner."""
    fields = {}
    for name, label in SYSTEM_LABELS.items():
        if owner == "none" and name in SETTABLE_SYSTEM:
            continue
        kind = SYSTEM_TYPES.get(name) or ("user" if name.endswith("_by") else "datetime")
        target = kind if kind in ("user", "team") else ""
        seen = record(target) if target else record(object_name) if name == "id" else INTEGER if name == "version" else DATETIME
        fields[name] = Field(
            id=name,
            name=name,
            type=kind,
            label=Label.of(label),
            column=f"{name}_id" if name in SETTABLE_SYSTEM else name,
            expression_type=seen,
            settings=FrozenMap({"to": target, "on_delete": "restrict"} if target else {"to": object_name} if name == "id" else {}),
            required=name == "owner" and owner == "required",
            read_only=name not in SETTABLE_SYSTEM,
            system=True,
        )
    return fields


def object_labels(draft: Draft) -> tuple[Label, Label]:
    """The label and the plural of an object, with their defaults."""
    label = Label.of(draft.data.get("label", humanised(draft.name)))
    plural = plural_of(label)
    if "plural" in draft.data:
        written = Label.of(draft.data["plural"])
        plural = written if written.texts[0][0] == "" else Label(tuple(sorted((dict(plural.texts) | dict(written.texts)).items())))
    return label, plural


def field_shell(run: Compilation, draft: Draft, entry: FieldEntry, related: set[tuple[str, str]]) -> Field:
    """A field without expressions. `related`: names of related lists already given, as (object, name) pairs."""
    data = entry.data
    spec = run.vocabulary.field_types[data["type"]]
    id = draft.field_ids[entry.name]
    before = draft.previous.field_by_id(id) if draft.previous else None
    options = _options(data.get("options", {}), before.options if before else ())
    settings = field_settings(draft, entry, spec, related)
    return Field(
        id=id,
        name=entry.name,
        type=spec.name,
        label=Label.of(data.get("label", humanised(entry.name))),
        column=before.column if before else f"f_{id}",
        expression_type=_expression_type(run.vocabulary, spec, settings, options),
        settings=freeze(settings),
        help=Label.of(data["help"]) if "help" in data else None,
        required=bool(data.get("required", False)),
        default=None if isinstance(data.get("default"), dict) else freeze(data.get("default")),
        options=options,
        read_only=bool(data.get("read_only", False)),
        reveals=bool(data.get("reveals", False)),
        retired=bool(data.get("retired", False)),
        place=entry.document.place(entry.pointer, key=True),
    )


def broken_field(name: str, place: Place) -> Field:
    """A stand-in for a field whose own text is faulty, so that nothing else is reported because of it."""
    return Field(name, name, "text", Label.of(humanised(name)), f"f_{name}", ANY, place=place)


def field_settings(draft: Draft, entry: FieldEntry, spec: FieldTypeSpec, related: set[tuple[str, str]]) -> dict[str, Any]:
    """The settings of a field's type with the defaults of references filled in: `to`, `on_delete`, `related_as`."""
    settings = {key: value for key, value in entry.data.items() if key not in NOT_SETTINGS}
    if spec.fixed_target:
        settings["to"] = spec.fixed_target
    if not settings.get("to") or spec.expression_type(settings, ()).kind is not Kind.RECORD:
        return settings
    is_line = draft.owned_by.split(".")[0] == settings["to"]
    settings.setdefault("on_delete", "cascade" if is_line else "restrict" if entry.data.get("required") else "clear")
    written = settings.get("related_as", {})
    written = {"name": written} if isinstance(written, str) else written
    plural = english_plural(draft.name)
    name = written.get("name") or (plural if (settings["to"], plural) not in related else f"{plural}_by_{entry.name}")
    related.add((settings["to"], name))
    label = Label.of(written["label"]) if "label" in written else object_labels(draft)[1]
    settings["related_as"] = {"name": name, "label": label}
    return settings


def _options(written: Mapping[str, Any], before: tuple[Option, ...]) -> tuple[Option, ...]:
    """Options with their defaults; those of the previous revision that are no longer written stay, retired."""
    known = [Known(option.id, option.name, option.retired) for option in before]
    wanted = [Wanted(name, data.get("id", "") if isinstance(data, dict) else "") for name, data in written.items()]
    ids = assign_ids(known, wanted)
    options = [_option(name, data, ids[name]) for name, data in written.items()]
    gone = [replace(option, retired=True) for option in before if option.id not in ids.values() and option.name not in written]
    return (*options, *gone)


def _option(name: str, data: Any, id: str) -> Option:
    if not isinstance(data, dict):
        return Option(id, name, Label.of(data or humanised(name)))
    spoken = {locale: data[locale] for locale in ("zh", "en") if locale in data}
    label = Label.of(data.get("label") or spoken or humanised(name))
    return Option(id, name, label, data.get("hue", ""), bool(data.get("retired", False)))


def _expression_type(
    vocabulary: Vocabulary, spec: FieldTypeSpec, settings: Mapping[str, Any], options: tuple[Option, ...]
) -> ExpressionType:
    """What expressions see. Of a formula: what the type that it returns gives. Of a roll-up: decided later, when all shells are there."""
    if spec.name == FORMULA:
        result = vocabulary.field_types[settings["returns"]]
        return result.expression_type({key: value for key, value in settings.items() if key != "returns"}, ())
    if spec.name == ROLLUP:
        return INTEGER if settings.get("count") else ANY
    return spec.expression_type(settings, tuple(option.name for option in options))
