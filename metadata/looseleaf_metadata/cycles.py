"""Circles that can't be: formulas and roll-ups that need themselves, and look-ups that could never be filled in first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.paths import resolve_path
from looseleaf_metadata.rollups import rollup_of
from looseleaf_metadata.texts import Text

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.model import Field, Object

Key = tuple[str, str]
"""An object's name and a field's name."""


def check_cycles(run: Compilation) -> None:
    """Report every circle once, at the first of its fields, with the way round."""
    live = {name: object for name, object in run.objects.items() if not object.retired}
    computed = {
        (name, field.name): inputs_of(run.objects, object, field)
        for name, object in live.items()
        for field in object.live_fields
        if field.type in ("formula", "rollup")
    }
    for circle in circles(computed):
        _report(run, circle, "circular-formula", Text("this needs itself to be computed: {path}", path=_way(circle)))
    required = {
        (name, field.name): [(field.target, other.name) for other in _required(live.get(field.target))]
        for name, object in live.items()
        for field in _required(object)
    }
    for circle in circles(required):
        message = Text("no record could ever be the first: these look-ups require each other: {path}", path=_way(circle))
        _report(run, circle, "circular-look-up", message, Text("make one of them optional"))


def _required(owner: Object | None) -> list[Field]:
    """The look-ups that must be filled in on creation, without a default."""
    if owner is None:
        return []
    return [
        field for field in owner.live_fields if field.type == "lookup" and field.required and field.default is None and not field.system
    ]


def inputs_of(objects: Mapping[str, Object], owner: Object, field: Field) -> list[Key]:
    """The fields that a formula or roll-up is computed from, by object and name."""
    if field.type == "rollup":
        rollup = rollup_of(field.settings)
        if rollup is None or rollup.child not in objects:
            return []
        inner = _reads(objects, rollup.child, field.where)
        return [*([(rollup.child, rollup.of)] if rollup.of else []), *inner]
    return _reads(objects, owner.name, field.value)


def _reads(objects: Mapping[str, Object], owner: str, expression: Expression | None) -> list[Key]:
    paths: Iterable[str] = sorted(expression.reads) if expression else ()
    return [(step.object, step.field.name) for path in paths for step in resolve_path(objects, owner, path).steps]


def circles(graph: Mapping[Key, Iterable[Key]]) -> list[tuple[Key, ...]]:
    """The elementary circles found by walking depth first, each once, beginning with its smallest member."""
    found: dict[frozenset[Key], tuple[Key, ...]] = {}
    done: set[Key] = set()
    for start in sorted(graph):
        if start in done:
            continue
        path: list[Key] = [start]
        ways = [iter(graph[start])]
        while ways:
            following = next(ways[-1], None)
            if following is None:
                ways.pop()
                done.add(path.pop())
            elif following in path:
                circle = path[path.index(following) :]
                first = circle.index(min(circle))
                found.setdefault(frozenset(circle), (*circle[first:], *circle[:first]))
            elif following in graph and following not in done:
                path.append(following)
                ways.append(iter(graph[following]))
    return sorted(found.values())


def _way(circle: tuple[Key, ...]) -> str:
    return " → ".join(f"{owner}.{name}" for owner, name in (*circle, circle[0]))


def _report(run: Compilation, circle: tuple[Key, ...], code: str, message: Text, hint: Text | None = None) -> None:
    """Report a circle at its first field."""
    owner, name = circle[0]
    pointer = f"/fields/{name}"
    for document in run.documents:
        if document.kind in ("object", "extend") and document.name == owner and document.node(pointer) is not None:
            run.report(document, pointer, code, message, hint, key=True)
            return
