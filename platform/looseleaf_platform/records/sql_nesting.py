"""How deep a piece of SQL is nested, in entries of SQLite's parser stack, which older versions limit to 100."""

from __future__ import annotations

from sqlalchemy import BindParameter, Case, Cast, Column, TypeCoerce
from sqlalchemy.sql.elements import BinaryExpression, ClauseElement, ClauseList, ExpressionClauseList, Grouping
from sqlalchemy.sql.expression import FunctionElement

ROOM = 60
"""What an expression may take; the rest is for the statement around it."""
ENTRIES: tuple[tuple[type[ClauseElement], int], ...] = (
    (Column, 0),
    (BindParameter, 0),
    (TypeCoerce, 0),
    (ClauseList, 0),
    (Grouping, 1),
    (BinaryExpression, 2),
    (ExpressionClauseList, 3),
    (Cast, 2),
    (Case, 5),
    (FunctionElement, 4),
)
"""Entries that an open construct keeps on the stack while what is inside it is read; generous for those not listed."""


def nesting(element: ClauseElement) -> int:
    """The most stack entries that reading the element takes."""
    deepest, stack = 0, [(element, 0)]
    while stack:
        found, above = stack.pop()
        here = above + next((entries for kind, entries in ENTRIES if isinstance(found, kind)), 4)
        deepest = max(deepest, here)
        if not isinstance(found, Column):
            stack.extend((child, here) for child in found.get_children() if isinstance(child, ClauseElement))
    return deepest
