"""What differs between two Models: added, changed, renamed, retired, revived or removed, thing by thing, property by property.

Things are recognised by their stable ids, so that a rename is a rename. Places and order in files are no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field, Form, Model, Object, Option
from looseleaf_metadata.texts import Text

What = Literal["added", "changed", "renamed", "retired", "revived", "removed"]
APART = ("id", "name", "place", "retired")
"""Attributes that are told by `what` itself, or are no difference."""
OBJECT_PARTS = ("fields", "rules", "unique", "indexes", "duplicates")
FIELD_PARTS = ("options", "column", "expression_type")
"""Told by what is inside of them, or following from other properties."""


@dataclass(frozen=True, slots=True)
class Property:
    """A property that changed, with its value before and after as plain data."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ModelChange:
    """One difference. `kind`: "object", "field", "option", "rule", "role", "view", …; `address` as in Edge (the new name).

    `label` is what people call the thing; `old_name` its name before a rename; `properties` what changed in it.
    """

    what: What
    kind: str
    address: str
    label: Label
    old_name: str = ""
    properties: tuple[Property, ...] = ()

    @property
    def name(self) -> str:
        """The last part of the address."""
        return self.address.rsplit("/", 1)[-1].split(":", 1)[-1]

    def sentence(self) -> Text:
        """The change in words."""
        if self.what == "renamed":
            return Text(
                "{kind} {label}: renamed from {old} to {new}", kind=KINDS[self.kind], label=self.label, old=self.old_name, new=self.name
            )
        if self.what == "changed":
            names = ", ".join(one.name for one in self.properties)
            return Text("{kind} {label}: {properties} changed", kind=KINDS[self.kind], label=self.label, properties=names)
        return SENTENCES[self.what](KINDS[self.kind], self.label)

    def as_data(self) -> dict[str, Any]:
        """The change for programs and for the revision's record."""
        data: dict[str, Any] = {"what": self.what, "kind": self.kind, "address": self.address, "label": self.label.as_data()}
        if self.old_name:
            data["old_name"] = self.old_name
        if self.properties:
            data["properties"] = [{"name": one.name, "before": one.before, "after": one.after} for one in self.properties]
        return data


SENTENCES: dict[str, Callable[[Text, Label], Text]] = {
    "added": lambda kind, label: Text("{kind} {label}: new", kind=kind, label=label),
    "retired": lambda kind, label: Text("{kind} {label}: retired, its data stays", kind=kind, label=label),
    "revived": lambda kind, label: Text("{kind} {label}: back, with its data", kind=kind, label=label),
    "removed": lambda kind, label: Text("{kind} {label}: removed", kind=kind, label=label),
}


class _Kinds(dict[str, Text]):
    def __missing__(self, kind: str) -> Text:
        return Text(kind)


KINDS = _Kinds(
    {
        "object": Text("Object"),
        "field": Text("Field"),
        "option": Text("Option"),
        "rule": Text("Rule"),
        "unique": Text("Unique key"),
        "index": Text("Index"),
        "duplicate": Text("Duplicate check"),
        "role": Text("Role"),
        "form": Text("Form"),
        "view": Text("View"),
        "menu": Text("Menu"),
        "app": Text("App"),
        "seed": Text("Seed"),
        "scenario": Text("Scenario"),
        "settings": Text("Settings"),
    }
)


def diff(old: Model, new: Model) -> tuple[ModelChange, ...]:
    """All differences, objects first."""
    found: list[ModelChange] = []
    found += _things("object", "", old.objects.values(), new.objects.values(), inner=_object_parts)
    for kind in ("role", "form", "view", "menu", "app"):
        before, after = ([thing for thing in getattr(model, f"{kind}s").values() if _declared(thing)] for model in (old, new))
        found += _things(kind, "", before, after)
    found += _things("seed", "", old.seeds, new.seeds)
    found += _things("scenario", "", old.scenarios, new.scenarios)
    for kind in sorted({*old.others, *new.others}):
        found += _things(kind, "", old.others.get(kind, {}).values(), new.others.get(kind, {}).values())
    if old.defaults != new.defaults:
        found.append(
            ModelChange("changed", "settings", "settings", Label.of("settings"), properties=_properties(old.defaults, new.defaults))
        )
    return tuple(found)


