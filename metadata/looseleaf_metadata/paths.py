"""Following a path such as `account.owner.team` through look-ups, and the related lists that look-ups make on the other side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from looseleaf_metadata.expressions.types import Kind
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field, Object
from looseleaf_metadata.problems import did_you_mean, known_names
from looseleaf_metadata.texts import Text


@dataclass(frozen=True, slots=True)
class Step:
    """A field on the way, and the name of the object that it belongs to."""

    object: str
    field: Field


@dataclass(frozen=True, slots=True)
class PathFault:
    """Why a path leads nowhere."""

    code: str
    message: Text
    suggestion: Text | None


@dataclass(frozen=True, slots=True)
class ResolvedPath:
    """The steps that could be followed, the object reached last, and the fault where one stopped the way."""

    steps: tuple[Step, ...]
    object: str
    fault: PathFault | None = None


def resolve_path(objects: Mapping[str, Object], object_name: str, path: str) -> ResolvedPath:
    """Follow a dotted path from an object."""
    steps: list[Step] = []
    at = object_name
    for name in path.split("."):
        if steps:
            last = steps[-1].field
            if last.expression_type.kind is not Kind.RECORD:
                message = Text("'{name}' is no look-up: nothing follows after it", name=last.name)
                return ResolvedPath(tuple(steps), at, PathFault("not-a-look-up", message, None))
            at = last.expression_type.object
        owner = objects.get(at)
        found = owner.fields.get(name) if owner else None
        if found is None:
            known = [field.name for field in owner.live_fields if not field.system] if owner else []
            message = Text("unknown field '{name}' of {object}", name=name, object=at)
            return ResolvedPath(
                tuple(steps),
                at,
                PathFault("unknown-field", message, did_you_mean(name, owner.fields if owner else ()) or known_names(known)),
            )
        steps.append(Step(at, found))
    return ResolvedPath(tuple(steps), at)


@dataclass(frozen=True, slots=True)
class RelatedList:
    """Records of `object` whose look-up `by` points at the record in question. `name` is unique on the object pointed at."""

    name: str
    label: Label
    object: str
    by: str


def related_lists(objects: Mapping[str, Object], object_name: str) -> Mapping[str, RelatedList]:
    """The related lists of an object by name, made by the live look-ups of all live objects that point at it."""
    return all_related_lists(objects).get(object_name, {})


def all_related_lists(objects: Mapping[str, Object]) -> Mapping[str, Mapping[str, RelatedList]]:
    """The related lists of all objects, by object and name."""
    found: dict[str, dict[str, RelatedList]] = {}
    for child in objects.values():
        if child.retired:
            continue
        for field in child.fields.values():
            related = field.settings.get("related_as")
            if related and not field.retired and not field.system:
                one = RelatedList(related["name"], related["label"], child.name, field.name)
                found.setdefault(field.target, {}).setdefault(one.name, one)
    return found
