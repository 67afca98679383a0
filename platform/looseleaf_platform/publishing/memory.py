"""What must be remembered of a Model beside its documents: which table and column hold what, and all that is retired.

Documents say what there is; names may come and go. A revision keeps this memory as JSON, so that any process builds exactly the same
Model from the documents, and a field that comes back finds its column. Knows no SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from looseleaf_metadata.expressions.types import ANY, ExpressionType, Kind
from looseleaf_metadata.frozen import FrozenMap, freeze
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field, Model, Object, Option


@dataclass(frozen=True, slots=True)
class KeptColumn:
    """A column that a field once used: before a type change (`field` is what it was), or of a thing whose name was taken over."""

    table: str
    object: str  # stable ids
    field: Field


@dataclass(frozen=True, slots=True)
class Memory:
    """`objects`: skeletons of all objects, retired ones too. `kept`: columns that no field uses any more and nobody purged."""

    objects: Mapping[str, Object] = field(default_factory=dict)
    kept: tuple[KeptColumn, ...] = ()

    def as_model(self) -> Model:
        """The skeletons as a Model: enough for the compiler to recognise everything."""
        return Model(revision=0, objects=FrozenMap(self.objects))


def memory_of(model: Model, kept: tuple[KeptColumn, ...]) -> Memory:
    """What to remember of a Model."""
    return Memory({name: _skeleton(found) for name, found in model.objects.items()}, kept)


def _skeleton(found: Object) -> Object:
    fields = {name: _bare(one) for name, one in found.fields.items() if not one.system}
    return Object(
        id=found.id,
        name=found.name,
        label=found.label,
        plural=found.plural,
        table=found.table,
        fields=FrozenMap(fields),
        title=found.title,
        owner=found.owner,
        owned_by=found.owned_by,
        app=found.app,
        retired=found.retired,
    )


def _bare(found: Field) -> Field:
    """A field without its expressions."""
    return replace(found, default=None, help=None, value=None, where=None, visible_when=None, required_when=None)


def with_bare_retired(model: Model) -> Model:
    """The Model with what is retired reduced to what is remembered of it, so that all processes have equal Models."""
    objects = {}
    for name, found in model.objects.items():
        if found.retired:
            objects[name] = _skeleton(found)
        elif any(one.retired and not one.system for one in found.fields.values()):
            fields = {key: _bare(one) if one.retired and not one.system else one for key, one in found.fields.items()}
            objects[name] = replace(found, fields=FrozenMap(fields))
        else:
            objects[name] = found
    return replace(model, objects=FrozenMap(objects))


def to_data(memory: Memory) -> dict[str, Any]:
    """The memory as JSON data."""
    return {
        "objects": [_object_data(found) for found in memory.objects.values()],
        "kept": [{"table": one.table, "object": one.object, "field": _field_data(one.field, True)} for one in memory.kept],
    }


def from_data(data: Mapping[str, Any]) -> Memory:
    """The memory that `to_data` gave."""
    objects = [_object_from(one) for one in data.get("objects", ())]
    kept = tuple(KeptColumn(one["table"], one["object"], _field_from(one["field"])) for one in data.get("kept", ()))
    return Memory({found.name: found for found in objects}, kept)


def _object_data(found: Object) -> dict[str, Any]:
    data = {
        "id": found.id,
        "name": found.name,
        "label": found.label.as_data(),
        "plural": found.plural.as_data(),
        "table": found.table,
        "title": found.title,
        "owner": found.owner,
        "owned_by": found.owned_by,
        "app": found.app,
        "retired": found.retired,
        "fields": [_field_data(one, one.retired or found.retired) for one in found.fields.values()],
    }
    return {key: value for key, value in data.items() if value not in ("", False)}


def _object_from(data: Mapping[str, Any]) -> Object:
    fields = [_field_from(one) for one in data["fields"]]
    return Object(
        id=data["id"],
        name=data["name"],
        label=Label.of(data["label"]),
        plural=Label.of(data["plural"]),
        table=data["table"],
        fields=FrozenMap({one.name: one for one in fields}),
        title=data["title"],
        owner=data["owner"],
        owned_by=data.get("owned_by", ""),
        app=data.get("app", ""),
        retired=data.get("retired", False),
    )


def _field_data(found: Field, whole: bool) -> dict[str, Any]:
    """Of a living field what identifies it; of a retired one (`whole`) all that its old values need."""
    data: dict[str, Any] = {"id": found.id, "name": found.name, "type": found.type, "column": found.column}
    if found.options:
        data["options"] = [[one.id, one.name, one.label.as_data(), one.hue, one.retired] for one in found.options]
    if whole:
        seen = found.expression_type
        data |= {
            "retired": found.retired,
            "label": found.label.as_data(),
            "settings": _plain(found.settings),
            "sees": [seen.kind.value, seen.scale, seen.object, list(seen.options)],
            "required": found.required,
            "read_only": found.read_only,
            "reveals": found.reveals,
        }
    return data


def _field_from(data: Mapping[str, Any]) -> Field:
    kind, scale, target, options = data.get("sees") or (ANY.kind.value, 0, "", ())
    return Field(
        id=data["id"],
        name=data["name"],
        type=data["type"],
        label=Label.of(data.get("label", data["name"])),
        column=data["column"],
        expression_type=ExpressionType(Kind(kind), scale, target, tuple(options)),
        settings=freeze(_rich(data.get("settings", {}))),
        options=tuple(Option(id, name, Label.of(label), hue, retired) for id, name, label, hue, retired in data.get("options", ())),
        required=data.get("required", False),
        read_only=data.get("read_only", False),
        reveals=data.get("reveals", False),
        retired=data.get("retired", False),
    )


def _plain(value: Any) -> Any:
    """Settings as JSON data; labels and decimals are marked."""
    if isinstance(value, Label):
        return {"$label": value.as_data()}
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, tuple | list) else value


def _rich(value: Any) -> Any:
    """What `_plain` has made plain."""
    if isinstance(value, Mapping):
        if "$label" in value:
            return Label.of(value["$label"])
        if "$decimal" in value:
            return Decimal(value["$decimal"])
        return {key: _rich(one) for key, one in value.items()}
    return [_rich(one) for one in value] if isinstance(value, list) else value