def _things(
    kind: str,
    prefix: str,
    before: Iterable[Any],
    after: Iterable[Any],
    inner: Callable[[str, Any, Any], Iterator[ModelChange]] | None = None,
) -> Iterator[ModelChange]:
    """Differences of things of one kind; `inner(address, old, new)` tells those of their parts."""
    known = {thing.id: thing for thing in before}
    seen = set()
    for thing in after:
        address = f"{prefix}{kind}:{_name(thing)}"
        seen.add(thing.id)
        earlier = known.get(thing.id)
        if earlier is None:
            if not _retired(thing):
                yield ModelChange("added", kind, address, _label(thing))
            continue
        yield from _one(kind, address, earlier, thing)
        if inner is not None and not _retired(thing):
            yield from inner(address, earlier, thing)
    for id, thing in known.items():
        if id not in seen and not _retired(thing):
            yield ModelChange("removed", kind, f"{prefix}{kind}:{_name(thing)}", _label(thing))


def _one(kind: str, address: str, old: Any, new: Any) -> Iterator[ModelChange]:
    """Differences of one thing itself."""
    if _retired(old) != _retired(new):
        yield ModelChange("retired" if _retired(new) else "revived", kind, address, _label(new))
    if _retired(new):
        return
    if _name(old) != _name(new) and not _retired(old):
        yield ModelChange("renamed", kind, address, _label(new), old_name=_name(old))
    changed = _properties(old, new)
    if changed:
        yield ModelChange("changed", kind, address, _label(new), properties=changed)


def _object_parts(address: str, old: Object, new: Object) -> Iterator[ModelChange]:
    prefix = address + "/"
    yield from _things("field", prefix, _own(old), _own(new), inner=_field_parts)
    yield from _things("rule", prefix, old.rules, new.rules)
    yield from _things("unique", prefix, old.unique, new.unique)
    yield from _things("index", prefix, old.indexes, new.indexes)
    yield from _things("duplicate", prefix, old.duplicates, new.duplicates)


def _own(object: Object) -> list[Field]:
    return [field for field in object.fields.values() if not field.system]


def _field_parts(address: str, old: Field, new: Field) -> Iterator[ModelChange]:
    yield from _things("option", address + "/", old.options, new.options)


def _properties(old: Any, new: Any) -> tuple[Property, ...]:
    """The properties that differ, as plain data."""
    skipped = {*APART, *(OBJECT_PARTS if isinstance(new, Object) else FIELD_PARTS if isinstance(new, Field) else ())}
    names = [field.name for field in fields(new) if field.compare and field.name not in skipped]
    pairs = [Property(name, plain(getattr(old, name)), plain(getattr(new, name))) for name in names]
    return tuple(pair for pair in pairs if pair.before != pair.after)


def plain(value: Any) -> Any:
    """A part of the Model as plain data: expressions as their source, labels as written, no places nor anything else that equality leaves out."""
    if isinstance(value, Expression):
        return value.source
    if isinstance(value, Label):
        return value.as_data()
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value) if field.compare}
    if isinstance(value, Mapping):
        return {".".join(key) if isinstance(key, tuple) else str(key): plain(one) for key, one in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    return (
        [plain(one) for one in value] if isinstance(value, tuple | list) else value if isinstance(value, bool | int | None) else str(value)
    )


def _declared(thing: Any) -> bool:
    """Whether a thing was written by somebody: not the form that an object without one is given."""
    return not isinstance(thing, Form) or thing.declared


def _name(thing: Any) -> str:
    return str(getattr(thing, "name", thing.id))


def _label(thing: Any) -> Label:
    label = getattr(thing, "label", None) or getattr(thing, "message", None)
    return label if isinstance(label, Label) else Label.of(_name(thing))


def _retired(thing: Any) -> bool:
    return bool(isinstance(thing, Object | Field | Option) and thing.retired)
