"""The reference graph: every place where one piece of metadata names another, as typed edges with their place.

Kinds note edges while they build; this finds those inside expressions, which no document spells out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from looseleaf_metadata.expressions.nodes import Compare, Expression, ListOf, Literal, Path, walk
from looseleaf_metadata.expressions.types import Kind
from looseleaf_metadata.model import Edge, Field, Object
from looseleaf_metadata.paths import resolve_path
from looseleaf_metadata.problems import Place


def expression_edges(
    expression: Expression, objects: Mapping[str, Object], source: str, place: Place, how: str, extra: frozenset[str] = frozenset()
) -> Iterator[Edge]:
    """Edges from `source` to every field and option that an expression names. `place` is that of its first character.

    `extra` are names given by the caller (`own`, `team_tree`): no fields.
    """
    for node in walk(expression.root):
        if isinstance(node, Path) and node.dotted not in extra:
            at = Place(place.file, place.line, place.column + node.offset)
            for step in resolve_path(objects, expression.object, node.dotted).steps:
                yield Edge(source, f"object:{step.object}/field:{step.field.name}", at, how)
        elif isinstance(node, Compare):
            yield from _option_edges(node, expression, objects, source, place, how, extra)


def _option_edges(
    node: Compare, expression: Expression, objects: Mapping[str, Object], source: str, place: Place, how: str, extra: frozenset[str]
) -> Iterator[Edge]:
    """Edges to the options that a comparison names: `status == 'paid'`, `status in ['draft', 'sent']`."""
    for one, other in ((node.left, node.right), (node.right, node.left)):
        if not isinstance(one, Path) or one.dotted in extra or one.type.kind not in (Kind.OPTION, Kind.OPTIONS):
            continue
        steps = resolve_path(objects, expression.object, one.dotted).steps
        for literal in other.items if isinstance(other, ListOf) else (other,):
            if steps and isinstance(literal, Literal) and steps[-1].field.option(str(literal.value)):
                target = f"object:{steps[-1].object}/field:{steps[-1].field.name}/option:{literal.value}"
                yield Edge(source, target, Place(place.file, place.line, place.column + literal.offset), how)


def field_address(object_name: str, field: Field | str) -> str:
    """The address of a field."""
    return f"object:{object_name}/field:{field if isinstance(field, str) else field.name}"


def referrers(edges: tuple[Edge, ...], address: str) -> tuple[Edge, ...]:
    """Edges that point at `address` or a part of it, from outside of it: what must change before it can be taken away."""
    inside = address + "/"
    return tuple(
        edge
        for edge in edges
        if (edge.target == address or edge.target.startswith(inside)) and edge.source != address and not edge.source.startswith(inside)
    )


def depends_on(edges: tuple[Edge, ...], address: str) -> tuple[Edge, ...]:
    """Edges that start at `address` or a part of it: what it needs."""
    inside = address + "/"
    return tuple(edge for edge in edges if edge.source == address or edge.source.startswith(inside))
