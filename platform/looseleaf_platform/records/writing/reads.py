"""What an expression depends on, down to stored fields: formulas on the way are opened up. Knows the Model only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.model import Object
from looseleaf_platform.records.tables import target_of

Steps = tuple[str, ...]
DEEPEST = 12
"""Look-ups on one path; the checker refuses circles of formulas, this only keeps a mistake there from hanging a write."""


def stored_paths(objects: Mapping[str, Object], object_name: str, paths: Iterable[str]) -> frozenset[Steps]:
    """The stored fields that `paths` of an object come down to, each as the names on its way: `("account", "tier")`."""
    found: set[Steps] = set()
    for path in paths:
        _open(objects, object_name, (), tuple(path.split(".")), found)
    return frozenset(found)


def _open(objects: Mapping[str, Object], object_name: str, before: Steps, names: Steps, found: set[Steps]) -> None:
    if len(before) > DEEPEST or object_name not in objects:
        return
    field = objects[object_name].fields.get(names[0])
    if field is None:
        return
    if len(names) > 1:
        found.add((*before, names[0]))
        _open(objects, target_of(field), (*before, names[0]), names[1:], found)
    elif field.value is not None:
        for path in field.value.reads:
            _open(objects, object_name, before, tuple(path.split(".")), found)
    else:
        found.add((*before, names[0]))


def paths_of(objects: Mapping[str, Object], expression: Expression) -> frozenset[Steps]:
    """The stored paths that an expression reads, from the record that it is evaluated on."""
    return stored_paths(objects, expression.object, expression.reads)


def own_fields(paths: Iterable[Steps]) -> frozenset[str]:
    """The record's own fields on `paths`: when none of them changes, the expression's value changes only from outside."""
    return frozenset(path[0] for path in paths)


def hops(paths: Iterable[Steps]) -> frozenset[Steps]:
    """The look-ups that must be followed for `paths`: every beginning of them but the whole."""
    return frozenset(path[:length] for path in paths for length in range(1, len(path)))
