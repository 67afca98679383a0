"""Expressions made of expressions: any of several, all of several, and one moved to the end of a look-up.

Needed where rights of several roles, or of several inputs of a formula, meet. Knows nothing of roles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from looseleaf_metadata.expressions.nodes import Expression, Logical, Node, Path
from looseleaf_metadata.expressions.types import BOOLEAN


def any_of(expressions: Sequence[Expression]) -> Expression:
    """True where at least one of `expressions` (one or more, all boolean, on one object) is true."""
    return _joined("or", expressions)


def all_of(expressions: Sequence[Expression]) -> Expression:
    """True where all of `expressions` (one or more, all boolean, on one object) are true."""
    return _joined("and", expressions)


def reached_by(expression: Expression, path: tuple[str, ...], object_name: str) -> Expression:
    """`expression`, which speaks of a look-up's target, said of the record of `object_name` from which `path` leads there."""
    return Expression(
        source=f"{'.'.join(path)}: {expression.source}",
        object=object_name,
        root=_moved(expression.root, path),
        reads=frozenset(".".join(path) + "." + name for name in expression.reads),
        ambient=expression.ambient,
    )


def _joined(operator: str, expressions: Sequence[Expression]) -> Expression:
    distinct = list(dict.fromkeys(expressions))
    if len(distinct) == 1:
        return distinct[0]
    return Expression(
        source=f" {operator} ".join(f"({expression.source})" for expression in distinct),
        object=distinct[0].object,
        root=Logical(BOOLEAN, 0, operator, tuple(expression.root for expression in distinct)),
        reads=frozenset().union(*(expression.reads for expression in distinct)),
        ambient=frozenset().union(*(expression.ambient for expression in distinct)),
    )


def _moved(node: Node, path: tuple[str, ...]) -> Node:
    if isinstance(node, Path):
        return replace(node, names=path + node.names)
    changed = {field.name: _moved_value(getattr(node, field.name), path) for field in fields(node)}
    return replace(node, **changed)


def _moved_value(value: Any, path: tuple[str, ...]) -> Any:
    if isinstance(value, Node):
        return _moved(value, path)
    if isinstance(value, tuple) and value and isinstance(value[0], Node):
        return tuple(_moved(item, path) for item in value)
    return value
