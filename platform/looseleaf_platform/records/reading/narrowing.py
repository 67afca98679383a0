"""What a query's own condition says of how much it can find: a help for choosing the statement, never a right.

Lists of one's own records are the most common of all. Whoever may read any records of an object by their owner or team may read
their own, so such a list need not ask again for each record.
"""

from __future__ import annotations

from dataclasses import dataclass

from looseleaf_metadata.expressions.nodes import Ambient, Compare, Expression, Logical, Node, Path
from looseleaf_platform.context import Context
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.reading.readable import ReadScope
from looseleaf_platform.records.requests import Condition, Query
from looseleaf_platform.records.tables import has_owner

OWN_SCOPES = frozenset({"own", "team", "team_tree", "all"})
"""Scopes that reach, among others, the records that one owns."""
REFERENCES = frozenset({"lookup", "user", "team"})


@dataclass(frozen=True, slots=True)
class Pinned:
    """`own`: only the reader's own records can be found, all of which are within reach. `few`: only those that refer to one record."""

    own: bool = False
    few: bool = False


NOT_PINNED = Pinned()


def pinned(scope: ReadScope, query: Query, action: str) -> Pinned:
    """What the conditions that must all hold say. Cautious: what isn't understood says nothing."""
    equal = dict(_equalities(query))
    by_expression = query.expression is not None and _of_me(query.expression)
    own = by_expression or ("owner" in equal and equal["owner"] == _me(scope.context))
    few = by_expression or any(name in scope.found.fields and scope.found.fields[name].field.type in REFERENCES for name in equal)
    return Pinned(own and not action and not query.deleted and _reaches_own(scope), few) if own or few else NOT_PINNED


def _equalities(query: Query) -> list[tuple[str, object]]:
    where = query.where
    if where is None or where.negated or (where.joined != "and" and len(where.parts) > 1):
        return []
    return [(part.path, part.value) for part in where.parts if isinstance(part, Condition) and part.operator == "eq"]


def _me(context: Context) -> str | None:
    return None if context.actor.id is None else encode(context.actor.id)


def _of_me(expression: Expression) -> bool:
    """Whether the expression holds only where `owner == me`."""
    root = expression.root
    parts: tuple[Node, ...] = root.operands if isinstance(root, Logical) and root.operator == "and" else (root,)
    return any(_is_owner_me(part) for part in parts)


def _is_owner_me(node: Node) -> bool:
    if not isinstance(node, Compare) or node.operator != "==":
        return False
    sides = (node.left, node.right)
    owner = any(isinstance(side, Path) and side.names == ("owner",) for side in sides)
    return owner and any(isinstance(side, Ambient) and side.name == "me" for side in sides)


def _reaches_own(scope: ReadScope) -> bool:
    """Whether reading the object surely reaches one's own records, and nothing withholds whose they are."""
    found, profile = scope.found, scope.context.profile
    if found.object.owned_by or not has_owner(found.object) or "owner" not in profile.readable(found.name):
        return False
    if "owner" in profile.masked(found.name):
        return False
    return any(grant.scope in OWN_SCOPES and grant.where is None for grant in profile.grants(found.name, "read"))
